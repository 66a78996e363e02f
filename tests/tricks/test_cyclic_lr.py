"""Cyclic learning rate: torch's two schedulers, the baseline's cosine at the neutral setting, snapshots that add up."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, CyclicLR

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import cosine
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.spec import Event
from tricks.copies import copy_with
from tricks.cyclic_lr import TRICK, average, cyclic_lr

lengths = st.integers(1, 500)
steps = st.integers(0, 100_000)


def sgd() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)


def rates(optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler) -> list[float]:
    found = []
    for _ in range(130):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("length", [1, 7, 50, 200])
@pytest.mark.parametrize("min_lr", [0.0, 0.01])
def test_the_cosine_is_torchs_warm_restarts(length: int, min_lr: float) -> None:
    optimizer = sgd()
    theirs = rates(optimizer, CosineAnnealingWarmRestarts(optimizer, T_0=length, eta_min=min_lr))
    assert [cyclic_lr(step, length, 0.2, min_lr=min_lr) for step in range(130)] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("half", [1, 5, 40])
@pytest.mark.parametrize(("mode", "decay"), [("triangular", 1.0), ("triangular2", 0.5)])
def test_the_triangle_is_torchs(half: int, mode: str, decay: float) -> None:
    optimizer = sgd()
    schedule = CyclicLR(optimizer, base_lr=0.02, max_lr=0.2, step_size_up=half, mode=mode, cycle_momentum=False)  # type: ignore[arg-type]
    theirs = rates(optimizer, schedule)
    ours = [cyclic_lr(step, 2 * half, 0.2, min_lr=0.02, decay=decay, shape="triangular") for step in range(130)]
    assert ours == pytest.approx(theirs, abs=1e-12)


@given(st.integers(1, 100_000), st.floats(1e-5, 10), st.data())
def test_one_cycle_is_the_baselines_cosine_bit_for_bit(length: int, lr: float, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, length - 1))
    assert cyclic_lr(step, length, lr) == cosine(step, {"lr": lr, "steps": length})


@given(steps, lengths, st.sampled_from(["cosine", "triangular"]), st.floats(0.1, 1))
def test_it_stays_between_its_ends_and_repeats(step: int, length: int, shape: str, decay: float) -> None:
    value = cyclic_lr(step, length, 0.2, min_lr=0.01, decay=decay, shape=shape)
    assert 0.01 - 1e-15 <= value <= 0.2 + 1e-15
    again = cyclic_lr(step % length, length, 0.2, min_lr=0.01, shape=shape)
    assert value - 0.01 == pytest.approx((again - 0.01) * decay ** (step // length), abs=1e-12)


def test_an_ensemble_is_the_mean_of_probabilities_and_a_lone_member_is_itself() -> None:
    source = torch.Generator().manual_seed(2)
    members = [torch.randn(6, 4, generator=source, dtype=torch.float64).log_softmax(1) for _ in range(3)]
    torch.testing.assert_close(average(members).exp(), torch.stack([m.exp() for m in members]).mean(0))
    assert torch.equal(average(members[:1]), members[0])
    sure = torch.tensor([[0.0, -1e4]], dtype=torch.float64)
    assert average([sure, sure]).isfinite().all()


def train(values: dict[str, object], commands: list[Event], steps: int = 60) -> tuple[Run, History]:
    run = Run(build_spec("cyclic_lr", steps=steps, values={"eval_every": 10, **values}))
    history = run.new_history()
    history.append(run.advance(60, commands=commands))
    assert run.finished
    return run, history


def arm_of(run: Run) -> ClassifierArm:
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    return arm


def test_snapshots_are_taken_at_the_cycles_ends_and_the_last_few_answer_together() -> None:
    run, history = train({"cycle_length": 10, "num_snapshots": 2}, [])
    _, alone = train({"cycle_length": 10, "num_snapshots": 0}, [])
    arm = arm_of(run)
    arrays = arm.probe()
    assert arrays["snapshot_steps"].tolist() == [10, 20, 30, 40, 50, 60]
    np.testing.assert_allclose(arrays["snapshots_accuracy"], alone.test(1, "test_accuracy"))
    np.testing.assert_array_equal(history.row(1, "train_loss"), alone.row(1, "train_loss"))
    assert arrays["snapshot_accuracy"] == arrays["own_accuracy"] == arrays["snapshots_accuracy"][-1]
    members = arm.memory["members"]
    assert len(members) == 2
    logits = [arm.predict(copy_with(arm.model, state)).log_softmax(1) for state in members]
    scored = arm.task.score(average(logits), arm.data.labels)
    assert arrays["ensemble_loss"] == pytest.approx(scored["test_loss"])
    assert history.test(1, "test_loss")[-1] == pytest.approx(scored["test_loss"])
    assert history.test(1, "test_loss")[-1] != alone.test(1, "test_loss")[-1]
    assert history.test(1, "test_loss")[0] == alone.test(1, "test_loss")[0]  # of a single snapshot it is that one


def test_between_cycles_the_ensemble_answers_and_not_the_network_that_trains() -> None:
    _, history = train({"cycle_length": 25, "num_snapshots": 2}, [])
    loss = history.test(1, "test_loss").tolist()  # at 10, 20, ..., 60
    assert loss[2] == loss[3] and loss[4] == loss[5]  # 30 and 40 stand on the snapshot of 25, then that of 50 joins
    assert len(set(loss)) == 4


def test_the_moving_point_is_at_the_step_that_was_made() -> None:
    run, history = train({"cycle_length": 10, "min_lr": 0.01}, [Event(23, "cycle_length", 13, 1)], steps=33)
    arrays = arm_of(run).probe()
    assert arrays["at_step"].tolist() == [33]
    assert arrays["at_lr"].tolist() == pytest.approx([history.row(1, "lr")[-1]])


def test_a_cycle_length_turned_in_the_run_is_taken_as_if_it_had_always_been_so() -> None:
    run, history = train({"cycle_length": 30}, [Event(26, "cycle_length", 20, 1), Event(45, "num_snapshots", 1, 1)])
    lr = history.row(1, "lr")
    assert lr[:25].tolist() == [cyclic_lr(s, 30, 0.2) for s in range(25)]
    assert lr[25:].tolist() == [cyclic_lr(s, 20, 0.2) for s in range(25, 60)]
    assert arm_of(run).memory["steps"] == [40, 60]
    assert len(arm_of(run).memory["members"]) == 1


def test_the_preview_is_what_the_run_does() -> None:
    run, history = train({"cycle_length": 25, "cycle_shape": "triangular", "min_lr": 0.01, "decay": 0.5}, [])
    assert TRICK.preview is not None
    drawn = TRICK.preview(arm_of(run).knobs)
    assert drawn["step"].tolist() == list(range(1, 61))
    torch.testing.assert_close(
        drawn["lr_ahead"].double(), torch.from_numpy(history.row(1, "lr").copy()), rtol=1e-6, atol=0
    )
    assert len(TRICK.preview({**arm_of(run).knobs, "steps": 100_000})["step"]) <= 2000


def test_the_knobs_follow_the_run() -> None:
    knobs = build_spec("cyclic_lr", steps=500, values={"lr": 3.0}).knobs_of(1)
    assert knobs["cycle_length"].high == knobs["cycle_length"].neutral == 500
    assert knobs["cycle_length"].default == 100
    assert knobs["max_lr"].neutral == knobs["max_lr"].default == 3.0 == knobs["max_lr"].high
    assert build_spec("cyclic_lr").arms[1].knobs["cycle_length"] == 600
    assert math.isclose(float(build_spec("cyclic_lr").arms[1].knobs["max_lr"]), 0.2)
