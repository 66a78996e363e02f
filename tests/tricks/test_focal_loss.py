"""Focal loss: cross-entropy where it should be, its weight everywhere else, and finite where probabilities saturate."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from tricks.declaration import Knobs
from tricks.focal_loss import TRICK, class_weight, focal_weight, log_miss
from tricks.recipe import Batch, cross_entropy, one_hot_targets

LOSS = TRICK.apply(baseline(build_spec("focal_loss").settings)).loss
SCALES = [1e-6, 1.0, 12.0]


def batch_of(num_classes: int, dtype: torch.dtype = torch.float64, count: int = 32) -> Batch:
    labels = torch.arange(count) % num_classes
    return Batch(labels, labels, one_hot_targets(labels, num_classes, {}).to(dtype), labels)


def logits_of(num_classes: int, scale: float, dtype: torch.dtype = torch.float64, count: int = 32) -> Tensor:
    source = torch.Generator().manual_seed(3)
    return (scale * torch.randn(count, num_classes, generator=source, dtype=dtype)).requires_grad_()


def focal(logits: Tensor, batch: Batch, **knobs: float | str) -> Tensor:
    values: Knobs = {"gamma": 0.0, "alpha_balance": "off", "alpha_t": 0.25, **knobs}
    losses: Tensor = LOSS(logits, batch, values, {})
    return losses


@pytest.mark.parametrize("scale", [*SCALES, 300.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("num_classes", [2, 10])
def test_at_gamma_zero_it_is_cross_entropy_exactly(scale: float, dtype: torch.dtype, num_classes: int) -> None:
    logits, batch = logits_of(num_classes, scale, dtype), batch_of(num_classes, dtype)
    ours, plain = focal(logits, batch), cross_entropy(logits, batch, {})
    assert torch.equal(ours, plain)
    (mine,), (theirs,) = (torch.autograd.grad(losses.mean(), logits, retain_graph=True) for losses in (ours, plain))
    assert torch.equal(mine, theirs)
    torch.testing.assert_close(ours, F.cross_entropy(logits, batch.labels, reduction="none"))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_the_ratio_to_cross_entropy_is_the_weight(scale: float, gamma: float) -> None:
    logits, batch = logits_of(10, scale), batch_of(10)
    probabilities = logits.softmax(1)
    others = (probabilities * (1 - batch.targets)).sum(1)  # not 1 − p_t, which would lose its digits
    plain = F.cross_entropy(logits, batch.labels, reduction="none")
    torch.testing.assert_close(focal(logits, batch, gamma=gamma), others**gamma * plain)


@pytest.mark.parametrize("scale", SCALES[:2])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_its_gradient_is_that_of_the_textbook_formula(scale: float, gamma: float) -> None:
    logits, batch = logits_of(10, scale), batch_of(10)
    p_t = logits.softmax(1).gather(1, batch.labels[:, None])[:, 0]
    textbook = -((1 - p_t) ** gamma) * p_t.log()
    ours = focal(logits, batch, gamma=gamma)
    (mine,), (theirs,) = (torch.autograd.grad(losses.sum(), logits, retain_graph=True) for losses in (ours, textbook))
    torch.testing.assert_close(ours, textbook)
    torch.testing.assert_close(mine, theirs)
    assert torch.autograd.gradcheck(lambda x: focal(x, batch, gamma=gamma), logits)


def test_of_two_classes_it_is_the_papers_loss_of_one_logit() -> None:
    logits, batch = logits_of(2, 3.0), batch_of(2)
    score = logits[:, 1] - logits[:, 0]
    sign = 2.0 * batch.labels - 1
    expected = torch.sigmoid(-sign * score) ** 2 * F.softplus(-sign * score)
    torch.testing.assert_close(focal(logits, batch, gamma=2.0), expected)
    alpha = torch.where(batch.labels == 1, 0.25, 0.75)
    torch.testing.assert_close(focal(logits, batch, gamma=2.0, alpha_balance="on"), alpha * expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 1.0, 5.0])
@pytest.mark.parametrize("size", [20.0, 90.0, 1e4])
def test_a_saturated_logit_has_a_finite_gradient(dtype: torch.dtype, gamma: float, size: float) -> None:
    logits = torch.tensor([[size, 0.0, -size], [-size, 0.0, size]], dtype=dtype, requires_grad=True)
    batch = Batch(logits, torch.zeros(2, dtype=torch.long), torch.tensor([[1.0, 0, 0]] * 2, dtype=dtype), logits)
    losses = focal(logits, batch, gamma=gamma)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    assert losses.isfinite().all() and gradient.isfinite().all()
    assert losses[1].item() == pytest.approx(2 * size)  # a sure mistake costs what it does without a weight


@pytest.mark.parametrize(("p_t", "times"), [(0.9, 100), (0.968, 1000)])
def test_the_papers_examples(p_t: float, times: float) -> None:
    logits = torch.tensor([[p_t, 1 - p_t]], dtype=torch.float64).log()
    weight = focal_weight(logits, torch.tensor([[1.0, 0.0]], dtype=torch.float64), 2.0)
    assert 1 / weight.item() == pytest.approx(times, rel=0.03)


@given(st.lists(st.floats(-30, 30), min_size=3, max_size=3), st.floats(0, 5), st.floats(0, 5))
def test_a_weight_is_between_0_and_1_and_falls_as_gamma_grows(row: list[float], one: float, other: float) -> None:
    logits, targets = torch.tensor([row], dtype=torch.float64), torch.tensor([[0.0, 1.0, 0.0]], dtype=torch.float64)
    low, high = sorted((one, other))
    weak, strong = focal_weight(logits, targets, low).item(), focal_weight(logits, targets, high).item()
    assert 0 <= strong <= weak <= 1
    turned = focal_weight(logits.flip(1), targets, low).item()
    assert turned == pytest.approx(weak)


def test_with_distributions_as_targets_the_misses_add_up() -> None:
    logits = logits_of(10, 1.0)
    targets = 0.9 * batch_of(10).targets + 0.01
    torch.testing.assert_close(log_miss(logits, targets).exp(), 1 - (targets * logits.softmax(1)).sum(1))


def test_alpha_is_for_the_rare_class_and_only_where_there_are_two() -> None:
    torch.testing.assert_close(class_weight(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), 0.2), torch.tensor([0.2, 0.8]))
    assert set(build_spec("focal_loss").knobs_of(1)) == {"gamma", "alpha_balance", "alpha_t"}
    assert set(build_spec("focal_loss", task="mnist1d").knobs_of(1)) == {"gamma"}
    logits, batch = logits_of(10, 1.0), batch_of(10)
    assert torch.equal(LOSS(logits, batch, {"gamma": 0.0}, {}), cross_entropy(logits, batch, {}))


def test_the_preview_draws_what_the_run_computes() -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview({"gamma": 2.0})
    torch.testing.assert_close(drawn["weight"], (1 - drawn["p_t"]) ** 2)
    torch.testing.assert_close(drawn["focal_loss"], drawn["weight"] * drawn["cross_entropy"])
