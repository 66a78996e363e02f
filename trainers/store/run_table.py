"""The rows of a run as its CSV has them, read back: columns in their own types, and nothing else.

A CSV tells an arm's rows, its tests and its knobs in force. The shared settings are not in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainers.runs.export import COLUMNS, EXECUTED
from trainers.runs.history import History, Table
from trainers.runs.settings import STEPS
from trainers.runs.spec import MAX_ARMS
from tricks.declaration import RefusedError

MAX_HEADER = 64 * 2**10  # bytes
MAX_COLUMNS = 400
MAX_TURNS = 100_000
_TEXTS = ("run_id", "trick", "task", "arm")
_COUNTS = ("seed", "step")
_NUMBERS = ("epoch", "elapsed_s", "lr")

Column = NDArray[np.float64]


@dataclass(frozen=True)
class ArmRows:
    """An arm in a CSV: `numbers` by column, NaN also where a cell is empty.

    `measured` are the rows that have test metrics; `knobs` has, by name, the steps at which one came to be another,
    from the first on, with its text.
    """

    name: str
    numbers: dict[str, Column]
    measured: NDArray[np.bool_]
    knobs: dict[str, list[tuple[int, str]]]

    @property
    def length(self) -> int:
        return len(self.measured)


@dataclass(frozen=True)
class RunTable:
    """A run's CSV: `metrics` are its columns between those that every run has and its `knobs`."""

    run_id: str
    trick: str
    task: str
    seed: int
    metrics: tuple[str, ...]
    knobs: tuple[str, ...]
    arms: tuple[ArmRows, ...]

    @property
    def step(self) -> int:
        """The last step that an arm has made."""
        return max(arm.length for arm in self.arms)


def shown(text: str) -> str:
    """A text as a CSV shows it: one that a spreadsheet would execute has a quote before it."""
    plain = text.encode(errors="replace").decode()
    return f"'{plain}" if plain.startswith(EXECUTED) else plain


def plain(text: str) -> str:
    """The inverse of `shown`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(EXECUTED) else text


def read_table(content: bytes, knobs: Sequence[str], *, with_turns: bool = True) -> RunTable:
    """The run that a CSV of the lab holds; `knobs` are the columns that may be knobs, read if `with_turns`.

    Raises:
        RefusedError: it is none, or holds several runs, or its rows are not those of a run.
    """
    header = _header(content)
    metrics = tuple(name for name in header[len(COLUMNS) :] if name not in knobs)
    found = tuple(name for name in header[len(COLUMNS) :] if name in knobs)
    if header != (*COLUMNS, *metrics, *found):
        raise RefusedError("a CSV of a run must have its knobs last, this one has them among its metrics")
    read = found if with_turns else ()
    table = _parsed(content, (*COLUMNS, *metrics, *read), read)
    if not table.num_rows:
        raise RefusedError("a CSV of a run must have rows, this one has none")
    run_id, trick, task, seed = (_only(table, name) for name in ("run_id", "trick", "task", "seed"))
    codes = table.column("arm").combine_chunks()
    names = codes.dictionary.to_pylist()
    if len(names) > MAX_ARMS:
        raise RefusedError(f"arms must be 1 to {MAX_ARMS}, got {len(names)}")
    of_arm = codes.indices.to_numpy()
    arms: list[ArmRows] = []
    for code, name in enumerate(names):
        left = MAX_TURNS - sum(len(turns) - 1 for arm in arms for turns in arm.knobs.values())
        arms.append(_arm(table.filter(pa.array(of_arm == code)), name, metrics, read, left))
    return RunTable(run_id, plain(trick), plain(task), seed, metrics, found, tuple(arms))


def tables_of(table: RunTable, history: History) -> tuple[tuple[Table, ...], tuple[Table, ...]]:
    """The rows and the tests of each arm, in the columns of the empty `history`.

    Raises:
        RefusedError: the CSV has other metrics.
    """
    measures = history.test_names[1:]
    wanted = (*(name for name in history.row_names if name not in _NUMBERS), *measures)
    if table.metrics != wanted:
        sentence = f"its metrics must be {', '.join(wanted)}, they are {', '.join(table.metrics)}"
        raise RefusedError(f"{sentence}: it is of another version of the lab")
    rows, tests = [], []
    for arm in table.arms:
        columns = np.stack([arm.numbers[name] for name in history.row_names], axis=1)
        rows.append(Table(history.row_names, columns))
        measured = [arm.numbers[name][arm.measured] for name in history.test_names]
        tests.append(Table(history.test_names, np.stack(measured, axis=1)))
    return tuple(rows), tuple(tests)


def steps_per_epoch(table: RunTable) -> int:
    """How many steps an epoch of the run has.

    Raises:
        RefusedError: its epochs are not of equal steps.
    """
    epoch = table.arms[0].numbers["epoch"]
    count = round(1 / epoch[0]) if 1e-6 <= epoch[0] <= 1 else 0
    if not count or any((arm.numbers["epoch"] != arm.numbers["step"] / count).any() for arm in table.arms):
        raise RefusedError("its epochs must be steps over the steps that an epoch has")
    return count


def _header(content: bytes) -> tuple[str, ...]:
    line, end, _ = content.removeprefix(b"\xef\xbb\xbf")[:MAX_HEADER].partition(b"\n")
    try:
        header = tuple(next(csv.reader([line.decode().rstrip("\r")], strict=True), [])) if end else ()
    except (UnicodeDecodeError, csv.Error):
        header = ()
    if header[: len(COLUMNS)] != COLUMNS or len(set(header)) < len(header) or len(header) > MAX_COLUMNS:
        raise RefusedError(f"it is no CSV of a run: its first line must begin with {','.join(COLUMNS)}")
    return header


def _parsed(content: bytes, columns: Sequence[str], knobs: Sequence[str]) -> Any:
    from pyarrow import csv as arrow  # which only imports need

    text, number, count = pa.dictionary(pa.int32(), pa.string()), pa.float64(), pa.int64()
    kinds = dict.fromkeys(columns, number) | dict.fromkeys((*_TEXTS, *knobs), text) | dict.fromkeys(_COUNTS, count)
    try:
        table = arrow.read_csv(
            io.BytesIO(content),
            arrow.ReadOptions(use_threads=False),
            arrow.ParseOptions(newlines_in_values=True),
            arrow.ConvertOptions(column_types=kinds, null_values=[""], include_columns=columns),
        )
    except (pa.ArrowException, ValueError, OSError) as error:
        raise RefusedError(f"its rows are damaged: {str(error).splitlines()[0]}") from None
    return table.unify_dictionaries()


def _only(table: Any, name: str) -> Any:
    """The one value of a column.

    Raises:
        RefusedError: it has several, or none.
    """
    found = table.column(name).unique().to_pylist()
    if len(found) > 1:
        raise RefusedError(f"a CSV of a run must hold one run, this one has {len(found)} in its column {name}")
    if found == [None]:
        raise RefusedError(f"{name} must not be empty")
    return found[0]


def _arm(rows: Any, name: str, metrics: Sequence[str], knobs: Sequence[str], most_turns: int) -> ArmRows:
    numbers = {column: _numbers(rows.column(column)) for column in (*_COUNTS, *_NUMBERS, *metrics)}
    length = rows.num_rows
    if length > int(STEPS.high or 0):
        raise RefusedError(f"an arm must have at most {STEPS.high:,.0f} steps, it has {length:,}")
    if not np.array_equal(numbers["step"], np.arange(1, length + 1)):
        raise RefusedError("the steps of an arm must count up from 1")
    is_empty = {column: rows.column(column).is_null().to_numpy() for column in (*_NUMBERS, *metrics)}
    measures = [column for column in metrics if column.startswith("test_")]
    measured = np.any([~is_empty[column] for column in measures] or [np.zeros(length, bool)], axis=0)
    for column, empty in is_empty.items():
        if empty[measured if column in measures else slice(None)].any():
            raise RefusedError(f"{column} must not be empty where the others are not")
    texts = {knob: rows.column(knob).combine_chunks() for knob in knobs}
    turns = {knob: _turns(column) for knob, column in texts.items()}
    if sum(map(len, turns.values())) > most_turns:
        raise RefusedError(f"turns must be at most {MAX_TURNS:,}, there are more")
    in_arm = {}
    for knob, column in texts.items():
        codes, values = column.indices.to_numpy(), column.dictionary.to_pylist()
        found = [(at + 1, values[codes[at]]) for at in (0, *turns[knob].tolist())]
        if found == [(1, "")]:
            continue
        if not all(text for _, text in found):
            raise RefusedError(f"{knob} must not be empty in some rows of an arm alone")
        in_arm[knob] = found
    return ArmRows(plain(name), numbers, measured, in_arm)


def _turns(column: Any) -> NDArray[np.intp]:
    """The rows at which a column of texts comes to be another."""
    codes = column.indices.to_numpy()
    return np.flatnonzero(codes[1:] != codes[:-1]) + 1


def _numbers(column: Any) -> Column:
    return np.asarray(column.to_numpy(), np.float64)
