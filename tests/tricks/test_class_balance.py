"""Class balance: torch's weighted cross-entropy, the identity of logit adjustment, and what a sampler draws."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from trainers.tasks.long_tail import sizes
from tricks import focal_loss
from tricks.class_balance import TRICK, at_edge, by_frequency, class_weights, count, log_prior, measure, recalls
from tricks.declaration import Knobs
from tricks.recipe import Batch, TrainSet

COUNTS = [60, 25, 10, 5]
LABELS = torch.arange(4).repeat_interleave(torch.tensor(COUNTS))
TRAIN = TrainSet(torch.zeros(100, 2), LABELS, LABELS, 4)
RECIPE = TRICK.apply(baseline(build_spec("class_balance").settings))


def knobs(way: str, power: float) -> Knobs:
    return {"balancing": way, "balance_power": power}


def losses_of(logits: torch.Tensor, labels: torch.Tensor, way: str, power: float) -> torch.Tensor:
    batch = Batch(logits, labels, None, labels, 4)
    batch.train = TRAIN
    losses: torch.Tensor = RECIPE.loss(logits, batch, knobs(way, power), {})
    return losses


def logits_of(scale: float, rows: int = 100) -> torch.Tensor:
    source = torch.Generator().manual_seed(2)
    return (scale * torch.randn(rows, 4, generator=source, dtype=torch.float64)).requires_grad_()


def same_with_gradients(ours: torch.Tensor, theirs: torch.Tensor, logits: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(losses.sum(), logits, retain_graph=True)[0] for losses in (ours, theirs)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 300.0])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_weights_are_those_of_torchs_cross_entropy(scale: float, power: float) -> None:
    logits = logits_of(scale)
    weights = class_weights(torch.tensor(COUNTS, dtype=torch.float32), power).double()
    theirs = F.cross_entropy(logits, LABELS, weight=weights, reduction="none")
    same_with_gradients(losses_of(logits, LABELS, "weights", power), theirs, logits)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 300.0])
def test_of_a_mixed_target_each_class_has_its_own_weight_as_in_torch(scale: float) -> None:
    logits, other = logits_of(scale), LABELS.roll(37)
    targets = 0.95 * F.one_hot(LABELS, 4).double() + 0.05 * F.one_hot(other, 4).double()
    batch = Batch(logits, other, targets, LABELS, 4)  # the label is the smaller part of the mixture
    batch.train = TRAIN
    ours = RECIPE.loss(logits, batch, knobs("weights", 1.0), {})
    weights = class_weights(torch.tensor(COUNTS, dtype=torch.float32), 1.0).double()
    same_with_gradients(ours, F.cross_entropy(logits, targets, weight=weights, reduction="none"), logits)


def test_with_focal_loss_the_weights_are_of_the_cross_entropy_in_it() -> None:
    logits, gamma = logits_of(1.0), {"gamma": 2.0}
    recipe = TRICK.apply(focal_loss.TRICK.apply(baseline(build_spec("class_balance").settings)))
    batch = Batch(logits, LABELS, None, LABELS, 4)
    batch.train = TRAIN
    weights = class_weights(torch.tensor(COUNTS, dtype=torch.float32), 1.0).double()
    missed = 1 - logits.softmax(1).gather(1, LABELS[:, None])[:, 0]
    theirs = missed**2 * F.cross_entropy(logits, LABELS, weight=weights, reduction="none")
    same_with_gradients(recipe.loss(logits, batch, {**knobs("weights", 1.0), **gamma}, {}), theirs, logits)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 300.0])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_logit_adjustment_is_a_softmax_with_the_prior_in_it(scale: float, power: float) -> None:
    logits = logits_of(scale)
    prior = torch.tensor(COUNTS, dtype=torch.float32).log().double() - torch.tensor(100.0).log().double()
    adjusted = F.cross_entropy(logits + power * prior, LABELS, reduction="none")
    same_with_gradients(losses_of(logits, LABELS, "logits", power), adjusted, logits)
    pairs = (power * (prior - prior[LABELS][:, None]) + logits - logits.gather(1, LABELS[:, None])).logsumexp(1)
    torch.testing.assert_close(adjusted, pairs)  # the paper's equation 10


def test_without_logits_of_its_own_adjustment_starts_at_the_entropy_of_the_prior() -> None:
    losses = losses_of(torch.zeros(100, 4, dtype=torch.float64), LABELS, "logits", 1.0)
    share = torch.tensor(COUNTS).double() / 100
    assert losses.mean().item() == pytest.approx(-(share * share.log()).sum().item())


@pytest.mark.parametrize(("way", "power"), [("none", 1.0), ("sampler", 0.0), ("weights", 0.0), ("logits", 0.0)])
def test_at_neutral_settings_nothing_is_drawn_or_changed(way: str, power: float) -> None:
    logits, generator = logits_of(1.0), torch.Generator().manual_seed(1)
    before = generator.get_state()
    plain = F.nll_loss(logits.log_softmax(1), LABELS, reduction="none")
    assert torch.equal(losses_of(logits, LABELS, way, power), plain)
    assert torch.equal(RECIPE.sample(LABELS, TRAIN, knobs(way, power), {}, generator), LABELS)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_the_sampler_draws_the_shares_that_the_formula_gives(power: float) -> None:
    generator = torch.Generator().manual_seed(1)
    drawn = LABELS[RECIPE.sample(torch.zeros(20_000, dtype=torch.long), TRAIN, knobs("sampler", power), {}, generator)]
    expected = torch.tensor(COUNTS) ** (1 - power)
    torch.testing.assert_close(
        torch.bincount(drawn) / 20_000, expected / expected.sum(), atol=0.015, rtol=0
    )  # four standard errors


@given(st.lists(st.integers(1, 500), min_size=2, max_size=10), st.floats(0, 2))
def test_weights_average_one_over_the_examples_and_favor_the_rare(counts: list[int], power: float) -> None:
    numbers = torch.tensor(counts, dtype=torch.float64)
    weights = class_weights(numbers, power)
    assert (weights @ numbers / numbers.sum()).item() == pytest.approx(1)
    assert (weights[numbers.argmin()] >= weights - 1e-12).all()
    assert log_prior(numbers).exp().sum().item() == pytest.approx(1)


def test_a_class_without_examples_does_no_harm() -> None:
    counts = count(torch.tensor([0, 0, 2]), 4)
    assert counts.tolist() == [2, 0, 1, 0]
    weights = class_weights(counts, 2.0)
    assert weights.isfinite().all() and log_prior(counts).isfinite().all()
    assert (weights @ counts / counts.sum()).item() == pytest.approx(1)
    assert weights[1] == weights[2]


def test_recalls_count_each_class_for_itself() -> None:
    logits = F.one_hot(torch.tensor([0, 1, 1, 2]), 4).float()
    found = recalls(logits, torch.tensor([0, 1, 2, 2]), 4)
    assert found[:3].tolist() == [1, 1, 0.5] and found[3].isnan()
    assert by_frequency(TRAIN).tolist() == [0, 1, 2, 3]


def test_the_measures_are_of_the_tail_and_the_head_and_of_every_arm() -> None:
    run = Run(build_spec("class_balance", steps=30, values={"eval_every": 30}))
    history = run.new_history()
    history.append(run.advance(60))
    for arm in (0, 1):
        head, tail, balanced = (history.test(arm, f"test_{name}_accuracy")[-1] for name in ("head", "tail", "balanced"))
        assert 0 <= tail <= head <= 1 and tail < balanced < head
    arrays = run.trainer.arms[1].probe()
    assert arrays["class_counts"].sum() == 1120 and (arrays["class_counts"][:-1] >= arrays["class_counts"][1:]).all()
    assert arrays["batch_counts"].sum() == 50


@pytest.mark.parametrize(("total", "imbalance"), [(1120, 50.0), (4000, 200.0), (100, 200.0), (1000, 1.0)])
def test_the_tasks_classes_fall_by_one_factor(total: int, imbalance: float) -> None:
    found = sizes(total, imbalance)
    assert sum(found) == total and min(found) >= 1 and found == sorted(found, reverse=True)
    if total == 1120:
        assert (found[0], found[-1]) == (400, 8)


def test_the_preview_is_what_each_power_learns_for() -> None:
    assert TRICK.preview is not None
    flat = TRICK.preview(knobs("weights", 1.0))["learned_shares"]
    torch.testing.assert_close(flat, torch.full((10,), 0.1))
    tailed = TRICK.preview(knobs("none", 1.0))["learned_shares"]
    assert (tailed[0] / tailed[-1]).item() == pytest.approx(50)


def test_the_rarest_classes_are_the_tasks_in_every_arm_whatever_a_trick_leaves_of_them() -> None:
    run = Run(build_spec("class_balance", seed=100, steps=2, extra_arms=({"cleaning": "drop", "suspect_share": 0.5},)))
    run.advance(60.0)
    for arm in run.trainer.arms:
        assert isinstance(arm, ClassifierArm)
        moment = arm.look(arm.knobs)
        assert moment.drawn is arm.data.train and moment.train is arm.set
        order = by_frequency(moment.drawn)
        logits = torch.nn.functional.one_hot(moment.test_labels, moment.train.num_classes).float()
        rare = torch.isin(moment.test_labels, order[-3:])
        logits[rare] = logits[rare].roll(1, 1)  # of the rare ones all are wrong, of the others none
        ranks = torch.empty_like(order)
        ranks[order] = torch.arange(len(order))
        left = torch.cat([torch.full((1 + int(ranks[label]),), label) for label in range(len(order))])  # turned round
        other = replace(moment.train, inputs=left[:, None].float(), labels=left, clean_labels=left)
        assert by_frequency(other).tolist() == order.flip(0).tolist()
        measured = measure(replace(moment, train=other, predict=lambda model, logits=logits: logits))  # type: ignore[misc]
        assert (measured["test_tail_accuracy"], measured["test_head_accuracy"]) == (0.0, 1.0)


def test_head_and_tail_are_those_of_the_true_labels_whatever_is_recorded() -> None:
    run = Run(build_spec("class_balance", seed=100, steps=2, values={"label_noise": 0.6}))
    drawn = run.trainer.arms[0].data.train  # type: ignore[attr-defined]
    counts = torch.bincount(drawn.clean_labels, minlength=10)
    assert (counts[by_frequency(drawn)].diff() <= 0).all()
    assert by_frequency(drawn).tolist() != torch.bincount(drawn.labels, minlength=10).argsort(descending=True).tolist()


def test_classes_of_equal_counts_share_the_places_at_the_edge() -> None:
    found = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5])
    assert at_edge(found, torch.tensor([9.0, 8.0, 7.0, 6.0, 5.0])) == pytest.approx(0.2)
    assert at_edge(found, torch.ones(5)) == pytest.approx(0.3)
    assert at_edge(found, torch.tensor([9.0, 8.0, 7.0, 7.0, 5.0])) == pytest.approx((0.1 + 0.2 + 0.35) / 3)
    assert at_edge(torch.tensor([0.1, math.nan, 0.3, 0.4]), torch.tensor([4.0, 3.0, 2.0, 1.0])) == pytest.approx(0.2)
