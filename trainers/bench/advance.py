"""`Run.advance` with everything recorded, against the bare loop, for every kind of trainer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from trainers.bench.bare import bare_loop
from trainers.bench.figures import Effort, Figure
from trainers.bench.subjects import spec_of
from trainers.kinds.run import TRAINERS, Run
from trainers.runs.spec import RunSpec

BLOCK_S = 0.1  # about as long is a block of steps


def measure(effort: Effort) -> Iterator[Figure]:
    """A figure for each kind."""
    for kind in TRAINERS:
        yield compare(kind, spec_of(kind), effort)


def compare(kind: str, spec: RunSpec, effort: Effort) -> Figure:
    """The speed of a run as a share of the bare loop's: blocks of steps in turn, of about as long for every kind."""
    run_s, bare_s = zip(*islice(pairs_of_blocks(spec), effort.blocks), strict=True)
    detail = {"run_steps_per_s": 1 / median(run_s), "bare_steps_per_s": 1 / median(bare_s)}
    shares = [bare / run for run, bare in zip(run_s, bare_s, strict=True)]
    name = f"Run.advance of the {kind} trainer, everything recorded / bare loop"
    return Figure.of(name, shares, at_least=0.95, detail=detail)


def pairs_of_blocks(spec: RunSpec) -> Iterator[tuple[float, float]]:
    """The processor's seconds of a step in the run and in the bare loop, a block of steps each, without end."""
    block = 0
    while True:
        run, bare = Run(spec), bare_loop(spec)
        history = run.new_history()
        warm = max(10, min(50, spec.steps // 4))
        history.append(run.advance(math.inf, max_steps=warm))
        start = time.process_time()
        bare.train(warm)
        wanted = round(BLOCK_S * warm / (time.process_time() - start))
        block = block or max(5, min(100, spec.steps - warm, wanted))
        while run.step + block <= spec.steps:
            start = time.process_time()
            history.append(run.advance(math.inf, max_steps=block))
            middle = time.process_time()
            bare.train(block)
            yield (middle - start) / block, (time.process_time() - middle) / block
