"""What a run is of, in one line made from its own spec: for what stands above a result or beneath a picture."""

from __future__ import annotations

from collections.abc import Container, Mapping

from trainers.runs.arm_names import symbol_text, value_text
from trainers.runs.build import build_spec, resolve_settings
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import COMBINE, RunSpec
from trainers.tasks import load_task
from tricks.declaration import Knob, Value


def describe(spec: RunSpec, labels: Mapping[str, str], *, without: Container[str] = ()) -> dict[str, str]:
    """The parts of such a line: `task`, `values` (the knobs that count and the settings that were changed), `steps`.

    Those named in `without` are left out, as in a sweep what is swept.
    """
    number = next(index for index, arm in enumerate(spec.arms) if arm.tricks)
    arm, knobs = spec.arms[number], spec.knobs_of(number)
    counting = {name: value for name, value in arm.knobs.items() if knobs[name].counts(arm.knobs)}
    combined = spec.trick == COMBINE
    plain = resolve_settings(load_task(spec.task), {}) if combined else build_spec(spec.trick, task=spec.task).settings
    plain = {**plain, "eval_every": spec.settings["eval_every"]}  # how often was looked changes nothing
    changed = {name: value for name, value in spec.settings.items() if value != plain[name]}
    called = {knob.name: _called(knob, "setting", labels) for knob in SETTINGS}
    called |= {knob.name: _called(knob, "knob", labels) for knob in knobs.values()}
    told = [
        f"{called[name]} {value_text(name, value, labels)}"
        for name, value in {**counting, **changed}.items()
        if name not in without
    ]
    task = labels.get(f"task.{spec.task}.label", spec.task)
    return {"task": task, "values": ", ".join(told), "steps": f"{spec.steps:,}"}


def differing(spec: RunSpec) -> dict[str, Value | list[Value]]:
    """The knobs and settings of a run, and its `steps`, that are not its trick's own on the task, by name.

    A knob that the arms have at several values has all of them.
    """
    if spec.trick == COMBINE:
        plain: Mapping[str, Value] = resolve_settings(load_task(spec.task), {})
        own = {name: knob.default for arm in range(len(spec.arms)) for name, knob in spec.knobs_of(arm).items()}
        steps = spec.steps
    else:
        built = build_spec(spec.trick, task=spec.task)
        plain, own, steps = built.settings, dict(built.arms[-1].knobs), built.steps
    found: dict[str, Value | list[Value]] = {}
    for name in own:
        values = list(dict.fromkeys(arm.knobs[name] for arm in spec.arms if name in arm.knobs))
        if values != [own[name]]:
            found[name] = values[0] if len(values) == 1 else values
    found |= {name: value for name, value in spec.settings.items() if value != plain[name]}
    return found if spec.steps == steps else {**found, "steps": spec.steps}


def _called(knob: Knob, kind: str, labels: Mapping[str, str]) -> str:
    return symbol_text(knob.symbol) or labels.get(f"{kind}.{knob.name}.label", knob.name)
