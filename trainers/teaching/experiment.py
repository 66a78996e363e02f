"""An experiment of a class: every student is a seed of the shown recipe, or a setting of its main knob, or of two.

What it is, is fixed at one press, from who has joined by then and what they have chosen: a plan of a study as any other
(`trainers.evidence.plan`). Whoever comes later shares what is planned. Where the class is too small for a verdict, the
lab adds seeds, or settings, of its own. Of two knobs the settings are a grid, fixed before anybody chooses one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import prod
from typing import Any

from trainers.evidence.plan import NUM_SWEPT_SEEDS, SEEDS, Plan, plan_repeat, plan_sweep
from trainers.evidence.power import least_seeds
from trainers.evidence.studies import own_study
from trainers.evidence.sweeps import sweep_points
from trainers.runs.combine import MAX_SWEEP, sweep_values
from trainers.runs.labels import shorten
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import RunSpec
from trainers.teaching.lesson import Step
from tricks.catalogue import near
from tricks.declaration import Knob, RefusedError, Value

MOST_PLACES = int(SEEDS.high or 0)  # seeds, or settings
LEAST_SETTINGS = 5  # to see a curve by
ON_AXIS = 5  # values of either of two knobs, and where it is neutral: to see a map by
MOST_ON_AXIS = 8  # of choices
MOST_RUNS = 64  # of settings, where that leaves each the fewest seeds that there may be
RUNNING = "running"  # as a study's state says it

Setting = tuple[Value, ...]
"""A value of each knob that a class may choose."""


class Kind(StrEnum):
    """What every student is."""

    SEEDS = "seeds"
    SETTINGS = "settings"


class Stage(StrEnum):
    """How far an experiment is: choices are taken, it was begun, or it was given up before that."""

    BIDS = "bids"
    BEGUN = "begun"
    DROPPED = "dropped"


@dataclass
class Experiment:
    """One of a room's: at a `step` of its lesson, of settings those of one or two `knobs`.

    `places` are the seeds, or the settings, of which `own` were nobody's when it was planned; each setting is tried on
    so many `seeds`. `study` is the id of the study that trains them. `bids` are the settings that people, by number,
    have chosen, `who` is the index of each one's place.

    What is known of the study while the app runs is not kept: its `state` (empty: not yet known), the `progress` that
    all are told, and the `picture` that wall and desk draw.
    """

    number: int
    step: int
    kind: Kind
    knobs: tuple[str, ...] = ()
    stage: Stage = Stage.BEGUN
    study: str = ""
    places: tuple[int | Setting, ...] = ()
    seeds: int = 1
    own: int = 0
    bids: dict[int, Setting] = field(default_factory=dict)
    who: dict[int, int] = field(default_factory=dict)
    state: str = ""
    progress: Mapping[str, Any] = field(default_factory=dict)
    picture: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Whether it takes choices, or its study goes on as far as is known."""
        return self.stage == Stage.BIDS or (self.stage == Stage.BEGUN and self.state in ("", RUNNING))

    @property
    def is_map(self) -> bool:
        """Whether it is of two knobs."""
        return len(self.knobs) > 1

    @property
    def axes(self) -> tuple[Setting, ...]:
        """Of settings: of each knob the values that are tried."""
        return tuple(tuple(dict.fromkeys(values)) for values in zip(*self._settings, strict=True))

    @property
    def _settings(self) -> list[Setting]:
        return [place for place in self.places if isinstance(place, tuple)]

    def lay_out(self, plan: Plan) -> None:
        """Takes what is planned as it is from now on."""
        if self.kind == Kind.SEEDS:
            self.places = plan.study.seeds
        else:
            self.places = tuple(tuple(point.values[name] for name in self.knobs) for point in plan.points)
            self.seeds = len(plan.study.seeds)

    def fix(self, plan: Plan, present: Sequence[int]) -> None:
        """Takes what is planned as it is from now on, and gives each of those who are `present` their place."""
        self.lay_out(plan)
        self.stage = Stage.BEGUN
        chosen = {one: _nearest(self.bids[one], self._settings) for one in present if one in self.bids}
        self.who = dict(chosen)
        free = [index for index in range(len(self.places)) if index not in chosen.values()]
        for number in present:
            if number not in chosen:
                self._seat(number, free)
        known = self.who if self.kind == Kind.SEEDS else chosen
        self.own = len(self.places) - len({*known.values()})

    def seat(self, number: int) -> bool:
        """Gives somebody the place that the fewest have, where they have none yet; whether that is new."""
        if self.stage != Stage.BEGUN or not self.places or number in self.who:
            return False
        self._seat(number, range(len(self.places)))
        return True

    def _seat(self, number: int, among: Collection[int]) -> None:
        taken = Counter(self.who.values())
        self.who[number] = min(among or range(len(self.places)), key=lambda index: (taken[index], index))

    def told(self, given: int) -> dict[str, Any]:
        """What all may know of it; `given` is how many have chosen."""
        told = {
            name: getattr(self, name) for name in ("number", "step", "kind", "stage", "knobs", "own", "seeds", "study")
        }
        return told | {"places": len(self.places), "given": given, "state": self.state, **self.progress}

    def told_to(self, number: int) -> dict[str, Any]:
        """What somebody is told of their own part in it."""
        place = self.who.get(number)
        value = None if place is None else self.places[place]
        return {"number": self.number, "bid": self.bids.get(number), "place": place, "value": value}


def own_knobs(spec: RunSpec) -> dict[str, Knob]:
    """The knobs of all arms of a run, by name, shared settings not among them."""
    own: dict[str, Knob] = {}
    for arm in range(len(spec.arms)):
        own = spec.knobs_of(arm) | own
    return own


def knobs_named(step: Step, names: Iterable[str]) -> tuple[Knob, ...]:
    """The knobs and shared settings of those names.

    Raises:
        RefusedError: a name that neither has.
    """
    known = own_knobs(step.spec()) | {knob.name: knob for knob in SETTINGS}
    for name in (names := tuple(names)):
        if name not in known:
            sentence = f"a choice must be of a knob that an arm has, or a shared setting, got {shorten(name)}"
            raise RefusedError(sentence, "not_a_knob", shorten(name), near=near(name, tuple(known)))
    return tuple(known[name] for name in names)


def main_knob(step: Step) -> Knob | None:
    """The knob of which a class may choose values: the first that the step lets turn, else the first there is."""
    found = knobs_named(step, (*step.touch, *own_knobs(step.spec())))
    return next((knob for knob in found if len(knob.choices) != 1), None)


def plan_seeds(spec: RunSpec, joined: int) -> Plan:
    """A repeat of a run over as many seeds as have `joined`: so many that a verdict is possible, and at most 64."""
    study = own_study(spec)
    least = least_seeds(len(study.pairs) * len(study.better))
    return plan_repeat(spec, max(least, min(joined, MOST_PLACES)))


def plan_settings(spec: RunSpec, knob: Knob, bids: Sequence[Setting], rest: int) -> Plan:
    """A sweep of a knob over what was chosen, and over values of the lab's own for the `rest`, who chose none.

    Those are spread over the knob's range; the setting at which it is neutral is among them, and a curve can be seen.

    Raises:
        RefusedError: a value that the knob, or the run, cannot have.
    """
    spec = replace(spec, arms=spec.arms[:2])  # further arms would all stand at the same value
    chosen = list(dict.fromkeys(value for (value,) in bids))[:MOST_PLACES]
    count = min(max(rest, LEAST_SETTINGS - len(chosen)), MOST_PLACES - len(chosen))
    values = _in_order(knob, (*chosen, *_own_values(spec, knob, count)), MOST_PLACES)
    return plan_sweep(spec, {knob.name: values}, _num_seeds(len(values)), most=MOST_PLACES)


def plan_map(spec: RunSpec, knobs: Sequence[Knob]) -> Plan:
    """A sweep of two knobs over a grid of the lab's own values, to choose from; where each is neutral is among them.

    Raises:
        RefusedError: they are one and the same, the run cannot have them together, or one has a single value here.
    """
    if len({knob.name for knob in knobs}) < len(knobs):
        sentence = f"the knobs of a map must differ, got {', '.join(knob.name for knob in knobs)}"
        raise RefusedError(sentence, "twice", knobs[-1].name)
    spec = replace(spec, arms=spec.arms[1:2])  # a map is of one arm, also where shared settings would move both
    axes = {knob.name: _in_order(knob, _own_values(spec, knob, ON_AXIS), MOST_ON_AXIS) for knob in knobs}
    for name, values in axes.items():
        if len(values) < 2:
            sentence = f"a map of {name} must have 2 to {MOST_ON_AXIS} values of it, got {len(values)}"
            raise RefusedError(sentence, "how_many", name, len(values), low=2, high=MOST_ON_AXIS)
    return plan_sweep(spec, axes, _num_seeds(prod(map(len, axes.values()))))


def _own_values(spec: RunSpec, knob: Knob, count: int) -> list[Value]:
    """Where a knob is neutral, and so many values over its range, as far as it has them and the run can."""
    own = [] if count <= 0 else list(_spread(knob, count))
    if knob.neutral is not None:
        own.insert(0, knob.neutral)
    return [value for value in own if is_possible(spec, knob, value)]


def _in_order(knob: Knob, values: Iterable[Value], most: int) -> list[Value]:
    """The first `most` of some values, in their order on the knob."""
    return sorted(list(dict.fromkeys(values))[:most], key=knob.choices.index if knob.choices else float)


def _num_seeds(settings: int) -> int:
    """On how many seeds each of so many settings is tried."""
    return max(int(SEEDS.low or 0), min(NUM_SWEPT_SEEDS, MOST_RUNS // settings))


def _spread(knob: Knob, count: int) -> tuple[Value, ...]:
    """So many values over all of a knob's range, as far as they can be spread; a choice has those that it has."""
    return sweep_values(knob) if knob.choices else sweep_values(knob, count=min(max(count, 2), MAX_SWEEP))


def check_setting(spec: RunSpec, knobs: Sequence[Knob], values: Sequence[object]) -> Setting:
    """The value of each knob that somebody has chosen, in the knob's own type.

    Raises:
        RefusedError: the knob, or the run, cannot have it, or there are more or fewer values than knobs.
    """
    if len(values) != len(names := [knob.name for knob in knobs]):
        sentence = f"a choice must have a value of {' and of '.join(names)}, got {len(values)}"
        raise RefusedError(sentence, "one_each", "values", len(values), other=names)
    checked = tuple(knob.check(value) for knob, value in zip(knobs, values, strict=True))
    sweep_points(spec, {knob.name: [value] for knob, value in zip(knobs, checked, strict=True)})
    return checked


def is_possible(spec: RunSpec, knob: Knob, value: Value) -> bool:
    """Whether the run can have that value of a knob."""
    try:
        check_setting(spec, [knob], [value])
    except RefusedError:
        return False
    return True


def _nearest(setting: Setting, places: Sequence[Setting]) -> int:
    """The index of a setting; of a number that has none, of the nearest, of which there is one where knobs are two."""
    if setting in places:
        return places.index(setting)
    return min(range(len(places)), key=lambda index: abs(float(places[index][0]) - float(setting[0])))
