"""A run goes on from a step of another: exactly, under its own knobs, and the other is left as it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.trainers.live.test_conductor import process_of
from tests.trainers.live.test_keeper import undisturbed
from tests.trainers.live.watcher import Watcher, eventually, started
from tests.trainers.store.made import assert_same
from trainers.live.conductor import Conductor
from trainers.live.live_run import LiveRun
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.provenance import made_here
from trainers.runs.spec import Event
from trainers.store.store import Store
from tricks.declaration import RefusedError
from tricks.making import Making

WHO = Visitor.of("s" * 32)
SPEC = build_spec("flooding", steps=60)


@pytest.fixture(scope="module")
def conductor() -> Iterator[Conductor]:
    with started(Policy(workers=1)) as conductor:
        yield conductor


@pytest.fixture(scope="module")
def parent(conductor: Conductor) -> Watcher:
    """A run that has ended, whose flood level was turned after step 20."""
    watcher = Watcher(conductor, conductor.ask(conductor.begin(SPEC, owner=WHO, paused=True, speed=500.0)).result())
    for _ in range(20):
        conductor.tell(watcher.subject.step)
    watcher.until_step(20)
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.3, 1))
    conductor.tell(watcher.subject.resume)
    assert watcher.until_ended().state == State.FINISHED
    return watcher


def branch(conductor: Conductor, parent: LiveRun, *where: int) -> Watcher:
    return Watcher(conductor, conductor.ask(conductor.branch(parent, *where, owner=WHO)).result())


def until_there(watcher: Watcher, step: int) -> Any:
    """Until the child is made up to where it was branched."""
    return watcher.until(lambda mark: mark.making is None and mark.history.step == step)


def test_a_branch_stands_where_it_was_branched_and_goes_on_as_its_parent_did(
    conductor: Conductor, parent: Watcher
) -> None:
    before = parent.subject.mark.history
    child = branch(conductor, parent.subject, 30)
    mark = until_there(child, 30)
    waited_for = [mark.making for mark in child.marks if mark.making is not None]
    assert Making("again", detail="30") in waited_for  # it was not kept: its steps are made again
    assert (mark.state, mark.speed, child.subject.id != parent.subject.id) == (State.PAUSED, 500.0, True)
    assert_same(mark.history, before.until(30))
    conductor.tell(child.subject.resume)
    ended = child.until_ended().history
    assert [event.step for event in ended.events] == [21]
    undisturbed(ended)
    assert_same_but_time(ended, before)
    assert_same(parent.subject.mark.history, before)


def assert_same_but_time(one: History, other: History) -> None:
    for arm in range(len(one.spec.arms)):
        for name in {*one.row_names} - {"elapsed_s"}:
            assert one.row(arm, name).tolist() == other.row(arm, name).tolist()
        for name in one.test_names:
            assert one.test(arm, name).tolist() == other.test(arm, name).tolist()


def test_a_branch_whose_worker_is_lost_is_its_parent_all_the_same() -> None:
    with started(Policy(workers=2)) as conductor:
        spec = build_spec("flooding", steps=400)
        parent = Watcher(conductor, conductor.ask(conductor.begin(spec, owner=WHO)).result())
        before = parent.until_ended().history
        child = branch(conductor, parent.subject, 100)
        until_there(child, 100)
        conductor.tell(child.subject.set_speed, 20.0)
        conductor.tell(child.subject.resume)
        child.until_step(120)
        os.kill(process_of(conductor, child.subject), signal.SIGKILL)
        child.until(lambda mark: mark.note == "moved")
        conductor.tell(child.subject.set_speed, None)
        ended = child.until_ended().history
    undisturbed(ended)
    assert_same_but_time(ended, before)


def test_a_branch_before_a_turn_has_the_knobs_as_they_were(conductor: Conductor, parent: Watcher) -> None:
    child = branch(conductor, parent.subject, 20)
    until_there(child, 20)
    conductor.tell(child.subject.turn, Event(0, "flood_level", 0.1, 1))
    conductor.tell(child.subject.resume)
    ended = child.until_ended().history
    assert [(event.step, event.value) for event in ended.events] == [(21, 0.1)]
    undisturbed(ended)


def test_a_run_that_has_ended_is_extended(conductor: Conductor, parent: Watcher) -> None:
    child = branch(conductor, parent.subject, 60, 80)
    until_there(child, 60)
    conductor.tell(child.subject.resume)
    ended = child.until_ended().history
    assert (ended.step, ended.spec.steps, ended.spec.planned_steps) == (80, 80, 60)
    undisturbed(ended)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ((60,), "step must be between 0 and 59, got 60"),
        ((-1,), "step must be between 0 and 59"),
        ((1.5,), "step must be a whole number"),
        ((30, 50), "steps must be between 60 and"),
        ((61, 80), "step must be between 0 and 60"),
    ],
)
def test_a_step_that_it_has_not_is_refused(conductor: Conductor, parent: Watcher, where: Any, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        branch(conductor, parent.subject, *where)


def test_a_run_of_other_code_is_not_branched(conductor: Conductor, parent: Watcher) -> None:
    made = {**made_here(), "code": "another"}
    past = LiveRun.past("past", parent.subject.history, State.FINISHED, Policy(), WHO, begun_at=1.0, made=made)
    with pytest.raises(RefusedError, match="code another, here"):
        branch(conductor, past, 30)


def test_a_branch_is_kept_under_its_parent_and_made_from_its_kept_states(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        with started(Policy(workers=1, capture_s=0.0), store=store) as conductor:
            run = Watcher(conductor, conductor.ask(conductor.begin(SPEC, owner=WHO, paused=True)).result())
            for _ in range(20):
                conductor.tell(run.subject.step)
            eventually(lambda: store.capture_at(run.subject.id, 59))  # it is kept before there are more
            conductor.tell(run.subject.resume)
            run.until_ended()
        held = store.capture_at(run.subject.id, 59)
        assert held is not None and 0 < held.step <= 59 and store.capture_at(run.subject.id, 0) is None
        with started(Policy(workers=1), store=store) as conductor:
            past = conductor.ask(conductor.recall(run.subject.id, WHO)).result()
            assert past is not None
            child = branch(conductor, past, held.step)
            assert child.subject.captured_at == held.step
            conductor.tell(child.subject.resume)
            ended = child.until_ended().history
        undisturbed(ended)
        kept = store.load(child.subject.id)
        assert kept is not None and (kept.row.parent_id, kept.row.fork_step) == (1, held.step)
        assert_same(kept.history, ended)
