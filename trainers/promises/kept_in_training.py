"""What a trick promises of its runs: neutral is the baseline, each end trains, a capture goes on as if nothing was.

Each promise is a function of a trick's name that says, a sentence each, what of it is not kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.kinds.run import Run
from trainers.promises.true_declaration import ends
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.settings import ignored_by
from trainers.runs.spec import Event, RunSpec
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Value

SLICES = (1, 3, 4, 1, 2, 5, 8)
TURNED = 9  # the step at which a knob is turned, the first after the third slice


def neutral(name: str) -> Iterator[str]:
    """With every knob at its neutral value the trick's arm is the baseline, bit for bit."""
    for task in tasks_of(name):
        knobs = build_spec(name, task=task, steps=12).knobs_of(1).values()
        values = {knob.name: knob.neutral for knob in knobs if knob.neutral is not None}
        history = trained(build_spec(name, task=task, steps=12, values={"eval_every": 6, **values}))
        told = ", ".join(f"{knob} = {value}" for knob, value in values.items())
        for column in history.row_names:
            if column != "elapsed_s" and not _equal(history.row(0, column), history.row(1, column)):
                yield f"tricks/{name}.py: at its neutral setting ({told}) {column} is not the baseline's on {task}"
        for metric in history.test_names:
            if not _equal(history.test(0, metric), history.test(1, metric)):
                yield f"tricks/{name}.py: at its neutral setting ({told}) {metric} is not the baseline's on {task}"


def turned(name: str) -> Iterator[tuple[str, str, Value]]:
    """Each knob at its ends, on the first task of every kind of trainer: task, knob and value."""
    for task in tasks_of(name):
        for knob in build_spec(name, task=task, steps=20, values=small(task)).knobs_of(1).values():
            for value in (ends(knob)[0], ends(knob)[-1]):
                yield task, knob.name, value


def ended(name: str) -> Iterator[str]:
    """At either end of every knob 20 steps train, or the arm ends by name."""
    for task, knob, value in turned(name):
        told = faults(at_end(name, task, knob, value))
        yield from (f"tricks/{name}.py: with {knob} = {value} on {task} {fault}" for fault in told)


def at_end(name: str, task: str, knob: str, value: Value) -> History:
    """The record of 20 steps with a knob at one of its ends."""
    return trained(build_spec(name, task=task, steps=20, values={knob: value, "eval_every": 1000, **small(task)}))


def faults(history: History) -> Iterator[str]:
    """What is wrong with the record of the trick's arm: an arm that has ended by name is in order."""
    if any(failure.arm == 0 for failure in history.failures):
        yield "the baseline ends before the last step"
    if any(failure.arm == 1 for failure in history.failures):
        return
    if history.length(1) != history.spec.steps:
        yield f"only {history.length(1)} of {history.spec.steps} steps are recorded"
    for metric in history.test_names:
        values = history.test(1, metric)
        if not len(values) or not math.isfinite(values[-1]):
            yield f"{metric} is not a finite number"
    for probe in history.probes:
        for array, found in probe.arrays.items():
            if probe.arm == 1 and not np.isfinite(found).all():
                yield f"the probe's {array} is not finite at step {probe.step}"


def captured(name: str) -> Iterator[str]:
    """A run in slices, captured and restored after each, is the whole run, bit for bit."""
    spec = build_spec(name, steps=sum(SLICES), values={"eval_every": 12})
    turn = a_turn(spec)
    expected = trained(spec, [turn])
    run, neighbor = Run(spec), Run(replace(spec, seed=5))
    history = run.new_history()
    for size in SLICES:
        commands = [replace(turn, step=0)] if run.step == TURNED - 1 else []
        history.append(run.advance(60, max_steps=size, commands=commands))
        neighbor.advance(60, max_steps=2)
        run = Run.restore(run.capture())
    if history.events != expected.events or history.failures != expected.failures:
        yield f"tricks/{name}.py: a run captured and restored on the way has other events than a whole one"
    ours, theirs = record(history), record(expected)
    for what in ours.keys() | theirs.keys():
        if what not in ours or what not in theirs or not _equal(ours[what], theirs[what]):
            yield f"tricks/{name}.py: a run captured and restored on the way has another {what} than a whole one"


def a_turn(spec: RunSpec) -> Event:
    """A turn of the trick's first live knob; of the learning rate, where none of its knobs is live."""
    for knob in (knob for knob in spec.knobs_of(1).values() if knob.live):
        low, high = ends(knob)[0], ends(knob)[-1]
        between = isinstance(low, float | int) and isinstance(high, float | int) and not knob.integer
        return Event(TURNED, knob.name, knob.check((low + high) / 2 if between else high), 1)  # type: ignore[operator]
    return Event(TURNED, "lr", 0.005)


def tasks_of(name: str) -> list[str]:
    """The trick's first task, and the first of every other kind of trainer that it is shown on."""
    kinds = {load_task(setup.task).trainer: setup.task for setup in reversed(catalogue.load(name).setups)}
    return [setup.task for setup in catalogue.load(name).setups if setup.task in kinds.values()]


def small(task: str) -> dict[str, Value]:
    """A batch that is quickly trained on, where the task has batches."""
    return {} if "batch_size" in ignored_by(load_task(task)) else {"batch_size": 16}


def trained(spec: RunSpec, commands: Sequence[Event] = ()) -> History:
    """The record of the whole run."""
    run = Run(spec)
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(math.inf, commands=commands))
        commands = ()
    return history


def record(history: History) -> dict[str, NDArray[Any]]:
    """Everything in a history but the seconds, by what it is."""
    found: dict[str, NDArray[Any]] = {}
    for number, arm in enumerate(history.spec.arms):
        rows = {name: history.row(number, name) for name in history.row_names if name != "elapsed_s"}
        tests = {name: history.test(number, name) for name in history.test_names if name != "step"}
        found |= {f"{name} of {arm.name}": values for name, values in {**rows, **tests}.items()}
    for probe in history.probes:
        of = history.spec.arms[probe.arm].name
        found |= {f"probe {name} of {of} at step {probe.step}": array for name, array in probe.arrays.items()}
    return found


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one, other, equal_nan=np.issubdtype(one.dtype, np.floating))
