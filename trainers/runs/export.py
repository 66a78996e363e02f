"""A run's history as CSV (tidy, one row per step and arm), and its spec and events as JSON.

CSV after RFC 4180: comma, CRLF, a header row; UTF-8 when encoded. Numbers are the shortest text that reads back as the
same float, as `float()`, NumPy and plain `pandas.read_csv` (its default parser, from pandas 3 on) do. A loss that was
not finite stands as `nan`, `inf` or `-inf`; what was not measured, or does not exist for an arm, is an empty cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Any

from trainers.runs.history import History
from trainers.runs.provenance import made_here
from trainers.runs.replay import dump_replay
from trainers.runs.spec import Event, RunSpec
from tricks.declaration import Value

COLUMNS = ("run_id", "trick", "task", "seed", "arm", "step", "epoch", "elapsed_s", "lr")
"""The columns every run has; its metrics and knobs follow."""

EXECUTED = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""

_BLOCK = 1000  # steps turned to Python numbers at a time, so that a long run needs no copy of itself


def csv_text(history: History, run_id: str) -> str:
    """The whole run as CSV."""
    return "".join(csv_lines(history, run_id))


def csv_lines(history: History, run_id: str) -> Iterator[str]:
    """The lines of `csv_text`, each with its line end: the header, then a row per step and arm, by step, then arm.

    Columns: `run_id, trick, task, seed, arm, step, epoch, elapsed_s, lr`, the step metrics, the test metrics (empty
    where nothing was measured), and the tricks' knobs as they were in force at that step (empty in an arm that has
    not the knob). The rows are those of the steps made when this is called, whatever is appended meanwhile.
    """
    spec, last = history.spec, history.step
    metrics = tuple(name for name in history.row_names if name not in ("lr", "elapsed_s"))
    knobs = tuple(dict.fromkeys(name for arm in spec.arms for name in arm.knobs))
    run = ",".join(cell(value) for value in (run_id, spec.trick, spec.task, spec.seed))
    arms = [
        _arm_lines(history, arm, min(last, history.length(arm)), run, ("elapsed_s", "lr", *metrics), knobs)
        for arm in range(len(spec.arms))
    ]
    header = ",".join(map(cell, (*COLUMNS, *metrics, *history.test_names[1:], *knobs)))
    return chain((header + "\r\n",), _in_turn(arms))


def histories_csv(histories: Iterable[History]) -> Iterator[str]:
    """The lines of runs that differ in their seeds alone: one header, then run after run, each by its own id."""
    for number, history in enumerate(histories):
        lines = csv_lines(history, run_id_of(history))
        yield from lines if number == 0 else islice(lines, 1, None)


def json_text(history: History, made: Mapping[str, Any] | None = None) -> str:
    """The run's provenance, spec and events as JSON, indented: `python -m trainers replay` runs them again.

    `made` is the provenance of a run of the past.
    """
    if made is not None:
        return _text({"provenance": made, **dump_replay(history.spec, tuple(history.events))})
    return replay_json(history.spec, tuple(history.events), processors=history.processors)


def replay_json(
    spec: RunSpec, events: Sequence[Event], seeds: Sequence[int] = (), processors: Sequence[str] = ()
) -> str:
    """The same of a run with these events, and of the `seeds` it is made with if there are several.

    `processors` made it; none: this machine's.
    """
    made = made_here()
    if processors:
        made["processor"] = " and ".join(processors)
    return _text({"provenance": made, **dump_replay(spec, tuple(events), seeds)})


def _text(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def run_id_of(history: History) -> str:
    """What names a run in its files: its spec and events do, so the same run has the same name.

    The prefix keeps a spreadsheet from reading the digits as a number.
    """
    told = _text(dump_replay(history.spec, tuple(history.events)))
    return f"run-{sha256(told.encode()).hexdigest()[:12]}"


def cell(value: Value) -> str:
    """A CSV cell. Text that a spreadsheet would execute gets a leading quote; numbers are never touched."""
    if not isinstance(value, str):
        return repr(value)
    text = value.encode(errors="replace").decode()
    if text.startswith(EXECUTED):
        text = "'" + text
    if any(mark in text for mark in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text


def _in_turn(arms: list[Iterator[str]]) -> Iterator[str]:
    """One line of each arm in turn; an arm that ended early drops out."""
    while arms:
        for arm in list(arms):
            line = next(arm, None)
            if line is None:
                arms.remove(arm)
            else:
                yield line


def _arm_lines(
    history: History, arm: int, last: int, run: str, row_names: tuple[str, ...], knobs: tuple[str, ...]
) -> Iterator[str]:
    spec = history.spec
    rows = [history.row(arm, name)[:last] for name in row_names]
    steps, *tests = (history.test(arm, name) for name in history.test_names)
    turns = [event for event in history.events if event.arm == arm]
    start = f"{run},{cell(spec.arms[arm].name)}"
    blank = "," * len(tests)

    def lines() -> Iterator[str]:
        in_force = dict(spec.arms[arm].knobs)
        end = _knob_cells(in_force, knobs)
        turned = measured = 0
        for low in range(0, last, _BLOCK):
            block = [column[low : low + _BLOCK].tolist() for column in rows]
            for step, numbers in enumerate(zip(*block, strict=True), start=low + 1):
                while turned < len(turns) and turns[turned].step <= step:
                    in_force[turns[turned].name] = turns[turned].value
                    end = _knob_cells(in_force, knobs)
                    turned += 1
                middle = blank
                if measured < len(steps) and steps[measured] == step:
                    middle = "".join(f",{float(column[measured])!r}" for column in tests)
                    measured += 1
                yield f"{start},{step},{step / history.steps_per_epoch!r},{','.join(map(repr, numbers))}{middle}{end}"

    return lines()


def _knob_cells(in_force: Mapping[str, Value], names: tuple[str, ...]) -> str:
    """The knobs' cells with a comma before each, and the line's end."""
    return "".join("," + (cell(in_force[name]) if name in in_force else "") for name in names) + "\r\n"
