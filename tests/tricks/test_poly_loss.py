"""Poly loss: the paper's formula in value and gradient, cross-entropy at ε₁ = 0, and finite where p_t is 0 or 1."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from tests.tricks.test_focal_loss import SCALES, batch_of, logits_of
from trainers.parts.baseline import baseline
from trainers.promises import kept_in_training
from trainers.runs.build import build_spec
from tricks import focal_loss
from tricks.declaration import Knobs
from tricks.poly_loss import TRICK, miss
from tricks.recipe import Batch, cross_entropy

BASELINE = baseline(build_spec("poly_loss").settings)
LOSS = TRICK.apply(BASELINE).loss
EPSILONS = [-1.0, -0.3, 0.5, 2.0, 8.0]


def poly(logits: Tensor, batch: Batch, epsilon: float) -> Tensor:
    losses: Tensor = LOSS(logits, batch, {"poly_epsilon": epsilon}, {})
    return losses


def gradient(losses: Tensor, logits: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(losses.sum(), logits, retain_graph=True)
    return found


@pytest.mark.parametrize("scale", [*SCALES, 300.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("num_classes", [2, 10])
def test_at_zero_it_is_cross_entropy_exactly(scale: float, dtype: torch.dtype, num_classes: int) -> None:
    logits, batch = logits_of(num_classes, scale, dtype), batch_of(num_classes, dtype)
    ours, plain = poly(logits, batch, 0.0), cross_entropy(logits, batch, {})
    assert torch.equal(ours, plain)
    assert torch.equal(gradient(ours, logits), gradient(plain, logits))
    torch.testing.assert_close(ours, F.cross_entropy(logits, batch.labels, reduction="none"))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("num_classes", [2, 10])
def test_it_is_the_papers_formula_in_value_and_gradient(scale: float, epsilon: float, num_classes: int) -> None:
    logits, batch = logits_of(num_classes, scale), batch_of(num_classes)
    p_t = logits.softmax(1).gather(1, batch.labels[:, None])[:, 0]
    textbook = -p_t.log() + epsilon * (1 - p_t)
    ours = poly(logits, batch, epsilon)
    torch.testing.assert_close(ours, textbook)
    torch.testing.assert_close(gradient(ours, logits), gradient(textbook, logits))


def test_its_gradient_is_that_of_finite_differences() -> None:
    logits, batch = logits_of(10, 1.0), batch_of(10)
    for epsilon in EPSILONS:
        assert torch.autograd.gradcheck(lambda x, e=epsilon: poly(x, batch, e), logits)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("epsilon", EPSILONS)
def test_its_gradient_is_that_of_cross_entropy_times_one_plus_epsilon_p_t(scale: float, epsilon: float) -> None:
    logits, batch = logits_of(10, scale), batch_of(10)
    p = logits.detach().softmax(1)
    p_t = (p * batch.targets).sum(1, keepdim=True)
    expected = (1 + epsilon * p_t) * (p - batch.targets)
    torch.testing.assert_close(gradient(poly(logits, batch, epsilon), logits), expected)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_it_changes_the_first_coefficient_of_the_series_alone(epsilon: float) -> None:
    logits, batch = logits_of(10, 0.3), batch_of(10)
    q = 1 - (logits.softmax(1) * batch.targets).sum(1)
    series = (1 + epsilon) * q + torch.stack([q**j / j for j in range(2, 3000)]).sum(0)
    torch.testing.assert_close(poly(logits, batch, epsilon), series)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(-1, 8))
def test_it_falls_as_the_network_becomes_surer(one: float, other: float, epsilon: float) -> None:
    p_t = torch.tensor(sorted((one, other)), dtype=torch.float64)
    batch = Batch(p_t, torch.zeros(2, dtype=torch.long), torch.tensor([[1.0, 0.0]] * 2, dtype=torch.float64), p_t)
    unsure, sure = poly(torch.stack([p_t, 1 - p_t], 1).log(), batch, epsilon)
    assert sure <= unsure + 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("size", [20.0, 90.0, 1e4])
def test_a_saturated_logit_has_a_finite_gradient(dtype: torch.dtype, epsilon: float, size: float) -> None:
    logits = torch.tensor([[size, 0.0, -size], [-size, 0.0, size]], dtype=dtype, requires_grad=True)
    batch = Batch(logits, torch.zeros(2, dtype=torch.long), torch.tensor([[1.0, 0, 0]] * 2, dtype=dtype), logits)
    losses = poly(logits, batch, epsilon)
    assert losses.isfinite().all() and gradient(losses, logits).isfinite().all()
    assert losses[1].item() == pytest.approx(2 * size + epsilon)  # a sure mistake costs ε₁ more, and no multiple
    assert miss(logits, batch.targets)[0].item() == pytest.approx(torch.tensor(-size, dtype=dtype).exp().item())


def test_with_distributions_as_targets_the_misses_add_up() -> None:
    logits = logits_of(10, 1.0)
    targets = 0.9 * batch_of(10).targets + 0.01
    torch.testing.assert_close(miss(logits, targets), 1 - (targets * logits.softmax(1)).sum(1))


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_with_focal_loss_it_is_the_papers_poly_1_of_focal_loss(epsilon: float) -> None:
    spec = build_spec("poly_loss", extra_arms=({"gamma": 2.0},))
    assert spec.arms[2].tricks == ("poly_loss", "focal_loss")
    knobs: Knobs = {"poly_epsilon": epsilon, "gamma": 2.0}
    logits, batch = logits_of(10, 1.0), batch_of(10)
    both = focal_loss.TRICK.apply(TRICK.apply(BASELINE)).loss(logits, batch, knobs, {})
    p_t = logits.softmax(1).gather(1, batch.labels[:, None])[:, 0]
    torch.testing.assert_close(both, -((1 - p_t) ** 2) * p_t.log() + epsilon * (1 - p_t) ** 3)


def test_the_preview_draws_what_the_run_computes() -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview({"poly_epsilon": 2.0})
    p_t = drawn["p_t"].double().requires_grad_()
    losses = -p_t.log() + 2 * (1 - p_t)
    torch.testing.assert_close(drawn["poly_loss"].double(), losses.detach(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(drawn["cross_entropy"].double(), -p_t.detach().log(), rtol=1e-5, atol=1e-6)
    of_cross_entropy = -1 / p_t.detach()
    torch.testing.assert_close(drawn["pull"].double(), gradient(losses, p_t) / of_cross_entropy, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_the_points_stand_on_the_curves_where_the_batch_is(scale: float) -> None:
    logits, batch = logits_of(10, 1.0).detach() - scale * batch_of(10).targets, batch_of(10)
    moment: Any = SimpleNamespace(logits=logits.float(), batch=batch, knobs={"poly_epsilon": 2.0})
    assert TRICK.probe is not None
    seen = TRICK.probe(moment)
    mean = logits.float().softmax(1).gather(1, batch.labels[:, None]).mean()
    assert seen["p_t_counts"].sum() == len(logits) and all(array.isfinite().all() for array in seen.values())
    assert seen["mean_p_t"].item() == pytest.approx(mean.item())
    assert seen["pull_at_mean"].item() == pytest.approx(1 + 2 * mean.item())
    if mean > 0:
        assert seen["loss_at_mean"].item() == pytest.approx((2 * (1 - mean) - mean.log()).item())


def test_at_its_neutral_setting_it_is_the_baseline_bit_for_bit() -> None:
    assert not list(kept_in_training.neutral(TRICK.name))


def test_a_run_captured_on_the_way_goes_on_as_if_nothing_was() -> None:
    assert not list(kept_in_training.captured(TRICK.name))
