"""A run: several arms in lockstep, advanced by whoever calls, and what it takes to go on elsewhere."""

from __future__ import annotations

import io
import logging
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import torch

from trainers.kinds.arm import Arm, Trainer
from trainers.kinds.classifier import ClassifierTrainer
from trainers.kinds.descent import LandscapeTrainer
from trainers.kinds.gan import GanTrainer
from trainers.kinds.pictures import PictureTrainer
from trainers.kinds.regression import RegressionTrainer
from trainers.runs.build import check_event
from trainers.runs.history import Failure, History, Probe, Progress, Table
from trainers.runs.replay import parse_spec
from trainers.runs.settings import ignored_by
from trainers.runs.spec import Event, RunSpec, metrics_of
from trainers.tasks import load_task
from tricks.declaration import RefusedError

TRAINERS: dict[str, type[Trainer]] = {
    trainer.kind: trainer
    for trainer in (ClassifierTrainer, GanTrainer, PictureTrainer, LandscapeTrainer, RegressionTrainer)
}

LOG = logging.getLogger(__name__)
PROBES = 100  # about as many are taken over a run, and never more often than every tenth step


class Run:
    """Trains the arms of `spec` in lockstep: same seed, same initial weights, same batches.

    The spec and the commands that took effect determine the history bit for bit; how the work is sliced does not.
    Training on one torch thread is part of that, so a run sets it for its process.
    """

    def __init__(self, spec: RunSpec) -> None:
        torch.set_num_threads(1)
        self.spec = spec
        self.step = 0
        self.trainer = TRAINERS[load_task(spec.task).trainer](spec)
        self._alive = [True] * len(spec.arms)
        self._elapsed = [0.0] * len(spec.arms)
        self._pending: list[Event] = []
        self._eval_every = int(spec.settings["eval_every"])
        self._probe_every = probe_every(spec)
        self._new = _Record(self)
        self._hurried = False
        self._unseen: set[str] = set()
        self._broken: BaseException | None = None

    @property
    def finished(self) -> bool:
        """Whether there is no step left to make, or no arm left to make it."""
        return self.step >= self.spec.steps or not any(self._alive)

    def advance(self, seconds: float, *, max_steps: int | None = None, commands: Iterable[Event] = ()) -> Progress:
        """Trains until `seconds` have passed or `max_steps` steps are made, whichever is first; never sleeps.

        A command takes effect at its step, or at the next one where that has passed. `commands` may be a deque that
        others append to meanwhile: it is drained between steps. Where a step cannot be made, or is interrupted, the
        steps before it are given first, and the next call raises what was raised.

        Raises:
            RefusedError: a command that the spec refuses; the commands before it stand, nothing is trained.
        """
        self._check_whole()
        queue = commands if isinstance(commands, deque) else deque(commands)
        self._new = _Record(self)
        deadline = perf_counter() + seconds
        last = self.spec.steps if max_steps is None else min(self.spec.steps, self.step + max_steps)
        while self.step < last and any(self._alive):
            made = self.step
            try:
                self._obey(queue)
                self._advance_step()
                if perf_counter() >= deadline or (self._hurried and not queue):
                    break
            except RefusedError:
                raise
            except (Exception, KeyboardInterrupt) as error:
                self._broken, self.step = error, made
                self._new.take_back(made)
                if not any(self._new.rows):
                    raise
                break
        self._hurried = self._hurried and bool(queue)
        return self._new.progress()

    def hurry(self) -> None:
        """Ends the present `advance`, or else the next, after the step that drains its commands. For any thread."""
        self._hurried = True

    @property
    def is_whole(self) -> bool:
        """Whether all of its arms are at the same step, so that it can go on and be captured."""
        return self._broken is None

    def _check_whole(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _obey(self, queue: deque[Event]) -> None:
        while queue:
            self._pending.append(check_event(self.spec, queue.popleft()))
        if not self._pending:
            return
        number = self.step + 1
        due = [event for event in self._pending if event.step <= number]
        self._pending = [event for event in self._pending if event.step > number]
        taken: dict[tuple[str, int | None], Event] = {}
        for event in due:
            taken[event.name, event.arm] = replace(event, step=number)
        for event in taken.values():
            arms = self.trainer.arms if event.arm is None else [self.trainer.arms[event.arm]]
            if any(arm.knobs[event.name] != event.value for arm in arms):
                self._new.events.append(event)
            for arm in arms:
                arm.knobs[event.name] = event.value

    def _advance_step(self) -> None:
        self.step += 1
        shared = self.trainer.draw()
        is_last = self.step in (self.spec.steps, self.spec.planned_steps)
        evaluates = is_last or self.step % self._eval_every == 0
        probes = is_last or self.step % self._probe_every == 0
        for number, arm in enumerate(self.trainer.arms):
            if not self._alive[number]:
                continue
            start = perf_counter()
            values = arm.train(self.step, shared)
            self._elapsed[number] += perf_counter() - start
            self._new.rows[number].append((values[0], self._elapsed[number], *values[1:]))
            if not math.isfinite(values[1]):
                self._end(number, values[1])
            elif (evaluates or probes) and not arm.is_finite:
                self._end(number, math.nan)
            else:
                self._look(number, arm, evaluates=evaluates, probes=probes)

    def _end(self, number: int, value: float) -> None:
        """Ends an arm whose loss, or one of whose parameters, is this `value`."""
        self._alive[number] = False
        knobs = {name: self.trainer.arms[number].knobs[name] for name in ("lr", *self.spec.arms[number].knobs)}
        self._new.failures.append(Failure(self.step, number, value, knobs))

    def _look(self, number: int, arm: Arm[Any], *, evaluates: bool, probes: bool) -> None:
        """Measures and probes an arm. What cannot be seen is left out and reported once: training goes on."""
        try:
            if evaluates:
                self._new.tests[number].append((self.step, *arm.evaluate()))
            if probes:
                self._new.probes.append(Probe(self.step, number, arm.probe()))
        except Exception as error:  # whatever is wrong with looking, it is not what trains
            for network in arm.networks():
                network.train()  # it may have been left as it answers
            told = f"{self.spec.arms[number].name} of {self.spec.trick}: {type(error).__name__}: {error}"
            if told not in self._unseen:
                self._unseen.add(told)
                LOG.exception("step %s could not be looked at, training goes on; %s", self.step, told)

    def new_history(self) -> History:
        """An empty history with this run's columns."""
        return replace(empty_history(self.spec), steps_per_epoch=self.trainer.steps_per_epoch)

    def capture(self) -> bytes:
        """The whole state, to be restored exactly, in another process too.

        Raises:
            Exception: what a step raised that could not be made: not all arms are at the same step.
        """
        self._check_whole()
        state = {
            "spec": self.spec.to_json(),
            "step": self.step,
            "alive": self._alive,
            "elapsed": self._elapsed,
            "pending": [event.to_json() for event in self._pending],
            "shared": self.trainer.state_dict(),
            "knobs": [arm.knobs for arm in self.trainer.arms],
            "arms": [arm.state_dict() for arm in self.trainer.arms],
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        return buffer.getvalue()

    @classmethod
    def restore(cls, data: bytes, spec: RunSpec | None = None) -> Run:
        """A run at the state that `capture` saw.

        With a `spec`, which is that of the captured run or that run extended, who asks gives the turns that were still
        to come, or none.

        Raises:
            ValueError: it differs in more.
        """
        state: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
        captured = parse_spec(state["spec"])
        if spec is not None and spec not in (captured, captured.extended(spec.steps)):
            raise ValueError("spec must be that of the captured run, or of it extended")
        run = cls(spec or captured)
        run.step, run._alive, run._elapsed = state["step"], state["alive"], state["elapsed"]
        run._pending = [Event(**event) for event in state["pending"]] if spec is None else []
        run.trainer.load_state_dict(state["shared"])
        for arm, knobs, held in zip(run.trainer.arms, state["knobs"], state["arms"], strict=True):
            arm.knobs.update(knobs)
            arm.load_state_dict(held)
        return run


def probe_every(spec: RunSpec) -> int:
    """After how many steps each arm is looked into."""
    return max(10, spec.planned_steps // PROBES)


def empty_history(spec: RunSpec) -> History:
    """The history of a run that has not been made: its steps an epoch are those that its settings suggest."""
    task, settings = load_task(spec.task), spec.settings
    trainer, has_batches = TRAINERS[task.trainer], "batch_size" not in ignored_by(task)
    return History(
        spec,
        row_names=("lr", "elapsed_s", *trainer.row_metrics),
        test_names=("step", *metrics_of(spec)),
        steps_per_epoch=max(1, int(settings["train_size"]) // int(settings["batch_size"])) if has_batches else 1,
    )


class _Record:
    """What one `advance` has done so far."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._first = run.step + 1
        count = len(run.spec.arms)
        self.rows: list[list[tuple[float, ...]]] = [[] for _ in range(count)]
        self.tests: list[list[tuple[float, ...]]] = [[] for _ in range(count)]
        self.probes: list[Probe] = []
        self.events: list[Event] = []
        self.failures: list[Failure] = []

    def take_back(self, step: int) -> None:
        """Forgets what was done after `step`."""
        for rows in self.rows:
            del rows[step - self._first + 1 :]
        for tests in self.tests:
            tests[:] = [test for test in tests if test[0] <= step]
        self.probes = [probe for probe in self.probes if probe.step <= step]
        self.events = [event for event in self.events if event.step <= step]
        self.failures = [failure for failure in self.failures if failure.step <= step]

    def progress(self) -> Progress:
        trainer = self._run.trainer
        row_names = ("lr", "elapsed_s", *trainer.row_metrics)
        test_names = ("step", *trainer.test_metrics)
        return Progress(
            first=self._first,
            step=self._run.step,
            rows=tuple(_table(row_names, rows) for rows in self.rows),
            tests=tuple(_table(test_names, tests) for tests in self.tests),
            probes=tuple(self.probes),
            events=tuple(self.events),
            failures=tuple(self.failures),
            finished=self._run.finished,
        )


def _table(names: tuple[str, ...], rows: list[tuple[float, ...]]) -> Table:
    return Table(names, np.array(rows, dtype=np.float64).reshape(len(rows), len(names)))
