"""One run that many watch: the frames each gets, what one costs the app's process, and whether frames grow."""

from __future__ import annotations

import time
from collections.abc import Iterator

from trainers.bench.app import PATIENCE_S, START, Crowd, serving
from trainers.bench.figures import Effort, Figure
from trainers.bench.windows import cpu_of_all

SPEED = 33.0  # steps a second of the run


def measure(effort: Effort) -> Iterator[Figure]:
    """Windows one after another, with all who watch."""
    each, cost_ms, sizes = [], [], []
    with serving() as app, Crowd(app, effort.viewers, {**START, "speed": SPEED}, together=True) as crowd:
        time.sleep(effort.seconds)
        for _ in range(effort.pairs):
            frames, num_bytes, used = list(crowd.frames), crowd.num_bytes, cpu_of_all([app.process])
            start = time.perf_counter()
            time.sleep(effort.seconds)
            while crowd.frames == frames and time.perf_counter() < start + PATIENCE_S:
                time.sleep(0.05)
            new = [now - then for now, then in zip(crowd.frames, frames, strict=True)]
            cost_ms.append(1e3 * (cpu_of_all([app.process]) - used) / sum(new))
            sizes.append((crowd.num_bytes - num_bytes) / sum(new))
            each.append(min(new) / (time.perf_counter() - start))
    name = f"{effort.viewers} viewers of a run"
    yield Figure.of(f"{name}: frames of the least served", each, "1/s", at_least=8)
    bar = effort.bar(0.06, 0.13)
    yield Figure.of(f"{name}: CPU of the app's process a frame", cost_ms, "ms", at_most=bar)
    detail = {"bytes": sizes}
    yield Figure(f"{name}: bytes per frame, late / early", sizes[-1] / sizes[0], at_most=1.1, detail=detail)
