"""The rows of runs as one tidy table, one row per step and arm, in blocks of columns; and that table as Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.runs.history import History
from tricks.declaration import Value

FIRST = ("run_id", "trick", "task", "seed", "arm", "step", "epoch", "elapsed_s", "lr")
"""The columns every run has; its metrics and knobs follow."""

BLOCK = 4096  # steps at a time, so that a long run needs no copy of itself
_NONE = -1  # the place of a cell without a word


@dataclass(frozen=True)
class Column:
    """A block of a column: its `numbers`, of which only those are meant that are `there`, None: all.

    Of a column with words the numbers are their places.
    """

    numbers: NDArray[Any]
    there: NDArray[np.bool_] | None = None


class Rows:
    """A run's rows as they are when this is made, by step, then arm, whatever is appended meanwhile.

    `metrics`, `tests` and `knobs` are the columns beside the first ones. `words` are the values that a column of few
    values has: names, and knobs, since these are what they are from turn to turn.
    """

    def __init__(self, history: History, run_id: str) -> None:
        self._history = history.frozen()
        spec = history.spec
        self.metrics = tuple(name for name in history.row_names if name not in FIRST)
        self.tests = history.test_names[1:]
        self.knobs = tuple(dict.fromkeys(name for arm in spec.arms for name in arm.knobs))
        self.words: dict[str, tuple[Value, ...]] = {
            "run_id": (run_id,),
            "trick": (spec.trick,),
            "task": (spec.task,),
            "seed": (spec.seed,),
            "arm": tuple(arm.name for arm in spec.arms),
        }
        self._turned, self._in_force = self._read_knobs()

    def blocks(self) -> Iterator[dict[str, Column]]:
        """The rows of `BLOCK` steps at a time; columns of equal length, by name."""
        last = self._history.step
        lengths = [min(last, self._history.length(arm)) for arm in range(len(self._history.spec.arms))]
        for low in range(0, last, BLOCK):
            parts = [
                self._part(arm, np.arange(low + 1, min(length, low + BLOCK) + 1))
                for arm, length in enumerate(lengths)
                if length > low
            ]
            if not parts:
                return
            order = np.argsort(np.concatenate([part["step"].numbers for part in parts]), kind="stable")
            yield {name: _together([part[name] for part in parts], order) for name in parts[0]}

    def _part(self, arm: int, steps: NDArray[np.int64]) -> dict[str, Column]:
        """The columns of one arm at these steps, one after another."""
        history = self._history
        within = slice(int(steps[0]) - 1, int(steps[-1]))
        places = {"run_id": 0, "trick": 0, "task": 0, "seed": 0, "arm": arm}
        found = {name: Column(np.full(len(steps), place)) for name, place in places.items()}
        found |= {"step": Column(steps), "epoch": Column(steps / history.steps_per_epoch)}
        found |= {name: Column(history.row(arm, name)[within]) for name in history.row_names}
        measured = history.test(arm, "step")
        at = np.searchsorted(measured, steps)
        there = np.append(measured, 0.0)[at] == steps
        for name in self.tests:
            found[name] = Column(np.append(history.test(arm, name), 0.0)[at], there)
        in_force = self._in_force[arm][np.searchsorted(self._turned[arm], steps, side="right")]
        for number, name in enumerate(self.knobs):
            found[name] = Column(in_force[:, number], in_force[:, number] != _NONE)
        return found

    def _read_knobs(self) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        """For each arm the steps at which it was turned, and the places of its knobs' words before and after each."""
        words: list[dict[str, int]] = [{} for _ in self.knobs]
        values: list[list[Value]] = [[] for _ in self.knobs]

        def place(number: int, value: Value) -> int:
            told = repr(value)
            if told not in words[number]:
                words[number][told] = len(values[number])
                values[number].append(value)
            return words[number][told]

        turned, in_force = [], []
        for arm, spec in enumerate(self._history.spec.arms):
            turns = [event for event in self._history.events if event.arm == arm and event.name in self.knobs]
            now = [place(n, spec.knobs[name]) if name in spec.knobs else _NONE for n, name in enumerate(self.knobs)]
            rows = [now]
            for event in turns:
                number = self.knobs.index(event.name)
                now = [*now[:number], place(number, event.value), *now[number + 1 :]]
                rows.append(now)
            turned.append(np.array([event.step for event in turns], np.int64))
            in_force.append(np.array(rows, np.int64).reshape(len(rows), len(self.knobs)))
        self.words |= {name: tuple(values[number]) for number, name in enumerate(self.knobs)}
        return turned, in_force


def columns_of(runs: Sequence[Rows]) -> tuple[str, ...]:
    """The columns of runs in one table: the first ones, step metrics, test metrics, knobs."""
    groups = (names for kind in ("metrics", "tests", "knobs") for names in (getattr(run, kind) for run in runs))
    return tuple(dict.fromkeys(chain(FIRST, *groups)))


def parquet_parts(runs: Sequence[tuple[History, str]]) -> Iterator[bytes]:
    """Runs, each with what it is called, as one Parquet file, in parts: what a cell is in the CSV, by type.

    What was not measured, or does not exist for an arm, is null; a loss that was not finite is that number.
    """
    import pyarrow as pa  # half a second that only an export has to wait
    import pyarrow.parquet as pq

    rows = [Rows(*run) for run in runs]
    schema = pa.schema([(name, _type_of(name, rows)) for name in columns_of(rows)])
    sink = Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema) as writer:
        for run in rows:
            for block in run.blocks():
                writer.write_batch(_batch(run, block, schema))
                yield sink.taken()
    yield sink.taken()


class Sink:
    """Where a writer writes what is then taken, so that no more than a block is held."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _type_of(name: str, runs: Sequence[Rows]) -> Any:
    import pyarrow as pa

    kinds = {type(word) for run in runs for word in run.words.get(name, ())}
    if name == "step" or kinds == {int}:
        return pa.int64()
    if not kinds or kinds <= {int, float}:
        return pa.float64()
    return pa.bool_() if kinds == {bool} else pa.string()


def _batch(run: Rows, block: dict[str, Column], schema: Any) -> Any:
    import pyarrow as pa

    length = len(block["step"].numbers)

    def array(field: Any) -> Any:
        column = block.get(field.name)
        if column is None:
            return pa.nulls(length, field.type)
        missing = None if column.there is None else ~column.there
        numbers = pa.array(column.numbers, mask=missing, from_pandas=False)
        if field.name not in run.words:
            return numbers
        words = [str(word) if field.type == pa.string() else word for word in run.words[field.name]]
        return pa.array(words, field.type).take(numbers)

    return pa.record_batch([array(field) for field in schema], schema=schema)


def _together(parts: Sequence[Column], order: NDArray[np.intp]) -> Column:
    there = None
    if parts[0].there is not None:
        there = np.concatenate([part.there for part in parts if part.there is not None])[order]
    return Column(np.concatenate([part.numbers for part in parts])[order], there)
