"""What is kept of runs and studies is read back as it was, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, from_dtype

from tests.trainers.store.made import ROWS, assert_same, grow, history_of, spec_of
from trainers.evidence.plan import plan_repeat, plan_sweep
from trainers.evidence.replicates import ArmResult, Curve, SeedResult
from trainers.runs.history import History, Probe, Progress
from trainers.runs.spec import Event
from trainers.store.database import FILE, StoreError
from trainers.store.numbers import PackingError, pack_arrays, pack_table, unpack_arrays, unpack_table
from trainers.store.recording import CHUNK, MAX_CAPTURE_BYTES, MAX_CAPTURES, Capture, Now, Recording
from trainers.store.store import Store
from trainers.store.study_recording import Results, StudyNow, StudyRecording, plan_json

NUMBERS = st.floats(width=64, allow_nan=True, allow_infinity=True)
SINGLES = from_dtype(np.dtype("<f4"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


def recorded(store: Store, history: History, status: str = "running", **more: Any) -> Recording:
    """A run of somebody's with that history, as it stands in the store."""
    recording = Recording(secrets.token_hex(8), "somebody")
    assert store.write([(recording, Now(history.frozen(), status, **more))]) == []
    return recording


def loaded(store: Store, recording: Recording) -> History:
    kept = store.load(recording.public_id)
    assert kept is not None
    return kept.history


@given(st.data())
def test_numbers_are_read_back_to_the_last_bit(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(0, 40)))
    table = data.draw(arrays("<f8", shape, elements=NUMBERS))
    again = unpack_table(pack_table(table), *shape)
    assert again.tobytes() == table.tobytes()
    named = data.draw(
        st.dictionaries(
            st.text(max_size=9),
            arrays("<f4", st.lists(st.integers(0, 4), max_size=3).map(tuple), elements=SINGLES),
            max_size=3,
        )
    )
    back = unpack_arrays(pack_arrays(named))
    assert [*back] == [*named]
    assert all(
        back[name].shape == named[name].shape and back[name].tobytes() == named[name].tobytes() for name in named
    )


@given(st.binary(max_size=60), st.integers(1, 3), st.integers(1, 9))
def test_damaged_numbers_are_refused(data: bytes, columns: int, length: int) -> None:
    with pytest.raises(PackingError):
        unpack_table(data, columns, length)
    with pytest.raises(PackingError):
        unpack_arrays(data)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_any_numbers_and_names_are_kept(store: Store, rows: list[tuple[float, ...]], name: str) -> None:
    history = history_of()
    table = np.array(rows).T
    columns = dict(zip(ROWS, table, strict=True))
    tests = {"step": np.array([1.0]), "test_loss": table[0, :1], "test_accuracy": table[1, :1]}
    probe = Probe(1, 0, {name: np.array([[1, np.nan], [np.inf, -0.0]], np.float32)})
    event = Event(1, "flood_level", 0.25, 1)
    history.append(Progress(1, len(rows), (columns, columns), (tests, tests), (probe,), (event,)))
    recording = Recording(secrets.token_hex(8), "somebody", name)
    store.write([(recording, Now(history, "stopped", why="=1+1", detail="<b>&动"))])
    kept = store.load(recording.public_id)
    assert kept is not None and (kept.row.name, kept.row.why, kept.row.detail) == (name, "=1+1", "<b>&动")
    assert_same(kept.history, history)


@pytest.mark.parametrize("pieces", [(1, 1, 1), (CHUNK, 1, CHUNK - 1), (CHUNK - 1, 2, 900), (1500, 500)])
def test_a_run_that_is_written_as_it_grows_is_read_back_whole(store: Store, pieces: tuple[int, ...]) -> None:
    history, recording = history_of(spec_of(sum(pieces))), Recording("one", "somebody")
    for piece in pieces:
        grow(history, piece, events=[Event(history.step + 1, "flood_level", 0.1 + history.step, 1)])
        store.write([(recording, Now(history.frozen(), "finished" if history.finished else "running"))])
        assert_same(loaded(store, recording), history)
    kept = store.load("one")
    assert kept is not None and (kept.status, kept.history.finished) == ("finished", True)


def test_an_arm_that_ends_early_and_a_run_without_a_step_are_kept(store: Store) -> None:
    history = history_of()
    empty = recorded(store, history)
    assert_same(loaded(store, empty), history)
    grow(history, 700, ends=530)
    short = recorded(store, history, "stopped")
    assert_same(loaded(store, short), history)
    assert loaded(store, short).length(1) == 530


def test_what_is_unknown_is_none(store: Store) -> None:
    assert store.load("nothing") is None and store.load_study("nothing") is None
    for take_over in (store.take_over, store.take_over_study):
        with pytest.raises(StoreError, match=r"there is no \w+ nothing"):
            take_over("nothing")


def test_captures_are_spaced_and_bounded_and_the_newest_is_there(store: Store) -> None:
    history, recording = history_of(), Recording("one", "somebody")
    for step in range(1, 200):
        grow(history, 1)
        store.write([(recording, Now(history.frozen(), "running", capture=Capture(step, bytes(100))))])
    steps = sorted(recording.captures)
    assert steps[-1] == 199 and len(steps) == MAX_CAPTURES
    gaps = np.diff([0, *steps[:-1]])
    assert gaps.max() <= 4 * np.median(gaps)
    large = recorded(store, history, capture=Capture(199, bytes(MAX_CAPTURE_BYTES)))
    for step in (200, 201):
        grow(history, 1)
        store.write([(large, Now(history.frozen(), "running", capture=Capture(step, bytes(MAX_CAPTURE_BYTES))))])
        assert sum(large.captures.values()) <= 2 * MAX_CAPTURE_BYTES
    with store.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT step FROM captures ORDER BY run_id, step").scalars().all()
    assert found == [*steps, *sorted(large.captures)]


def left_behind(folder: Path, events: tuple[Event, ...] = ()) -> History:
    """What another process had written of the run `one` when it was killed: 700 steps, captured at step 600."""
    code = f"""
import os, sys
from pathlib import Path
from tests.trainers.store.made import grow, history_of
from trainers.runs.spec import Event
from trainers.store.recording import Capture, Now, Recording
from trainers.store.store import Store
store, history, recording = Store(Path(sys.argv[1])), history_of(), Recording("one", "somebody")
grow(history, 600, events={events!r}[:1])
store.write([(recording, Now(history.frozen(), "running", capture=Capture(600, b"state")))])
grow(history, 100, events={events!r}[1:])
store.write([(recording, Now(history, "running"))])
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=Path.cwd(), check=False)
    assert done.returncode == -9
    history = history_of()
    grow(history, 600, events=events[:1])
    grow(history, 100, events=events[1:])
    return history


def test_a_run_whose_program_was_killed_is_interrupted_and_goes_on_from_its_last_capture(tmp_path: Path) -> None:
    events = (Event(20, "flood_level", 0.4, 1), Event(650, "flood_level", 0.2, 1))
    left = left_behind(tmp_path, events)
    with closing(Store(tmp_path)) as store:
        kept = store.load("one")
        assert kept is not None and kept.status == "interrupted"
        assert_same(kept.history, left)
        again, capture, recording = store.take_over("one")
        assert capture == Capture(600, b"state")
        assert (again.history.step, again.history.events, again.coming) == (600, [events[0]], (events[1],))
        until = history_of()
        grow(until, 600, events=events[:1])
        assert_same(again.history, until)
        seen = store.load("one")  # before anything more is written
        assert seen is not None and (seen.history.step, seen.coming, seen.status) == (600, (events[1],), "paused")
        grow(again.history, 1400, events=events[1:])
        store.write([(recording, Now(again.history, "finished"))])
        whole = loaded(store, recording)
        assert whole.events == list(events) and whole.finished
        assert_same(whole, again.history)
        with pytest.raises(StoreError, match="must be interrupted to be gone on with, one is finished"):
            store.take_over("one")


@pytest.mark.parametrize("column", ["code_hash", "torch"])
def test_what_other_code_has_begun_is_not_gone_on_with_and_stays_whole(store: Store, column: str) -> None:
    history = history_of()
    grow(history, 700)
    recording = recorded(store, history, "interrupted", capture=Capture(600, b"state"))
    with store.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET {column} = 'older'")
    with pytest.raises(StoreError, match=r"must be gone on with by what began it, code .*older.*: begin it anew"):
        store.take_over(recording.public_id)
    kept = store.load(recording.public_id)
    assert kept is not None and kept.status == "interrupted"
    assert_same(kept.history, history)


def test_whoever_was_overtaken_writes_nothing_more(store: Store, tmp_path: Path) -> None:
    history = history_of()
    grow(history, 10)
    recording = recorded(store, history, "interrupted")
    with closing(Store(tmp_path)) as other:
        _, _, theirs = other.take_over(recording.public_id)
        ours = history.frozen()
        grow(history, 10)
        assert store.write([(recording, Now(history.frozen(), "running"))]) == [recording.public_id]
        assert loaded(store, recording).step == 0  # from its start, as it had no capture
        grow(ours, 30, seed=9)
        assert other.write([(theirs, Now(ours, "stopped"))]) == []
        assert_same(loaded(store, theirs), ours)


def test_a_run_that_was_deleted_for_good_is_not_made_again(store: Store) -> None:
    history = history_of()
    recording, other = recorded(store, history), recorded(store, history)
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM runs WHERE public_id = ?", (recording.public_id,))
    grow(history, 5)
    now = Now(history, "running")
    assert store.write([(recording, now), (other, now)]) == [recording.public_id]
    assert store.load(recording.public_id) is None and loaded(store, other).step == 5


def test_two_processes_write_at_once(store: Store, tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as other:
        pairs = [(one, Recording(name, "somebody"), history_of()) for one, name in ((store, "a"), (other, "b"))]
        for _ in range(5):
            for one, recording, history in pairs:
                grow(history, 60)
                one.write([(recording, Now(history.frozen(), "running"))])
        for one, recording, history in pairs:
            assert_same(loaded(one, recording), history)
            assert store.settle() == other.settle() == []  # each knows that the other lives
    assert store.settle() == ["b"]


RESULT = SeedResult(
    3,
    (
        ArmResult(
            "baseline", 60, 6.0, {"lr": 0.1, "train_loss": float("nan")}, {"test_loss": 0.5}, diverged=True,
            curves={"train_loss": Curve(np.array([1.0, 60.0]), np.array([0.7, np.inf]))},
        ),
    ),
    ("seed 3: the worker died",),
)  # fmt: skip


@pytest.mark.parametrize("plan", [plan_repeat(spec_of(60), 4), plan_sweep(spec_of(60), {"flood_level": [0.0, 0.2]}, 2)])
def test_a_study_is_kept_seed_by_seed_and_gone_on_with(store: Store, plan: Any) -> None:
    recording = StudyRecording("study", "somebody")
    lost = SeedResult(2, error="its worker died twice")
    ended: Results = ((0, RESULT), (1, lost))
    for results in (ended[:0], ended[:1], ended):
        store.write([(recording, StudyNow(plan, "running", results))])
    kept = store.load_study("study")
    assert (
        kept is not None
        and plan_json(kept.plan) == plan_json(plan)
        and (kept.row.done, kept.row.total) == (2, plan.num_runs)
    )
    assert sorted(map(repr, kept.results)) == sorted(map(repr, ended))
    store.write([(recording, StudyNow(plan, "interrupted", ended))])
    again, taken = store.take_over_study("study")
    results = (*again.results, (0, SeedResult(7, error="late")))
    assert store.write([(taken, StudyNow(plan, "finished", results))]) == []
    assert store.write([(recording, StudyNow(plan, "canceled", results))]) == ["study"]
    kept = store.load_study("study")
    assert kept is not None and (len(kept.results), kept.status) == (3, "finished")


# --- what can be wrong with the file ---------------------------------------------------------------------------------


def test_a_file_that_is_none_of_the_labs_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(os.urandom(5000))
    content = path.read_bytes()
    with pytest.raises(StoreError, match=r"lab\.sqlite: it is no database of the lab: move it away"):
        Store(tmp_path)
    assert path.read_bytes() == content
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(StoreError, match="no database of the lab"):
        Store(tmp_path)


def test_a_damaged_file_says_so_and_a_damaged_run_is_one(store: Store) -> None:
    history = history_of()
    grow(history, 600)
    broken, sound = recorded(store, history, "stopped"), recorded(store, history, "stopped")
    with store.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE chunks SET data = x'00112233' WHERE kind = 'row' AND number = 1 AND run_id = ?", (broken.id,)
        )
    with pytest.raises(StoreError, match=f"the run {broken.public_id} is damaged"):
        store.load(broken.public_id)
    assert_same(loaded(store, sound), history)


def test_a_full_disk_costs_nothing_that_was_kept_and_is_tried_again(store: Store) -> None:
    history = history_of()
    grow(history, 100)
    recording = recorded(store, history)
    with store.database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.database.engine.dispose()
    full = [True]

    def bound(connection: sqlite3.Connection, _record: object) -> None:
        if full:
            connection.execute(f"PRAGMA max_page_count={pages}")

    from sqlalchemy import event

    event.listen(store.database.engine, "connect", bound)
    before = history.frozen()
    grow(history, 1900)
    with pytest.raises(StoreError, match="there is no room left for it: make some, it is tried again"):
        store.write([(recording, Now(history.frozen(), "running", capture=Capture(2000, os.urandom(10**6))))])
    assert_same(loaded(store, recording), before)
    full.clear()
    store.database.engine.dispose()
    store.write([(recording, Now(history, "finished"))])
    assert_same(loaded(store, recording), history)


def test_a_store_that_another_program_holds_says_so_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainers.store.database.PATIENCE_S", 0.1)
    with closing(Store(tmp_path)) as store, closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        history = history_of()
        grow(history, 10)
        recording = recorded(store, history)
        other.execute("BEGIN IMMEDIATE")
        grow(history, 10)
        with pytest.raises(StoreError, match="another program holds it: it is tried again"):
            store.write([(recording, Now(history, "running"))])
        assert loaded(store, recording).step == 10  # whoever reads need not wait
        other.execute("ROLLBACK")
        store.write([(recording, Now(history, "running"))])
        assert_same(loaded(store, recording), history)


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be made \(.+\): set TRICK_LAB_DATA to another"):
        Store(tmp_path / "file" / "folder")


def test_a_provenance_says_when_the_run_was_begun(store: Store) -> None:
    made = history_of()
    grow(made, 60)
    unknown = {"code_hash": "unknown"}
    for name, history, told in (("made", made, {}), ("rows", made, unknown), ("planned", history_of(), {})):
        recording = Recording(name, "somebody", created_at=365 * 24 * 3600.0, told=told)
        store.write([(recording, Now(history, "stopped"))])
    kept = store.load("made")
    assert kept is not None and json.loads(kept.whole().json())["provenance"]["date"] == "1971-01-01"
    for name in ("rows", "planned"):
        kept = store.load(name)
        assert kept is not None and "date" not in kept.made


def test_the_result_of_an_arm_that_ended_is_none() -> None:
    whole, ended = history_of(), history_of()
    grow(whole, 100)
    grow(ended, 100, ends=55)
    results = [Recording("one", "somebody").of_run(Now(history, "finished"))["result"] for history in (whole, ended)]
    assert results == [whole.test(1, "test_loss")[-1], None]
