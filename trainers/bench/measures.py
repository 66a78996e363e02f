"""How fast the lab is: each figure measured in one call, beside what it is compared with.

Blocks of the lab and of a bare PyTorch loop alternate, so that a machine that gets slower or faster meanwhile does so
for both; the figure is the median over the pairs of blocks.
"""

from __future__ import annotations

import asyncio
import json
import math
import multiprocessing
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from websockets.asyncio.client import ClientConnection, connect

from trainers.bench.bare import bare_loop
from trainers.kinds.run import TRAINERS, Run
from trainers.live.conductor import Conductor
from trainers.live.live_run import LiveRun, Mark
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.runs.build import build_spec
from trainers.runs.history import History, Probe, Progress
from trainers.runs.labels import load_labels
from trainers.runs.spec import ArmSpec, Event, RunSpec
from trainers.tasks import load_task
from trainers.wire import frames
from trainers.wire.protocol import versioned
from tricks import catalogue

TRICK, TASK, LEVEL = "flooding", "mnist1d", "flood_level"
"""What is measured: a plain network whose trick costs next to nothing, so that the lab's own cost shows."""

TASKS = {"gan": "ring", "pictures": "centers", "landscape": "landscape", "regression": "sparse_regression"}
"""What the trainers of other kinds are measured on: two plain arms, with all that the trick's page shows of them."""

WORKERS = 2
FRAMES_PER_S = 10
SPEED = 33.0  # steps a second of a run that is watched
PATIENCE_S = 600  # after so long nothing comes any more
BLOCK_S = 0.1  # about as long is a block of steps
LABELS = load_labels()

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How much is measured: `pairs` of blocks in one process and `rounds` through a worker, windows of `seconds`."""

    pairs: int = 30
    rounds: int = 5
    turns: int = 20
    seconds: float = 10.0
    viewers: int = 300
    runs: int = 30
    steps: int = 1_000_000  # of a long history


QUICK = Effort(pairs=6, rounds=2, turns=5, seconds=3.0, viewers=50, runs=8, steps=100_000)


@dataclass(frozen=True)
class Figure:
    """A measured number, in `unit`; it is as it should be when it is at least `at_least` or at most `at_most`."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        low = -math.inf if self.at_least is None else self.at_least
        return low <= self.value <= (math.inf if self.at_most is None else self.at_most)

    def __str__(self) -> str:
        goals = {"at least": self.at_least, "at most": self.at_most}
        goal = " and ".join(f"{what} {value:g}" for what, value in goals.items() if value is not None)
        verdict = f"  ({goal}: {'met' if self.is_met else 'missed'})" if goal else ""
        return f"{self.name:<64} {self.value:>9.3g} {self.unit:<5}{verdict}"


def measure_all(*, quick: bool = False, say: Say = print) -> dict[str, Any]:
    """Measures everything, says each figure as it comes, and returns all as JSON data."""
    effort = QUICK if quick else Effort()
    machine = {"torch": torch.__version__, "python": platform.python_version(), "cores": os.cpu_count()}
    say(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures: list[Figure] = []
    for measure in MEASURES:
        for figure in measure(effort):
            say(str(figure))
            figures.append(figure)
    found = [{**asdict(figure), "is_met": figure.is_met} for figure in figures]
    return {"machine": machine, "effort": asdict(effort), "figures": found}


# --- one process


def spec_of(kind: str) -> RunSpec:
    """The run by which a kind of trainer is measured.

    Raises:
        LookupError: it is not said which, or no trick is shown on the task.
    """
    if kind == load_task(TASK).trainer:
        return build_spec(TRICK, task=TASK)
    if kind not in TASKS:
        raise LookupError(f"bench.TASKS must have a task for every kind of trainer, it has none for {kind}")
    shown = [trick for trick in catalogue.every() if TASKS[kind] in [setup.task for setup in trick.setups]]
    if not shown:
        raise LookupError(f"the task {TASKS[kind]} of the {kind} trainer must be one on which a trick is shown")
    made_for_it = next((trick for trick in shown if trick.trainer == kind), shown[0])
    return replace(
        build_spec(made_for_it.name, task=TASKS[kind]), arms=(ArmSpec("baseline"), ArmSpec("baseline again"))
    )


def measure_advance(effort: Effort) -> Iterator[Figure]:
    """`Run.advance` with everything recorded, against the bare loop, for every kind of trainer."""
    for kind in TRAINERS:
        yield compare(kind, spec_of(kind), effort)


def compare(kind: str, spec: RunSpec, effort: Effort) -> Figure:
    """The speed of a run as a share of the bare loop's: blocks of steps in turn, of about as long for every kind."""
    ratios, run_s, bare_s = [], [], []
    blocks = pairs_of_blocks(spec)
    for _ in range(effort.pairs):
        run, bare = next(blocks)
        run_s.append(run)
        bare_s.append(bare)
        ratios.append(bare / run)
    detail = {"run_steps_per_s": 1 / statistics.median(run_s), "bare_steps_per_s": 1 / statistics.median(bare_s)}
    name = f"Run.advance of the {kind} trainer, everything recorded / bare loop"
    return Figure(name, statistics.median(ratios), at_least=0.95, detail=detail)


def pairs_of_blocks(spec: RunSpec) -> Iterator[tuple[float, float]]:
    """The seconds of a step in the run and in the bare loop, a block of steps each, without end."""
    block = 0
    while True:
        run, bare = Run(spec), bare_loop(spec)
        history = run.new_history()
        warm = max(10, min(50, spec.steps // 4))
        history.append(run.advance(math.inf, max_steps=warm))
        start = time.perf_counter()
        bare.train(warm)
        wanted = round(BLOCK_S * warm / (time.perf_counter() - start))
        block = block or max(5, min(100, spec.steps - warm, wanted))
        while run.step + block <= spec.steps:
            start = time.perf_counter()
            history.append(run.advance(math.inf, max_steps=block))
            middle = time.perf_counter()
            bare.train(block)
            yield (middle - start) / block, (time.perf_counter() - middle) / block


# --- through workers


class Viewer:
    """Somebody who watches a run: a listener, and a thread that makes a frame of what is new, ten times a second."""

    def __init__(self, conductor: Conductor, run: LiveRun) -> None:
        self._conductor, self._run = conductor, run
        self.marks: list[tuple[float, Mark]] = []
        self.num_frames = self.num_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Viewer:
        self._conductor.tell(self._run.attach, self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._conductor.tell(self._run.detach, self._listen)

    def _listen(self, mark: Mark) -> None:
        self.marks.append((time.perf_counter(), mark))

    def _watch(self) -> None:
        seen: Mark | None = None
        while not self._ended.wait(1 / FRAMES_PER_S):
            if not self.marks or self.marks[-1][1] is seen:
                continue
            mark = self.marks[-1][1]
            frame = None if seen is None else frames.increment(seen, mark, LABELS)
            frame = frame or frames.snapshot(self._run.id, self._run.public_id, mark, LABELS)
            self.num_frames, self.num_bytes, seen = self.num_frames + 1, self.num_bytes + len(frame), mark

    def steps_per_s(self, since: float) -> float:
        """The rate of steps between the first and the last mark after `since`; where a second is late, it waits.

        Raises:
            TimeoutError: no second mark comes.
        """
        deadline = time.perf_counter() + PATIENCE_S
        while len(after := [(at, mark.history.step) for at, mark in self.marks if at >= since]) < 2:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"a watched run sent no two marks in {PATIENCE_S} s")
            time.sleep(0.01)
        (start, first), (end, last) = after[0], after[-1]
        return (last - first) / (end - start)

    def wait(self, seconds: float) -> None:
        """Watches for so long, or until the run has ended."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline and (not self.marks or self.marks[-1][1].state is State.RUNNING):
            time.sleep(0.01)


@contextmanager
def conducting(workers: int) -> Iterator[Conductor]:
    """A conductor whose workers are warm."""
    conductor = Conductor(Policy(workers=workers))
    conductor.start()
    try:
        deadline = time.perf_counter() + PATIENCE_S
        while not conductor.warm and time.perf_counter() < deadline:
            time.sleep(0.05)
        for run in [conductor.ask(conductor.begin(build_spec(TRICK, task=TASK, steps=20))) for _ in range(workers)]:
            live = run.result(PATIENCE_S)
            with Viewer(conductor, live) as viewer:
                viewer.wait(30)
        yield conductor
    finally:
        conductor.stop()


def begin(conductor: Conductor, spec: RunSpec) -> LiveRun:
    """A free run."""
    return conductor.ask(conductor.begin(spec)).result(PATIENCE_S)


def measure_workers(effort: Effort) -> Iterator[Figure]:
    """Runs as the app holds them: one alone, then many at once."""
    with conducting(WORKERS) as conductor:
        yield from _alone(conductor, effort)
        yield from _sharing(conductor, effort)


def _alone(conductor: Conductor, effort: Effort) -> Iterator[Figure]:
    """One run through a worker with a viewer, against the bare loop here, in turn; and how soon a turn takes effect."""
    spec = build_spec(TRICK, task=TASK, steps=100_000)
    seconds = 0.4 * effort.seconds
    ratios, delays = [], []
    for _ in range(effort.rounds):
        run = begin(conductor, spec)
        with Viewer(conductor, run) as viewer:
            viewer.wait(0.5)
            since = time.perf_counter()
            viewer.wait(seconds)
            lab = viewer.steps_per_s(since)
            delays += [turn_delay(conductor, run, viewer, 0.1 + 0.01 * turn) for turn in range(effort.turns)]
        conductor.tell(run.stop)
        ratios.append(lab / bare_rate(spec, seconds))
    yield Figure("through a worker, one viewer at 10 Hz / bare loop", statistics.median(ratios), at_least=0.87)
    delay_ms = 1e3 * statistics.median(delays)
    yield Figure("knob turn to the first step under it, without a browser", delay_ms, "ms", at_most=40)


def turn_delay(conductor: Conductor, run: LiveRun, viewer: Viewer, value: float) -> float:
    """The seconds until a step under a knob's new value is known here."""
    arm = next(number for number, arm in enumerate(run.spec.arms) if LEVEL in arm.knobs)
    turned = len(run.mark.history.events)
    start = time.perf_counter()
    conductor.tell(run.turn, Event(0, LEVEL, value, arm))
    while time.perf_counter() < start + PATIENCE_S:
        at, mark = viewer.marks[-1]
        if len(mark.history.events) > turned:
            return at - start
        time.sleep(0.0005)
    raise TimeoutError(f"a knob turn had no effect for {PATIENCE_S} s")


def bare_rate(spec: RunSpec, seconds: float) -> float:
    """The bare loop's steps per second."""
    bare = bare_loop(spec)
    bare.train(50)
    start, first = time.perf_counter(), bare.step
    while time.perf_counter() < start + seconds:
        bare.train(25)
    return (bare.step - first) / (time.perf_counter() - start)


def bare_rates(spec: RunSpec, seconds: float, count: int) -> float:
    """The steps per second of so many bare loops at once, in all."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        list(pool.map(bare_rate, [spec] * count, [0.1] * count))  # imports
        return sum(pool.map(bare_rate, [spec] * count, [seconds] * count))


def _sharing(conductor: Conductor, effort: Effort) -> Iterator[Figure]:
    """Many watched runs on few workers: what each gets, and all together, against two bare loops."""
    spec = build_spec(TRICK, task=TASK, steps=100_000)
    count, seconds = effort.runs, effort.seconds
    with ExitStack() as stack:
        runs = [begin(conductor, spec) for _ in range(count)]
        viewers = [stack.enter_context(Viewer(conductor, run)) for run in runs]
        time.sleep(1.0)
        since = time.perf_counter()
        time.sleep(seconds)
        rates = [viewer.steps_per_s(since) for viewer in viewers]
        served = [sum(at >= since for at, _ in viewer.marks) / seconds for viewer in viewers]
        for run in runs:
            conductor.tell(run.stop)
    together = sum(rates) / bare_rates(spec, seconds / 2, WORKERS)
    share = [rate / (sum(rates) / count) for rate in rates]
    name = f"{count} runs on {WORKERS} workers"
    yield Figure(f"{name}: the least share / fair share", min(share), at_least=0.8)
    yield Figure(f"{name}: the largest share / fair share", max(share), at_most=1.2)
    yield Figure(f"{name}: together / {WORKERS} bare loops", together, at_least=0.75)
    yield Figure(f"{name}: slices of the least served", min(served), "1/s", at_least=4)


# --- the server


@contextmanager
def serving() -> Iterator[tuple[psutil.Process, int]]:
    """The app on a free port, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    process = subprocess.Popen(  # noqa: S603 - our own app
        [*command, "--server.address=127.0.0.1", "--server.headless=true"],
        cwd=Path(__file__).parent.parent.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.perf_counter() + PATIENCE_S
        while process.poll() is None and time.perf_counter() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                break
            time.sleep(0.1)
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with {process.returncode} before it could be measured")
        yield psutil.Process(process.pid), port
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@dataclass(frozen=True)
class Window:
    """What the viewers got from `start` to `end` (by the clock): frames a second of each, and the bytes of a frame."""

    start: float
    end: float
    frames_per_s: list[float]
    bytes_per_frame: float


async def _watch(
    port: int, start: Mapping[str, Any], count: int, starts: Sequence[float], seconds: float
) -> list[Window]:
    """So many sockets that watch one run; what they got in the windows that begin so many seconds after the last."""
    got = [[0, 0] for _ in range(count)]
    url = f"ws://127.0.0.1:{port}{versioned('/lab/live')}"

    async def read(viewer: ClientConnection, mine: list[int]) -> None:
        async for frame in viewer:
            mine[0] += 1
            mine[1] += len(frame)
            await viewer.send('{"type":"ack"}')

    viewers: list[ClientConnection] = []
    while len(viewers) < count:  # a few at a time, or the server's backlog is full
        some = (
            connect(url, compression=None, max_size=None, open_timeout=PATIENCE_S)
            for _ in range(min(20, count - len(viewers)))
        )
        viewers += await asyncio.gather(*some)
    await viewers[0].send(json.dumps(start))
    header: dict[str, Any] = {}
    while header.get("type") != "snapshot":
        frame = await asyncio.wait_for(viewers[0].recv(decode=False), PATIENCE_S)
        header = json.loads(frame[4 : 4 + int.from_bytes(frame[:4], "little")])
        await viewers[0].send('{"type":"ack"}')
    for viewer in viewers[1:]:
        await viewer.send(json.dumps({"type": "attach", "run": header["run"]}))
    readers = [asyncio.ensure_future(read(*pair)) for pair in zip(viewers, got, strict=True)]
    begun = time.perf_counter()
    windows = []
    for at in starts:
        await asyncio.sleep(at - (time.perf_counter() - begun))
        before, since = [tuple(mine) for mine in got], time.time()
        await asyncio.sleep(seconds)
        until = time.time()
        new = [(now[0] - then[0], now[1] - then[1]) for now, then in zip(got, before, strict=True)]
        num_frames, num_bytes = map(sum, zip(*new, strict=True))
        rates = [frames / (until - since) for frames, _ in new]
        windows.append(Window(since, until, rates, num_bytes / max(1, num_frames)))
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, *(viewer.close() for viewer in viewers), return_exceptions=True)
    return windows


def watch(port: int, start: Mapping[str, Any], count: int, starts: Sequence[float], seconds: float) -> list[Window]:
    """`_watch` in a process of its own, so that it does not take the app's time."""
    return asyncio.run(_watch(port, start, count, starts, seconds))


def cpu_of(process: psutil.Process) -> float | None:
    """The processor's seconds that a process has used so far; None once it has ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return None
    return float(times.user + times.system)


def measure_viewers(effort: Effort) -> Iterator[Figure]:
    """One run that many watch: the frames each gets, what that costs the app's process, and whether frames grow."""
    count, seconds = effort.viewers, effort.seconds
    starts = (0.5 * seconds, 2.5 * seconds)
    start = {"type": "start", "trick": TRICK, "task": TASK, "speed": SPEED}
    context = multiprocessing.get_context("spawn")
    with serving() as (app, port), ProcessPoolExecutor(1, mp_context=context) as pool:
        watching = pool.submit(watch, port, start, count, starts, seconds)
        used = []
        while not watching.done():
            spent = cpu_of(app)
            if spent is not None:
                used.append((time.time(), spent))
            time.sleep(0.05)
        early, late = watching.result()
    name = f"{count} viewers of a run"
    clock, cpu_s = np.array(used).T
    shares = [np.diff(np.interp((w.start, w.end), clock, cpu_s)).item() / (w.end - w.start) for w in (early, late)]
    each = [min(pair) for pair in zip(early.frames_per_s, late.frames_per_s, strict=True)]
    sizes = {"early_bytes": early.bytes_per_frame, "late_bytes": late.bytes_per_frame}
    yield Figure(f"{name}: frames of the least served", min(each), "1/s", at_least=9)
    yield Figure(f"{name}: share of a core in the app's process", max(shares), at_most=0.3)
    grown = late.bytes_per_frame / early.bytes_per_frame
    yield Figure(f"{name}: bytes per frame, late / early", grown, at_most=1.1, detail=sizes)


# --- a long history


def measure_history(effort: Effort) -> Iterator[Figure]:
    """A snapshot of a long run, and what the run keeps in memory."""
    steps = effort.steps
    tracemalloc.start()
    history = long_history(steps)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    mark = Mark(0, history, State.RUNNING, None, 1000.0)
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        frame = frames.snapshot("run", "run", mark, LABELS)
        taken.append(time.perf_counter() - start)
    detail = {"frame_bytes": len(frame)}
    yield Figure(f"snapshot of {steps:,} steps", 1e3 * statistics.median(taken), "ms", at_most=50, detail=detail)
    yield Figure(f"memory of {steps:,} steps", size / 1e6, "MB", at_most=200)


def long_history(steps: int) -> History:
    """A history as long as that, with as many measurements and probes as a run of the longest length has."""
    spec = build_spec(TRICK, task=TASK, steps=100_000)
    run = Run(replace(spec, steps=20))
    short = run.new_history()
    short.append(run.advance(math.inf))
    history = History(replace(spec, steps=steps), short.row_names, short.test_names, short.steps_per_epoch)
    every, block = int(spec.settings["eval_every"]), 10_000
    source = np.random.default_rng(0)
    for first in range(1, steps + 1, block):
        rows = tuple({name: source.random(block) for name in short.row_names} for _ in spec.arms)
        at = np.arange(first + every - 1, first + block, every, dtype=np.float64)
        tests = tuple(
            {name: at if name == "step" else source.random(len(at)) for name in short.test_names} for _ in spec.arms
        )
        last = first + block - 1
        probes = tuple(Probe(last, probe.arm, probe.arrays) for probe in short.probes[-len(spec.arms) :])
        history.append(Progress(first, last, rows, tests, probes))
    return history


MEASURES = (measure_advance, measure_workers, measure_viewers, measure_history)
