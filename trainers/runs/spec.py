"""What a run is (`RunSpec`) and what a person did to it (`Event`), as plain data and as JSON.

A spec and its events determine a run's history bit for bit on the same machine and build.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

from trainers.parts.models import least_positions
from trainers.runs.arm_names import BASELINE, file_names
from trainers.runs.settings import SEED, SETTINGS, STEPS
from trainers.tasks import Task, load_task
from tricks import catalogue
from tricks.recipe import Knob, RefusedError, Setup, Value

VERSION = 1
MAX_ARMS = 50
COMBINE = "combine"
"""The `trick` of a run that belongs to no single trick's page."""


@dataclass(frozen=True)
class ArmSpec:
    """One recipe of a run: the task's baseline changed by `tricks` (catalogue order) at `knobs`."""

    name: str
    tricks: tuple[str, ...] = ()
    knobs: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class RunSpec:
    """A run, wholly: `trick` names the page it belongs to, `settings` are all the shared settings."""

    trick: str
    task: str
    seed: int
    steps: int
    settings: Mapping[str, Value]
    arms: tuple[ArmSpec, ...]

    def to_json(self) -> dict[str, Any]:
        data = asdict(replace(self, settings={}, arms=()))
        arms = [{"name": a.name, "tricks": list(a.tricks), "knobs": dict(a.knobs)} for a in self.arms]
        return {"version": VERSION, **data, "settings": dict(self.settings), "arms": arms}

    @property
    def context(self) -> dict[str, Value]:
        """The settings, `steps` and `seed`, with what follows of them and the task: what knobs adapt to.

        `task`, its `pool_size`, and the `least_positions` that a channel of the network has (see `models`).
        """
        task = load_task(self.task)
        of_task: dict[str, Value] = {
            "task": task.name,
            "pool_size": task.sizes["pool"],
            "least_positions": least_positions(self.settings, task.shape),
        }
        return {**self.settings, **of_task, "steps": self.steps, "seed": self.seed}

    def knobs_of(self, arm: int) -> dict[str, Knob]:
        """The knobs of an arm's tricks by name, narrowed to this run's settings."""
        knobs: dict[str, Knob] = {}
        for name in self.arms[arm].tricks:
            knobs |= catalogue.load(name).knobs_for(self.context)
        return knobs


def metrics_of(spec: RunSpec) -> dict[str, str]:
    """The test metrics of every arm of a run and which way is better: the task's, then those its page's trick adds."""
    task = load_task(spec.task)
    if spec.trick == COMBINE:
        return dict(task.metrics)
    trick = catalogue.load(spec.trick)
    absent = trick.unmeasured.get(task.trainer, ())
    return {**task.metrics, **{name: better for name, better in trick.measures.items() if name not in absent}}


def metric_of(spec: RunSpec) -> str:
    """The test metric by which a run is judged: its trick's, or the task's first where that is not measured."""
    metrics = metrics_of(spec)
    judged = "" if spec.trick == COMBINE else catalogue.load(spec.trick).metric
    return judged if judged in metrics else next(iter(metrics))


@dataclass(frozen=True)
class Event:
    """A live value changed: from step `step` on, `name` was `value` in `arm` (None: a shared setting, every arm)."""

    step: int
    name: str
    value: Value
    arm: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def build_spec(
    trick: str,
    *,
    task: str | None = None,
    seed: object = None,
    steps: object = None,
    values: Mapping[str, object] = MappingProxyType({}),
    extra_arms: tuple[Mapping[str, object], ...] = (),
) -> RunSpec:
    """The two-arm run of a trick's page: its setup for `task`, with `values` (settings and knobs by name) on top.

    Each of `extra_arms` adds one more arm of the trick, with those knobs instead. Where one names knobs of other
    tricks, it has these tricks too.

    Raises:
        RefusedError: an unknown trick, task or name, a value its knob refuses, or tricks that do not go together.
    """
    declared = catalogue.load(trick)
    setup = setup_for(trick, task)
    settings, knob_values = _split(declared.name, values)
    chosen = load_task(setup.task)
    spec = RunSpec(
        trick=trick,
        task=setup.task,
        seed=int(SEED.check(SEED.default if seed is None else seed)),
        steps=int(STEPS.check(setup.steps if steps is None else steps)),
        settings=resolve_settings(chosen, {**setup.settings, **settings}),
        arms=(),
    )
    knobs = declared.knobs_for(spec.context)
    defaults = {name: knob.default for name, knob in knobs.items()} | dict(setup.knobs)
    arms = [ArmSpec(BASELINE), ArmSpec(trick, (trick,), defaults | knob_values)]
    for number, extra in enumerate(extra_arms, start=2):
        members = (trick, *guests(trick, extra))
        reasons = conflicts(members, setup.task)
        if reasons:
            raise RefusedError("tricks must go together: " + "; ".join(map(str, reasons)))
        arms.append(ArmSpec(f"arm {number}", members, defaults | knob_values | dict(extra)))
    return name_arms(validate(replace(spec, arms=tuple(arms))))


def name_arms(spec: RunSpec) -> RunSpec:
    """`spec` with its arms called by what they are (see `arms`)."""
    names = file_names([(arm.tricks, arm.knobs) for arm in spec.arms])
    return replace(spec, arms=tuple(replace(arm, name=name) for arm, name in zip(spec.arms, names, strict=True)))


def guests(trick: str, knobs: Iterable[str]) -> tuple[str, ...]:
    """The other tricks of the catalogue whose knobs are among those named `knobs` on the page of `trick`."""
    foreign = set(knobs) - {knob.name for knob in catalogue.load(trick).knobs}
    if not foreign:
        return ()
    return tuple(other.name for other in catalogue.every() if foreign & {knob.name for knob in other.knobs})


@dataclass(frozen=True)
class Conflict:
    """Why `trick` cannot be in one arm with the others.

    It replaces the `fields` that an earlier trick, `other`, changes; or it is made for a trainer of another kind than
    the one (`asked`) that the task has, or for other tasks than this `task`, whose recipes are of a shape of their own.
    """

    trick: str
    other: str = ""
    fields: tuple[str, ...] = ()
    asked: str = ""
    task: str = ""

    @property
    def between(self) -> tuple[str, ...]:
        """The tricks it is about."""
        return tuple(filter(None, (self.trick, self.other)))

    def __str__(self) -> str:
        if self.asked:
            kind = catalogue.load(self.trick).trainer
            return f"{self.trick} is for the {kind} trainer, the task has the {self.asked} trainer"
        if self.task:
            made_for = ", ".join(setup.task for setup in catalogue.load(self.trick).setups)
            return f"{self.trick} is made for {made_for}, not for {self.task}"
        return f"{self.trick} replaces the {', '.join(self.fields)} that {self.other} changes"


def conflicts(names: Sequence[str], task: str) -> list[Conflict]:
    """Why these tricks cannot be in one arm on `task`; empty where they can.

    It follows from the tricks' declarations: a trick serves one kind of trainer, and the tasks it is shown on; and of
    those that serve this task, one that replaces a recipe field undoes what an earlier one (in catalogue order) did to
    that field.
    """
    tricks = [catalogue.load(name) for name in catalogue.NAMES if name in names]
    kind, has_own_recipe = load_task(task).trainer, load_task(task).has_own_recipe
    found = []
    for trick in (trick for trick in tricks if all(setup.task != task for setup in trick.setups)):
        if trick.trainer != kind:
            found.append(Conflict(trick.name, asked=kind))
        elif has_own_recipe:
            found.append(Conflict(trick.name, task=task))
    strangers = {conflict.trick for conflict in found}
    fitting = [trick for trick in tricks if trick.name not in strangers]
    for index, later in enumerate(fitting):
        for earlier in fitting[:index]:
            lost = tuple(field for field in later.replaces if field in earlier.wraps)
            if lost:
                found.append(Conflict(later.name, earlier.name, lost))
    return found


def setup_for(trick: str, task: str | None) -> Setup:
    """The trick's setup for `task` (None: its default).

    Raises:
        RefusedError: the trick is not shown on that task.
    """
    setups = {setup.task: setup for setup in catalogue.load(trick).setups}
    if task is None:
        return next(iter(setups.values()))
    if task not in setups:
        raise RefusedError(f"task must be one of {', '.join(setups)} for {trick}, got {task!r}")
    return setups[task]


def resolve_settings(task: Task, values: Mapping[str, object]) -> dict[str, Value]:
    """All shared settings: defaults, then the task's, then `values`, each checked.

    Raises:
        RefusedError: an unknown name, or a value its declaration or the task refuses.
    """
    declared = {knob.name: knob for knob in SETTINGS}
    unknown = next((name for name in values if name not in declared), None)
    if unknown is not None:
        raise RefusedError(f"{unknown} is not a setting{catalogue.nearest(unknown, tuple(declared))}")
    merged = {name: knob.default for name, knob in declared.items()} | dict(task.settings) | dict(values)
    settings = {name: declared[name].check(value) for name, value in merged.items()}
    for name in task.ignores:
        if settings[name] != declared[name].default:
            raise RefusedError(f"{name} must stay {declared[name].default} for {task.name}, got {settings[name]}")
    if settings["model"] == "conv2d" and math.isqrt(math.prod(task.shape)) ** 2 != math.prod(task.shape):
        raise RefusedError(f"model must be one for other examples than square pictures for {task.name}, got conv2d")
    task.check(settings)
    return settings


def _split(trick: str, values: Mapping[str, object]) -> tuple[dict[str, object], dict[str, Any]]:
    knobs = {knob.name for knob in catalogue.load(trick).knobs}
    names = {knob.name for knob in SETTINGS}
    for name in values:
        if name not in knobs | names:
            raise RefusedError(
                f"{name} is neither a knob of {trick} nor a setting{catalogue.nearest(name, tuple(knobs | names))}"
            )
    settings = {name: value for name, value in values.items() if name in names}
    return settings, {name: value for name, value in values.items() if name in knobs}


def validate(spec: RunSpec) -> RunSpec:
    """`spec` with every value checked and in its own type.

    Raises:
        RefusedError: naming the argument, the rule and the value.
    """
    if not 1 <= len(spec.arms) <= MAX_ARMS:
        raise RefusedError(f"arms must be 1 to {MAX_ARMS}, got {len(spec.arms)}")
    names = [arm.name for arm in spec.arms]
    if len(set(names)) != len(names):
        raise RefusedError(f"arms must have names of their own, got {', '.join(names)}")
    checked = replace(
        spec,
        seed=int(SEED.check(spec.seed)),
        steps=int(STEPS.check(spec.steps)),
        settings=resolve_settings(load_task(spec.task), spec.settings),
    )
    return replace(checked, arms=tuple(_validate_arm(checked, arm) for arm in range(len(spec.arms))))


def _validate_arm(spec: RunSpec, index: int) -> ArmSpec:
    arm = spec.arms[index]
    ordered = tuple(name for name in catalogue.NAMES if name in arm.tricks)
    for name in arm.tricks:
        catalogue.load(name)
    knobs = spec.knobs_of(index)
    for name in arm.knobs:
        if name not in knobs:
            near = catalogue.nearest(name, tuple(knobs))
            raise RefusedError(f"{name} is not a knob of {' + '.join(arm.tricks) or 'the baseline'}{near}")
    values = {name: knob.check(arm.knobs.get(name, knob.default)) for name, knob in knobs.items()}
    return ArmSpec(arm.name, ordered, values)


def check_event(spec: RunSpec, event: Event) -> Event:
    """`event` with its value checked.

    Raises:
        RefusedError: no such arm, a name that is not a live knob of it, or a value the knob refuses.
    """
    if event.arm is None:
        knobs = {knob.name: knob for knob in SETTINGS}
    elif 0 <= event.arm < len(spec.arms):
        knobs = spec.knobs_of(event.arm)
    else:
        raise RefusedError(f"arm must be between 0 and {len(spec.arms) - 1}, got {event.arm}")
    if event.name not in knobs:
        raise RefusedError(f"{event.name} is not a knob here{catalogue.nearest(event.name, tuple(knobs))}")
    if not knobs[event.name].live:
        raise RefusedError(f"{event.name} takes effect at the next start, not in a running training")
    return replace(event, value=knobs[event.name].check(event.value))


class ReplayError(ValueError):
    """A replay file cannot be used: the message names the field or line."""


def dump_replay(spec: RunSpec, events: tuple[Event, ...], seeds: Sequence[int] = ()) -> dict[str, Any]:
    """A run's spec and events as JSON data, a replay file's content; `seeds` are those it is made with, if several."""
    several = {"seeds": list(seeds)} if seeds else {}
    return {"spec": spec.to_json(), **several, "events": [event.to_json() for event in events]}


def parse_spec(data: object, where: str = "spec") -> RunSpec:
    """The inverse of `RunSpec.to_json`, validated.

    Raises:
        ReplayError: a missing, surplus or mistyped field, or another version.
        RefusedError: a value that is refused.
    """
    fields = _fields(data, where, {"version", "trick", "task", "seed", "steps", "settings", "arms"})
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
    settings = _mapping(fields["settings"], f"{where}.settings")
    spec = validate(RunSpec(trick, task, fields["seed"], fields["steps"], settings, tuple(arms)))
    for arm in spec.arms:
        reasons = conflicts(arm.tricks, task)
        if reasons:
            raise RefusedError(f"tricks of {arm.name} must go together: {'; '.join(map(str, reasons))}")
    return spec


def parse_replay(data: object) -> tuple[RunSpec, tuple[Event, ...]]:
    """The inverse of `dump_replay`, validated.

    Raises:
        ReplayError: a missing, surplus or mistyped field, or another version.
        RefusedError: a value that is refused.
    """
    told = {name: value for name, value in _mapping(data, "file").items() if name not in ("provenance", "seeds")}
    fields = _fields(told, "file", {"spec", "events"})
    spec = parse_spec(fields["spec"])
    events: list[Event] = []
    for number, item in enumerate(_list(fields["events"], "events")):
        at = f"events[{number}]"
        parts = _fields(item, at, {"step", "name", "value", "arm"})
        step, arm = parts["step"], parts["arm"]
        if not _is_int(step) or not 1 <= step <= spec.steps:
            raise ReplayError(f"{at}.step must be between 1 and {spec.steps}, got {step!r}")
        if arm is not None and not _is_int(arm):
            raise ReplayError(f"{at}.arm must be a whole number or null, got {arm!r}")
        if events and step < events[-1].step:
            raise ReplayError(f"{at}.step must not be before the event above it ({events[-1].step}), got {step}")
        events.append(check_event(spec, Event(step, _text(parts["name"], f"{at}.name"), parts["value"], arm)))
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
            raise ReplayError(f"seeds[{number}] must be a whole number, got {seed!r}")
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
        raise ReplayError(f"{where} must be an object, got {data!r}")
    return data


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise ReplayError(f"{where} must be a list, got {data!r}")
    return data


def _text(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise ReplayError(f"{where} must be text, got {data!r}")
    return data
