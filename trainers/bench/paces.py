"""How fast the bare loop goes: here, in processes of its own, and of one network alone as a measure of the machine."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType

from trainers.bench.bare import bare_loop
from trainers.bench.subjects import long_spec
from trainers.runs.spec import RunSpec

WARM = 50  # steps before the first that counts
BLOCK = 25  # steps between two looks at the clock


@dataclass(frozen=True)
class Pace:
    """So many steps, the processor's seconds that they took, and those by the clock."""

    steps: int
    cpu_s: float
    wall_s: float


def bare_pace(spec: RunSpec, seconds: float) -> Pace:
    """The bare loop of `spec` for about so long, from its start, but for its first steps."""
    bare = bare_loop(spec)
    bare.train(WARM)
    start, used, first = time.perf_counter(), time.process_time(), bare.step
    while time.perf_counter() < start + seconds:
        bare.train(BLOCK)
    return Pace(bare.step - first, time.process_time() - used, time.perf_counter() - start)


def bare_whole(spec: RunSpec) -> Pace:
    """The bare loop of `spec` from its start to its end, with its data."""
    start, used = time.perf_counter(), time.process_time()
    bare_loop(spec).train(spec.steps)
    return Pace(spec.steps, time.process_time() - used, time.perf_counter() - start)


def machine_speed(seconds: float = 1.0) -> float:
    """The bare loop's steps per second of the processor with one network: how fast the machine is."""
    spec = long_spec()
    pace = bare_pace(replace(spec, arms=spec.arms[:1]), seconds)
    return pace.steps / pace.cpu_s


class BarePool:
    """So many processes that train bare loops at the same time, and are idle in between."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> BarePool:
        self.train(long_spec(), 0.1)  # imports
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def train(self, spec: RunSpec, seconds: float) -> list[Pace]:
        """The pace of each."""
        return list(self._pool.map(bare_pace, [spec] * self._count, [seconds] * self._count))

    def finish(self, specs: Sequence[RunSpec]) -> Pace:
        """What all of these runs take together, from their starts to their ends, one after another in each process."""
        start = time.perf_counter()
        found = list(self._pool.map(bare_whole, specs))
        return Pace(sum(one.steps for one in found), sum(one.cpu_s for one in found), time.perf_counter() - start)
