"""What a room is told of the study behind its experiment: how far it is, what to draw, and what came of one place."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean
from typing import Any

from trainers.evidence.replicates import SeedResult
from trainers.evidence.statistics import subtract
from trainers.live.live_study import StudyMark
from trainers.live.states import State
from trainers.teaching.experiment import Experiment, Kind
from trainers.wire.study_frames import View

MOST_POINTS = 100  # of a curve on a phone


def place_of(made: Experiment, point: int, seed: int) -> int:
    """The index of the place of which a run is."""
    return made.places.index(seed) if made.kind == Kind.SEEDS else point


def progress(made: Experiment, view: View, labels: Mapping[str, str]) -> dict[str, Any]:
    """What all are told: how far the study is, and once it has ended what it says of the metric that it is judged by.

    `begun` are the runs that have begun, which they do in the order of the places, seed by seed, and `active` the
    places of those under way.
    """
    mark, header = view.mark, view.header
    study = mark.plan.study
    return {
        "done": header["done"],
        "total": header["total"],
        "eta_s": header["eta_s"],
        "begun": len(mark.results) + len(mark.active),
        "active": sorted({place_of(made, *one) for one in mark.active}),
        "metric": labels.get(f"metric.{study.metric}", study.metric),
        "better": study.better[study.metric],
        "called": header["called"],
        "verdict": next(iter(_verdicts(view)), ""),
    }


def picture(made: Experiment, view: View) -> dict[str, Any]:
    """What wall and desk draw, of the metric by which the study is judged: a dot for each run that has ended.

    Of seeds each dot is `[place, arm, difference from the first arm]`, and `bands` has for each arm the mean of these
    with its interval; of settings it is `[place, arm, value]`, and `bands` has the means at the places, with how many
    seeds have `diverged` there, and how many are `missing`, since they were lost.
    """
    mark, header = view.mark, view.header
    metric = mark.plan.study.metric
    if made.kind == Kind.SEEDS:
        told = [line for line in header["lines"] if line["metric"] == metric and line["arm"] in header["arms"]]
        bands = [{**_interval(line), "arm": header["arms"].index(line["arm"])} for line in _first_of_each(told)]
        dots = [dot for _, result in mark.results for dot in _differences(made, mark, result)]
    else:
        missing = Counter(point for point, result in mark.results if not result.arms)
        ended = {point for point, _ in mark.results}
        rows = [row for row in header["response"] if row["metric"] == metric and row["point"] in ended]
        bands = [
            {
                **_interval(row),
                "arm": header["arms"].index(row["arm"]),
                "place": row["point"],
                "diverged": row["num_diverged"],
                "missing": missing[row["point"]],
            }
            for row in rows
        ]
        dots = [
            [point, number, known(arm.tests.get(metric))]
            for point, result in mark.results
            for number, arm in enumerate(result.arms)
        ]
    values = list(made.places)
    return {"dots": dots, "bands": bands, "values": values, "lines": _verdicts(view), "notes": header["notes"]}


def _first_of_each(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each arm what is compared with the first one, which comes before other contrasts."""
    return list({line["arm"]: line for line in reversed(lines)}.values())


def _verdicts(view: View) -> list[str]:
    """What the seeds say together of the metric that the study is judged by, at the number that was planned."""
    judged = view.mark.plan.study.metric
    lines = view.header["lines"] if view.mark.state == State.FINISHED else []
    return [str(line["text"]) for line in lines if line["metric"] == judged]


def _differences(made: Experiment, mark: StudyMark, result: SeedResult) -> list[list[Any]]:
    study, place = mark.plan.study, made.places.index(result.seed)
    finals = [arm.tests.get(study.metric, math.nan) for arm in result.arms]
    found = subtract(finals[1:], finals[:1] * len(finals[1:]), study.better[study.metric])
    return [[place, number, known(value)] for number, value in enumerate(found, start=1)]


def tried(
    made: Experiment, view: View, place: int, names: Collection[str], labels: Mapping[str, str]
) -> dict[str, Any] | None:
    """What came of a place so far, for who has it; None where no run of it has ended.

    That are its final values by metric and arm, the mean of its seeds, and the curves called `names` of the first.
    """
    mark = view.mark
    mine = [result for point, result in mark.results if place_of(made, point, result.seed) == place]
    if not mine:
        return None
    good = [result for result in mine if result.arms]
    arms = range(len(good[0].arms)) if good else range(0)
    study = mark.plan.study
    metrics = sorted(study.better, key=lambda name: name != study.metric)
    return {
        "type": "tried",
        "experiment": made.number,
        "place": place,
        "value": made.places[place],
        "ended": len(mine),
        "steps": study.spec.steps,
        "called": view.header["called"],
        "finals": [
            {
                "metric": labels.get(f"metric.{name}", name),
                "values": [_mean([result.arms[arm].tests.get(name, math.nan) for result in good]) for arm in arms],
            }
            for name in metrics
        ],
        "curves": [] if not good else _curves(good[0], names),
    }


def _curves(result: SeedResult, names: Collection[str]) -> list[dict[str, Any]]:
    found = []
    for number, arm in enumerate(result.arms):
        for name, curve in arm.curves.items():
            if name in names:
                stride = max(1, -(-len(curve.steps) // MOST_POINTS))
                kept = slice((len(curve.steps) - 1) % stride, None, stride)
                values = [known(float(f"{value:.4g}")) for value in curve.values[kept]]
                found.append({"arm": number, "name": name, "steps": curve.steps[kept].tolist(), "values": values})
    return found


def _mean(values: Sequence[float]) -> float | None:
    return known(fmean(values))


def _interval(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known(row[name]) for name in ("mean", "low", "high")}


def known(value: float | None) -> float | None:
    """A number as JSON has it: None where it is not finite."""
    return None if value is None or not math.isfinite(value) else value
