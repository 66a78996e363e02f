"""A run's promises: bit for bit the same, whatever the slices, the neighbors and the process."""

import math
import pickle
import subprocess
import sys
from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run, empty_history
from trainers.promises import kept_in_training
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.settings import ignored_by
from trainers.runs.spec import ArmSpec, Event, RunSpec
from trainers.tasks import NAMES, load_task
from tricks import catalogue
from tricks.declaration import RefusedError

TURNS = [Event(7, "flood_level", 0.4, 1), Event(12, "lr", 0.003), Event(31, "flood_level", 0.05, 1)]


def spec_of(trick: str = "flooding", **options: object) -> RunSpec:
    return build_spec(trick, **{"steps": 60, **options})  # type: ignore[arg-type]


def finish(run: Run, history: History | None = None, max_steps: int | None = None) -> History:
    history = history or run.new_history()
    while not run.finished:
        history.append(run.advance(60, max_steps=max_steps))
    return history


def record(history: History) -> list[NDArray[Any]]:
    """Everything in a history but the seconds."""
    arrays: list[NDArray[Any]] = []
    for arm in range(len(history.spec.arms)):
        arrays += [history.row(arm, name) for name in history.row_names if name != "elapsed_s"]
        arrays += [history.test(arm, name) for name in history.test_names]
    arrays += [array for probe in history.probes for array in probe.arrays.values()]
    return arrays


def same(one: History, other: History) -> None:
    assert one.events == other.events and one.failures == other.failures
    for mine, theirs in zip(record(one), record(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def whole(spec: RunSpec, commands: list[Event]) -> History:
    run = Run(spec)
    history = run.new_history()
    history.append(run.advance(600, commands=commands))
    return finish(run, history)


@pytest.mark.long(share=0.3)
@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_a_run_is_the_same_in_slices_beside_another_and_through_a_capture(trick: str) -> None:
    assert not list(kept_in_training.captured(trick))


def test_events_replayed_from_the_history_give_it_again() -> None:
    first = whole(spec_of(), TURNS)
    assert [event.step for event in first.events] == [7, 12, 31]
    same(whole(spec_of(), first.events), first)


def test_commands_that_arrive_while_a_slice_runs_take_effect_at_the_next_step() -> None:
    run = Run(spec_of())
    queue: deque[Event] = deque()
    run.advance(60, max_steps=5, commands=queue)
    queue.append(Event(0, "flood_level", 0.5, 1))
    assert run.advance(60, max_steps=3, commands=queue).events == (Event(6, "flood_level", 0.5, 1),)


def test_a_turn_to_the_value_in_force_leaves_no_mark() -> None:
    spec = spec_of()
    turn = Event(0, "flood_level", spec.arms[1].knobs["flood_level"], 1)
    assert Run(spec).advance(60, max_steps=2, commands=[turn]).events == ()


def test_a_refused_command_trains_nothing() -> None:
    run = Run(spec_of())
    with pytest.raises(RefusedError, match=r"flood_level must be between 0 and 0.6, got 9"):
        run.advance(60, commands=[Event(0, "flood_level", 9, 1)])
    assert run.step == 0


def test_a_capture_is_restored_in_another_process() -> None:
    run = Run(spec_of())
    run.advance(60, max_steps=20, commands=[Event(30, "flood_level", 0.3, 1)])
    code = (
        "import sys, pickle; from trainers.kinds.run import Run; "
        "run = Run.restore(sys.stdin.buffer.read()); sys.stdout.buffer.write(pickle.dumps(run.advance(60)))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=run.capture(), capture_output=True, check=True)
    there, here = run.new_history(), run.new_history()
    rows = run.advance(60)
    there.append(pickle.loads(done.stdout))
    here.append(rows)
    same(there, here)


def test_the_global_generator_belongs_to_nobody() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    finish(Run(spec_of("soft_thresholding", steps=3)))
    assert torch.equal(torch.get_rng_state(), before)


def test_arms_start_from_the_same_weights_and_see_the_same_batches() -> None:
    run = Run(spec_of("normalization"))
    plain, changed = (dict(arm.model.named_parameters()) for arm in run.trainer.arms)
    assert set(plain) < set(changed)
    assert all(torch.equal(plain[name], changed[name]) for name in plain)


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_the_neutral_setting_is_the_baseline(trick: str) -> None:
    assert not list(kept_in_training.neutral(trick))


def test_an_arm_whose_loss_is_not_finite_ends_and_the_other_goes_on() -> None:
    spec = build_spec("cyclic_lr", steps=40, values={"max_lr": 1.0, "eval_every": 10})
    run = Run(replace(spec, settings={**spec.settings, "lr": 10.0, "schedule": "constant"}))
    history = finish(run)
    assert [failure.arm for failure in history.failures] == [0]
    end = history.failures[0].step
    assert history.length(0) == end < 40 == history.length(1)
    assert not np.isfinite(history.row(0, "train_loss")[-1]) and np.isfinite(history.row(0, "train_loss")[:-1]).all()
    assert history.failures[0].knobs["lr"] == 10.0 and history.finished


def test_a_history_skips_what_it_holds() -> None:
    run = Run(spec_of())
    history = run.new_history()
    history.append(run.advance(60, max_steps=20))
    capture = run.capture()
    history.append(run.advance(60, max_steps=15))
    again = Run.restore(capture)
    finish(again, history)
    same(history, finish(Run(spec_of())))


@pytest.mark.parametrize("name", NAMES)
def test_an_epoch_is_a_pass_over_the_training_set_also_before_the_run_is_made(name: str) -> None:
    trick = next(trick.name for trick in catalogue.every() if name in {setup.task for setup in trick.setups})
    has_batches = "batch_size" not in ignored_by(load_task(name))
    for values in ({}, {"batch_size": 512, "train_size": 300}) if has_batches else ({},):
        spec = build_spec(trick, task=name, values=values)
        train_size, batch_size = (int(spec.settings[size]) for size in ("train_size", "batch_size"))
        expected = max(1, train_size // batch_size) if has_batches else 1
        assert empty_history(spec).steps_per_epoch == Run(spec).new_history().steps_per_epoch == expected


def test_a_run_with_one_arm_and_one_with_four() -> None:
    spec = spec_of(steps=15)
    alone = finish(Run(replace(spec, arms=spec.arms[:1])))
    arms = (*spec.arms, ArmSpec("b", ("flooding",), {"flood_level": 0.1}), ArmSpec("c", ("flooding",)))
    four = finish(Run(replace(spec, arms=arms[:3])))
    np.testing.assert_array_equal(alone.row(0, "train_loss"), four.row(0, "train_loss"))


def test_a_boundary_is_the_probability_of_class_1_where_the_points_are() -> None:
    run = Run(build_spec("flooding", task="spirals", steps=400, values={"label_noise": 0, "eval_every": 400}))
    run.advance(math.inf)
    seen = {name: np.asarray(array) for name, array in run.trainer.arms[0].probe().items()}
    ends = run.trainer.arms[0].data.inputs.aminmax()  # type: ignore[attr-defined]
    low, high = 1.1 * ends.min.item(), 1.1 * ends.max.item()
    size = len(seen["boundary"])
    cells = [((seen[name] - low) / (high - low) * (size - 1)).round().astype(int) for name in ("points_y", "points_x")]
    field = seen["boundary"][cells[0], cells[1]]
    ones = seen["points_class"] == 1
    assert field[ones].mean() > 0.8 and field[~ones].mean() < 0.2


@pytest.mark.parametrize("raised", [ValueError("no step"), KeyboardInterrupt()])
@pytest.mark.parametrize("arm", [0, 1])
def test_what_was_made_before_a_step_that_cannot_be_made_is_given(
    arm: int, raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(steps=40, values={"eval_every": 3})
    run, alike = Run(spec), Run(spec)
    train = run.trainer.arms[arm].train

    def breaks(step: int, shared: object) -> tuple[float, ...]:
        if step == 12:
            raise raised
        return train(step, shared)

    monkeypatch.setattr(run.trainer.arms[arm], "train", breaks)
    history, expected = run.new_history(), alike.new_history()
    history.append(run.advance(60, commands=[Event(5, "lr", 0.003), Event(12, "lr", 0.1)]))
    expected.append(alike.advance(60, max_steps=11, commands=[Event(5, "lr", 0.003)]))
    assert history.step == run.step == 11 and not run.finished and not run.is_whole
    same(history, expected)
    for again in (lambda: run.advance(60), run.capture):
        with pytest.raises(type(raised)):
            again()


class Interrupting(deque[Event]):
    """No commands, and an interruption as the eighth step asks for them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def __bool__(self) -> bool:
        self.asked += 1
        if self.asked == 8:
            raise KeyboardInterrupt
        return False


def test_an_interruption_between_steps_loses_none() -> None:
    run = Run(spec_of(steps=40))
    history = run.new_history()
    history.append(run.advance(60, commands=Interrupting()))
    assert history.step == run.step == 7 and not run.is_whole
    with pytest.raises(KeyboardInterrupt):
        run.advance(60)


def test_a_first_step_that_cannot_be_made_is_raised_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(spec_of(steps=40))
    monkeypatch.setattr(run.trainer.arms[0], "train", lambda step, shared: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.advance(60)
    assert run.step == 0


def test_a_promise_is_not_kept_by_a_run_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(100))

    def breaks(arm: object, step: int, shared: object) -> tuple[float, ...]:
        if next(calls) == 9:
            raise ValueError("no step")
        return 0.1, 0.5, 0.5

    monkeypatch.setattr(ClassifierArm, "train", breaks)
    with pytest.raises(ValueError, match="no step"):
        kept_in_training.trained(spec_of(steps=40))
