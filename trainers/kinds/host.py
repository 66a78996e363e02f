"""A worker process: the one Dask actor that holds its runs and trains them in rounds, and what it is set up with."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from time import perf_counter
from typing import Any

import torch
from distributed import Worker, WorkerPlugin

from trainers.kinds import forks, heap
from trainers.kinds.run import Run
from trainers.runs.history import Progress
from trainers.runs.spec import Event, RunSpec
from trainers.tasks import NAMES, load_task
from tricks import catalogue
from tricks.declaration import RefusedError
from tricks.making import CalledOffError, Making, tell, told_to

WORKERS = {
    "distributed.worker.profile.enabled": False,
    "distributed.worker.multiprocessing-method": forks.METHOD,
    # Without Dask's own MALLOC_TRIM_THRESHOLD_: memory given back after each step has to be paged in at the next, which
    # takes a convolutional net more than two thirds of its time.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}
"""Dask's settings for worker processes that train; to be in force when they are started."""

_CUT_S = 0.02  # between two rounds that are ended early
EMPTY_S = 5.0  # without a run, after which memory is given back


def on_this_machine() -> dict[str, Any]:
    """What a `LocalCluster` of such workers is started with, which nobody else reaches; for when `WORKERS` is in force.

    They are forks of a process that is prepared from now on.
    """
    forks.fork_prepared()
    return {
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "security": True,
        "dashboard_address": None,
        "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"},  # its HTTP server would claim port 8787
        "silence_logs": logging.CRITICAL,  # whoever started it says what is lost
        "env": dict(os.environ),  # a fork would have what was so when the first of them began
    }


class RunError(Exception):
    """A run failed by itself, not on the way to it: going on elsewhere would fail again."""


@dataclass(frozen=True)
class Ask:
    """A slice of a round: of which run, for how many `seconds` or `steps`, whether its state is captured after it."""

    run: str
    seconds: float
    steps: int | None = None
    capture: bool = False


@dataclass(frozen=True)
class Slice:
    """What came of an `Ask`.

    `drained` counts the commands that the run has taken off its queue since it began; `capture` is its state after
    the slice, where it was asked for; `seconds` is how long the worker was at it.
    """

    progress: Progress
    drained: int
    capture: bytes | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Pulse:
    """What a worker is at: the run of the slice that is under way ("": none), and since how long.

    `wall_s` is by the clock, `cpu_s` the processor's time that training has had of it.
    """

    run: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0


class Held:
    """A run in its host, from when it was asked for: its making, its queue of commands, its slices."""

    def __init__(self, spec: RunSpec, capture: bytes | None, commands: Sequence[Event]) -> None:
        self.spec, self.capture = spec, capture
        self.run: Run | None = None
        self.making = Making("queue")  # behind others that are being made
        self.queue = deque(commands)
        self.received = len(commands)
        self.is_dropped = False

    def make(self) -> int:
        """Makes the run, from its start or its capture; returns its steps an epoch.

        Raises:
            RefusedError: what the spec asks for cannot be had.
            CalledOffError: it was dropped meanwhile.
            RunError: it could not be made for another reason; the message says why.
        """
        try:
            with told_to(self._listen):
                tell("arms")
                run = Run(self.spec) if self.capture is None else Run.restore(self.capture, self.spec)
        except (RefusedError, CalledOffError):
            raise
        except Exception as error:
            raise RunError(f"{type(error).__name__}: {error}") from error
        self.run, self.capture = run, None
        return run.trainer.steps_per_epoch

    def _listen(self, making: Making) -> None:
        if self.is_dropped:
            raise CalledOffError
        self.making = making

    def advance(self, ask: Ask) -> Slice | None:
        """The slice; None where the run is not made yet.

        Raises:
            RunError: the run could not go on; the message says why.
        """
        if self.run is None:
            return None
        begun = perf_counter()
        try:
            progress = self.run.advance(ask.seconds, max_steps=ask.steps, commands=self.queue)
            state = self.run.capture() if ask.capture and self.run.is_whole else None
        except Exception as error:
            raise RunError(f"{type(error).__name__}: {error}") from error
        return Slice(progress, self.received - len(self.queue), state, perf_counter() - begun)


class Host:
    """The runs of a worker process, by name.

    Runs are trained in one thread, round after round in the order of their numbers, and made in another, so that a run
    that takes long to make holds nobody up. Every method is a coroutine: the worker's event loop answers at once what
    neither makes nor trains, whatever is being trained.
    """

    holder = Held

    def __init__(self) -> None:
        prepare()
        self._runs: dict[str, Held] = {}
        self._training = ThreadPoolExecutor(1, "training")
        self._making = ThreadPoolExecutor(1, "making")
        self._next = 0  # the number of the round to be trained next
        self._early: dict[int, tuple[Sequence[Ask], asyncio.Future[bytes]]] = {}  # rounds that overtook another
        self._cuts = 0  # rounds that have arrived before the last of these come back undone
        self._cut_at = -_CUT_S
        self._now: tuple[str, float, float] | None = None  # the slice under way: its run, when it began by which clock
        self._clock: int | None = None
        self._emptied: asyncio.TimerHandle | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The runs that it holds."""
        return tuple(self._runs)

    async def make(self, name: str, spec: RunSpec, capture: bytes | None = None, commands: Sequence[Event] = ()) -> int:
        """Makes a run, which `train` is then asked for by that name; returns its steps an epoch.

        Raises:
            RefusedError, RunError, CalledOffError: it is not made, as `Held.make` says.
        """
        held = self._runs[name] = self.holder(spec, capture, commands)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._making, held.make)
        except BaseException:
            self._runs.pop(name, None)
            raise

    async def making(self, name: str) -> Making | None:
        """How far the run is made; None where it is made, or not held."""
        held = self._runs.get(name)
        return None if held is None or held.run is not None else held.making

    async def train(self, number: int, asks: Sequence[Ask]) -> bytes:
        """Trains the round `number`, counted from 0, after those before it; returns a pickled list, an entry an ask.

        That is a `Slice`, a `RunError`, or None: a knob was turned meanwhile and the round ended early, or the run is
        not here, or not made yet.
        """
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._early[number] = asks, answer
        while self._next in self._early:
            asks, own = self._early.pop(self._next)
            self._next += 1
            trained = asyncio.get_running_loop().run_in_executor(self._training, self._train, asks, self._cuts)
            trained.add_done_callback(lambda done, own=own: _hand_on(done, own))  # type: ignore[misc]
        return await answer

    def _train(self, asks: Sequence[Ask], cuts: int) -> bytes:
        if self._clock is None and hasattr(time, "pthread_getcpuclockid"):
            self._clock = time.pthread_getcpuclockid(threading.get_ident())
        answers: list[Slice | RunError | None] = []
        for ask in asks:
            held = self._runs.get(ask.run)
            if held is None or cuts != self._cuts:
                answers.append(None)
                continue
            self._now = ask.run, perf_counter(), self._cpu_s()
            try:
                answers.append(held.advance(ask))
            except RunError as error:
                answers.append(error)
            finally:
                self._now = None
        return pickle.dumps(answers, protocol=5)

    def _cpu_s(self) -> float:
        """The processor's time that training has had; where that is not told apart, that of the process."""
        return time.process_time() if self._clock is None else time.clock_gettime(self._clock)

    async def command(self, name: str, events: Sequence[Event]) -> None:
        """Queues `events` for the run's next step, and ends the rounds that have come: a new one can begin with it."""
        held = self._runs.get(name)
        if held is None:
            return
        held.queue.extend(events)  # first: a count that is too low for a moment is made up for, one too high is not
        held.received += len(events)
        if held.run is not None:
            held.run.hurry()
        if perf_counter() >= self._cut_at + _CUT_S:
            self._cut_at = perf_counter()
            self._cuts += 1
            now = self._now
            under_way = self._runs.get(now[0]) if now is not None else None
            if under_way is not None and under_way.run is not None:
                under_way.run.hurry()

    async def drop(self, name: str) -> None:
        """Forgets the run, or calls its making off."""
        held = self._runs.pop(name, None)
        if held is not None:
            held.is_dropped = True
        if not self._runs:
            if self._emptied is not None:
                self._emptied.cancel()
            self._emptied = asyncio.get_running_loop().call_later(EMPTY_S, self._give_back)

    def _give_back(self) -> None:
        if not self._runs:
            self._training.submit(give_back)

    async def pulse(self) -> Pulse:
        """What is being trained, told by the event loop: a step that never ends does not keep it from answering."""
        now = self._now
        if now is None:
            return Pulse()
        name, begun, used = now
        return Pulse(name, perf_counter() - begun, self._cpu_s() - used)


def give_back() -> None:
    """Gives back the memory of runs that are gone: a network and its optimizer are held by each other until collected.

    Not while there are runs: what is given back after a step has to be paged in at the next.
    """
    gc.collect()
    heap.trim()


def _hand_on(done: asyncio.Future[bytes], answer: asyncio.Future[bytes]) -> None:
    if answer.done():
        return
    error = done.exception()
    if error is None:
        answer.set_result(done.result())
    else:
        answer.set_exception(error)


class Preparation(WorkerPlugin):
    """Sets a worker process up before it takes runs."""

    name = "trick-lab"

    def setup(self, worker: Worker) -> None:
        prepare()


@cache
def prepare() -> None:
    """Sets this process up to train: one torch thread, all imports made and out of collection."""
    torch.set_num_threads(1)
    catalogue.every()
    for name in NAMES:
        load_task(name)
    import_module("scipy.stats")  # which is imported where it is used: here nobody waits for it
    torch.optim.SGD([torch.zeros(1, requires_grad=True)]).step()  # the first of a process imports for a second
    gc.collect()
    gc.freeze()
