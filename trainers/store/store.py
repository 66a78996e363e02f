"""The store: every run and study of the lab, kept in a database as it is made, found again and gone on with.

All methods are for any thread; each raises `StoreError` where the database does not do what it is asked.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from trainers.evidence.plan import Plan
from trainers.runs.history import Failure, History, Probe, Progress
from trainers.runs.history import Table as Columns
from trainers.runs.provenance import made_here
from trainers.runs.spec import Event, RunSpec
from trainers.runs.whole import WholeRun
from trainers.store.database import DamagedError, Database, StoreError, data_folder, sayable
from trainers.store.numbers import PackingError, unpack_arrays, unpack_table
from trainers.store.recording import CHUNK, GOING, INTERRUPTED, Capture, Now, Recording, Values
from trainers.store.schema import captures, chunks, events, runs, seeds, studies
from trainers.store.study_recording import Results, StudyNow, StudyRecording, plan_of, result_of
from trainers.store.writers import Writer

K = TypeVar("K", "Kept", "KeptStudy")


@dataclass(frozen=True)
class Kept:
    """A run as the store has it: `row` are its columns, `coming` the turns that lie behind its last step.

    `parent` is the public id of the run that it was made from, "" where there is none or it was deleted for good.
    """

    row: Any
    history: History
    coming: tuple[Event, ...] = ()
    parent: str = ""

    @property
    def public_id(self) -> str:
        return str(self.row.public_id)

    @property
    def status(self) -> str:
        return str(self.row.status)

    @property
    def made(self) -> dict[str, Any]:
        """Its provenance; a JSON or a CSV that came as a run does not say when it was made."""
        is_told = self.history.step > 0 and self.row.code_hash != "unknown"
        begun = datetime.fromtimestamp(self.row.created_at, UTC).date()
        return {
            "version": self.row.app_version,
            "code": self.row.code_hash,
            "processor": " and ".join(self.history.processors),
            "torch": self.row.torch,
            **({"date": begun.isoformat()} if is_told else {}),
        }

    def whole(self) -> WholeRun:
        """The same as its files are made from."""
        row = self.row
        told = {name: getattr(row, name) for name in ("status", "name", "note", "created_at", "ended_at")}
        return WholeRun(self.public_id, self.history, self.made, self.coming, **told)


@dataclass(frozen=True)
class KeptStudy:
    """A study as the store has it: `row` are its columns."""

    row: Any
    plan: Plan
    results: Results

    @property
    def public_id(self) -> str:
        return str(self.row.public_id)

    @property
    def status(self) -> str:
        return str(self.row.status)


@dataclass(frozen=True)
class Counts:
    """How much a store keeps; `interrupted` are runs and studies that can be gone on with."""

    runs: int
    studies: int
    interrupted: int


Change = tuple[Recording, Now] | tuple[StudyRecording, StudyNow]


class Store:
    """The store in a folder; the process that opens it is one of its writers.

    Raises:
        StoreError: it cannot be opened; the message says why and what to do.
    """

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder)
        self.writer: Writer | None = None
        if not self.database.read_only:
            try:
                self.writer = Writer(folder)
            except OSError as error:
                self.database.close()
                raise StoreError(f"{folder} cannot be written ({error.strerror}): let it be") from None

    def close(self) -> None:
        """Ends writing."""
        self.database.close()
        if self.writer is not None:
            self.writer.close()

    # What is being trained

    def write(self, changes: Sequence[Change]) -> list[str]:
        """Writes what is new of runs and studies, in one transaction; gives the ids of those that are written no more.

        Another has taken these over, or they were deleted for good: of them nothing is written.
        """
        with self.database.writing() as connection:
            lost = {
                *_lost(connection, runs, [one for one, _ in changes if isinstance(one, Recording)]),
                *_lost(connection, studies, [one for one, _ in changes if isinstance(one, StudyRecording)]),
            }
            written = [(one, now, self._put(connection, one, now)) for one, now in changes if one.public_id not in lost]
        for recording, now, key in written:
            recording.keep(now, key)  # type: ignore[arg-type]  # each is with its own kind
        return sorted(lost)

    def _put(self, connection: Connection, recording: Recording | StudyRecording, now: Now | StudyNow) -> int:
        if isinstance(recording, Recording):
            assert isinstance(now, Now)
            return self._write(connection, recording, now)
        assert isinstance(now, StudyNow)
        return self._write_study(connection, recording, now)

    def _write_study(self, connection: Connection, recording: StudyRecording, now: StudyNow) -> int:
        study_id = recording.id
        if study_id is None:
            assert self.writer is not None
            study_id = _added(connection, studies, recording.new_study(now, self.writer.token))
        else:
            connection.execute(update(studies).where(studies.c.id == study_id), recording.of_study(now))
        _upsert(connection, seeds, [{"study_id": study_id, **one} for one in recording.new_seeds(now)])
        return study_id

    def _write(self, connection: Connection, recording: Recording, now: Now) -> int:
        run_id = recording.id
        if run_id is None:
            run_id = self._add(connection, recording, now)
        else:
            connection.execute(update(runs).where(runs.c.id == run_id), recording.of_run(now))
        _upsert(connection, chunks, [{"run_id": run_id, **one} for one in recording.new_chunks(now.history)])
        if now.events != recording.events:
            connection.execute(delete(events).where(events.c.run_id == run_id))
            _upsert(connection, events, [_event_row(run_id, number, event) for number, event in enumerate(now.events)])
        if now.capture is not None and now.capture.step not in recording.captures:
            gone = recording.surplus(now.capture)
            connection.execute(delete(captures).where(captures.c.run_id == run_id, captures.c.step.in_(gone)))
            row = {"run_id": run_id, "step": now.capture.step, "size": len(now.capture.data)}
            _upsert(connection, captures, [{**row, "data": now.capture.data}])
        return run_id

    def _add(self, connection: Connection, recording: Recording, now: Now) -> int:
        assert self.writer is not None
        row = recording.new_run(now, self.writer.token)
        parent = select(runs.c.id).where(runs.c.public_id == recording.parent).scalar_subquery()
        return _added(connection, runs, {**row, "parent_id": parent if recording.parent else None})

    # What is kept

    def load(self, public_id: str) -> Kept | None:
        """The run of that id with all its numbers, None where there is none; one whose writer died is interrupted.

        Raises:
            StoreError: it is damaged.
        """
        return self._load(runs, public_id, _kept)

    def take_over(self, public_id: str) -> tuple[Kept, Capture | None, Recording]:
        """An interrupted run, to be gone on with: as it was at its last capture, with the turns that came after it.

        What lies beyond that step is deleted: it is made again.

        Raises:
            StoreError: there is no such run, or it goes on elsewhere.
        """
        self.settle()
        with self.database.writing() as connection:
            row = _interrupted(connection, runs, public_id, "run")
            capture, kept = _last_capture(connection, row.id), _kept(connection, row)
            step = 0 if capture is None else capture.step
            coming = tuple(event for event in (*kept.history.events, *kept.coming) if event.step > step)
            kept = replace(kept, history=kept.history.until(step), coming=coming)
            self._claim(connection, runs, row)
            recording = _cut(connection, kept)
            now = Now(kept.history, "paused", coming)
            recording.keep(now, self._write(connection, recording, now))
            return kept, capture, recording

    def load_study(self, public_id: str) -> KeptStudy | None:
        """The study of that id with what came of its runs, None where there is none.

        Raises:
            StoreError: it is damaged.
        """
        return self._load(studies, public_id, _kept_study)

    def take_over_study(self, public_id: str) -> tuple[KeptStudy, StudyRecording]:
        """An interrupted study, to be gone on with: what has come of its runs stands.

        Raises:
            StoreError: there is no such study, or it is not interrupted.
        """
        self.settle()
        with self.database.writing() as connection:
            row = _interrupted(connection, studies, public_id, "study")
            kept = _kept_study(connection, row)
            recording = StudyRecording(public_id, row.visitor, row.name, row.id, row.epoch + 1, len(kept.results))
            self._claim(connection, studies, row)
            now = StudyNow(kept.plan, "running", kept.results)
            recording.keep(now, self._write_study(connection, recording, now))
            return kept, recording

    def capture_at(self, public_id: str, step: int) -> Capture | None:
        """Of what is kept of that run's states the last that is no later than `step`; None where there is none."""
        with self.database.reading() as connection:
            run_id = select(runs.c.id).where(runs.c.public_id == public_id).scalar_subquery()
            return _last_capture(connection, run_id, step)

    def _load(self, table: Table, public_id: str, read: Callable[[Connection, Any], K]) -> K | None:
        self.settle()
        with self.database.reading() as connection:
            row = _of_id(connection, table, public_id)
            return None if row is None else read(connection, row)

    def _claim(self, connection: Connection, table: Table, row: Any) -> None:
        assert self.writer is not None
        claimed = {"epoch": row.epoch + 1, "writer": self.writer.token}
        connection.execute(update(table).where(table.c.id == row.id), claimed)

    def beat(self) -> None:
        """Says that what this process trains goes on."""
        if self.writer is None:
            return
        with self.database.writing() as connection:
            for table in (runs, studies):
                own = (table.c.writer == self.writer.token, table.c.status.in_(GOING))
                connection.execute(update(table).where(*own), {"heartbeat_at": time.time()})

    def counts(self) -> Counts:
        """How much is kept, of everybody together."""
        self.settle()
        with self.database.reading() as connection:

            def count(table: Table, *which: Any) -> int:
                return connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one()

            interrupted = sum(count(table, table.c.status == INTERRUPTED) for table in (runs, studies))
            return Counts(count(runs), count(studies), interrupted)

    def settle(self) -> list[str]:
        """Marks what goes on but whose writer is dead as interrupted, and gives the ids."""
        writer = self.writer
        return [] if writer is None else [*self._settle(writer, runs), *self._settle(writer, studies)]

    def _settle(self, writer: Writer, table: Table) -> list[str]:
        is_going = table.c.status.in_(GOING)
        with self.database.reading() as connection:
            found = connection.execute(
                select(table.c.id, table.c.public_id, table.c.writer, table.c.heartbeat_at).where(is_going)
            ).all()
        dead = [row for row in found if not writer.is_there(row.writer, row.heartbeat_at)]
        if dead:
            with self.database.writing() as connection:
                for row in dead:
                    is_same = (table.c.id == row.id, table.c.writer == row.writer, is_going)
                    connection.execute(update(table).where(*is_same), {"status": INTERRUPTED})
        return [row.public_id for row in dead]


def _lost(connection: Connection, table: Table, recordings: Sequence[Recording | StudyRecording]) -> list[str]:
    """Those that the table does not have, or at another epoch."""
    known = [recording for recording in recordings if recording.id is not None]
    if not known:
        return []
    asked = select(table.c.id, table.c.epoch).where(table.c.id.in_([recording.id for recording in known]))
    epochs = {row.id: row.epoch for row in connection.execute(asked)}
    return [recording.public_id for recording in known if epochs.get(recording.id) != recording.epoch]


def _added(connection: Connection, table: Table, row: Values) -> int:
    added = connection.execute(insert(table).values(row))
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def _of_id(connection: Connection, table: Table, public_id: str) -> Any:
    return connection.execute(select(table).where(table.c.public_id == sayable(public_id))).first()


def _interrupted(connection: Connection, table: Table, public_id: str, what: str) -> Any:
    """The row of what can be gone on with here.

    Raises:
        StoreError: there is none.
    """
    row = _of_id(connection, table, public_id)
    if row is None:
        raise StoreError(f"there is no {what} {public_id}")
    if row.status != INTERRUPTED:
        raise StoreError(f"a {what} must be interrupted to be gone on with, {public_id} is {row.status}")
    here = made_here()
    if (row.code_hash, row.torch) != (here["code"], here["torch"]):
        made, ours = f"code {row.code_hash} and torch {row.torch}", f"{here['code']} and {here['torch']}"
        raise StoreError(f"a {what} must be gone on with by what began it, {made}, not {ours}: begin it anew")
    return row


def _kept_study(connection: Connection, row: Any) -> KeptStudy:
    try:
        asked = select(seeds.c.point, seeds.c.data).where(seeds.c.study_id == row.id).order_by(seeds.c.seed)
        results = tuple((found.point, result_of(found.data)) for found in connection.execute(asked))
        return KeptStudy(row, plan_of(json.loads(row.spec)), results)
    except (PackingError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"the study {row.public_id} is damaged: {error}") from error


def _upsert(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows, in place of those with the same keys."""
    if rows:
        adding = insert(table)
        keys = [column.name for column in table.primary_key]
        others = {column.name: adding.excluded[column.name] for column in table.columns if column.name not in keys}
        connection.execute(adding.on_conflict_do_update(index_elements=keys, set_=others), list(rows))


def _event_row(run_id: int, number: int, event: Event) -> Values:
    told = event.to_json()
    return {"run_id": run_id, "number": number, **told, "value": json.dumps(told["value"])}


def _kept(connection: Connection, row: Any) -> Kept:
    """A run with its numbers.

    Raises:
        StoreError: it is damaged.
    """
    try:
        return _read(connection, row)
    except (PackingError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DamagedError(f"the run {row.public_id} is damaged: {error}") from error


def _read(connection: Connection, row: Any) -> Kept:
    spec = RunSpec.from_json(json.loads(row.spec))
    row_names, test_names, steps_per_epoch = json.loads(row.shape)
    history = History(spec, tuple(row_names), tuple(test_names), steps_per_epoch)
    history.processors = tuple(json.loads(row.processor))
    asked = select(chunks).where(chunks.c.run_id == row.id)
    tables: dict[tuple[str, int], list[np.ndarray[Any, Any]]] = {}
    probes = []
    for chunk in connection.execute(asked.order_by(chunks.c.kind, chunks.c.arm, chunks.c.number)).mappings():
        if chunk["kind"] == "probe":
            probes.append(Probe(chunk["number"], chunk["arm"], unpack_arrays(chunk["data"])))
        else:
            names = history.row_names if chunk["kind"] == "row" else history.test_names
            tables.setdefault((chunk["kind"], chunk["arm"]), []).append(
                unpack_table(chunk["data"], len(names), chunk["count"])
            )
    arms = range(len(spec.arms))
    told = [
        Event(event.step, event.name, json.loads(event.value), event.arm)
        for event in connection.execute(select(events).where(events.c.run_id == row.id).order_by(events.c.number))
    ]
    history.append(
        Progress(
            first=1,
            step=row.step,
            rows=tuple(_columns(history.row_names, tables.get(("row", arm), [])) for arm in arms),
            tests=tuple(_columns(history.test_names, tables.get(("test", arm), [])) for arm in arms),
            probes=tuple(sorted(probes, key=lambda probe: (probe.step, probe.arm))),
            events=tuple(event for event in told if event.step <= row.step),
            failures=tuple(Failure(*failure) for failure in json.loads(row.failures)),
            finished=row.status in ("finished", "failed"),
        )
    )
    parent = connection.execute(select(runs.c.public_id).where(runs.c.id == row.parent_id)).scalar()
    return Kept(row, history, tuple(event for event in told if event.step > row.step), parent or "")


def _columns(names: tuple[str, ...], tables: Sequence[np.ndarray[Any, Any]]) -> Columns:
    return Columns(names, np.concatenate([np.empty((len(names), 0)), *tables], axis=1).T)


def _cut(connection: Connection, kept: Kept) -> Recording:
    """Deletes what the store has beyond the last step of `kept`, and gives what it has still: whole chunks."""
    history, run_id, arms = kept.history, kept.row.id, range(len(kept.history.spec.arms))
    lengths = {
        "row": [history.length(arm) for arm in arms],
        "test": [len(history.test(arm, "step")) for arm in arms],
    }
    of_run = chunks.c.run_id == run_id
    connection.execute(delete(chunks).where(of_run, chunks.c.kind == "probe", chunks.c.number > history.step))
    for kind, counts in lengths.items():
        for arm, count in enumerate(counts):
            beyond = (chunks.c.kind == kind, chunks.c.arm == arm, chunks.c.number >= count // CHUNK)
            connection.execute(delete(chunks).where(of_run, *beyond))
    sizes = connection.execute(select(captures.c.step, captures.c.size).where(captures.c.run_id == run_id))
    return Recording(
        kept.public_id,
        kept.row.visitor,
        id=run_id,
        epoch=kept.row.epoch + 1,
        rows=tuple(count // CHUNK * CHUNK for count in lengths["row"]),
        tests=tuple(count // CHUNK * CHUNK for count in lengths["test"]),
        probes=len(history.probes),
        captures={found.step: found.size for found in sizes},
    )


def _last_capture(connection: Connection, run_id: Any, step: float = math.inf) -> Capture | None:
    """The last state of a run that is no later than `step`; `run_id` may be asked of the database."""
    which = (captures.c.run_id == run_id, captures.c.step <= step)
    found = connection.execute(select(captures).where(*which).order_by(captures.c.step.desc()).limit(1)).first()
    return None if found is None else Capture(found.step, found.data)


def is_off() -> bool:
    """Whether the settings say that nothing is to be kept.

    Raises:
        StoreError: they say something else than on or off.
    """
    wanted = os.environ.get("TRICK_LAB_STORE") or "on"
    if wanted not in ("on", "off"):
        raise StoreError(f"TRICK_LAB_STORE must be on or off, got {wanted!r}")
    return wanted == "off"


def open_store() -> Store | None:
    """The store of the settings: in `data_folder()`, None where `TRICK_LAB_STORE` is `off`.

    Raises:
        StoreError: it cannot be opened; the message says why and what to do.
    """
    return None if is_off() else Store(data_folder())
