"""Runs as event files of TensorBoard: a folder for each run, with one for each arm, which it draws as a curve.

Scalars are float32, as TensorBoard holds them; the CSV has every digit. A file is written by its parts, without
tensorboardX's writer, whose files tell of the machine and of the moment, and whose thread reports no full disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainers.runs.history import History
from trainers.runs.tidy import Rows

FILE = "events.out.tfevents.0.trick-lab"
_UNFIT = re.compile(r"[^\w.=+-]+", re.ASCII)
_GROUPS = ("metrics", "tests", "knobs")


def write_events(folder: Path, history: History, run_id: str, begun_at: float = 0.0) -> tuple[Path, ...]:
    """Writes a run that began at `begun_at`, in seconds since 1970, below `folder`, and gives the files, one an arm.

    The run's files that are there are written anew. Tags are a group, a slash and a column of the CSV; a knob is told
    at the first step and where it was turned, and one that is no number is left out.

    Raises:
        OSError: they cannot be written.
    """
    for _ in writing_events(folder, history, run_id, begun_at):
        pass
    return event_files(folder, history, run_id)


def event_files(folder: Path, history: History, run_id: str) -> tuple[Path, ...]:
    """The files of a run below `folder`, one an arm."""
    names = [f"{number}-{_fit(arm.name)}" for number, arm in enumerate(history.spec.arms)]
    return tuple(folder / _fit(run_id) / name / FILE for name in names)


def writing_events(folder: Path, history: History, run_id: str, begun_at: float = 0.0) -> Iterator[None]:
    """The same, some thousand steps at a time, for whoever has more to do."""
    files = event_files(folder, history, run_id)
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
    writers = [_Events(file, begun_at) for file in files]
    try:
        rows = Rows(history, run_id)
        told: dict[tuple[int, str], int] = {}
        for block in rows.blocks():
            columns = {
                f"{group}/{name}": (name, block[name].numbers.tolist(), there if there is None else there.tolist())
                for group in _GROUPS
                for name in (("lr", *rows.metrics) if group == "metrics" else getattr(rows, group))
                for there in (block[name].there,)
            }
            arms, steps, seconds = (block[name].numbers.tolist() for name in ("arm", "step", "elapsed_s"))
            for index, (arm, step) in enumerate(zip(arms, steps, strict=True)):
                scalars: dict[str, float] = {}
                for tag, (name, numbers, there) in columns.items():
                    if there is not None and not there[index]:
                        continue
                    value = numbers[index]
                    if name in rows.words:
                        if told.get((arm, name)) == value:
                            continue
                        told[arm, name] = value
                        value = rows.words[name][value]
                    if isinstance(value, int | float):
                        scalars[tag] = float(value)
                writers[arm].write(step, seconds[index], scalars)
            yield
    finally:
        for writer in writers:
            writer.close()


class _Events:
    """An event file, in order of steps."""

    def __init__(self, file: Path, begun_at: float) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import RecordWriter

        file.unlink(missing_ok=True)
        self._event, self._begun_at = Event, begun_at
        self._records: Any = RecordWriter(str(file.absolute()))
        self._records.write(Event(wall_time=begun_at, file_version="brain.Event:2").SerializeToString())

    def write(self, step: int, seconds: float, scalars: dict[str, float]) -> None:
        event = self._event(wall_time=self._begun_at + seconds, step=step)
        for tag, value in scalars.items():
            event.summary.value.add(tag=tag, simple_value=value)
        self._records.write(event.SerializeToString())

    def close(self) -> None:
        self._records.close()


def _fit(name: str) -> str:
    """A name as a folder's: without what a path or a shell would take for something else."""
    return _UNFIT.sub("-", name).strip(".-")[:80] or "unnamed"
