"""A run at several values of one or two of its knobs, over seeds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from trainers.evidence.replicates import (
    SEEDS,
    Lost,
    SeedResult,
    train,
)
from trainers.runs.build import validate
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import RunSpec
from tricks.catalogue import near
from tricks.declaration import RefusedError, Value


@dataclass(frozen=True)
class Point:
    """One setting of a sweep: the swept `values` by name, and the run they make."""

    values: Mapping[str, Value]
    spec: RunSpec


MAX_SWEPT, MAX_VALUES = 2, 9


def sweep_points(spec: RunSpec, swept: Mapping[str, Sequence[object]], *, most: int = MAX_VALUES) -> tuple[Point, ...]:
    """The settings of a sweep of one knob, or the grid of two; a shared setting may be swept like a knob.

    Only the arms that a swept knob moves are trained. All points share the seeds' weights, data and batches as far as
    the settings allow, so that any two of them may be compared in pairs.

    Raises:
        RefusedError: more than two knobs or `most` values, a name that no arm has, or a value its knob refuses.
    """
    if not 1 <= len(swept) <= MAX_SWEPT:
        sentence = f"a sweep must be of 1 or {MAX_SWEPT} knobs, got {len(swept)}"
        raise RefusedError(sentence, "how_many", "sweep", len(swept), low=1, high=MAX_SWEPT)
    for name, values in swept.items():
        if not 1 <= len(values) <= most:
            sentence = f"a sweep of {name} must have 1 to {most} values, got {len(values)}"
            raise RefusedError(sentence, "how_many", name, len(values), low=1, high=most)
    settings = {knob.name for knob in SETTINGS}
    knobs = [name for name in swept if name not in settings]
    moved = [arm for number, arm in enumerate(spec.arms) if all(name in spec.knobs_of(number) for name in knobs)]
    if not moved:
        declared = tuple(dict.fromkeys(name for number in range(len(spec.arms)) for name in spec.knobs_of(number)))
        name = next((name for name in knobs if name not in declared), knobs[0])
        sentence = f"a sweep must be of knobs that an arm has, got {', '.join(knobs)}"
        raise RefusedError(sentence, "not_a_knob", name, near=near(name, declared))
    return tuple(
        _point(spec, moved, dict(zip(swept, values, strict=True)), settings) for values in product(*swept.values())
    )


def _point(spec: RunSpec, moved: Sequence[Any], values: dict[str, Any], settings: set[str]) -> Point:
    shared = {name: value for name, value in values.items() if name in settings}
    own = {name: value for name, value in values.items() if name not in settings}
    arms = tuple(replace(arm, knobs={**arm.knobs, **own}) for arm in moved)
    made = validate(replace(spec, settings={**spec.settings, **shared}, arms=arms))
    return Point({name: made.settings.get(name, made.arms[0].knobs.get(name, "")) for name in values}, made)


def sweep(
    points: Sequence[Point],
    seeds: Sequence[int] = SEEDS,
    executor: Executor | None = None,
    *,
    slots: int | None = None,
    cancel: threading.Event | None = None,
    on_lost: Lost | None = None,
) -> Iterator[tuple[int, SeedResult]]:
    """Trains every point over `seeds`, seed by seed, yielding the point's index with each result; see `train`."""
    specs = [validate(replace(point.spec, seed=seed)) for seed in seeds for point in points]
    for index, result in train(specs, executor, slots=slots, cancel=cancel, on_lost=on_lost):
        yield index % len(points), result
