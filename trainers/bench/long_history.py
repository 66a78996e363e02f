"""A snapshot of a long run, and what the run keeps in memory."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trainers.bench.figures import Effort, Figure
from trainers.bench.subjects import long_spec
from trainers.kinds.run import Run
from trainers.live.live_run import Mark
from trainers.live.states import State
from trainers.runs.history import History, Probe, Progress
from trainers.runs.labels import load_labels
from trainers.wire import frames


def measure(effort: Effort) -> Iterator[Figure]:
    """How long the snapshot takes, and how large the history is."""
    steps, labels = effort.steps, load_labels()
    tracemalloc.start()
    history = long_history(steps)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    mark = Mark(0, history, State.RUNNING, None, 1000.0)
    taken_ms = []
    for _ in range(effort.pairs):
        start = time.thread_time()
        frame = frames.snapshot("run", mark, labels)
        taken_ms.append(1e3 * (time.thread_time() - start))
    yield Figure.of(f"snapshot of {steps:,} steps", taken_ms, "ms", at_most=50, detail={"frame_bytes": len(frame)})
    yield Figure(f"memory of {steps:,} steps", size / 1e6, "MB", at_most=200)


def long_history(steps: int) -> History:
    """A history as long as that, with as many measurements and probes as a run of the longest length has."""
    spec = long_spec()
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
