"""Evidence: studies of a trick over matched seeds, their raw rows, and what follows from those and nothing else.

A results file holds studies with their summaries; the raw rows, one a seed and arm, lie beside it as CSV. `summarize`
makes every number of the first from the second. All is the same on each making but `elapsed_s`, what is computed of
it, and `made`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from trainers.evidence.closing import CONTRASTS, METRIC, closing_spec
from trainers.evidence.power import least_seeds
from trainers.evidence.replicates import SEEDS, SeedResult
from trainers.evidence.statistics import (
    Better,
    Bounds,
    Summary,
    Verdict,
    apart,
    bounds,
    paired,
    subtract,
    summarize_ratios,
    verdicts,
)
from trainers.evidence.statistics import summarize as summarize_values
from trainers.evidence.sweeps import Point
from trainers.runs.build import build_spec
from trainers.runs.spec import COMBINE, RunSpec, metric_of, metrics_of
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Value

NUM_EVALUATIONS = 20

Row = dict[str, Value | None]
_SECONDS = "elapsed_s"


@dataclass(frozen=True)
class Study:
    """A run over `seeds`, judged by `metric`; `better` says of each metric which way is better, lower or higher.

    The first arm is what the others are compared with, and `contrasts` are further pairs, arm and what it is compared
    with. The spec's own seed means nothing. `tag` tells a study of a run as somebody has set it from the trick's own.
    """

    spec: RunSpec
    metric: str
    better: Mapping[str, Better]
    seeds: tuple[int, ...] = SEEDS
    contrasts: tuple[tuple[str, str], ...] = ()
    tag: str = ""

    @property
    def id(self) -> str:
        return f"{self.spec.trick}-{self.spec.task}{self.tag and '-'}{self.tag}"

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All that is compared, arm and what it is compared with."""
        first, *others = (arm.name for arm in self.spec.arms)
        return (*((arm, first) for arm in others), *self.contrasts)

    def to_json(self) -> dict[str, Any]:
        spec = self.spec.to_json()
        del spec["seed"]
        contrasts = {"contrasts": [list(pair) for pair in self.contrasts]} if self.contrasts else {}
        return {
            "id": self.id,
            "metric": self.metric,
            "better": dict(self.better),
            "seeds": list(self.seeds),
            **contrasts,
            "spec": spec,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Study:
        """The inverse of `to_json`, as it was recorded: later ranges and defaults do not touch it."""
        made = RunSpec.from_json({**data["spec"], "seed": data["seeds"][0]})
        contrasts = tuple((arm, other) for arm, other in data.get("contrasts", ()))
        _, tag = kin_of(data["id"], made.trick, made.task)
        return cls(made, data["metric"], data["better"], tuple(data["seeds"]), contrasts, tag)


def study_of(spec: RunSpec, seeds: Sequence[int] = SEEDS) -> Study:
    """The study of a run as it is set, judged by its trick's metric where the task has it."""
    better: dict[str, Any] = metrics_of(spec)
    return Study(spec, metric_of(spec), better, tuple(seeds))


def own_study(spec: RunSpec, seeds: Sequence[int] = SEEDS, points: Sequence[Point] = ()) -> Study:
    """The study of a run as somebody has set it, or of a sweep of it.

    Its id is none of the tricks' own, and another of another setting.
    """
    study = study_of(spec, seeds)
    settled: list[Any] = [replace(study, spec=one).to_json()["spec"] for one in (spec, *(p.spec for p in points))]
    told = settled if points else settled[0]
    return replace(study, tag=sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8])


def studies_of(trick: str, seeds: Sequence[int] = SEEDS) -> tuple[Study, ...]:
    """A trick's evidence: one study for each task it is shown on, as it is set there; of `COMBINE`, the closing one.

    Measured about `NUM_EVALUATIONS` times a run at most: training does not depend on it, only a metric that is itself
    made of the measurements along a run does, and the study's spec says how often they were taken.

    Raises:
        RefusedError: there is no such trick.
    """
    if trick == COMBINE:
        plain = study_of(_measured_seldom(closing_spec()), seeds)
        return (replace(plain, metric=METRIC, contrasts=CONTRASTS),)
    specs = [build_spec(trick, task=setup.task) for setup in catalogue.load(trick).setups]
    return tuple(study_of(_measured_seldom(spec), seeds) for spec in specs)


def _measured_seldom(spec: RunSpec) -> RunSpec:
    count = min(1000, max(int(spec.settings["eval_every"]), spec.steps // NUM_EVALUATIONS))
    return replace(spec, settings={**spec.settings, "eval_every": count})


def rows_of(study: Study, results: Iterable[SeedResult]) -> list[Row]:
    """The raw rows, by seed, then arm: the last row that the run's own CSV would have, columns and all.

    A seed that could not be run has none. The metrics of an arm that diverged are empty.
    """
    spec = study.spec
    knobs = tuple(dict.fromkeys(name for arm in spec.arms for name in arm.knobs))
    rows: list[Row] = []
    for result in sorted(results, key=lambda result: result.seed):
        for arm, declared in zip(result.arms, spec.arms, strict=bool(result.arms)):
            row: Row = {"run_id": study.id, "trick": spec.trick, "task": spec.task, "seed": result.seed}
            row |= {"arm": arm.name, "step": arm.step, "epoch": arm.epoch}
            row |= {name: arm.row[name] for name in (_SECONDS, "lr")} | dict(arm.row)
            row |= {name: arm.tests.get(name) for name in study.better}
            row |= {name: declared.knobs.get(name) for name in knobs}
            rows.append(row)
    return rows


def bounds_in(spec: RunSpec, metric: str) -> Bounds:
    """Between what values a metric of such a run lies: there are so many modes to find, so many steps to find in."""
    if metric.endswith("goal_step"):
        return bounds(metric, float(spec.steps))
    return bounds(metric, float(load_task(spec.task).num_classes) if metric.endswith("modes") else math.inf)


def summarize(compared: Sequence[Study], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The studies as JSON data with everything that follows from their raw rows.

    p values are corrected over all metrics and arms of all these studies: give those together that are looked at
    together, such as all of one trick.
    """
    tables = {study.id: _Table(study) for study in compared}
    for row in rows:
        if row["run_id"] in tables:
            tables[str(row["run_id"])].add(row)
    found = {
        (study.id, arm, baseline, metric): paired(
            tables[study.id].differences(arm, baseline, metric),
            better,
            apart(bounds_in(study.spec, metric)),
        )
        for study in compared
        for arm, baseline in study.pairs
        for metric, better in study.better.items()
    }
    judged = verdicts(found)
    return [
        tables[study.id].summary({key[1:]: v for key, v in judged.items() if key[0] == study.id}) for study in compared
    ]


class _Table:
    """A study's rows by arm and seed."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.arms = [arm.name for arm in study.spec.arms]
        self._rows: dict[tuple[str, int], Row] = {}

    def add(self, row: Row) -> None:
        self._rows[str(row["arm"]), int(row["seed"] or 0)] = row

    @property
    def seeds(self) -> list[int]:
        """The seeds that were run, all arms of them."""
        return [seed for seed in self.study.seeds if all((arm, seed) in self._rows for arm in self.arms)]

    def values(self, arm: str, name: str) -> list[float]:
        found = [self._rows[arm, seed].get(name) for seed in self.seeds]
        return [math.nan if value is None else float(value) for value in found]

    def differences(self, arm: str, baseline: str, metric: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return subtract(self.values(arm, metric), self.values(baseline, metric), self.study.better[metric])

    def summary(self, judged: Mapping[tuple[str, str, str], Verdict]) -> dict[str, Any]:
        names = (*self.study.better, _SECONDS)
        return {
            **self.study.to_json(),
            "missing": [seed for seed in self.study.seeds if seed not in self.seeds],
            "arms": {arm: {name: _known(asdict(self._summary(arm, name))) for name in names} for arm in self.arms},
            "comparisons": [
                {"arm": arm, "baseline": baseline, "metric": metric, **verdict.to_json()}
                for (arm, baseline, metric), verdict in judged.items()
            ],
            "cost": {
                arm: {
                    "worse": [
                        metric
                        for metric in self.study.better
                        if self._is_worse(metric, judged[arm, self.arms[0], metric])
                    ],
                    "seconds_ratio": _known(asdict(self._seconds_ratio(arm))),
                }
                for arm in self.arms[1:]
            },
        }

    def _summary(self, arm: str, name: str) -> Summary:
        return summarize_values(self.values(arm, name), bounds_in(self.study.spec, name))

    def _is_worse(self, metric: str, verdict: Verdict) -> bool:
        return verdict.claimed and (verdict.paired.mean > 0) == (self.study.better[metric] == "lower")

    def _seconds_ratio(self, arm: str) -> Summary:
        """Compute seconds of the arm over the baseline's, on the seeds where both made all steps."""
        whole = [
            seed for seed in self.seeds
            if all(self._rows[name, seed]["step"] == self.study.spec.steps for name in (arm, self.arms[0]))
        ]  # fmt: skip
        ours, theirs = (
            np.array([float(self._rows[name, seed][_SECONDS] or 0) for seed in whole]) for name in (arm, self.arms[0])
        )
        return summarize_ratios(ours, theirs)


def told_seconds(arm: str, ratio: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What a summary's `seconds_ratio` says of an arm (called `arm`) in words; empty where nothing was measured."""
    if ratio["mean"] is None:
        return ""
    numbers = {name: f"{ratio[name]:.2f}" for name in ("mean", "low", "high") if ratio[name] is not None}
    key = "study.seconds" if ratio["n"] >= least_seeds() else "study.seconds.few"
    return labels[key].format(arm=arm, seeds=ratio["n"], **numbers)


def _known(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def respond(points: Sequence[Point], results: Mapping[int, Sequence[SeedResult]], metric: str) -> list[Row]:
    """A sweep's response: per point and arm the swept values, and mean, interval, `n` and `num_diverged` of a metric.

    `results` are those of each point, by its index.
    """
    rows: list[Row] = []
    for index, point in enumerate(points):
        ended = [result for result in results.get(index, ()) if result.arms]
        for number, arm in enumerate(point.spec.arms):
            found = [result.arms[number].tests.get(metric, math.nan) for result in ended]
            summary = summarize_values(found, bounds_in(point.spec, metric))
            row: Row = {**point.values, "arm": arm.name, "metric": metric, **_known(asdict(summary))}
            rows.append({**row, "num_diverged": len(found) - summary.n})
    return rows


def kin_of(run_id: str, trick: str, task: str) -> tuple[str, str]:
    """What the study of that id is judged, kept and replaced with: its trick, and the tag of one set by somebody."""
    return trick, run_id.removeprefix(f"{trick}-{task}").removeprefix("-")
