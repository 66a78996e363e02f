"""Distillation: torch's divergence, its limit at a high temperature, a teacher made once of what the student has."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from tricks.declaration import Knobs
from tricks.distillation import TRICK, Lesson, divergence, preview, shift_around, teach
from tricks.recipe import Batch, TrainSet, cross_entropy

SETTINGS = build_spec("distillation").settings


def logits_of(scale: float, seed: int) -> Tensor:
    return scale * torch.randn(16, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def small_set() -> TrainSet:
    source = torch.Generator().manual_seed(3)
    labels = torch.arange(40) % 2
    signals = torch.randn(40, 12, generator=source) + labels[:, None]
    return TrainSet(signals, labels, labels, 2)


@pytest.mark.parametrize("temperature", [1.0, 4.0, 16.0])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 30.0])
def test_it_is_torchs_divergence_in_value_and_gradient(temperature: float, scale: float) -> None:
    teacher, student = logits_of(scale, 0), logits_of(scale, 1).requires_grad_()
    told, wanted = ((logits / temperature).log_softmax(1) for logits in (student, teacher))
    theirs = temperature**2 * F.kl_div(told, wanted, reduction="none", log_target=True).sum(1)
    ours = divergence(teacher, student, temperature)
    torch.testing.assert_close(ours, theirs)
    (mine,), (other,) = (torch.autograd.grad(losses.sum(), student, retain_graph=True) for losses in (ours, theirs))
    torch.testing.assert_close(mine, other)
    expected = temperature * ((student / temperature).softmax(1) - (teacher / temperature).softmax(1))
    torch.testing.assert_close(mine, expected.detach())  # equation 2 of the paper, times T²


def test_at_a_high_temperature_it_matches_centered_logits() -> None:
    teacher, student = logits_of(1.0, 0), logits_of(1.0, 1)
    centered = [logits - logits.mean(1, keepdim=True) for logits in (teacher, student)]
    matched = (centered[0] - centered[1]).square().sum(1) / 20  # 1 / (2 K): equation 4 of the paper
    torch.testing.assert_close(divergence(teacher, student, 1e4), matched, rtol=1e-3, atol=1e-6)


def test_it_is_zero_where_both_agree_and_finite_where_they_are_sure() -> None:
    logits = logits_of(1.0, 0)
    assert divergence(logits, logits + 3.0, 4.0).abs().max() < 1e-12
    sure = torch.tensor([[1e4, 0.0, -1e4]], dtype=torch.float64)
    assert divergence(sure, sure.flip(1), 1.0).isfinite().all()


def test_at_weight_zero_it_is_the_recipes_loss_and_at_one_the_teachers_word_only() -> None:
    recipe = TRICK.apply(baseline(SETTINGS))
    student, wanted = logits_of(1.0, 1), logits_of(2.0, 0)
    labels = torch.arange(16) % 10
    batch = Batch(torch.zeros(16, 4), labels, None, labels, 10)
    batch.train = TrainSet(batch.inputs, labels, labels, 10, extras={"teacher": lambda inputs: wanted})
    knobs: Knobs = {"teacher_weight": 0.0, "temperature": 4.0, "teacher": "plain"}
    plain = cross_entropy(student, batch, knobs)
    assert torch.equal(recipe.loss(student, batch, knobs, {}), plain)
    taught = divergence(wanted, student, 4.0)
    torch.testing.assert_close(recipe.loss(student, batch, {**knobs, "teacher_weight": 1.0}, {}), taught)
    torch.testing.assert_close(
        recipe.loss(student, batch, {**knobs, "teacher_weight": 0.3}, {}), 0.7 * plain + 0.3 * taught
    )


def test_signals_are_shifted_around_and_lose_nothing() -> None:
    signals = torch.arange(30.0).reshape(3, 10)
    shifted = shift_around(signals, torch.Generator().manual_seed(0))
    for before, after in zip(signals, shifted, strict=True):
        assert any(torch.equal(before.roll(places), after) for places in range(10))
    assert not torch.equal(signals, shifted)


def test_a_teacher_is_made_once_and_is_the_same_whoever_asks() -> None:
    train = small_set()
    one, other = Lesson(b"a", False, 1, train), Lesson(b"a", False, 1, small_set())
    state = torch.get_rng_state()
    teacher = teach(one)
    assert torch.equal(torch.get_rng_state(), state)
    assert teach(other) is teacher
    teach.cache_clear()
    again = teach(one)
    assert all(torch.equal(a, b) for a, b in zip(teacher.parameters(), again.parameters(), strict=True))
    assert not any(parameter.requires_grad for parameter in again.parameters())
    assert (again(train.inputs).argmax(1) == train.labels).all()  # what is not shifted is learned by heart
    assert teach(Lesson(b"a", True, 1, train)) is not again


def test_a_run_has_its_teacher_beside_its_training_set_and_the_baseline_has_none() -> None:
    run = Run(build_spec("distillation", steps=10, values={"train_size": 60}))
    plain, taught = run.trainer.arms
    assert isinstance(plain, ClassifierArm) and isinstance(taught, ClassifierArm)
    assert not plain.set.extras and torch.equal(plain.set.inputs, taught.set.inputs)
    run.advance(60)
    assert set(taught.probe()) == {"teacher_targets", "student_targets"} and not plain.probe()
    for targets in taught.probe().values():
        assert targets.sum() == pytest.approx(1)


def test_only_signals_have_a_teacher_that_saw_them_shifted() -> None:
    adapted = TRICK.knobs_for({**SETTINGS, "task": "digits"})
    assert adapted["teacher"].choices == ("plain",) and adapted["teacher"].default == "plain"


def test_the_picture_is_a_distribution_that_the_temperature_evens_out() -> None:
    drawn = [preview({"teacher_weight": 1.0, "temperature": t})["asked"] for t in (1.0, 4.0, 16.0)]
    assert all(asked.sum().item() == pytest.approx(1) for asked in drawn)
    assert drawn[0].max() > drawn[1].max() > drawn[2].max()
    assert preview({"teacher_weight": 0.0, "temperature": 4.0})["asked"].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
