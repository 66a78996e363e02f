"""What a study over seeds, or a sweep over them, is to train: planned before it runs, from what somebody has set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from trainers.evidence import studies
from trainers.evidence.studies import Study
from trainers.evidence.sweeps import MAX_VALUES, Point, sweep_points
from trainers.runs.settings import FIRST_EXPLORED_SEED, SETTINGS
from trainers.runs.spec import RunSpec
from tricks.declaration import Knob, RefusedError, Value

SEEDS = Knob("seeds", "", 16, 2, 64, live=False, integer=True)
NUM_SWEPT_SEEDS = 8  # unless it is said otherwise, of a sweep; their runs are many
MAX_RUNS = 1000  # of a study


@dataclass(frozen=True)
class Plan:
    """What a live study is to do: `study` over its seeds, at each of `points` where `swept` knobs are named.

    The arms of a sweep's study are those that the swept knobs move.
    """

    study: Study
    swept: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    points: tuple[Point, ...] = ()

    @property
    def num_runs(self) -> int:
        return max(1, len(self.points)) * len(self.study.seeds)

    @property
    def neutral(self) -> dict[str, Value | None]:
        """The swept knobs' neutral values."""
        knobs = {knob.name: knob for knob in SETTINGS} | self.study.spec.knobs_of(len(self.study.spec.arms) - 1)
        return {name: knobs[name].neutral for name in self.swept}

    def runs(self) -> list[tuple[int, RunSpec]]:
        """Each run with the index of its point, 0 where there are none: seed by seed, so that all points come along."""
        specs = [point.spec for point in self.points] or [self.study.spec]
        return [(index, replace(spec, seed=seed)) for seed in self.study.seeds for index, spec in enumerate(specs)]


def plan_repeat(spec: RunSpec, seeds: object = None, *, as_evidence: bool = False) -> Plan:
    """A run as it is set over the first `seeds` seeds, or its trick's evidence recipe for the same task.

    Raises:
        RefusedError: not 2 to 64 seeds.
    """
    chosen = tuple(range(int(SEEDS.check(SEEDS.default if seeds is None else seeds))))
    if not as_evidence:
        return Plan(studies.own_study(spec, chosen))
    return Plan(next(study for study in studies.studies_of(spec.trick, chosen) if study.spec.task == spec.task))


def plan_sweep(
    spec: RunSpec, swept: Mapping[str, Sequence[object]], seeds: object = None, *, most: int = MAX_VALUES
) -> Plan:
    """A sweep of one knob or two, `most` values of each, over `seeds` seeds that are kept for choosing.

    Raises:
        RefusedError: not 2 to 64 seeds, not a knob that can be swept, a value it refuses, or too many runs.
    """
    count = int(SEEDS.check(NUM_SWEPT_SEEDS if seeds is None else seeds))
    points = sweep_points(spec, swept, most=most)
    if count * len(points) > MAX_RUNS:
        sentence = f"a sweep must be at most {MAX_RUNS} runs, got {len(points)} settings over {count} seeds: take fewer"
        raise RefusedError(sentence, "at_most", "runs", count * len(points), most=MAX_RUNS)
    values = {name: tuple(dict.fromkeys(point.values[name] for point in points)) for name in swept}
    for name, asked in swept.items():
        if len(values[name]) < len(asked):
            sentence = f"the values of a sweep of {name} must differ, got {', '.join(map(str, asked))}"
            raise RefusedError(sentence, "differ", name, list(asked))
    chosen = tuple(range(FIRST_EXPLORED_SEED, FIRST_EXPLORED_SEED + count))
    return Plan(studies.own_study(points[0].spec, chosen, points), values, points)
