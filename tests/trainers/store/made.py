"""Histories that need no training, for tests of what is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainers.runs.build import build_spec
from trainers.runs.history import Failure, History, Probe, Progress
from trainers.runs.provenance import made_here
from trainers.runs.spec import Event, RunSpec
from trainers.runs.whole import WholeRun

ROWS, TESTS = ("lr", "elapsed_s", "train_loss"), ("step", "test_loss", "test_accuracy")


def spec_of(steps: int = 2000, **values: object) -> RunSpec:
    return build_spec("flooding", steps=steps, values=values)


def history_of(spec: RunSpec | None = None) -> History:
    return History(spec or spec_of(), ROWS, TESTS, 10)


def grow(history: History, steps: int, *, seed: int = 0, events: Sequence[Event] = (), ends: int | None = None) -> None:
    """Makes so many steps more: the same ones for the same `seed`; the last arm ends at the step `ends`."""
    first, last = history.step + 1, history.step + steps
    rows, tests, probes, failures = [], [], [], []
    for arm in range(len(history.spec.arms)):
        stop = last if ends is None or arm == 0 else min(last, ends)
        at = np.arange(first, stop + 1)
        drawn = np.sin(at[None] * (1.0 + np.arange(len(ROWS))[:, None]) + seed + arm)
        rows.append(dict(zip(ROWS, drawn, strict=True)))
        measured = at[at % 10 == 0].astype(float)
        tests.append({"step": measured, "test_loss": np.cos(measured + seed), "test_accuracy": measured / 1e4})
        probes += [
            Probe(int(step), arm, {"bars": np.array([step, np.nan], np.float32)}) for step in at if step % 50 == 0
        ]
        if stop < last and stop >= first:
            failures.append(Failure(stop, arm, float("nan"), {"lr": 0.1}))
    probes.sort(key=lambda probe: (probe.step, probe.arm))
    finished = last == history.spec.steps
    told = tuple(sorted(events, key=lambda event: event.step))
    history.append(Progress(first, last, tuple(rows), tuple(tests), tuple(probes), told, tuple(failures), finished))


def assert_same(one: History, other: History) -> None:
    """Both hold the same, to the last bit."""
    assert (one.spec, one.row_names, one.test_names) == (other.spec, other.row_names, other.test_names)
    assert (one.step, one.steps_per_epoch, one.events) == (other.step, other.steps_per_epoch, other.events)
    assert repr(one.failures) == repr(other.failures)
    for arm in range(len(one.spec.arms)):
        for name in one.row_names:
            np.testing.assert_array_equal(one.row(arm, name), other.row(arm, name))
        for name in one.test_names:
            np.testing.assert_array_equal(one.test(arm, name), other.test(arm, name))
    assert [(probe.step, probe.arm, [*probe.arrays]) for probe in one.probes] == [
        (probe.step, probe.arm, [*probe.arrays]) for probe in other.probes
    ]
    for mine, theirs in zip(one.probes, other.probes, strict=True):
        for name in mine.arrays:
            np.testing.assert_array_equal(mine.arrays[name], theirs.arrays[name])


def as_json(history: History) -> str:
    """What is exported of a run as its JSON, as it would be here."""
    return WholeRun("", history, made_here(history.processors)).json()
