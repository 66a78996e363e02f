"""CenterNet's focal loss: cross-entropy at the neutral setting, the papers' formula elsewhere, finite at the ends."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.tasks import centers
from tricks.centernet_loss import TRICK, center_loss, nearness_weight
from tricks.declaration import Knobs
from tricks.recipe import PictureRecipe

SCALES = [1e-6, 1.0, 8.0]
BASELINE = centers.recipe(build_spec("centernet_loss").settings)
RECIPE: PictureRecipe = TRICK.apply(BASELINE)


def knobs(alpha: float = 0.0, beta: float = 0.0, multiple: float = 1.0) -> Knobs:
    values = {"center_alpha": alpha, "center_beta": beta, "center_lr_multiple": multiple}
    return {**build_spec("centernet_loss").settings, "steps": 150, **values}


def logits_of(scale: float, dtype: torch.dtype = torch.float64) -> Tensor:
    source = torch.Generator().manual_seed(3)
    return (scale * torch.randn(4, 6, 6, generator=source, dtype=dtype)).requires_grad_()


def heat_of(dtype: torch.dtype = torch.float64) -> Tensor:
    """Two pictures with an object, at (2, 3) and (4, 1), and two without."""
    axis = torch.arange(6, dtype=dtype)
    heat = torch.zeros(4, 6, 6, dtype=dtype)
    for index, (x, y) in enumerate(((2, 3), (4, 1))):
        heat[index] = torch.exp(-((axis - x) ** 2 + (axis[:, None] - y) ** 2) / 2)
    return heat


def gradient(value: Tensor, of: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(value, of)
    return found


@pytest.mark.parametrize("scale", [*SCALES, 300.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_at_the_neutral_setting_it_is_the_baselines_loss_exactly(scale: float, dtype: torch.dtype) -> None:
    logits, truth = logits_of(scale, dtype), {"heat": heat_of(dtype)}
    ours, plain = RECIPE.loss(logits, truth, knobs(), {}), BASELINE.loss(logits, truth, knobs(), {})
    assert torch.equal(ours, plain)
    assert torch.equal(gradient(ours, logits), gradient(plain, logits))
    one_hot = (truth["heat"] == 1).to(dtype)
    torch.testing.assert_close(ours, F.binary_cross_entropy_with_logits(logits, one_hot, reduction="sum") / 2)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("alpha", "beta"), [(2.0, 4.0), (0.5, 0.3), (0.0, 4.0), (5.0, 0.0)])
def test_it_is_the_papers_formula_in_value_and_gradient(scale: float, alpha: float, beta: float) -> None:
    logits, heat = logits_of(scale), heat_of()
    p = logits.sigmoid()
    at_center = (1 - p) ** alpha * p.log()
    elsewhere = (1 - heat) ** beta * p**alpha * (1 - p).log()
    textbook = -torch.where(heat == 1, at_center, elsewhere).sum() / 2
    ours = RECIPE.loss(logits, {"heat": heat}, knobs(alpha, beta), {})
    torch.testing.assert_close(ours, textbook)
    torch.testing.assert_close(gradient(ours, logits), gradient(textbook, logits))


def test_its_gradient_is_that_of_its_values() -> None:
    assert torch.autograd.gradcheck(lambda x: center_loss(x, heat_of(), 2.0, 4.0), logits_of(3.0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0, 5.0])
@pytest.mark.parametrize("size", [20.0, 90.0, 1e4])
def test_a_saturated_cell_has_a_finite_gradient(dtype: torch.dtype, alpha: float, size: float) -> None:
    logits = torch.tensor([size, -size, size, -size], dtype=dtype, requires_grad=True)
    heat = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=dtype)
    losses = center_loss(logits, heat, alpha, 4.0)
    assert losses.isfinite().all() and gradient(losses.sum(), logits).isfinite().all()
    right, missed, false, empty = losses.tolist()
    assert missed == false == pytest.approx(size)  # a sure mistake costs what it does without a weight
    assert right == empty == pytest.approx(0, abs=1e-8)


@given(st.floats(-30, 30), st.floats(0, 5), st.floats(0, 5), st.floats(0, 0.999), st.floats(0, 8))
def test_the_factors_are_between_0_and_1_and_fall_as_the_knobs_grow(
    logit: float, one: float, other: float, heat: float, beta: float
) -> None:
    low, high = sorted((one, other))
    cell, target = torch.tensor([logit], dtype=torch.float64), torch.tensor([heat], dtype=torch.float64)
    plain, weak, strong = (center_loss(cell, target, alpha, beta).item() for alpha in (0.0, low, high))
    assert 0 <= strong <= weak <= plain <= center_loss(cell, target, 0.0, 0.0).item()
    assert nearness_weight(target, beta).item() == pytest.approx((1 - heat) ** beta)


def test_a_center_is_never_spared_and_a_batch_without_objects_has_a_loss() -> None:
    assert nearness_weight(torch.ones(1), 4.0).item() == 1
    loss = RECIPE.loss(logits_of(1.0), {"heat": torch.zeros(4, 6, 6, dtype=torch.float64)}, knobs(2.0, 4.0), {})
    assert loss.item() == pytest.approx(center_loss(logits_of(1.0), torch.zeros(4, 6, 6), 2.0, 4.0).sum().item())


def test_the_learning_rate_is_a_multiple_of_the_shared_one_through_its_schedule() -> None:
    for step in (0, 80, 140):
        plain = BASELINE.lr(step, knobs())
        assert RECIPE.lr(step, knobs()) == plain
        assert RECIPE.lr(step, knobs(multiple=30)) == 30 * plain
    assert BASELINE.lr(140, knobs()) < BASELINE.lr(0, knobs())


def test_the_preview_draws_what_the_run_computes() -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview(knobs(2.0, 4.0))
    p, heat = drawn["p"], drawn["target_heat"]
    torch.testing.assert_close(drawn["empty_loss"], -(p**2) * (1 - p).log())
    torch.testing.assert_close(drawn["plain_loss"], -(1 - p).log())
    torch.testing.assert_close(drawn["near_weight"], (1 - heat) ** 4)


def test_the_probe_shows_pictures_over_their_targets_and_counts_every_empty_cell() -> None:
    run = Run(build_spec("centernet_loss", steps=2, values={"eval_every": 2}))
    probes: dict[int, dict[str, Any]] = {probe.arm: dict(probe.arrays) for probe in run.advance(60).probes}
    truth = centers.load().truth["heat"][-centers.TEST :][:6]
    for arrays in probes.values():
        assert arrays["asked"].shape == (12, 32, 32) and arrays["given"].shape == (6, 16, 16)
        assert arrays["asked"].min() == 0 and arrays["asked"].max() == 1
        assert torch.equal(torch.from_numpy(arrays["asked"][6:, ::2, ::2]), truth)
        assert (10 ** arrays["empty_counts"] - 1).sum() == pytest.approx(int((truth < 1).sum()))
    assert (probes[0]["asked"] == probes[1]["asked"]).all()
    assert (probes[0]["given"] != probes[1]["given"]).any()
