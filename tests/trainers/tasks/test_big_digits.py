"""The task of big digits and the network that takes pictures of any size."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from trainers.parts.models import build_model
from trainers.parts.randomness import generator
from trainers.runs.build import resolve_settings
from trainers.tasks import describe, digits, load_task
from trainers.tasks.big_digits import ENLARGED, NOISE, PLACES, SIDE, load, place
from tricks.declaration import RefusedError
from tricks.recipe import ModelSpec

TASK = load_task("big_digits")


def test_pictures_are_the_digits_enlarged_somewhere_in_noise() -> None:
    images = digits.load()[0][:50]
    pictures = place(images, torch.Generator().manual_seed(0))
    assert pictures.shape == (50, SIDE, SIDE)
    enlarged = F.interpolate(images.reshape(-1, 1, 8, 8), ENLARGED, mode="bilinear", align_corners=False)[:, 0]
    for picture, image in zip(pictures, enlarged, strict=True):
        windows = picture.unfold(0, ENLARGED, 1).unfold(1, ENLARGED, 1)
        errors = (windows - image).square().mean((2, 3))
        assert errors.min().sqrt().item() == pytest.approx(NOISE, rel=0.15)


def test_the_sets_are_fixed_and_share_no_digit() -> None:
    settings = resolve_settings(TASK, {})
    one, other = (TASK.make(settings, generator(seed, "data")) for seed in (100, 101))
    assert one.train.inputs.shape == (2000, *TASK.shape) and not torch.equal(one.train.inputs, other.train.inputs)
    assert torch.equal(one.inputs, other.inputs) and len(one.inputs) == TASK.sizes["test"]
    pool, labels, _, test_labels = load()
    assert len(pool) == TASK.sizes["pool"] == PLACES * digits.POOL
    assert torch.equal(labels, digits.load()[1][: digits.POOL].repeat(PLACES))
    assert torch.equal(test_labels, digits.load()[1][-digits.TEST :])
    assert describe(TASK, settings, 100).examples.shape == (16, SIDE, SIDE)
    with pytest.raises(RefusedError, match="train_size must be between 1 and 4000 for big_digits, got 4001"):
        resolve_settings(TASK, {"train_size": 4001})


@pytest.mark.parametrize(("side", "depth"), [(8, 3), (16, 4), (32, 5)])
def test_the_network_is_torchs_convolutions_on_pictures_of_any_size(side: int, depth: int) -> None:
    spec = ModelSpec(kind="conv2d", depth=depth, width=6)
    model = build_model(spec, TASK.shape, 10, 100, generator(100, "masks"))
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    pictures = torch.randn(5, side, side, generator=torch.Generator().manual_seed(1))
    x = pictures.unsqueeze(1)
    for convolution in convolutions:
        x = F.max_pool2d(F.conv2d(x, convolution.weight, convolution.bias, padding=1), 2).relu()
    torch.testing.assert_close(model(pictures, {}), model.head(x.mean((2, 3))))
    again = build_model(spec, TASK.shape, 10, 100, generator(100, "masks"))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_there_is_no_end_to_the_depth() -> None:
    model = build_model(ModelSpec(kind="conv2d", depth=8, width=4), TASK.shape, 10, 100, generator(100, "masks"))
    assert model(torch.randn(2, 20, 20), {}).shape == (2, 10)


def test_it_is_refused_where_examples_are_no_square_pictures() -> None:
    assert resolve_settings(load_task("digits"), {"model": "conv2d"})["model"] == "conv2d"
    with pytest.raises(RefusedError, match=r"square pictures for mnist1d, got conv2d"):
        resolve_settings(load_task("mnist1d"), {"model": "conv2d"})
