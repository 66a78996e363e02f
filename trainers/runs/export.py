"""Runs as CSV (tidy, one row per step and arm), for programs and for spreadsheets, and a spec and its events as JSON.

CSV after RFC 4180: comma, CRLF, a header row; UTF-8 when encoded. Numbers are the shortest text that reads back as the
same float, as `float()`, NumPy and plain `pandas.read_csv` (its default parser, from pandas 3 on) do. A loss that was
not finite stands as `nan`, `inf` or `-inf`; what was not measured, or does not exist for an arm, is an empty cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

import numpy as np

from trainers.runs.history import History
from trainers.runs.provenance import made_here
from trainers.runs.replay import dump_replay
from trainers.runs.spec import Event, RunSpec
from trainers.runs.tidy import FIRST, Column, Rows, columns_of
from tricks.declaration import Value

COLUMNS = FIRST

EXECUTED = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written: what is between two cells, what within a number, and what comes before all."""

    separator: str = ","
    decimal: str = "."
    begins: str = ""


PLAIN = Dialect()
SHEET = Dialect(begins="\ufeff")
"""For spreadsheets, which know by its beginning that it is UTF-8."""
COMMA_SHEET = Dialect(";", ",", "\ufeff")
"""The same for those that write numbers with a decimal comma."""


def csv_text(history: History, run_id: str) -> str:
    """The whole run as CSV."""
    return "".join(csv_lines(history, run_id))


def csv_lines(history: History, run_id: str, dialect: Dialect = PLAIN) -> Iterator[str]:
    """The lines of `csv_text`, each with its line end: the header, then a row per step and arm, by step, then arm.

    Columns: `run_id, trick, task, seed, arm, step, epoch, elapsed_s, lr`, the step metrics, the test metrics (empty
    where nothing was measured), and the tricks' knobs as they were in force at that step (empty in an arm that has
    not the knob). The rows are those of the steps made when this is called, whatever is appended meanwhile. Each text
    is the header, or many lines.
    """
    return runs_csv([(history, run_id)], dialect)


def histories_csv(histories: Iterable[History]) -> Iterator[str]:
    """The lines of runs in one table: one header, then run after run, each by its own id."""
    return runs_csv([(history, run_id_of(history)) for history in histories])


def runs_csv(runs: Sequence[tuple[History, str]], dialect: Dialect = PLAIN) -> Iterator[str]:
    """The lines of runs, each with what it is called, in one table: one header, then run after run.

    A column that one of them has not is empty in its rows.
    """
    rows = [Rows(*run) for run in runs]
    names = columns_of(rows)
    header = dialect.separator.join(cell(name, dialect) for name in names)
    return chain((f"{dialect.begins}{header}\r\n",), *(_lines(run, names, dialect) for run in rows))


def replay_json(
    spec: RunSpec, events: Sequence[Event], seeds: Sequence[int] = (), made: Mapping[str, Any] | None = None
) -> str:
    """A run's provenance, spec and events as JSON, indented: `python -m trainers replay` runs them again.

    `seeds` are those it is made with if there are several, `made` its provenance where it was not made here.
    """
    return _text({"provenance": made or made_here(), **dump_replay(spec, tuple(events), seeds)})


def _text(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def run_id_of(history: History) -> str:
    """What names a run in its files: its spec and events do, so the same run has the same name.

    The prefix keeps a spreadsheet from reading the digits as a number.
    """
    told = _text(dump_replay(history.spec, tuple(history.events)))
    return f"run-{sha256(told.encode()).hexdigest()[:12]}"


def cell(value: Value, dialect: Dialect = PLAIN) -> str:
    """A CSV cell. Text that a spreadsheet would execute gets a leading quote; numbers stay what they are."""
    if not isinstance(value, str):
        return repr(value).replace(".", dialect.decimal)
    text = value.encode(errors="replace").decode()
    if text.startswith(EXECUTED):
        text = "'" + text
    if any(mark in text for mark in (dialect.separator, '"', "\r", "\n")):
        text = '"' + text.replace('"', '""') + '"'
    return text


def _lines(run: Rows, names: Sequence[str], dialect: Dialect) -> Iterator[str]:
    """The rows of a run, some thousand lines at a time: columns become texts, and these are joined, all at once."""
    import pyarrow as pa  # half a second that only an export has to wait
    import pyarrow.compute as pc

    words = {name: pa.array([cell(word, dialect) for word in found], pa.string()) for name, found in run.words.items()}

    def texts(name: str, column: Column) -> Any:
        return words[name].take(_numbers(column)) if name in words else _number_texts(column, dialect)

    same = [name for name in names[: names.index("arm")] if len(run.words[name]) == 1]  # in all lines
    start = dialect.separator.join(cell(run.words[name][0], dialect) for name in same)
    for block in run.blocks():
        cells = [texts(name, block[name]) if name in block else "" for name in names[len(same) :]]
        lines = pc.binary_join_element_wise(
            start, *cells, dialect.separator, null_handling="replace", null_replacement=""
        )
        whole = pa.ListArray.from_arrays([0, len(lines)], lines)
        yield pc.binary_join(whole, "\r\n")[0].as_py() + "\r\n"


def _numbers(column: Column) -> Any:
    import pyarrow as pa

    return pa.array(column.numbers, mask=None if column.there is None else ~column.there, from_pandas=False)


def _number_texts(column: Column, dialect: Dialect) -> Any:
    """Numbers as the shortest texts that read back the same; a whole float has a decimal point, as Python writes it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = column.numbers
    texts = _numbers(column).cast(pa.string())
    if numbers.dtype != np.float64:
        return texts
    if (np.trunc(numbers) == numbers).any():
        whole = pc.match_substring_regex(texts, "^-?[0-9]+$")
        texts = pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    return texts if dialect.decimal == "." else pc.replace_substring(texts, ".", dialect.decimal)
