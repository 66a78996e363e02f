"""What one socket can do to the others: the loop under the worst that it may send at once, and each message's work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

from trainers.bench.app import App, LiveClient, serving
from trainers.bench.figures import Effort, Figure
from trainers.bench.windows import alternate
from trainers.runs.spec import MAX_ARMS
from trainers.wire import frames
from trainers.wire.messages import parse, read_preview, read_repeat, read_start
from trainers.wire.protocol import BURST, TO_SERVER, take
from tricks import catalogue

PROBE_S = 0.02  # between two questions of somebody else
READ: Mapping[str, Callable[..., Any]] = {
    "preview": lambda **asked: frames.preview(read_preview(**asked)),
    "start": read_start,
    "repeat": read_repeat,
}
"""What is made of the messages that take some reading."""
ARMS: tuple[dict[str, object], ...] = ({},) * (MAX_ARMS - 2)
"""As many further arms as a message may ask for: what takes the longest to read for the same cost."""


def measure(effort: Effort) -> Iterator[Figure]:
    """The work of each message, and what as many of the worst as a socket may send do to another one."""
    works = own_work()
    (kind, trick), worst_s = max(works.items(), key=lambda found: found[1])
    detail = {"message": kind, "trick": trick}
    yield Figure("a message's own work, the longest", 1e3 * worst_s, "ms", at_most=10, detail=detail)
    trick = max((name for kind, name in works if kind == "preview"), key=lambda name: works["preview", name])
    with serving() as app, LiveClient.open(app) as other:
        longest_stall(other, effort.seconds)
        found = alternate(
            lambda: under_burst(app, other, trick, effort.seconds),
            lambda: longest_stall(other, effort.seconds),
            effort.pairs,
        )
    ratios = [busy / free for busy, free in found]
    waits_ms = {"under_ms": [1e3 * busy for busy, _ in found], "without_ms": [1e3 * free for _, free in found]}
    yield Figure.of("longest answer under a socket's worst burst / without", ratios, at_most=5, detail=waits_ms)


def own_work() -> dict[tuple[str, str], float]:
    """The processor's seconds that a message of each kind about each trick takes, once what it needs is there."""
    found = {}
    for trick in catalogue.every():
        for kind in READ:
            if kind != "preview" or trick.preview is not None:
                text = json.dumps({"type": kind, "trick": trick.name, "extra_arms": ARMS})
                read(text)
                found[kind, trick.name] = median(read(text) for _ in range(5))
    return found


def read(text: str) -> float:
    """The processor's seconds that a message takes to be read, and a preview to be made."""
    start = time.thread_time()
    message, fields = parse(text, TO_SERVER)
    READ[message.kind](**take(message.kind, message.fields, fields))
    return time.thread_time() - start


def longest_stall(client: LiveClient, seconds: float) -> float:
    """The longest that a socket waits for an answer that costs nothing to make, asked for again and again."""
    waits = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        client.send({"type": "pause"})  # of which there is none: it is refused
        client.take("refused")
        waits.append(time.perf_counter() - start)
        time.sleep(PROBE_S)
    return max(waits)


def under_burst(app: App, other: LiveClient, trick: str, seconds: float) -> float:
    """The longest that `other` waits while another socket has asked for as many previews as it may at once."""
    with LiveClient.open(app) as client:
        for _ in range(int(BURST) - 1):
            client.send({"type": "preview", "trick": trick, "extra_arms": ARMS})
        return longest_stall(other, seconds)
