"""Progressive learning: means of squares of pixels, for a share of the steps, in training only."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from trainers.runs.spec import Event
from tricks.progressive_learning import FULL, TRICK, is_low, seen, shrink
from tricks.recipe import Batch

STEPS = 20


def started(**values: object) -> Run:
    values = {"width": 4, "depth": 2, "batch_size": 8, "train_size": 100, "eval_every": 1000, **values}
    return Run(build_spec("progressive_learning", steps=STEPS, values=values))


def arm_of(run: Run, number: int = 1) -> ClassifierArm:
    arm = run.trainer.arms[number]
    assert isinstance(arm, ClassifierArm)
    return arm


@pytest.mark.parametrize("side", [1, 8, 16, 32])
def test_a_pixel_is_the_mean_of_its_square_and_its_gradient_is_shared(side: int) -> None:
    pictures = torch.randn(3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    pictures.requires_grad_(True)
    small = shrink(pictures, side)
    scale = 32 // side
    expected = pictures.reshape(3, side, scale, side, scale).mean((2, 4))
    torch.testing.assert_close(small, expected)
    (gradient,) = torch.autograd.grad(small.sum(), pictures)
    torch.testing.assert_close(gradient, torch.full_like(gradient, scale**-2))
    assert small.mean().item() == pytest.approx(pictures.mean().item())


def test_at_full_size_a_picture_is_itself_exactly() -> None:
    pictures = torch.randn(2, 32, 32)
    assert seen(pictures, 0, {"low_share": 0.0, "low_side": "16", "steps": 9}) is pictures
    assert torch.equal(shrink(pictures, 32), pictures)


@given(st.integers(1, 5000), st.floats(0, 1))
def test_the_first_share_of_the_steps_is_low_and_no_other(steps: int, share: float) -> None:
    low = [is_low(step, {"low_share": share, "steps": steps}) for step in range(steps)]
    assert low == sorted(low, reverse=True) and sum(low) == pytest.approx(share * steps, abs=1)


def test_every_example_of_a_batch_keeps_its_label_and_an_earlier_transform_comes_first() -> None:
    def invert(batch: Batch, *rest: object) -> Batch:
        batch.inputs = -batch.inputs
        return batch

    spec = build_spec("progressive_learning")
    twice = TRICK.apply(replace(baseline(spec.settings), transform=invert))
    assert twice.transform is not None
    pictures, labels = torch.randn(5, FULL, FULL), torch.arange(5)
    batch = Batch(pictures, labels, None, labels, 10)
    knobs = {**spec.context, **spec.arms[1].knobs}
    model, source = torch.nn.Identity(), torch.Generator()
    changed = twice.transform(batch, model, knobs, {}, source)
    torch.testing.assert_close(changed.inputs, -shrink(pictures, 16))
    assert torch.equal(changed.labels, labels)


def test_the_run_sees_small_pictures_first_and_the_probe_and_the_preview_say_so() -> None:
    run = started(low_share=0.5)
    run.advance(60, max_steps=10)
    low = arm_of(run).probe()
    assert low["at_side"] == 16 and low["seen"].shape == (4, FULL, FULL)
    assert (low["seen"][:, ::2, ::2] == low["seen"][:, 1::2, 1::2]).all()
    run.advance(60)
    assert arm_of(run).probe()["at_side"] == FULL == arm_of(run, 0).probe()["at_side"]
    assert TRICK.preview is not None
    assert TRICK.preview(arm_of(run).knobs)["side_ahead"].tolist() == [16] * 10 + [FULL] * 10


def test_the_test_pictures_are_never_made_smaller() -> None:
    run = started(low_share=1.0)
    run.advance(60, max_steps=1)
    arm = arm_of(run)
    with torch.no_grad():
        logits = arm.model.eval()(arm.data.inputs[:64], arm.knobs)
    assert arm.task.score(logits, arm.data.labels[:64])
    torch.testing.assert_close(arm.predict(arm.model)[:64], logits)


def test_a_share_turned_in_the_run_changes_the_next_pictures() -> None:
    run = started(low_share=0.0)
    run.advance(60, max_steps=5)
    run.advance(60, max_steps=1, commands=[Event(6, "low_share", 1.0, 1), Event(6, "low_side", "8", 1)])
    assert arm_of(run).probe()["at_side"] == 8
