"""Runs as the app holds them, without the app: a conductor with workers, somebody who watches, windows of training.

All is asked of the conductor as anybody may, and read in the runs' marks.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from types import TracebackType

from trainers.bench.paces import BarePool
from trainers.bench.subjects import LEVEL, WORKERS, long_spec
from trainers.bench.windows import alternate, busiest, cpu_of_all, cpu_of_threads, family
from trainers.live.conductor import Conductor
from trainers.live.live_run import LiveRun, Mark
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.runs.labels import load_labels
from trainers.runs.spec import Event, RunSpec
from trainers.store.store import Store
from trainers.wire import frames

FRAMES_PER_S = 10
PATIENCE_S = 600  # after so long nothing comes any more
STILL_S = 0.3  # a run that is held and has not moved for so long stands still
LABELS = load_labels()


class Viewer:
    """Somebody who watches a run: a listener, and a thread that makes a frame of what is new, ten times a second."""

    def __init__(self, conductor: Conductor, run: LiveRun) -> None:
        self.run = run
        self.mark: Mark | None = None
        self.steps: list[tuple[float, int]] = []  # when a mark came, and how far the run was
        self.turned: list[float] = []  # when each turn was first known
        self.frames_cpu_s = 0.0
        self._conductor = conductor
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Viewer:
        self._conductor.tell(self.run.attach, self.listen)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._conductor.tell(self.run.detach, self.listen)

    def listen(self, mark: Mark) -> None:
        """Takes a mark of the run."""
        now = time.perf_counter()
        self.mark = mark
        self.steps.append((now, mark.history.step))
        self.turned += [now] * (len(mark.history.events) - len(self.turned))

    def _watch(self) -> None:
        seen: Mark | None = None
        while not self._ended.wait(1 / FRAMES_PER_S):
            mark = self.mark
            if mark is None or mark is seen:
                continue
            frame = None if seen is None else frames.increment(seen, mark, LABELS)
            if frame is None:
                frames.snapshot(self.run.id, mark, LABELS)
            seen = mark
            self.frames_cpu_s = time.thread_time()

    def steps_per_s(self, since: float, until: float) -> float:
        """The rate of steps between the first and the last mark from `since` to `until`; 0 if there are no two."""
        within = [one for one in tuple(self.steps) if since <= one[0] <= until]
        if len(within) < 2:
            return 0.0
        (start, first), *_, (end, last) = within
        return (last - first) / (end - start)

    def slices(self, since: float, until: float = math.inf) -> int:
        """How many marks have brought steps from `since` to `until`."""
        steps = tuple(self.steps)
        brought = (at for (_, before), (at, now) in pairwise(steps) if now > before)
        return sum(since <= at <= until for at in brought)

    def delay_of_turn(self, value: float) -> float:
        """The seconds from a turn of the knob until a step under its new value is known here.

        Raises:
            TimeoutError: it has no effect.
        """
        arm = next(number for number, arm in enumerate(self.run.spec.arms) if LEVEL in arm.knobs)
        known, start = len(self.turned), time.perf_counter()
        self._conductor.tell(self.run.turn, Event(0, LEVEL, value, arm))
        while time.perf_counter() < start + PATIENCE_S:
            if len(self.turned) > known:
                return self.turned[known] - start
            time.sleep(0.0005)
        raise TimeoutError(f"a knob turn had no effect for {PATIENCE_S} s")


@dataclass(frozen=True)
class Window:
    """What runs did in a window in which they went on, from standing still to standing still.

    `rates` are the steps and `served` the slices a second of each, by the clock, until they were told to stand still;
    `steps` and `slices` what each made in all. `cpu_s` is all the processor's time that went into it, `training_s` what
    the thread that trains took of it in each worker, `frames_s` what the viewers took.
    """

    rates: tuple[float, ...]
    served: tuple[float, ...]
    steps: tuple[int, ...]
    slices: tuple[int, ...]
    wall_s: float
    cpu_s: float
    training_s: float
    frames_s: float

    @property
    def cpu_s_per_step(self) -> float:
        return self.cpu_s / sum(self.steps)

    def beside_s_per_slice(self, idle: float) -> float:
        """The processor's seconds that a slice takes beside its training, where the idle take so many a second."""
        return (self.cpu_s - self.training_s - self.frames_s - idle * self.wall_s) / sum(self.slices)


class Group:
    """Runs that are watched, and go on or stand still together."""

    def __init__(self, conductor: Conductor, viewers: Sequence[Viewer], processes: Sequence[int]) -> None:
        self.viewers = viewers
        self._conductor = conductor
        self._processes = processes

    def hold(self) -> None:
        """Lets them stand still.

        Raises:
            TimeoutError: they do not.
            RuntimeError: one has ended.
        """
        for viewer in self.viewers:
            self._conductor.tell(viewer.run.pause)
        deadline, seen = time.perf_counter() + PATIENCE_S, -1
        while time.perf_counter() < deadline:
            marks = [viewer.run.mark for viewer in self.viewers]
            ended = next((mark.state for mark in marks if not mark.state.is_going), None)
            if ended is not None:
                raise RuntimeError(f"a run must go on while it is measured, this one is {ended}")
            steps = sum(mark.history.step for mark in marks)
            if steps == seen and all(mark.state is State.PAUSED for mark in marks):
                return
            seen = steps
            time.sleep(STILL_S)
        raise TimeoutError(f"runs that were paused went on for {PATIENCE_S} s")

    def release(self) -> None:
        """Lets them go on."""
        for viewer in self.viewers:
            self._conductor.tell(viewer.run.resume)

    def cpu_s(self) -> float:
        """The processor's seconds that all processes concerned have used so far."""
        return cpu_of_all(self._processes)

    def train(self, seconds: float) -> Window:
        """Lets them go on for so long, or until there is a step; what they did.

        Raises:
            TimeoutError: there is none, or they do not stand still again.
        """
        _, *workers = self._processes
        start, cpu = time.perf_counter(), self.cpu_s()
        threads = [cpu_of_threads(worker) for worker in workers]
        steps, frames_s = self._steps(), self._frames_s()
        self.release()
        time.sleep(seconds)
        while self._steps() == steps:
            if time.perf_counter() > start + PATIENCE_S:
                raise TimeoutError(f"runs that are to go on made no step in {PATIENCE_S} s")
            time.sleep(0.05)
        until = time.perf_counter()
        self.hold()
        return Window(
            rates=tuple(viewer.steps_per_s(start, until) for viewer in self.viewers),
            served=tuple(viewer.slices(start, until) / (until - start) for viewer in self.viewers),
            steps=tuple(now - then for now, then in zip(self._steps(), steps, strict=True)),
            slices=tuple(viewer.slices(start) for viewer in self.viewers),
            wall_s=time.perf_counter() - start,
            cpu_s=self.cpu_s() - cpu,
            training_s=sum(
                busiest(then, cpu_of_threads(worker)) for worker, then in zip(workers, threads, strict=True)
            ),
            frames_s=self._frames_s() - frames_s,
        )

    def _steps(self) -> list[int]:
        return [viewer.run.mark.history.step for viewer in self.viewers]

    def _frames_s(self) -> float:
        return sum(viewer.frames_cpu_s for viewer in self.viewers)


@dataclass(frozen=True)
class Compared:
    """Pairs of windows: of runs that train through workers, and of bare loops meanwhile that they stand still."""

    windows: tuple[Window, ...]
    cpu_ratios: tuple[float, ...]
    wall_ratios: tuple[float, ...]  # of all rates together
    idle: tuple[float, ...]  # the processor's seconds a second of all processes concerned while the runs stand still

    @property
    def beside_s_per_slice(self) -> tuple[float, ...]:
        return tuple(window.beside_s_per_slice(median(self.idle)) for window in self.windows)


def compare(group: Group, bare: BarePool, spec: RunSpec, pairs: int, seconds: float) -> Compared:
    """The group against bare loops of `spec`, in turn."""
    idle = []

    def stand_still() -> tuple[float, float]:
        start, used = time.perf_counter(), group.cpu_s()
        paces = bare.train(spec, seconds)
        idle.append((group.cpu_s() - used) / (time.perf_counter() - start))
        return (
            sum(pace.cpu_s for pace in paces) / sum(pace.steps for pace in paces),
            sum(pace.steps / pace.wall_s for pace in paces),
        )

    group.hold()
    found = alternate(lambda: group.train(seconds), stand_still, pairs)
    return Compared(
        windows=tuple(window for window, _ in found),
        cpu_ratios=tuple(window.cpu_s_per_step / cpu_s for window, (cpu_s, _) in found),
        wall_ratios=tuple(sum(window.rates) / rate for window, (_, rate) in found),
        idle=tuple(idle),
    )


@dataclass(frozen=True)
class Engine:
    """A conductor whose workers are warm, and its processes, this one first."""

    conductor: Conductor
    processes: tuple[int, ...]

    @contextmanager
    def watched(self, count: int) -> Iterator[Group]:
        """So many runs that go freely, each watched."""
        begun = [self.conductor.ask(self.conductor.begin(long_spec())) for _ in range(count)]
        runs = [run.result(PATIENCE_S) for run in begun]
        with ExitStack() as stack:
            viewers = [stack.enter_context(Viewer(self.conductor, run)) for run in runs]
            yield Group(self.conductor, viewers, self.processes)
            for run in runs:
                self.conductor.tell(run.stop)
        self.conductor.ask(self.conductor.where(lambda found: not found.runs)).result(PATIENCE_S)


@contextmanager
def conducting(workers: int = WORKERS, store: Store | None = None) -> Iterator[Engine]:
    """The engine with so many workers, and what it keeps in a store of its own."""
    conductor = Conductor(Policy(workers=workers), store=store)
    conductor.start()
    try:
        deadline = time.perf_counter() + PATIENCE_S
        while not conductor.warm and time.perf_counter() < deadline:
            time.sleep(0.05)
        short = replace(long_spec(), steps=20)
        for run in [conductor.ask(conductor.begin(short)) for _ in range(workers)]:
            live = run.result(PATIENCE_S)
            while live.mark.state is State.RUNNING and time.perf_counter() < deadline:
                time.sleep(0.05)
        yield Engine(conductor, family())
    finally:
        conductor.stop()
