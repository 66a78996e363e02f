"""Augmentation: torch's own roll, mixtures that are what they say, and variants of the right kind for each task."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from tricks import label_smoothing
from tricks.augmentation import TRICK, as_seen, augment, cut, draw, draw_share, mix, shift
from tricks.declaration import Knobs
from tricks.recipe import Batch, cross_entropy, one_hot_targets

MIXED: dict[str, object] = {"max_shift": 0, "mixup_alpha": 1.0, "label_smoothing": 0.2}
OFF: Knobs = {
    "task": "mnist1d",
    "view": "signal",
    "max_shift": 0,
    "noise_std": 0.0,
    "cutout_length": 0,
    "mixup_alpha": 0.0,
}


def source() -> torch.Generator:
    return torch.Generator().manual_seed(4)


@pytest.mark.parametrize("shape", [(5, 40), (5, 8, 8), (5, 6, 9)])
def test_a_shift_is_torchs_roll_of_each_example(shape: tuple[int, ...]) -> None:
    inputs = torch.randn(shape, generator=source())
    offsets = torch.tensor([-7, -1, 0, 3, 20])
    for axis in range(1, len(shape)):
        expected = torch.stack([x.roll(int(by), axis - 1) for x, by in zip(inputs, offsets, strict=True)])
        assert torch.equal(shift(inputs, offsets, axis), expected)


@given(st.integers(0, 9), st.integers(0, 12), st.integers(0, 9))
def test_a_cut_blanks_a_window_and_nothing_else(center: int, length: int, other: int) -> None:
    ones = torch.ones(1, 10, 10)
    blanked = cut(ones, torch.tensor([[center, other]]), length)[0] == 0
    rows, columns = (
        [place for place in range(10) if 0 <= place - (middle - length // 2) < length] for middle in (center, other)
    )
    expected = torch.zeros(10, 10, dtype=torch.bool)
    for row in rows:
        expected[row, columns] = True
    assert torch.equal(blanked, expected)
    assert torch.equal(cut(ones[:, 0], torch.tensor([[center]]), length)[0] == 0, torch.tensor(
        [place in rows for place in range(10)]
    ))  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_of_mixed_targets_is_the_mixture_of_losses_in_value_and_gradient(share: float) -> None:
    labels, order = torch.arange(16) % 10, torch.randperm(16, generator=source())
    logits = torch.randn(16, 10, generator=source(), dtype=torch.float64, requires_grad=True)
    targets = mix(one_hot_targets(labels, 10, {}).double(), share, order)
    ours = cross_entropy(logits, Batch(logits, labels, targets, labels), {})
    first, second = (F.cross_entropy(logits, target, reduction="none") for target in (labels, labels[order]))
    theirs = share * first + (1 - share) * second
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(losses.sum(), logits, retain_graph=True)[0] for losses in (ours, theirs)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 2.0])
def test_shares_are_of_the_beta_distribution(alpha: float) -> None:
    generator = source()
    shares = torch.tensor([draw_share(alpha, generator) for _ in range(2000)])
    spread = torch.distributions.Beta(torch.tensor(alpha), torch.tensor(alpha)).stddev
    assert shares.mean().item() == pytest.approx(0.5, abs=0.04)
    assert shares.std().item() == pytest.approx(spread.item(), rel=0.06)
    assert shares.min() >= 0 and shares.max() <= 1


def test_when_all_is_off_nothing_is_drawn_and_nothing_changed() -> None:
    generator, before = source(), source().get_state()
    recipe = TRICK.apply(baseline(build_spec("augmentation").settings))
    inputs, labels = torch.randn(6, 40), torch.arange(6)
    batch = recipe.transform(Batch(inputs, labels, None, labels, 10), torch.nn.Identity(), OFF, {}, generator)
    assert torch.equal(batch.inputs, inputs) and batch.is_hard
    assert torch.equal(generator.get_state(), before)


def test_each_change_does_what_its_knob_says() -> None:
    inputs = torch.randn(300, 40, generator=source())
    moved = augment(inputs, {**OFF, "max_shift": 3}, source())
    offsets = {by for x, y in zip(inputs, moved, strict=True) for by in range(-20, 20) if torch.equal(x.roll(by), y)}
    assert offsets == set(range(-3, 4))
    noise = augment(inputs, {**OFF, "noise_std": 0.5}, source()) - inputs
    assert noise.std().item() == pytest.approx(0.5, rel=0.03)
    hidden = (augment(inputs, {**OFF, "cutout_length": 10}, source()) == 0).sum(1)
    assert hidden.max() == 10 and hidden.min() >= 5


def test_pictures_move_both_ways_and_have_narrower_knobs() -> None:
    knobs = build_spec("augmentation", task="digits").knobs_of(1)
    assert (knobs["max_shift"].high, knobs["max_shift"].default, knobs["cutout_length"].high) == (3, 1, 8)
    one = torch.zeros(400, 8, 8)
    one[:, 4, 4] = 1
    moved = augment(one, {**OFF, "task": "digits", "view": "image", "max_shift": 1}, source())
    places = {(int(place) // 8, int(place) % 8) for place in moved.flatten(1).argmax(1)}
    assert places == {(row, column) for row in (3, 4, 5) for column in (3, 4, 5)}


def test_on_larger_pictures_a_shift_goes_both_ways_and_a_cut_is_a_square() -> None:
    spec = build_combination(("augmentation",), task="big_digits", steps=2, ablate=False, values={"train_size": 64})
    knobs = {**spec.context, **OFF, "task": "big_digits", "view": spec.context["view"]}
    ones = torch.ones(300, 32, 32)
    hidden = augment(as_seen(ones, knobs), {**knobs, "cutout_length": 8}, source()) == 0
    assert hidden.any(1).sum(1).max() == 8 == hidden.any(2).sum(1).max()
    one = torch.zeros(400, 32, 32)
    one[:, 9, 20] = 1
    places = augment(as_seen(one, knobs), {**knobs, "max_shift": 1}, source()).flatten(1).argmax(1)
    assert {(int(place) // 32, int(place) % 32) for place in places} == {
        (row, column) for row in (8, 9, 10) for column in (19, 20, 21)
    }


def test_a_mixture_is_judged_by_the_labels_of_both_and_asked_for_in_the_same_proportion() -> None:
    run = Run(build_spec("augmentation", steps=12, values={"max_shift": 0, "mixup_alpha": 1.0}))
    history = run.new_history()
    history.append(run.advance(60))
    assert history.row(1, "train_loss").tolist() == history.row(1, "objective").tolist()
    smoothed = Run(build_combination(("label_smoothing", "augmentation"), task="mnist1d", steps=12, values=MIXED))
    history = smoothed.new_history()
    history.append(smoothed.advance(60))
    assert (history.row(1, "train_loss") != history.row(1, "objective")).all()


def test_the_panel_of_label_smoothing_puts_the_larger_part_of_a_mixture_first() -> None:
    batch = Batch(torch.zeros(6, 2), torch.ones(6, dtype=torch.long), None, torch.arange(6), 2)
    batch.mixture = batch.targets = torch.tensor([[0.8, 0.2]]).expand(6, 2)
    moment: Any = SimpleNamespace(batch=batch, logits=torch.zeros(6, 2))
    torch.testing.assert_close(label_smoothing.probe(moment)["asked_probabilities"], torch.tensor([0.8, 0.2]))


@pytest.mark.parametrize("task", ["mnist1d", "digits"])
def test_the_panel_shows_examples_and_what_became_of_them(task: str) -> None:
    run = Run(build_spec("augmentation", task=task, steps=20, values={"mixup_alpha": 1.0}))
    run.advance(60, max_steps=5)
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    state = run.capture()
    samples = arm.probe()["samples"]
    assert run.capture() == state
    assert len(samples) == 8 and samples.ndim == 3
    assert (samples[:4] != samples[4:]).any()
    still = run.trainer.arms[0].probe()["samples"]
    assert (still[:4] == still[4:]).all() and (still[:4] == samples[:4]).all()


def test_a_signal_is_drawn_as_an_unbroken_line() -> None:
    drawn = draw(torch.linspace(-9, 9, 40)[None], OFF)[0]
    assert set(drawn.flatten().tolist()) == {0.0, 1.0} and (drawn.sum(0) >= 1).all()
    assert drawn[-1, 0] == 1 and drawn[0, -1] == 1 and (drawn.sum(1) >= 1).all()


def test_no_knob_goes_below_nothing() -> None:
    assert [(knob.low, knob.neutral) for knob in TRICK.knobs] == [(0, 0)] * len(TRICK.knobs)


def test_what_is_mixed_into_the_drawn_signal_is_of_the_other_kind() -> None:
    assert TRICK.preview is not None
    knobs = {**OFF, "mixup_alpha": 1.0, "train_size": 500}
    drawn = TRICK.preview(knobs)
    other = (drawn["position"] / 5).sin()
    changed = drawn["seen"] - drawn["plain"]
    share = (changed @ (other - drawn["plain"])) / (other - drawn["plain"]).square().sum()
    torch.testing.assert_close(drawn["seen"], (1 - share) * drawn["plain"] + share * other)
    assert 0 < share < 1
