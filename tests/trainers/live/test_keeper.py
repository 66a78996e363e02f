"""What goes on is written as it is made, whatever the store does, and gone on with after its program has ended."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.limits import WAIT_S
from tests.trainers.live.watcher import Watcher, eventually, started
from tests.trainers.store.made import assert_same, grow, history_of
from tests.trainers.teaching.taught import room_of
from trainers.evidence.plan import plan_repeat
from trainers.kinds.run import Run
from trainers.live.conductor import Conductor
from trainers.live.keeper import Keeper
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.spec import Event
from trainers.store.database import StoreError
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.teaching.room import KEPT_S
from trainers.teaching.room_record import KeptRooms, changed
from tricks.declaration import RefusedError

WHO = Visitor.of("s" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


def run_of(steps: int) -> LiveRun:
    """A run that somebody has begun, with so many steps."""
    history = history_of()
    grow(history, steps)
    return LiveRun(secrets.token_hex(8), history, None, False, Policy())


@contextmanager
def keeping(store: Store, *runs: LiveRun) -> Iterator[tuple[Keeper, list[Any]]]:
    """A keeper at work on these, and what it has lost."""
    lost: list[Any] = []
    keeper = Keeper(store, lost.append)
    for run in runs:
        keeper.keep(run, Recording(run.id, WHO.id))
    keeper.start()
    try:
        yield keeper, lost
    finally:
        keeper.stop(WAIT_S)


def kept(store: Store, run: LiveRun) -> History | None:
    found = store.load(run.id)
    return None if found is None else found.history


def test_rooms_whose_day_has_come_go_while_nobody_looks(store: Store) -> None:
    rooms, day = KeptRooms(store.database), time.time() - KEPT_S
    for name, created_at in (("old", day - 60), ("young", day + 3600)):
        room = room_of(1)
        room.id = room.token = name
        room.created_at = created_at
        rooms.write([changed(room)])
    with keeping(store):
        eventually(lambda: [room.id for room in rooms.load()] == ["young"])


def test_a_run_is_written_as_it_grows_and_let_go_when_it_has_ended(store: Store) -> None:
    run = run_of(100)
    with keeping(store, run) as (keeper, _):
        assert_same(eventually(lambda: kept(store, run)), run.history)  # type: ignore[arg-type]
        grow(run.history, 50)
        run.publish()
        eventually(lambda: store.load(run.id).history.step == 150)  # type: ignore[union-attr]
        assert not keeper.has_all_of(run.id)
        grow(run.history, 50)
        asyncio.run(stopped(run))
        eventually(lambda: keeper.has_all_of(run.id))
        found = store.load(run.id)
        assert found is not None and found.status == "stopped"
        assert_same(found.history, run.history)


async def stopped(run: LiveRun) -> None:
    run.stop()


def test_what_is_there_at_the_end_is_written(store: Store) -> None:
    run = run_of(100)
    with keeping(store, run):
        pass
    assert_same(store.load(run.id).history, run.history)  # type: ignore[union-attr]


def test_a_store_that_fails_loses_nothing_and_is_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run, other = run_of(100), run_of(60)
    sound = store.write
    with keeping(store, run, other) as (keeper, _):
        eventually(lambda: kept(store, run) and kept(store, other))

        def fail(_: object) -> list[str]:
            raise StoreError("there is no room")

        monkeypatch.setattr(store, "write", fail)
        grow(run.history, 900)
        run.publish()
        eventually(lambda: keeper.trouble == "there is no room")
        assert keeper.waiting == 1 and run.going and not keeper.has_all_of(run.id)
        grow(run.history, 100)
        run.publish()
        monkeypatch.setattr(store, "write", sound)
        eventually(lambda: not keeper.trouble and not keeper.waiting)
        assert_same(store.load(run.id).history, run.history)  # type: ignore[union-attr]


def test_one_that_cannot_be_kept_takes_no_other_with_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    odd, sound = run_of(10), run_of(20)
    new_run = Recording.new_run

    def break_one(recording: Recording, *args: Any) -> Any:
        if recording.public_id == odd.id:
            raise ZeroDivisionError
        return new_run(recording, *args)

    monkeypatch.setattr(Recording, "new_run", break_one)
    with keeping(store, odd, sound) as (keeper, _):
        eventually(lambda: kept(store, sound))
        eventually(lambda: keeper.has_all_of(odd.id))
        assert kept(store, odd) is None and not keeper.trouble
        grow(sound.history, 20)
        sound.publish()
        eventually(lambda: kept(store, sound).step == 40)  # type: ignore[union-attr]


def test_a_run_that_another_program_has_taken_over_is_ended_here(store: Store, tmp_path: Path) -> None:
    run = run_of(100)
    with keeping(store, run) as (keeper, lost), closing(Store(tmp_path)) as other:
        eventually(lambda: kept(store, run))
        with store.database.writing() as connection:
            connection.exec_driver_sql("UPDATE runs SET status = 'interrupted'")
        other.take_over(run.id)
        grow(run.history, 10)
        run.publish()
        eventually(lambda: lost == [run])
        assert keeper.has_all_of(run.id)


def undisturbed(history: History) -> None:
    """The history is that of a run which nobody has interrupted."""
    run = Run(history.spec)
    expected = run.new_history()
    while not run.finished:
        expected.append(run.advance(1.0, commands=() if expected.step else tuple(history.events)))
    for arm in range(len(history.spec.arms)):
        for name in set(expected.row_names) - {"elapsed_s"}:
            np.testing.assert_array_equal(history.row(arm, name), expected.row(arm, name))
        for name in expected.test_names:
            np.testing.assert_array_equal(history.test(arm, name), expected.test(arm, name))
    assert [probe.step for probe in history.probes] == [probe.step for probe in expected.probes]


def begun(conductor: Conductor) -> tuple[Watcher, Watcher]:
    """A run and a study, both under way for long."""
    run = conductor.ask(conductor.begin(build_spec("flooding", steps=2000), owner=WHO, speed=30.0)).result()
    plan = plan_repeat(build_spec("flooding", steps=200), 16)
    study = conductor.ask(conductor.begin_study(plan, owner=WHO)).result()
    return Watcher(conductor, run), Watcher(conductor, study)


def test_what_goes_on_when_the_program_ends_can_be_gone_on_with_by_the_next(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        with started(Policy(workers=2), store=store) as conductor:
            run, study = begun(conductor)
            conductor.tell(run.subject.turn, Event(0, "flood_level", 0.3, 1))
            run.until(lambda mark: mark.history.events and mark.history.step > 30)
            study.until(lambda mark: mark.results)
        assert (run.marks[-1].state, run.marks[-1].note) == (State.INTERRUPTED, "interrupted")
        assert study.marks[-1].state == State.INTERRUPTED
        found = store.load(run.subject.id)
        assert found is not None and found.status == "interrupted"
        assert_same(found.history, run.marks[-1].history)
    with closing(Store(tmp_path)) as store, started(Policy(workers=2), store=store) as conductor:
        stranger = Visitor.of("t" * 32)
        assert conductor.ask(conductor.recall(run.subject.id, stranger)).result() is None
        assert conductor.ask(conductor.recall_study(study.subject.id, stranger)).result() is None
        past = conductor.ask(conductor.recall(run.subject.id, WHO)).result()
        assert isinstance(past, LiveRun) and past.state == State.INTERRUPTED and not past.going
        assert conductor.ask(conductor.recall(run.subject.id, stranger)).result() is past  # in memory its id reads
        shown = conductor.ask(conductor.recall_study(study.subject.id, WHO)).result()
        assert isinstance(shown, LiveStudy) and len(shown.mark.results) == len(study.marks[-1].results)
        again = Watcher(conductor, conductor.ask(conductor.go_on(run.subject.id)).result())
        rest = Watcher(conductor, conductor.ask(conductor.go_on_with_study(study.subject.id)).result())
        conductor.tell(again.subject.set_speed, None)
        assert conductor.find(run.subject.id) is again.subject
        mark = again.until_ended()
        assert mark.state == State.FINISHED and [event.value for event in mark.history.events] == [0.3]
        undisturbed(mark.history)
        ended = rest.until_ended()
        assert ended.state == State.FINISHED and sorted(result.seed for _, result in ended.results) == [*range(16)]
        with pytest.raises(StoreError, match="must be interrupted"):
            conductor.ask(conductor.go_on(run.subject.id)).result()
    with closing(Store(tmp_path)) as store:
        found = store.load(run.subject.id)
        assert found is not None and found.status == "finished"
        assert_same(found.history, mark.history)
        whole = store.load_study(study.subject.id)
        assert whole is not None and (whole.status, len(whole.results)) == ("finished", 16)


def test_nothing_of_a_run_is_let_go_where_there_is_no_room_to_go_on_with_it(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store, started(Policy(workers=1, max_own=1), store=store) as conductor:
        history = history_of()
        grow(history, 20)
        store.write([(Recording("past", WHO.id), Now(history, "interrupted"))])
        owned = conductor.ask(conductor.begin(build_spec("flooding", steps=600), owner=WHO, paused=True)).result()
        Watcher(conductor, owned)
        assert conductor.ask(conductor.recall("past", WHO)).result() is not None
        with pytest.raises(RefusedError, match="at most 1 at a time"):
            conductor.ask(conductor.go_on("past")).result()
        found = store.load("past")
        assert found is not None and found.status == "interrupted"
        assert_same(found.history, history)
        conductor.stop()


def test_nobodys_run_is_not_kept(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store, started(Policy(workers=1), store=store) as conductor:
        run = conductor.ask(conductor.begin(build_spec("flooding", steps=5))).result()
        Watcher(conductor, run).until_ended()
        conductor.stop()
        assert store.load(run.id) is None
