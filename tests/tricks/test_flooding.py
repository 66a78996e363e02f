"""Flooding: nothing above the level, the exact opposite below it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from tricks.flooding import TRICK, flood, sharpness
from tricks.recipe import mean_reduction

losses = st.floats(0, 100, allow_subnormal=False)
levels = st.floats(0, 1, allow_subnormal=False)


def fold(value: float, level: float) -> tuple[float, float]:
    """J̃ and its derivative."""
    objective = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    flooded = flood(objective, level)
    (slope,) = torch.autograd.grad(flooded, objective)
    return flooded.item(), slope.item()


@given(losses, levels)
def test_it_is_the_papers_formula(value: float, level: float) -> None:
    flooded, slope = fold(value, level)
    assert flooded == pytest.approx(abs(value - level) + level, abs=1e-12)
    assert slope == (1 if value >= level else -1)


@given(losses, levels)
def test_above_the_level_nothing_changes_and_never_is_it_below(value: float, level: float) -> None:
    flooded, _ = fold(value, level)
    assert flooded >= level
    assert flooded == value or value < level


@pytest.mark.parametrize("value", [0.0, 1e-300, 0.3, 1e6])
def test_at_level_zero_it_is_the_objective_exactly(value: float) -> None:
    assert fold(value, 0.0) == (value, 1.0)


def test_what_is_not_finite_stays_so() -> None:
    assert math.isnan(flood(torch.tensor(math.nan), 0.5).item())
    assert flood(torch.tensor(math.inf), 0.5).item() == math.inf


def test_it_folds_the_mean_of_a_batch_and_not_its_examples() -> None:
    recipe = TRICK.apply(baseline(build_spec("flooding").settings))
    losses = torch.tensor([0.0, 0.1, 0.8])
    assert recipe.reduction(losses, {"flood_level": 0.2}, {}) == losses.mean()
    assert recipe.reduction(losses, {"flood_level": 0.4}, {}) == pytest.approx(0.5)
    assert recipe.reduction(losses, {"flood_level": 0.0}, {}) == mean_reduction(losses, {})


def test_below_the_level_a_step_of_descent_climbs_as_far_as_it_would_have_sunk() -> None:
    weights = torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
    objective = (weights**2).sum()
    (down,) = torch.autograd.grad(objective, weights, retain_graph=True)
    (up,) = torch.autograd.grad(flood(objective, 0.5), weights)
    assert torch.equal(up, -down)


def test_with_two_classes_the_level_ends_below_what_guessing_costs() -> None:
    assert build_spec("flooding", task="spirals").knobs_of(1)["flood_level"].high == 0.6 < math.log(2)
    assert build_spec("flooding", task="digits").knobs_of(1)["flood_level"].high == 1.0 < math.log(10)


def test_sharpness_is_the_rise_of_the_loss_when_each_tensor_moves_by_its_share() -> None:
    run = Run(build_spec("flooding", steps=30, seed=101))
    run.advance(60)
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    before = [weight.clone() for weight in arm.model.parameters()]
    found = sharpness(arm.model, arm.set.inputs, arm.set.labels, arm.knobs)
    assert found == sharpness(arm.model, arm.set.inputs, arm.set.labels, arm.knobs)
    for weight, old in zip(arm.model.parameters(), before, strict=True):
        assert torch.equal(weight, old)
    plain = F.cross_entropy(arm.model(arm.set.inputs, arm.knobs), arm.set.labels)
    source = torch.Generator().manual_seed(101)
    with torch.no_grad():
        for weight in arm.model.parameters():
            direction = torch.randn(weight.shape, generator=source)
            weight.add_(0.2 * weight.norm() * direction / direction.norm())
    shaken = F.cross_entropy(arm.model(arm.set.inputs, arm.knobs), arm.set.labels)
    assert found == pytest.approx((shaken - plain).item(), abs=1e-5)


def test_every_arm_of_the_page_is_measured_for_sharpness() -> None:
    run = Run(build_spec("flooding", steps=20))
    history = run.new_history()
    history.append(run.advance(60))
    for arm in range(2):
        assert torch.from_numpy(history.test(arm, "test_sharpness")).isfinite().all()
