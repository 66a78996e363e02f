"""Runs made from what somebody asks for, with every value checked, and what is refused by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from trainers.parts.models import PARTS, TAKES
from trainers.runs.arm_names import BASELINE, file_names
from trainers.runs.burden import check_burden
from trainers.runs.settings import SEED, SETTINGS, STEPS, ignored_by
from trainers.runs.spec import MAX_ARMS, ArmSpec, Event, RunSpec
from trainers.tasks import Task, load_task
from tricks import catalogue
from tricks.declaration import Knob, RefusedError, Setup, Value


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
    _check_count(2 + len(extra_arms))
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
    check_together("tricks", (trick,), setup.task, spec.settings["model"])
    knobs = declared.knobs_for(spec.context)
    defaults = {name: knob.default for name, knob in knobs.items()} | dict(setup.knobs)
    arms = [ArmSpec(BASELINE), ArmSpec(trick, (trick,), defaults | knob_values)]
    for number, extra in enumerate(extra_arms, start=2):
        members = (trick, *guests(trick, extra))
        check_together("tricks", members, setup.task, spec.settings["model"])
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


def knob_refused(name: str, names: Iterable[str], sentence: str) -> RefusedError:
    """Why a knob or setting `name` is refused that is none of `names`: the `sentence`, and which of them are near."""
    known = tuple(names)
    told = f"{sentence}{catalogue.nearest(name, known)}"
    return RefusedError(told, "not_a_knob", name, near=catalogue.near(name, known))


@dataclass(frozen=True)
class Conflict:
    """Why `trick` cannot be in one arm with the others.

    It replaces the `fields` that an earlier trick, `other`, changes, or `needs` the baseline's; or it changes those
    that a network of the kind `model` does not have (those of `models` have what all change); or it is made for a
    trainer of another kind than the one (`asked`) that the task has, or for other tasks than this `task`, whose recipes
    or inputs are of a shape of their own.
    """

    trick: str
    other: str = ""
    fields: tuple[str, ...] = ()
    asked: str = ""
    task: str = ""
    needs: bool = False
    model: str = ""
    models: tuple[str, ...] = ()

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
        fields = ", ".join(self.fields)
        if self.model:
            return f"{self.trick} changes the {fields}, which a {self.model} does not have"
        if self.needs:
            return f"{self.trick} needs the baseline's {fields}, which {self.other} changes"
        return f"{self.trick} replaces the {fields} that {self.other} changes"


def conflicts(names: Sequence[str], task: str, model: Value | None = None) -> list[Conflict]:
    """Why these tricks cannot be in one arm on `task` (and in a network of the kind `model`); empty where they can.

    It follows from the tricks' declarations: a trick serves one kind of trainer, and the tasks it is shown on; and of
    those that serve this task, one that replaces a recipe field undoes what an earlier one (in catalogue order) did to
    that field, and one that needs the baseline's goes with none that changes it.
    """
    tricks = [catalogue.load(name) for name in catalogue.NAMES if name in names]
    on = load_task(task)
    found = []
    for trick in (trick for trick in tricks if all(setup.task != task for setup in trick.setups)):
        if trick.trainer != on.trainer:
            found.append(Conflict(trick.name, asked=on.trainer))
        elif on.has_own_recipe or not trick.fits(on.view, on.shape):
            found.append(Conflict(trick.name, task=task))
    strangers = {conflict.trick for conflict in found}
    fitting = [trick for trick in tricks if trick.name not in strangers]
    for index, later in enumerate(fitting):
        for earlier in fitting[:index]:
            lost = tuple(field for field in later.replaces if field in earlier.wraps)
            if lost:
                found.append(Conflict(later.name, earlier.name, lost))
    for trick in fitting:
        for other in (other for other in fitting if other is not trick):
            spoiled = tuple(field for field in trick.needs_plain if field in other.wraps)
            if spoiled:
                found.append(Conflict(trick.name, other.name, spoiled, needs=True))
    taken = PARTS if model is None or "model" in ignored_by(on) else TAKES[str(model)]
    needed = {field for trick in fitting for field in trick.wraps if field in PARTS}
    models = tuple(kind for kind in networks_of(on) if not needed - TAKES[kind])
    for trick in fitting:
        missing = tuple(field for field in trick.wraps if field in PARTS - taken)
        if missing:
            found.append(Conflict(trick.name, fields=missing, model=str(model), models=models))
    return found


def check_together(what: str, names: Sequence[str], task: str, model: Value) -> None:
    """Refuses tricks that cannot be in one arm; `what` they are called there.

    Raises:
        RefusedError: with all the reasons.
    """
    reasons = conflicts(names, task, model)
    if reasons:
        raise clash(what, reasons)


def clash(what: str, reasons: Sequence[Conflict]) -> RefusedError:
    """Why `what` (tricks, or those of an arm) is refused, from the conflicts that there are."""
    given, models = reasons[0].model, reasons[0].models
    if models and all(reason.model for reason in reasons):  # nothing is wrong but the network
        sentence = (
            f"model must be {' or '.join(models)} for {' + '.join(reason.trick for reason in reasons)}, got {given}"
        )
        return RefusedError(sentence, "choice", "model", given, choices=models)
    tricks = tuple(dict.fromkeys(name for reason in reasons for name in reason.between))
    return RefusedError(f"{what} must go together: {'; '.join(map(str, reasons))}", "conflict", tricks=tricks)


def setup_for(trick: str, task: str | None) -> Setup:
    """The trick's setup for `task` (None: its default).

    Raises:
        RefusedError: the trick is not shown on that task.
    """
    setups = {setup.task: setup for setup in catalogue.load(trick).setups}
    if task is None:
        return next(iter(setups.values()))
    if task not in setups:
        sentence = f"task must be one of {', '.join(setups)} for {trick}, got {task!r}"
        raise RefusedError(sentence, "choice", "task", task, choices=tuple(setups))
    return setups[task]


def networks_of(task: Task) -> tuple[str, ...]:
    """The kinds of network that the task's inputs can go into: one is for square pictures."""
    inputs = math.prod(task.shape)
    return tuple(kind for kind in TAKES if kind != "conv2d" or math.isqrt(inputs) ** 2 == inputs)


def resolve_settings(task: Task, values: Mapping[str, object]) -> dict[str, Value]:
    """All shared settings: defaults, then the task's, then `values`, each checked.

    Raises:
        RefusedError: an unknown name, or a value its declaration or the task refuses.
    """
    declared = {knob.name: knob for knob in SETTINGS}
    unknown = next((name for name in values if name not in declared), None)
    if unknown is not None:
        raise knob_refused(unknown, declared, f"{unknown} is not a setting")
    merged = {name: knob.default for name, knob in declared.items()} | dict(task.settings) | dict(values)
    settings = {name: declared[name].check(value) for name, value in merged.items()}
    ignored = ignored_by(task)
    for name, knob in declared.items():
        if name in ignored and settings[name] != knob.default:
            raise _must_stay(task, knob, settings[name])
    if settings["model"] not in networks_of(task):
        sentence = f"model must be one for other examples than square pictures for {task.name}, got conv2d"
        raise RefusedError(sentence, "not_here", "model", settings["model"])
    task.check(settings)
    return settings


def _must_stay(task: Task, setting: Knob, given: Value) -> RefusedError:
    sentence = f"{setting.name} must stay {setting.default} for {task.name}, got {given}"
    return RefusedError(sentence, "must_stay", setting.name, given, kept=setting.default)


def _split(trick: str, values: Mapping[str, object]) -> tuple[dict[str, object], dict[str, Any]]:
    knobs = {knob.name for knob in catalogue.load(trick).knobs}
    names = {knob.name for knob in SETTINGS}
    for name in values:
        if name not in knobs | names:
            raise knob_refused(name, knobs | names, f"{name} is neither a knob of {trick} nor a setting")
    settings = {name: value for name, value in values.items() if name in names}
    return settings, {name: value for name, value in values.items() if name in knobs}


def validate(spec: RunSpec) -> RunSpec:
    """`spec` with every value checked and in its own type.

    Raises:
        RefusedError: naming the argument, the rule and the value.
    """
    _check_count(len(spec.arms))
    names = [arm.name for arm in spec.arms]
    if len(set(names)) != len(names):
        raise RefusedError(f"arms must have names of their own, got {', '.join(names)}")
    checked = replace(
        spec,
        seed=int(SEED.check(spec.seed)),
        steps=int(STEPS.check(spec.steps)),
        first_steps=None if spec.first_steps is None else _first_steps(spec),
        settings=resolve_settings(load_task(spec.task), spec.settings),
    )
    checked = replace(checked, arms=tuple(_validate_arm(checked, arm) for arm in range(len(spec.arms))))
    check_burden(checked)
    return checked


def _first_steps(spec: RunSpec) -> int:
    return int(Knob("first_steps", "", 1, 1, spec.steps - 1, integer=True).check(spec.first_steps))


def _check_count(arms: int) -> None:
    if not 1 <= arms <= MAX_ARMS:
        sentence = f"arms must be 1 to {MAX_ARMS}, got {arms}"
        raise RefusedError(sentence, "how_many", "arms", arms, low=1, high=MAX_ARMS)


def _validate_arm(spec: RunSpec, index: int) -> ArmSpec:
    arm = spec.arms[index]
    ordered = tuple(name for name in catalogue.NAMES if name in arm.tricks)
    for name in arm.tricks:
        catalogue.load(name)
    knobs = spec.knobs_of(index)
    for name in arm.knobs:
        if name not in knobs:
            of = " + ".join(arm.tricks) or "the baseline"
            raise knob_refused(name, knobs, f"{name} is not a knob of {of}")
    values = {name: knob.check(arm.knobs.get(name, knob.default)) for name, knob in knobs.items()}
    return ArmSpec(arm.name, ordered, values)


def turns_of(
    spec: RunSpec, step: object, name: str, value: object, *, first: int = 1, called: str = "the step of a turn"
) -> list[Event]:
    """The turn, from `step` on, of a live setting for all arms, or of a live knob in every arm that has it.

    `called` is what the step is to whoever gave it.

    Raises:
        RefusedError: no step of the run from `first` on, no such knob or setting, or a value that it refuses.
    """
    at = int(Knob(called, "", first, first, spec.steps, integer=True).check(step))
    settings = [knob.name for knob in SETTINGS]
    if name in settings:
        return [check_event(spec, Event(at, name, value))]  # type: ignore[arg-type]
    arms = [number for number in range(len(spec.arms)) if name in spec.knobs_of(number)]
    if not arms:
        names = (*dict.fromkeys(knob for number in range(len(spec.arms)) for knob in spec.knobs_of(number)), *settings)
        told = catalogue.nearest(name, names)
        raise RefusedError(f"{name} is neither a knob of {spec.trick} nor a setting{told}")
    return [check_event(spec, Event(at, name, value, arm)) for arm in arms]  # type: ignore[arg-type]


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
        last = len(spec.arms) - 1
        sentence = f"arm must be between 0 and {last}, got {event.arm}"
        raise RefusedError(sentence, "between", "arm", event.arm, low=0, high=last)
    if event.name not in knobs:
        raise knob_refused(event.name, knobs, f"{event.name} is not a knob here")
    if not knobs[event.name].live:
        sentence = f"{event.name} takes effect at the next start, not in a running training"
        raise RefusedError(sentence, "next_start", event.name, event.value)
    task, value = load_task(spec.task), knobs[event.name].check(event.value)
    if event.arm is None and event.name in ignored_by(task):
        raise _must_stay(task, knobs[event.name], value)
    return replace(event, value=value)
