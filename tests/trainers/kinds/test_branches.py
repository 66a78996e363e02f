"""A branch without a change is its parent, and a run that was extended one that was longer, to the last bit."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from trainers.kinds.run import Run
from trainers.promises.kept_in_training import a_turn, record, small
from trainers.runs.branching import check_branch, last_use
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.spec import Event, RunSpec
from tricks import catalogue
from tricks.declaration import RefusedError

STEPS, LONGER, CAPTURED, FORK = 24, 36, 10, 13
PAIRS = [(name, setup.task) for name in catalogue.NAMES for setup in catalogue.load(name).setups]


def made(spec: RunSpec, events: tuple[Event, ...] = ()) -> tuple[History, dict[int, bytes]]:
    """The whole run, and what it was after `CAPTURED` and all of its steps."""
    run, captures = Run(spec), dict[int, bytes]()
    history = run.new_history()
    for steps in (CAPTURED, spec.steps - CAPTURED):
        history.append(run.advance(math.inf, max_steps=steps, commands=events if not run.step else ()))
        captures[run.step] = run.capture()
    return history, captures


def branched(parent: History, step: int, capture: bytes, spec: RunSpec) -> History:
    """The child of a run, from after `step` on, as a worker makes it: from a state that may be older."""
    run, history = Run.restore(capture, spec), parent.until(step, spec)
    again = [event for event in history.events if event.step > run.step]
    history.append(run.advance(math.inf, commands=again))
    return history


def assert_same(one: History, other: History) -> None:
    ours, theirs = record(one), record(other)
    assert (ours.keys(), one.events, repr(one.failures)) == (theirs.keys(), other.events, repr(other.failures))
    for what, values in ours.items():
        np.testing.assert_array_equal(values, theirs[what], err_msg=str(what))


@pytest.mark.long
@pytest.mark.parametrize(("trick", "task"), PAIRS)
def test_a_branch_without_a_change_is_its_parent(trick: str, task: str) -> None:
    spec = build_spec(trick, task=task, steps=STEPS, values={"eval_every": 9, **small(task)})
    parent, captures = made(spec, (replace(a_turn(spec), step=CAPTURED + 2),))
    assert_same(branched(parent, FORK, captures[CAPTURED], spec), parent)
    longer = spec.extended(LONGER)
    again, _ = made(longer, tuple(parent.events))
    assert_same(branched(parent, STEPS, captures[STEPS], longer), again)


@pytest.mark.parametrize("trick", ["step_schedule", "wasserstein_gan"])
def test_a_run_extended_twice_is_one_that_was_as_long(trick: str) -> None:
    spec = build_spec(trick, steps=STEPS, values={"eval_every": 9})
    parent, captures = made(spec)
    longer = spec.extended(29)
    child = branched(parent, STEPS, captures[STEPS], longer)
    run = Run.restore(captures[STEPS], longer)
    run.advance(math.inf, max_steps=28 - STEPS)  # what is measured at an end that was none is not to be remembered
    longest = longer.extended(LONGER)
    assert longest.first_steps == STEPS and RunSpec.from_json(longest.to_json()) == longest
    whole, _ = made(longest)
    found = branched(child, 29, run.capture(), longest)
    for arm in range(2):
        for name in found.test_names:
            np.testing.assert_array_equal(found.test(arm, name), whole.test(arm, name))


def test_turns_that_were_still_to_come_do_not_come_in_a_branch() -> None:
    spec = build_spec("flooding", steps=STEPS)
    later = Event(FORK + 4, "flood_level", 0.5, 1)
    parent, captures = made(spec, (later,))
    assert parent.events == [later]
    assert branched(parent, FORK, captures[CAPTURED], spec).events == []


def test_a_state_is_of_no_use_to_another_run() -> None:
    spec = build_spec("flooding", steps=STEPS)
    _, captures = made(spec)
    for other in (replace(spec, seed=5), replace(spec, steps=LONGER), build_spec("dropout", steps=STEPS)):
        with pytest.raises(ValueError, match="that of the captured run, or of it extended"):
            Run.restore(captures[CAPTURED], other)


def test_a_state_of_an_end_that_was_none_is_of_no_use_to_who_goes_beyond_it() -> None:
    spec = build_spec("flooding", steps=STEPS)
    longer = spec.extended(LONGER)
    longest = longer.extended(2 * LONGER)
    assert last_use(spec, STEPS, longer) == STEPS  # the first end is that of its plan, and was one
    assert last_use(longer, LONGER, longest) == LONGER - 1
    assert last_use(longer, LONGER, longer) == LONGER and last_use(longer, FORK, longest) == FORK


def test_a_run_at_its_end_is_extended_by_a_step_at_least() -> None:
    spec = build_spec("flooding", steps=STEPS)
    parent, _ = made(spec)
    with pytest.raises(RefusedError, match=f"steps must be between {STEPS + 1} and"):
        check_branch(parent, None, None, STEPS)
    assert check_branch(parent, None, None, STEPS + 1) == (STEPS, spec.extended(STEPS + 1))


def test_a_rate_that_has_come_to_its_end_stays_there_in_a_longer_run() -> None:
    spec = build_spec("flooding", steps=20, values={"schedule": "cosine"}).extended(30)
    run = Run(spec)
    history = run.new_history()
    history.append(run.advance(60))
    rates = history.row(0, "lr")
    assert run.finished and (rates[:20] > 0).all() and (rates[20:] == 0).all() and (rates[1:20] < rates[:19]).all()
