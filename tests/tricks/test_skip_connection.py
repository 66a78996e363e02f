"""Skip connections: the identity beside each block, and none at scale 0."""

from typing import Any

import pytest
import torch

from trainers.models import build_model
from trainers.run import Run
from trainers.spec import build_spec
from tricks.recipe import ModelSpec
from tricks.skip_connection import preview


def network(scale: float | None, depth: int = 5) -> tuple[Any, dict[str, float]]:
    shortcut = None if scale is None else (lambda knobs: knobs["shortcut_scale"])
    spec = ModelSpec(kind="residual_mlp", depth=depth, width=7, initial="he", shortcut=shortcut)
    return build_model(spec, (4,), 3, 0, torch.Generator()).double().eval(), {"shortcut_scale": scale or 0.0}


def test_a_block_that_does_nothing_leaves_its_input() -> None:
    model, knobs = network(1.0)
    plain, _ = network(None, depth=1)
    with torch.no_grad():
        for block in list(model.blocks)[1:]:
            block.weight.weight.zero_()
            block.weight.bias.zero_()
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(model.features(x, knobs), plain.features(x, knobs))


def test_scale_zero_is_the_plain_network_in_value_and_gradient() -> None:
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gradients = []
    for scale in (None, 0.0):
        model, knobs = network(scale)
        model(x, knobs).square().sum().backward()
        gradients.append([value.grad for value in model.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_the_shortcut_adds_its_share_of_the_input(scale: float) -> None:
    model, knobs = network(scale, depth=3)
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    entry = model.blocks[0](x, knobs)
    inside = model.blocks[2](model.blocks[1](entry, knobs), knobs)
    torch.testing.assert_close(model.features(x, knobs), inside + scale * entry)


def test_paths_add_up_and_without_shortcuts_only_the_longest_is_left() -> None:
    shares = preview({"shortcut_scale": 1.0})["path_shares"]
    assert shares.sum().item() == pytest.approx(1)
    assert shares[5].item() == pytest.approx(252 / 1024)
    assert preview({"shortcut_scale": 0.0})["path_shares"].tolist() == [0.0] * 10 + [1.0]


def test_the_probe_has_a_norm_for_each_weight_layer() -> None:
    run = Run(build_spec("skip_connection", steps=10, values={"depth": 9}))
    assert all(probe.arrays["layer_gradients"].shape == (10,) for probe in run.advance(60).probes)
