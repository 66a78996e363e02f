"""A run in a worker process: the Dask actor around `Run`, and what a worker is set up with."""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from distributed import Worker, WorkerPlugin

from trainers.kinds.run import Run
from trainers.runs.history import History, Progress
from trainers.runs.spec import Event, RunSpec
from trainers.tasks import NAMES, load_task
from tricks import catalogue
from tricks.declaration import RefusedError

WORKERS = {
    "distributed.worker.profile.enabled": False,
    # Without Dask's own MALLOC_TRIM_THRESHOLD_: memory given back after each step has to be paged in at the next, which
    # takes a convolutional net more than two thirds of its time.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}
"""Dask's settings for worker processes that train; to be in force when they are started."""

ON_THIS_MACHINE: dict[str, Any] = {
    "threads_per_worker": 1,
    "processes": True,
    "host": "127.0.0.1",
    "security": True,
    "dashboard_address": None,
    "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"},  # its HTTP server would claim port 8787
    "silence_logs": logging.CRITICAL,  # whoever started it says what is lost
}
"""What a `LocalCluster` of such workers is started with: nobody else reaches it."""


class RunError(Exception):
    """A run failed by itself, not on the way to it: going on elsewhere would fail again."""


@dataclass(frozen=True)
class Slice:
    """What one call of `RunActor.advance` gives.

    `drained` counts the commands that the run has taken off its queue since it began; `capture` is its state after
    the slice, where it was asked for; `seconds` is how long the worker was at it.
    """

    progress: Progress
    drained: int
    capture: bytes | None = None
    seconds: float = 0.0


class RunActor:
    """A run that a conductor advances from afar, from its start or from a capture.

    A worker executes the `advance` calls of its actors one after another in one thread. `command` is a coroutine:
    it runs on the worker's event loop meanwhile, so that a knob turn does not wait behind slices.
    """

    def __init__(self, spec: RunSpec, capture: bytes | None = None, commands: Sequence[Event] = ()) -> None:
        """Makes the run.

        Raises:
            RefusedError: what the spec asks for cannot be had.
            RunError: it could not be made for another reason; the message says why.
        """
        try:
            self._run = Run(spec) if capture is None else Run.restore(capture)
        except RefusedError:
            raise
        except Exception as error:
            raise RunError(f"{type(error).__name__}: {error}") from error
        self._queue = deque(commands)
        self._received = len(commands)

    def new_history(self) -> History:
        """An empty history with the run's columns."""
        return self._run.new_history()

    @property
    def step(self) -> int:
        """The last step that was made."""
        return self._run.step

    def advance(self, seconds: float, max_steps: int | None = None, capture: bool = False) -> Slice:
        """Trains for `seconds` or `max_steps` steps, whichever is first, commands taking effect in between.

        Raises:
            RunError: the run could not go on; the message says why.
        """
        begun = perf_counter()
        try:
            progress = self._run.advance(seconds, max_steps=max_steps, commands=self._queue)
            state = self._run.capture() if capture else None
        except Exception as error:
            raise RunError(f"{type(error).__name__}: {error}") from error
        return Slice(progress, self._received - len(self._queue), state, perf_counter() - begun)

    async def command(self, events: Sequence[Event]) -> None:
        """Queues `events` for the next step, at once, and has that step shown as soon as it is made."""
        self._received += len(events)
        self._queue.extend(events)
        self._run.hurry()


class Preparation(WorkerPlugin):
    """Sets a worker process up before it takes runs: one torch thread, all imports made and out of collection."""

    name = "trick-lab"

    def setup(self, worker: Worker) -> None:
        torch.set_num_threads(1)
        catalogue.every()
        for name in NAMES:
            load_task(name)
        torch.optim.SGD([torch.zeros(1, requires_grad=True)]).step()  # the first of a process imports for a second
        gc.collect()
        gc.freeze()
