"""The frames of a live study: what its seeds say together, made once for all who watch, and what is new to each.

The header has the whole verdict each time; the arrays are those of runs that have ended, and of bands that have
changed, since the last frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.evidence.replicates import CURVE_POINTS, SeedResult, stack
from trainers.evidence.statistics import Band, Verdict, apart, band
from trainers.evidence.studies import bounds_in, told_seconds
from trainers.evidence.words import sentence
from trainers.live.live_study import LiveStudy, Note, StudyMark
from trainers.runs.arm_names import symbol_text, value_text, with_arms
from trainers.runs.described import describe
from trainers.runs.history import Column
from trainers.runs.settings import SETTINGS
from trainers.wire.frames import Array, Labels, encode
from tricks.declaration import Value

MAX_RUNS = 200  # whose arrays go in one frame
MAX_POINTS, MIN_POINTS = 200_000, 20  # of all curves of a study together, and of one of them


@dataclass(frozen=True)
class Cursor:
    """What a viewer has of a study: the first `runs` results, and the bands as of mark `number`."""

    runs: int
    number: int


@dataclass(frozen=True)
class View:
    """A study at one mark, ready to be shown; `bands` come with the number of the mark at which they changed."""

    mark: StudyMark
    header: Mapping[str, Any]
    bands: Sequence[tuple[int, Array]]

    def is_news(self, cursor: Cursor | None) -> bool:
        """Whether a viewer lacks something of it."""
        return cursor is None or cursor.number < self.mark.number or cursor.runs < len(self.mark.results)

    def frame(self, cursor: Cursor | None) -> tuple[bytes, Cursor]:
        """The frame that brings a viewer on, and where it has brought it: `MAX_RUNS` results further at most."""
        first, seen = (0, -1) if cursor is None else (cursor.runs, cursor.number)
        last = min(len(self.mark.results), first + MAX_RUNS)
        arrays: list[Array] = []
        for point, result in self.mark.results[first:last]:
            arrays += _seed_arrays(self.mark, point, result)
        arrays += [array for number, array in self.bands if number > seen]
        return encode({**self.header, "fresh": cursor is None}, arrays), Cursor(last, self.mark.number)


class Digest:
    """Makes the views of a study, mark after mark; only one at a time, in whatever thread."""

    def __init__(self, study: LiveStudy, labels: Labels) -> None:
        self._study, self._labels = study, with_arms(labels, study.plan.study.spec.arms)
        self._bands: dict[int, tuple[int, int, list[Array]]] = {}  # by point: its results, since which mark, its bands
        self._judged: tuple[int, dict[str, Any]] = (-1, {})

    def view(self, mark: StudyMark) -> View:
        """The study at `mark`, which is not before the last one."""
        for point in range(max(1, len(mark.plan.points))):
            results = mark.at(point)
            if len(results) != self._bands.get(point, (0, 0, []))[0]:
                self._bands[point] = (len(results), mark.number, _bands(mark, point, results))
        if self._judged[0] != len(mark.results):
            self._judged = (len(mark.results), self._judge(mark))
        header = {**self._describe(mark), **self._judged[1]}
        bands = [(number, array) for _, number, arrays in self._bands.values() for array in arrays]
        return View(mark, header, bands)

    def _describe(self, mark: StudyMark) -> dict[str, Any]:
        study = mark.plan.study
        return {
            "type": "study",
            "study": self._study.id,
            "id": study.id,
            "about": self._about(mark),
            "trick": study.spec.trick,
            "task": study.spec.task,
            "steps": study.spec.steps,
            "seeds": study.seeds,
            "arms": [arm.name for arm in study.spec.arms],
            "called": [self._labels[f"arm.{arm.name}"] for arm in study.spec.arms],
            "knobs": [arm.knobs for arm in study.spec.arms],
            "metrics": [{"name": name, "better": better} for name, better in study.better.items()],
            "judged": study.metric,
            "state": mark.state,
            "done": len(mark.results),
            "total": mark.plan.num_runs,
            "eta_s": mark.eta_s,
            "rate": round(mark.rate, 2),
            "notes": [self._note(mark, note) for note in mark.notes],
        }

    def _about(self, mark: StudyMark) -> str:
        """What the results are of, made from the study's own spec."""
        study = mark.plan.study
        told = describe(study.spec, self._labels, without=mark.plan.swept)
        return self._labels["study.about"].format(first=study.seeds[0], last=study.seeds[-1], **told)

    def _note(self, mark: StudyMark, note: Note) -> str:
        points = mark.plan.points
        values = points[note.point].values if points else {}
        at = ", ".join(f"{name} = {_short(value)}" for name, value in values.items())
        where = self._labels["study.where"].format(seed=note.seed, at=at) if at else str(note.seed)
        return self._labels[f"study.{note.kind}"].format(seed=where, detail=note.detail)

    def _judge(self, mark: StudyMark) -> dict[str, Any]:
        """What follows from the results."""
        if mark.plan.points:
            return {
                "swept": [{"name": name, "values": values} for name, values in mark.plan.swept.items()],
                "neutral": mark.plan.neutral,
                "response": _response(mark),
                "lines": self._best(mark),
            }
        if sum(bool(result.arms) for _, result in mark.results) < 2:
            return {"lines": [], "cost": []}
        summary = mark.summary()
        compared = sorted(summary["comparisons"], key=lambda found: found["metric"] != summary["metric"])
        return {"lines": [self._line(found, summary) for found in compared], "cost": self._cost(summary)}

    def _best(self, mark: StudyMark) -> list[dict[str, Any]]:
        """For each metric a sentence on the setting that stands best, against the neutral one.

        One of whose seeds some diverged is not the best: the mean of the others would not count these.
        """
        judged, lines = mark.against_neutral(), []
        for metric, better in mark.plan.study.better.items():
            sign = 1 if better == "lower" else -1
            known = {
                key: verdict
                for key, verdict in judged.items()
                if key[2] == metric and math.isfinite(verdict.paired.mean) and not verdict.paired.num_diverged
            }
            if not known:
                continue
            best = min(known, key=lambda key: sign * known[key].paired.mean)
            if sign * known[best].paired.mean >= 0:
                lines.append({"metric": metric, "text": self._labels["study.neutral_best"], "claimed": False})
                continue
            labels = {**self._labels, "arm.best": self._called(mark, mark.plan.points[best[0]].values)}
            labels["arm.neutral"] = self._called(mark, mark.plan.neutral)
            text = sentence(known[best], arm="best", metric=metric, labels=labels, baseline="neutral")
            lines.append({"metric": metric, "text": text, "claimed": known[best].claimed})
        return lines

    def _called(self, mark: StudyMark, values: Mapping[str, Value | None]) -> str:
        """A setting of a sweep in words."""
        spec = mark.plan.study.spec
        knobs = {knob.name: knob for knob in SETTINGS} | spec.knobs_of(len(spec.arms) - 1)
        told = [
            f"{symbol_text(knobs[name].symbol) or self._labels.get(f'knob.{name}.label', name)} "
            f"{value_text(name, value, self._labels)}"
            for name, value in values.items()
            if value is not None
        ]
        return ", ".join(told)

    def _line(self, found: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
        plain = summary["spec"]["arms"][0]["name"]
        text = sentence(
            Verdict.from_json(found),
            arm=found["arm"],
            metric=found["metric"],
            labels=self._labels,
            baseline="" if found["baseline"] == plain else found["baseline"],
            num_missing=len(summary["missing"]),
        )
        names = ("arm", "metric", "claimed", "mean", "low", "high", "p", "p_holm", "effect", "n", "num_seeds")
        return {"text": text, **{name: found[name] for name in names}, "won": found["num_won"]}

    def _cost(self, summary: Mapping[str, Any]) -> list[str]:
        lines = []
        for arm, cost in summary["cost"].items():
            called = self._labels[f"arm.{arm}"]
            lines.append(told_seconds(called, cost["seconds_ratio"], self._labels))
            if cost["worse"]:
                metrics = ", ".join(self._labels.get(f"metric.{name}") or name for name in cost["worse"])
                lines.append(self._labels["study.worse"].format(arm=called, metrics=metrics))
        return [line[:1].upper() + line[1:] for line in lines if line]


def _response(mark: StudyMark) -> list[dict[str, Any]]:
    points = mark.plan.points
    numbers = ("mean", "low", "high", "n", "num_diverged")
    names = ("arm", "metric", *numbers, "difference", "difference_low", "difference_high", "claimed")
    places = {tuple(point.values.values()): index for index, point in enumerate(points)}
    found = []
    for row in mark.response():
        values = {name: row[name] for name in mark.plan.swept}
        index = places[tuple(values.values())]  # type: ignore[arg-type]
        found.append({"point": index, "values": values, **{name: row[name] for name in names}})
    return found


def _seed_arrays(mark: StudyMark, point: int, result: SeedResult) -> list[Array]:
    """The curves and final values of a run that has ended; none of one that could not be run."""
    arrays: list[Array] = []
    num_curves = sum(len(arm.curves) for arm in result.arms) * mark.plan.num_runs
    limit = min(CURVE_POINTS, max(MIN_POINTS, MAX_POINTS // max(1, num_curves)))
    for number, arm in enumerate(result.arms):
        place = {"arm": number, "seed": result.seed, "point": point}
        for name, curve in arm.curves.items():
            entry = {"group": "seed", **place, "name": name}
            stride = max(1, -(-len(curve.steps) // limit))
            kept = slice((len(curve.steps) - 1) % stride, None, stride)
            arrays.append(({**entry, "axis": "steps"}, curve.steps[kept]))
            arrays.append(({**entry, "axis": "values"}, curve.values[kept]))
        for name in mark.plan.study.better:
            final = np.array([arm.tests.get(name, np.nan)])
            arrays.append(({"group": "final", **place, "name": name}, final))
    return arrays


def _bands(mark: StudyMark, point: int, results: Sequence[SeedResult]) -> list[Array]:
    """Each arm's mean curves with their intervals, and those of its paired differences from the first arm."""
    ended = [result for result in results if result.arms]
    if not ended:
        return []
    arrays: list[Array] = []
    spec = mark.plan.study.spec
    for name in ended[0].arms[0].curves:
        first: tuple[Column, NDArray[np.float64]] | None = None
        for number, arm in enumerate(spec.arms):
            place = {"group": "band", "arm": number, "name": name, "point": point}
            steps, table = _curves(ended, number, arm.name, name)
            arrays += _band(place, steps, band(table, bounds_in(spec, name)))
            if first is None:
                first = (steps, table)
            elif not mark.plan.points:
                common, ours, theirs = np.intersect1d(steps, first[0], return_indices=True)
                with np.errstate(invalid="ignore"):
                    difference = table[:, ours] - first[1][:, theirs]
                within = apart(bounds_in(spec, name))
                arrays += _band({**place, "of": "difference"}, common, band(difference, within))
    return arrays


def _curves(results: Sequence[SeedResult], number: int, arm: str, name: str) -> tuple[Column, NDArray[np.float64]]:
    """An arm's stacked curves, at the steps of a run that made all of them, where there is one."""
    steps, table = stack(results, arm, name)
    whole = next((result.arms[number] for result in results if not result.arms[number].diverged), None)
    if whole is None:
        return steps, table
    kept = np.isin(steps, whole.curves[name].steps)
    return steps[kept], table[:, kept]


def _band(place: Mapping[str, Any], steps: Column, found: Band) -> list[Array]:
    columns = {"steps": steps, "mean": found.mean, "low": found.low, "high": found.high}
    return [({**place, "axis": axis}, values) for axis, values in columns.items()]


def _short(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
