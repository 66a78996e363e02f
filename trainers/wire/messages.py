"""What a page says over the live socket: which messages there are, and the runs, sweeps and values they ask for.

Everything here raises `RefusedError` for what cannot be; the text names the field, the rule and the value.
"""

from __future__ import annotations

from typing import Any

from trainers.live.live_run import MAX_SPEED
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination, build_sweep
from trainers.runs.labels import shorten
from trainers.runs.spec import COMBINE, RunSpec
from tricks.declaration import RefusedError

_REQUIRED, _OPTIONAL = True, False
_SPEC = {"trick": _REQUIRED} | dict.fromkeys(("task", "seed", "steps", "values", "extra_arms"), _OPTIONAL)
_MANY = dict.fromkeys(("combine", "sweep"), _OPTIONAL)  # tricks together in place of one, a knob's values in turn
FIELDS: dict[str, dict[str, bool]] = {
    "ack": {},
    "attach": {"run": _REQUIRED},
    "start": {**_SPEC, "trick": _OPTIONAL, **_MANY, "speed": _OPTIONAL, "paused": _OPTIONAL},
    "turn": {"name": _REQUIRED, "value": _REQUIRED, "arm": _OPTIONAL},
    "pause": {},
    "resume": {},
    "step": {},
    "stop": {},
    "speed": {"steps_per_s": _REQUIRED},
    "preview": _SPEC,
    "repeat": {
        **{name: required for name, required in _SPEC.items() if name != "seed"},
        **dict.fromkeys(("seeds", "sweep", "evidence"), _OPTIONAL),
    },
    "attach_study": {"study": _REQUIRED},
    "cancel": {},
}
"""The messages there are, and which of their fields must be there."""


def fields_of(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    """The fields of a message of a kind that there is, as declared."""
    declared = FIELDS[kind]
    for name in message:
        if name not in declared:
            raise RefusedError(f"{shorten(name)} is not a field of {kind}, which has {', '.join(declared) or 'none'}")
    for name, required in declared.items():
        if required and name not in message:
            raise RefusedError(f"{name} must be in every {kind}, got none")
    return message


def read_spec(
    trick: object = None,
    task: object = None,
    seed: object = None,
    steps: object = None,
    values: Any = None,
    extra_arms: Any = (),
) -> RunSpec:
    """The checked spec that a message asks for."""
    if not isinstance(trick, str):
        raise RefusedError(f"trick must be text, got {trick!r}")
    if task is not None and not isinstance(task, str):
        raise RefusedError(f"task must be text, got {task!r}")
    values = _object("values", {} if values is None else values)
    if not isinstance(extra_arms, list | tuple) or not all(isinstance(knobs, dict) for knobs in extra_arms):
        raise RefusedError(f"extra_arms must be a list of objects, got {extra_arms!r}")
    return build_spec(trick, task=task, seed=seed, steps=steps, values=values, extra_arms=tuple(extra_arms))


def read_combination(
    combine: object, task: object = None, seed: object = None, steps: object = None, values: Any = None, **others: Any
) -> RunSpec:
    """The checked spec of tricks together: `combine` has `tricks`, and may have `like` and `ablate`."""
    asked = _object("combine", combine, {"tricks", "like", "ablate"})
    tricks, like, ablate = asked.get("tricks"), asked.get("like"), asked.get("ablate", True)
    for name in others:
        raise RefusedError(f"{name} must not be in a start with combine")
    if not isinstance(tricks, list) or not all(isinstance(name, str) for name in tricks):
        raise RefusedError(f"tricks must be a list of names, got {tricks!r}")
    for name, text in (("task", task), ("like", like)):
        if text is not None and not isinstance(text, str):
            raise RefusedError(f"{name} must be text, got {text!r}")
    if not isinstance(ablate, bool):
        raise RefusedError(f"ablate must be true or false, got {ablate!r}")
    values = _object("values", {} if values is None else values)
    return build_combination(tricks, task=task, like=like, seed=seed, steps=steps, values=values, ablate=ablate)  # type: ignore[arg-type]


def read_sweep(spec: RunSpec, sweep: object) -> RunSpec:
    """`spec` with its trick's arm once for each of the values of a knob: `sweep` has `knob` and `values`."""
    asked = _object("sweep", sweep, {"knob", "values"})
    knob, values = asked.get("knob"), asked.get("values")
    if spec.trick == COMBINE:
        raise RefusedError("sweep must be of one trick, got it with combine")
    if not isinstance(knob, str):
        raise RefusedError(f"knob must be text, got {knob!r}")
    if not isinstance(values, list):
        raise RefusedError(f"values of a sweep must be a list, got {values!r}")
    return build_sweep(spec, knob, values)


def read_swept(sweep: object) -> dict[str, list[object]]:
    """The values of each knob that is swept over seeds."""
    swept = _object("sweep", sweep)
    for name, values in swept.items():
        if not isinstance(values, list):
            raise RefusedError(f"the values of a sweep of {shorten(name)} must be a list, got {values!r}")
    return swept


def _object(name: str, value: Any, fields: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{name} must be an object, got {value!r}")
    for field in value:
        if fields is not None and field not in fields:
            raise RefusedError(f"{field} is not a field of {name}, which has {', '.join(sorted(fields))}")
    return value


def read_speed(value: object) -> float | None:
    """Steps a second, or None: as fast as it can."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= MAX_SPEED:
        raise RefusedError(f"speed must be null or between 0.1 and {MAX_SPEED:g} steps a second, got {value!r}")
    return float(value)
