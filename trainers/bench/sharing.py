"""Many watched runs on few workers: what each gets, and what all together cost, against bare loops."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from trainers.bench.engine import Engine, compare, conducting
from trainers.bench.figures import Effort, Figure
from trainers.bench.paces import BarePool
from trainers.bench.subjects import WORKERS, long_spec

SLICES_PER_S = 4


def measure(effort: Effort) -> Iterator[Figure]:
    """Many runs, and still more of them."""
    with conducting(WORKERS) as engine, BarePool(WORKERS) as bare:
        yield from share(engine, bare, effort, effort.runs, effort.bar(1.15, 1.25))
        yield from share(engine, bare, effort, effort.more_runs, effort.bar(1.25, 1.35))


def share(engine: Engine, bare: BarePool, effort: Effort, count: int, bar: float) -> Iterator[Figure]:
    """So many runs; `bar` is what a step may cost."""
    with engine.watched(count) as group:
        found = compare(group, bare, long_spec(), effort.pairs, effort.seconds)
        group.release()
        viewers = (group.viewers[number % count] for number in range(effort.turns))
        delays_ms = [1e3 * viewer.delay_of_turn(0.1 + 0.01 * turn) for turn, viewer in enumerate(viewers)]
    steps = [sum(each) for each in zip(*(window.steps for window in found.windows), strict=True)]
    served = [mean(each) for each in zip(*(window.served for window in found.windows), strict=True)]
    spent_s = sum(window.cpu_s for window in found.windows)
    detail = {"frames_share": sum(window.frames_s for window in found.windows) / spent_s}
    name = f"{count} runs on {WORKERS} workers"
    yield Figure.of(f"{name}: CPU of all a step / bare loop's", found.cpu_ratios, at_most=bar, detail=detail)
    yield Figure.of(f"{name}: steps a second together / {WORKERS} bare loops", found.wall_ratios)
    yield Figure(f"{name}: the least share / fair share", min(steps) * count / sum(steps), at_least=0.8)
    yield Figure(f"{name}: the largest share / fair share", max(steps) * count / sum(steps), at_most=1.2)
    yield Figure(f"{name}: slices of the least served", min(served), "1/s", at_least=SLICES_PER_S)
    beside_ms = [1e3 * one for one in found.beside_s_per_slice]
    bar_ms = effort.bar(0.5, 1.1)
    yield Figure.of(
        f"{name}: CPU beside training a slice", beside_ms, "ms", at_most=bar_ms, detail={"idle": found.idle}
    )
    yield Figure.of(f"{name}: knob turn to the first step under it", delays_ms, "ms")
