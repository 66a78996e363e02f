"""An experiment of a class: every student is a seed of the shown recipe, or a setting of its main knob.

What it is, is fixed at one press, from who has joined by then and what they have chosen: a plan of a study as any other
(`trainers.evidence.plan`). Whoever comes later shares what is planned. Where the class is too small for a verdict, the
lab adds seeds, or settings, of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from trainers.evidence.plan import NUM_SWEPT_SEEDS, SEEDS, Plan, plan_repeat, plan_sweep
from trainers.evidence.power import least_seeds
from trainers.evidence.studies import own_study
from trainers.evidence.sweeps import sweep_points
from trainers.runs.combine import MAX_SWEEP, sweep_values
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import RunSpec
from trainers.teaching.lesson import Step
from tricks.declaration import Knob, RefusedError, Value

MOST_PLACES = int(SEEDS.high or 0)  # seeds, or settings
LEAST_SETTINGS = 5  # to see a curve by
MOST_RUNS = 64  # of settings, where that leaves each the fewest seeds that there may be
RUNNING = "running"  # as a study's state says it


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
    """One of a room's: at a `step` of its lesson, of settings that of a `knob`.

    `places` are the seeds, or the values, of which `own` were nobody's when it was planned; each value is tried on so
    many `seeds`. `study` is the id of the study that trains them. `bids` are the values that people, by number, have
    chosen, `who` is the index of each one's place.

    What is known of the study while the app runs is not kept: its `state` (empty: not yet known), the `progress` that
    all are told, and the `picture` that wall and desk draw.
    """

    number: int
    step: int
    kind: Kind
    knob: str = ""
    stage: Stage = Stage.BEGUN
    study: str = ""
    places: tuple[Value, ...] = ()
    seeds: int = 1
    own: int = 0
    bids: dict[int, Value] = field(default_factory=dict)
    who: dict[int, int] = field(default_factory=dict)
    state: str = ""
    progress: Mapping[str, Any] = field(default_factory=dict)
    picture: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Whether it takes choices, or its study goes on as far as is known."""
        return self.stage == Stage.BIDS or (self.stage == Stage.BEGUN and self.state in ("", RUNNING))

    def fix(self, plan: Plan, present: Sequence[int]) -> None:
        """Takes what is planned as it is from now on, and gives each of those who are `present` their place."""
        if self.kind == Kind.SEEDS:
            self.places = plan.study.seeds
        else:
            self.places, self.seeds = plan.swept[self.knob], len(plan.study.seeds)
        self.stage = Stage.BEGUN
        chosen = {one: _nearest(self.bids[one], self.places) for one in present if one in self.bids}
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
            name: getattr(self, name) for name in ("number", "step", "kind", "stage", "knob", "own", "seeds", "study")
        }
        return told | {"places": len(self.places), "given": given, "state": self.state, **self.progress}

    def told_to(self, number: int) -> dict[str, Any]:
        """What somebody is told of their own part in it."""
        place = self.who.get(number)
        value = None if place is None else self.places[place]
        return {"number": self.number, "bid": self.bids.get(number), "place": place, "value": value}


def main_knob(step: Step) -> Knob | None:
    """The knob of which a class may choose values: the first that the step lets turn, else the first there is."""
    spec = step.spec()
    own: dict[str, Knob] = {}
    for arm in range(len(spec.arms)):
        own = spec.knobs_of(arm) | own
    known = own | {knob.name: knob for knob in SETTINGS}
    choosable = (known[name] for name in (*step.touch, *own) if len(known[name].choices) != 1)
    return next(choosable, None)


def plan_seeds(spec: RunSpec, joined: int) -> Plan:
    """A repeat of a run over as many seeds as have `joined`: so many that a verdict is possible, and at most 64."""
    study = own_study(spec)
    least = least_seeds(len(study.pairs) * len(study.better))
    return plan_repeat(spec, max(least, min(joined, MOST_PLACES)))


def plan_settings(spec: RunSpec, knob: Knob, bids: Sequence[Value], rest: int) -> Plan:
    """A sweep of a knob over what was chosen, and over values of the lab's own for the `rest`, who chose none.

    Those are spread over the knob's range; the setting at which it is neutral is among them, and a curve can be seen.

    Raises:
        RefusedError: a value that the knob, or the run, cannot have.
    """
    spec = replace(spec, arms=spec.arms[:2])  # further arms would all stand at the same value
    chosen = list(dict.fromkeys(bids))[:MOST_PLACES]
    count = min(max(rest, LEAST_SETTINGS - len(chosen)), MOST_PLACES - len(chosen))
    own = [] if count <= 0 else list(_spread(knob, count))
    if knob.neutral is not None:
        own.insert(0, knob.neutral)
    fitting = [value for value in own if is_possible(spec, knob, value)]
    values = list(dict.fromkeys((*chosen, *fitting)))[:MOST_PLACES]
    values.sort(key=knob.choices.index if knob.choices else float)
    seeds = max(int(SEEDS.low or 0), min(NUM_SWEPT_SEEDS, MOST_RUNS // len(values)))
    return plan_sweep(spec, {knob.name: values}, seeds, most=MOST_PLACES)


def _spread(knob: Knob, count: int) -> tuple[Value, ...]:
    """So many values over all of a knob's range, as far as they can be spread; a choice has those that it has."""
    return sweep_values(knob) if knob.choices else sweep_values(knob, count=min(max(count, 2), MAX_SWEEP))


def check_setting(spec: RunSpec, knob: Knob, value: object) -> Value:
    """The value of a knob that somebody has chosen, in the knob's own type.

    Raises:
        RefusedError: the knob, or the run, cannot have it.
    """
    checked = knob.check(value)
    sweep_points(spec, {knob.name: [checked]})
    return checked


def is_possible(spec: RunSpec, knob: Knob, value: Value) -> bool:
    """Whether the run can have that value of a knob."""
    try:
        check_setting(spec, knob, value)
    except RefusedError:
        return False
    return True


def _nearest(value: Value, places: Sequence[Value]) -> int:
    """The index of a value, or of the nearest number."""
    if value in places or isinstance(value, str):
        return places.index(value)
    return min(range(len(places)), key=lambda index: abs(float(places[index]) - float(value)))
