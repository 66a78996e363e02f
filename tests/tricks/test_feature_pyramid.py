"""The feature pyramid: how levels are merged, what each head sees, and the coarse head at the neutral setting."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.parts.randomness import generator
from trainers.runs.build import build_spec
from trainers.tasks import blobs
from tricks.declaration import Knobs
from tricks.feature_pyramid import CHANNELS, NUM_LEVELS, TRICK, FullHead, PyramidHead, merge
from tricks.recipe import PictureRecipe

SETTINGS = build_spec("feature_pyramid").settings
BASELINE = blobs.recipe(SETTINGS)
RECIPE: PictureRecipe = TRICK.apply(BASELINE)
scales = st.floats(0, 1)


def knobs(head: str = "pyramid", top_down: float = 1.0, lateral: float = 1.0) -> Knobs:
    return {**SETTINGS, "pyramid_head": head, "top_down_scale": top_down, "lateral_scale": lateral}


def laterals(seed: int = 0, channels: int = 3) -> list[Tensor]:
    """Maps of 8, 4, 2 and 1 cells along each side."""
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(2, channels, side, side, dtype=torch.float64, generator=source) for side in (8, 4, 2, 1)]


def network(head: str) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return RECIPE.model(knobs(head), generator(0, "masks"))


def num_weights(model: nn.Module) -> int:
    return sum(value.numel() for value in model.parameters())


# --- merging


@given(scales, scales)
def test_levels_are_what_the_formula_says(lateral: float, top_down: float) -> None:
    maps = laterals()
    levels = merge(maps, lateral, top_down)
    assert [level.shape for level in levels] == [level.shape for level in maps]
    assert torch.equal(levels[-1], maps[-1])
    for index in range(NUM_LEVELS - 1):
        raised = torch.kron(levels[index + 1], torch.ones(2, 2, dtype=torch.float64))
        torch.testing.assert_close(levels[index], lateral * maps[index] + top_down * raised)


def test_at_scale_zero_a_path_is_closed() -> None:
    maps = laterals()
    assert torch.equal(merge(maps, 1.0, 0.0)[0], maps[0])
    from_above = merge(maps, 0.0, 1.0)[0]
    assert torch.equal(from_above, maps[-1].expand_as(from_above))


def test_merging_is_linear_and_its_gradient_reaches_every_stage() -> None:
    one, other = laterals(0), laterals(1)
    both = merge([a + 2 * b for a, b in zip(one, other, strict=True)], 0.7, 0.4)[0]
    torch.testing.assert_close(both, merge(one, 0.7, 0.4)[0] + 2 * merge(other, 0.7, 0.4)[0])
    maps = [level.requires_grad_() for level in laterals()]
    gradients = torch.autograd.grad(merge(maps, 0.7, 0.4)[0].sum(), maps)
    for index, gradient in enumerate(gradients):
        own = 1.0 if index == NUM_LEVELS - 1 else 0.7
        expected = own * (4 * 0.4) ** index  # each way down repeats a cell four times
        torch.testing.assert_close(gradient, torch.full_like(gradient, expected))
    assert torch.autograd.gradcheck(lambda *levels: tuple(merge(list(levels), 0.7, 0.4)), maps)


# --- the heads


def test_the_pyramid_is_torchs_convolutions_in_value_and_gradient() -> None:
    model = network("pyramid").double()
    head: PyramidHead = model.head
    x = torch.randn(2, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    maps = [x[:, None]]
    for stage in model.stages:
        maps.append(stage(maps[-1]))
    found = None
    for lateral, level in reversed(list(zip(head.laterals, maps[1:], strict=True))):
        assert isinstance(lateral, nn.Conv2d)
        own = F.conv2d(level, lateral.weight, lateral.bias)
        found = own if found is None else own + F.interpolate(found, scale_factor=2)
    assert found is not None
    smooth = F.relu(F.conv2d(found, head.smooth.weight, head.smooth.bias, padding=1))
    expected = F.conv2d(smooth, head.classes.weight, head.classes.bias)
    ours = model(x, knobs())
    assert ours.shape == (2, len(blobs.CLASSES), 32, 32)
    torch.testing.assert_close(ours, expected)
    weights = list(model.parameters())
    mine, theirs = (
        torch.autograd.grad(logits.square().sum(), weights, retain_graph=True) for logits in (ours, expected)
    )
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("count", [NUM_LEVELS - 1, NUM_LEVELS + 1])
def test_a_pyramid_over_another_number_of_maps_is_refused(count: int) -> None:
    maps = [torch.zeros(1, 2, 2 ** (NUM_LEVELS - index), 2 ** (NUM_LEVELS - index)) for index in range(count)]
    with pytest.raises(ValueError, match="zip"):
        PyramidHead([2] * NUM_LEVELS, 3).levels(maps, knobs())


def test_a_closed_way_leaves_the_fine_logits_to_one_end_alone() -> None:
    model = network("pyramid").double()
    x = torch.randn(1, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    seen = []
    for values in (knobs(top_down=0.0), knobs()):
        (gradient,) = torch.autograd.grad(model(x, values)[0, :, 16, 16].square().sum(), x)
        seen.append(int((gradient != 0).sum()))
    assert seen[0] <= 7**2  # two convolutions of the first stage and the one that smooths
    assert seen[1] > 15**2
    fine = model(x, knobs(lateral=0.0))[0, :, 1:-1, 1:-1]
    blocks = fine[:, 8:14, 8:14].flatten(1)  # inside a cell of the coarsest map all pixels are told the same
    torch.testing.assert_close(blocks, blocks[:, :1].expand_as(blocks))


def test_the_heads_cost_about_the_same_weights() -> None:
    coarse, pyramid, full = (num_weights(network(head)) for head in ("coarse", "pyramid", "full"))
    added = CHANNELS * (8 + 16 + 24) + 3 * CHANNELS  # three more lateral connections
    assert pyramid - coarse == added == 816
    assert full == pytest.approx(pyramid, rel=0.1)
    assert isinstance(network("full").head, FullHead) and len(network("full").stages) == 1


def test_at_the_neutral_setting_the_network_is_the_baselines() -> None:
    plain = BASELINE.model(knobs("coarse"), torch.Generator())
    names = [name for name, _ in plain.named_parameters()]
    assert [name for name, _ in network("coarse").named_parameters()] == names
    assert RECIPE.loss is BASELINE.loss and RECIPE.decode is BASELINE.decode


def test_arms_begin_with_the_same_stages() -> None:
    run = Run(build_spec("feature_pyramid", steps=2))
    plain, changed = (dict(arm.model.named_parameters()) for arm in run.trainer.arms)
    shared = {name for name in plain if name.startswith("stages.")}
    assert shared and all(torch.equal(plain[name], changed[name]) for name in shared)


# --- what is shown


@given(scales, scales)
def test_the_preview_has_each_stages_factor(lateral: float, top_down: float) -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview(knobs(top_down=top_down, lateral=lateral))["level_weights"]
    expected = [lateral, lateral * top_down, lateral * top_down**2, top_down**3]
    assert drawn.tolist() == pytest.approx(expected, abs=1e-6)
    assert TRICK.preview(knobs("coarse"))["level_weights"].tolist() == [0, 0, 0, 1]
    assert TRICK.preview(knobs("full"))["level_weights"].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("head", ["coarse", "full", "pyramid"])
def test_the_probe_reads_every_level_and_the_finest_is_the_answer(head: str) -> None:
    run = Run(build_spec("feature_pyramid", steps=10, values={"pyramid_head": head, "eval_every": 10, "lr": 0.02}))
    arrays = next(probe for probe in run.advance(60).probes if probe.arm == 1 and probe.step == 10).arrays
    assert arrays["answers"].shape == (6, 32, 32)
    levels = torch.from_numpy(arrays["levels"]).reshape(3, 6, 32, 32)
    truth = blobs.load().truth["classes"][-blobs.TEST :][:3]
    torch.testing.assert_close(levels[:, 1], truth / 3)
    for told, picture in zip(levels[:, 0], blobs.load().inputs[-blobs.TEST :][:3], strict=True):  # over its own tones
        torch.testing.assert_close(told, (picture - picture.min()) / (picture.max() - picture.min()))
    assert torch.equal(levels[:, -1], torch.from_numpy(arrays["answers"])[:3])
    for index, side in enumerate((4, 8, 16)):
        level = levels[:, 2 + index]
        cells = level[:, :: 32 // side, :: 32 // side]
        assert torch.equal(level, cells.repeat_interleave(32 // side, 1).repeat_interleave(32 // side, 2))
        assert head == "pyramid" or (level == 0).all()
