"""Runs that come from elsewhere, in files: what such a file holds, validated, as the store keeps it.

Nothing is trained for it, and nothing of a file is executed or used as a path. What a name has in it is text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainers.kinds.run import empty_history
from trainers.runs.build import build_spec, check_event, resolve_settings
from trainers.runs.history import Failure, History, Probe, Progress
from trainers.runs.labels import shorten
from trainers.runs.replay import MAX_JSON_BYTES, ReplayError, parse_json, parse_replay, parse_spec
from trainers.runs.spec import COMBINE, ArmSpec, Event, RunSpec
from trainers.store.recording import Now
from trainers.store.run_table import MAX_TURNS, ArmRows, RunTable, plain, read_table, shown, steps_per_epoch, tables_of
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import RefusedError

JSON_NOTE = "From a JSON, which holds a run's settings and turns: a replay makes its curves."
CSV_NOTE = "From a CSV, which does not hold the shared settings: those shown here are the trick's own on the task."
_MADE = {"version": "app_version", "code": "code_hash", "torch": "torch"}
_MAX_MADE = 64  # characters, as the store's columns have
_MAX_PROCESSOR = 1000  # which is told in full, or it would be another than this one


@dataclass(frozen=True)
class Imported:
    """A run from elsewhere: `told` are columns of the store that say by what it was made; `public_id` may be taken."""

    now: Now
    name: str = ""
    note: str = ""
    public_id: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


def read_replay(data: bytes) -> Imported:
    """The run of a JSON of the lab: its settings and turns alone.

    Raises:
        RefusedError: it is none, or its run has several seeds.
    """
    spec, events, made = parse_run(data)
    history = empty_history(spec)
    history.processors = processors_of(made)
    return Imported(Now(history, "stopped", coming=events), note=JSON_NOTE, told=made_columns(made))


def parse_run(data: bytes, where: str = "the JSON") -> tuple[RunSpec, tuple[Event, ...], Mapping[str, Any]]:
    """The spec, the events and the provenance of a run's JSON.

    Raises:
        RefusedError: it is none, or its run has several seeds.
    """
    told = parse_json(data[: MAX_JSON_BYTES + 1], where)
    if isinstance(told, dict):
        if told.get("seeds"):
            raise RefusedError(f"{where} must hold one run, this one is of several seeds: replay it instead")
        if isinstance(told.get("events"), list) and len(told["events"]) > MAX_TURNS:
            raise RefusedError(f"events must be at most {MAX_TURNS:,}, got {len(told['events']):,}")
    try:
        spec, events = parse_replay(told)
    except ReplayError as error:
        raise RefusedError(shorten(error, 300)) from None
    made = told.get("provenance") if isinstance(told, dict) else None
    return spec, events, made if isinstance(made, dict) else {}


def read_rows(data: bytes) -> Imported:
    """The run of a CSV of the lab: its rows, its tests and its knobs.

    Raises:
        RefusedError: it is none, or holds several runs, or has knobs that do not go with the trick's own settings.
    """
    table = read_table(data, tuple(knob.name for trick in catalogue.every() for knob in trick.knobs))
    spec = _spec_of(table)
    events = [event for number, arm in enumerate(table.arms) for event in _turns(arm, number)]
    checked = [check_event(spec, event) for event in sorted(events, key=lambda event: event.step)]
    empty = empty_history(spec)
    empty.processors = processors_of({})
    history = filled(table, empty, checked, dict.fromkeys(_ended(table), math.nan))
    ended = len(history.failures) == len(spec.arms)
    now = Now(history, "failed" if ended else "finished")
    return Imported(now, note=CSV_NOTE, public_id=table.run_id, told=made_columns({}))


def filled(
    table: RunTable,
    history: History,
    events: list[Event],
    failures: Mapping[int, float],
    probes: tuple[Probe, ...] = (),
) -> History:
    """The empty `history` with the rows of a CSV; `failures` are, by arm, what its loss or weights came to be.

    Raises:
        RefusedError: the CSV is of another run.
    """
    spec = history.spec
    names = [plain(shown(arm.name)) for arm in spec.arms]
    found = [arm.name for arm in table.arms]
    if (table.trick, table.task, table.seed, found) != (spec.trick, spec.task, spec.seed, names):
        raise RefusedError("the CSV must be of the run that stands beside it")
    if table.step > spec.steps:
        raise RefusedError(f"a run of {spec.steps:,} steps must not have {table.step:,}")
    rows, tests = tables_of(table, history)
    filled = History(spec, history.row_names, history.test_names, steps_per_epoch(table))
    filled.processors = history.processors
    filled.append(Progress(1, table.step, rows, tests, probes=probes, events=tuple(events)))
    for arm in range(len(spec.arms)):
        length = filled.length(arm)
        if arm in failures:
            knobs = {"lr": float(filled.row(arm, "lr")[-1]), **filled.knobs_at(arm, length)}
            last = float(filled.row(arm, filled.row_names[2])[-1])
            filled.failures.append(Failure(length, arm, failures[arm] if math.isfinite(last) else last, knobs))
        elif length < table.step:
            raise RefusedError(f"an arm that has not ended must have {table.step:,} steps, it has {length:,}")
    filled.failures.sort(key=lambda failure: failure.step)
    filled.finished = table.step == spec.steps or len(failures) == len(spec.arms)
    return filled


def processors_of(made: Mapping[str, Any]) -> tuple[str, ...]:
    """On what a run was made, as its provenance says."""
    return (_short(made.get("processor"), _MAX_PROCESSOR) or "unknown",)


def made_columns(made: Mapping[str, Any]) -> dict[str, str]:
    """By what a run was made, as its provenance says, in the columns of the store."""
    return {column: _short(made.get(name), _MAX_MADE) or "unknown" for name, column in _MADE.items()}


def _short(told: object, most: int) -> str:
    return shorten("".join(letter for letter in str(told or "")[:most] if letter.isprintable()), most - 1)


def _ended(table: RunTable) -> list[int]:
    """The arms whose last loss is no number, or who have fewer rows than others."""
    first = table.metrics[0] if table.metrics else "lr"
    return [
        number
        for number, arm in enumerate(table.arms)
        if arm.length < table.step or not math.isfinite(arm.numbers[first][-1])
    ]


def _spec_of(table: RunTable) -> RunSpec:
    arms = tuple(_arm_of(arm) for arm in table.arms)
    if table.trick == COMBINE:
        settings = resolve_settings(load_task(table.task), {})
    else:
        settings = dict(build_spec(table.trick, task=table.task).settings)
    try:
        return parse_spec(RunSpec(table.trick, table.task, table.seed, table.step, settings, arms).to_json())
    except (ReplayError, RefusedError) as error:
        raise RefusedError(f"{error} (a CSV does not hold the shared settings: import the archive instead)") from None


def _arm_of(arm: ArmRows) -> ArmSpec:
    tricks = tuple(trick.name for trick in catalogue.every() if any(knob.name in arm.knobs for knob in trick.knobs))
    return ArmSpec(arm.name, tricks, {name: plain(turns[0][1]) for name, turns in arm.knobs.items()})


def _turns(arm: ArmRows, number: int) -> list[Event]:
    return [Event(step, name, plain(text), number) for name, turns in arm.knobs.items() for step, text in turns[1:]]
