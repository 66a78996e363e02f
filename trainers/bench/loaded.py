"""The app while many runs train, against the app while they stand still: a page, and a turn of a knob."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from trainers.bench.app import START, App, Crowd, LiveClient, serving, visit
from trainers.bench.engine import FRAMES_PER_S
from trainers.bench.figures import Effort, Figure
from trainers.bench.subjects import LEVEL
from trainers.bench.windows import alternate

VISITS = 3  # of which each window gives the median


def measure(effort: Effort) -> Iterator[Figure]:
    """Visits in turn while the runs train and while they do not, then turns of a knob likewise."""
    with serving() as app, Crowd(app, effort.runs, together=False, every_s=1 / FRAMES_PER_S) as crowd:
        visit(app)  # the first one imports

        def beside(kind: str) -> list[float]:
            """What pages and turns take, in seconds, after the runs were told to go on or to stand still."""
            crowd.tell({"type": kind})
            time.sleep(0.2 * effort.seconds)
            return [median(visit(app) for _ in range(VISITS)), median(delays(app, max(3, effort.turns // 4)))]

        found = alternate(lambda: beside("resume"), lambda: beside("pause"), effort.pairs)
    name = f"{effort.runs} runs train"
    loaded, idle = (list(zip(*side, strict=True)) for side in zip(*found, strict=True))
    ratios = [busy / free for busy, free in zip(loaded[0], idle[0], strict=True)]
    detail = {"loaded_s": loaded[0], "idle_s": idle[0]}
    yield Figure.of(f"a page while {name} / while they do not, by the clock", ratios, at_most=1.6, detail=detail)
    bar = effort.bar(40, 80)
    turn = "knob turn to the frame that has its first step"
    yield Figure.of(f"{turn}, alone", [1e3 * one for one in idle[1]], "ms", at_most=bar)
    yield Figure.of(f"{turn}, while {name}", [1e3 * one for one in loaded[1]], "ms")


def delays(app: App, count: int) -> list[float]:
    """The seconds from turns of a knob of one free run to the frames that have the first steps under them."""
    with LiveClient.open(app) as client:
        client.send(START)
        client.take("snapshot")
        for _ in range(3):
            client.take("rows")
        found = [client.delay_of_turn(LEVEL, 0.1 + 0.01 * turn) for turn in range(count)]
        client.send({"type": "stop"})
        return found
