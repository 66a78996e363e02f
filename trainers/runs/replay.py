"""A saved run: its spec and events as JSON data, and what of a file is refused by the field or the line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from trainers.runs.build import check_event, clash, conflicts, setup_for, validate
from trainers.runs.labels import shorten
from trainers.runs.settings import SEED, ignored_by
from trainers.runs.spec import COMBINE, VERSION, ArmSpec, Event, RunSpec
from trainers.tasks import load_task
from tricks.declaration import RefusedError

MAX_JSON_BYTES = 16 * 2**20  # a hundred thousand turns are far less


class ReplayError(ValueError):
    """A replay file cannot be used: the message names the field or line."""


def dump_replay(spec: RunSpec, events: tuple[Event, ...], seeds: Sequence[int] = ()) -> dict[str, Any]:
    """A run's spec and events as JSON data, a replay file's content; `seeds` are those it is made with, if several."""
    several = {"seeds": list(seeds)} if seeds else {}
    return {"spec": spec.to_json(), **several, "events": [event.to_json() for event in events]}


def parse_spec(data: object, where: str = "spec") -> RunSpec:
    """The inverse of `RunSpec.to_json`, validated.

    What is no longer offered but can be trained is taken, tricks together or in a network that they do not change, and
    settings that mean nothing to the task are left out: a run that was kept is read and replayed as it was.

    Raises:
        ReplayError: a missing, surplus or mistyped field, or another version.
        RefusedError: a value that is refused.
    """
    told = _mapping(data, where)
    extended = {"first_steps"} & told.keys()
    fields = _fields(told, where, {"version", "trick", "task", "seed", "steps", "settings", "arms", *extended})
    if fields["version"] != VERSION:
        raise ReplayError(f"{where}.version must be {VERSION}, got {fields['version']!r}")
    arms = []
    for number, arm in enumerate(_list(fields["arms"], f"{where}.arms")):
        at = f"{where}.arms[{number}]"
        parts = _fields(arm, at, {"name", "tricks", "knobs"})
        tricks = tuple(_text(name, f"{at}.tricks") for name in _list(parts["tricks"], f"{at}.tricks"))
        arms.append(ArmSpec(_text(parts["name"], f"{at}.name"), tricks, _mapping(parts["knobs"], f"{at}.knobs")))
    trick, task = _text(fields["trick"], f"{where}.trick"), _text(fields["task"], f"{where}.task")
    if trick != COMBINE:
        setup_for(trick, task)
    given, ignored = _mapping(fields["settings"], f"{where}.settings"), ignored_by(load_task(task))
    settings = {name: value for name, value in given.items() if name not in ignored}
    whole = (trick, task, fields["seed"], fields["steps"], settings, tuple(arms))
    spec = validate(RunSpec(*whole, fields.get("first_steps")))
    for arm in spec.arms:
        reasons = [reason for reason in conflicts(arm.tricks, task) if not reason.needs]
        if reasons:
            raise clash(f"tricks of {arm.name}", reasons)
    return spec


def parse_replay(data: object) -> tuple[RunSpec, tuple[Event, ...]]:
    """The inverse of `dump_replay`, validated. Turns of what means nothing to the task are left out, as settings are.

    Raises:
        ReplayError: a missing, surplus or mistyped field, or another version.
        RefusedError: a value that is refused.
    """
    told = {name: value for name, value in _mapping(data, "file").items() if name not in ("provenance", "seeds")}
    fields = _fields(told, "file", {"spec", "events"})
    spec = parse_spec(fields["spec"])
    ignored = ignored_by(load_task(spec.task))
    events: list[Event] = []
    for number, item in enumerate(_list(fields["events"], "events")):
        at = f"events[{number}]"
        parts = _fields(item, at, {"step", "name", "value", "arm"})
        step, arm = parts["step"], parts["arm"]
        if not _is_int(step) or not 1 <= step <= spec.steps:
            raise ReplayError(f"{at}.step must be between 1 and {spec.steps}, got {shorten(repr(step))}")
        if arm is not None and not _is_int(arm):
            raise ReplayError(f"{at}.arm must be a whole number or null, got {shorten(repr(arm))}")
        if events and step < events[-1].step:
            raise ReplayError(f"{at}.step must not be before the event above it ({events[-1].step}), got {step}")
        name = _text(parts["name"], f"{at}.name")
        if arm is not None or name not in ignored:
            events.append(check_event(spec, Event(step, name, parts["value"], arm)))
    return spec, tuple(events)


def parse_seeds(data: object) -> tuple[int, ...]:
    """The seeds of a replay file whose run is made with several, none where it has its own seed alone.

    Raises:
        ReplayError: they are no list of different whole numbers.
        RefusedError: one that is refused.
    """
    seeds = _list(_mapping(data, "file").get("seeds", []), "seeds")
    for number, seed in enumerate(seeds):
        if not _is_int(seed):
            raise ReplayError(f"seeds[{number}] must be a whole number, got {shorten(repr(seed))}")
    if len(set(seeds)) < len(seeds):
        raise ReplayError("seeds must be different")
    return tuple(int(SEED.check(seed)) for seed in seeds)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fields(data: object, where: str, names: set[str]) -> dict[str, Any]:
    found = _mapping(data, where)
    for name in sorted(names - set(found)):
        raise ReplayError(f"{where}.{name} is missing")
    for name in sorted(set(found) - names):
        raise ReplayError(f"{where}.{name} is not a field of a run")
    return found


def _mapping(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ReplayError(f"{where} must be an object, got {shorten(repr(data))}")
    return data


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise ReplayError(f"{where} must be a list, got {shorten(repr(data))}")
    return data


def _text(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise ReplayError(f"{where} must be text, got {shorten(repr(data))}")
    if any("\ud800" <= letter <= "\udfff" for letter in data):  # halves of letters, which no file can hold
        raise ReplayError(f"{where} must be of whole letters, got {shorten(repr(data))}")
    return data


def read_json(path: Path) -> object:
    """The content of a JSON file.

    Raises:
        RefusedError: it cannot be read, or is no JSON; the message gives the line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None
    return parse_json(content, str(path))


def parse_json(content: bytes, where: str) -> object:
    """JSON data; `where` is what the content is called.

    Raises:
        RefusedError: it is too large, or no JSON; the message gives the line.
    """
    if len(content) > MAX_JSON_BYTES:
        raise RefusedError(f"{where} must be at most {MAX_JSON_BYTES // 2**20} MiB, it is larger")
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RefusedError(f"{where}, line {line}: not UTF-8 text") from None
    except json.JSONDecodeError as error:
        text = error.doc.rstrip()
        ends_early = error.pos >= len(text) or not text.endswith("}")
        cut = " (the file ends too early: was it cut short?)" if ends_early else ""
        raise RefusedError(f"{where}, line {error.lineno}, column {error.colno}: {error.msg}{cut}") from None
    except RecursionError:
        raise RefusedError(f"{where} is nested too deeply to be a run") from None
    except ValueError as error:
        raise RefusedError(f"{where}: {error}") from None


def refuse_constant(name: str) -> NoReturn:
    """For JSON whose numbers are finite: NaN and Infinity, which Python's reader takes, are a ValueError."""
    raise ValueError(f"numbers must be finite, got {name}")


@dataclass(frozen=True)
class Saved:
    """What a replay file holds: `seeds` if the run is made with several, `made` where it says it was made."""

    spec: RunSpec
    events: tuple[Event, ...]
    seeds: tuple[int, ...]
    made: object


def read_replay(path: Path) -> Saved:
    """The run that a file describes, checked.

    Raises:
        RefusedError: it cannot be read, or is none; the message names the file, and the field or line.
    """
    data = read_json(path)
    try:
        spec, events = parse_replay(data)
        seeds = parse_seeds(data)
    except (ReplayError, RefusedError) as error:
        raise RefusedError(f"{path}: {error}") from None
    return Saved(spec, events, seeds, data.get("provenance") if isinstance(data, dict) else None)
