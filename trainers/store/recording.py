"""A run on its way into the store: what of it is kept already, and what has to be written for the rest.

Its rows and tests go in chunks of fixed borders, the open one written again and again; a probe never changes. Captures
are spaced: of as many as there may be, that one goes which leaves the smallest gap.
"""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np

from trainers.runs.described import differing
from trainers.runs.history import History
from trainers.runs.provenance import made_here
from trainers.runs.spec import Event, RunSpec, metric_of
from trainers.store.numbers import pack_arrays, pack_table

CHUNK = 512  # rows, or tests
MAX_CAPTURES = 16
MAX_CAPTURE_BYTES = 3 * 2**20  # of a run, the newest capture apart
CURVE_POINTS, CURVE_ARMS = 32, 4

GOING = ("running", "paused")
INTERRUPTED = "interrupted"
OPEN = (*GOING, INTERRUPTED)
"""How a run or a study stands that has not ended: it goes on, or can be gone on with."""

Values = dict[str, Any]


def new_id() -> str:
    """What a run or a study is called: nobody hits upon it by chance."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Capture:
    """The whole state of a run after `step`, as `Run.restore` takes it."""

    step: int
    data: bytes


@dataclass(frozen=True)
class Now:
    """A run at one moment: its history, which no longer changes, the turns that are still to come, how it stands."""

    history: History
    status: str
    coming: tuple[Event, ...] = ()
    why: str = ""
    detail: str = ""
    capture: Capture | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        return (*self.history.events, *self.coming)


@dataclass
class Recording:
    """What the store has of a run of this process: `id` is its key there, None before it has anything.

    `parent` is the public id of the run that it was made from, at `fork_step`; `told` are columns of one that was made
    elsewhere, in place of what would be so here.
    """

    public_id: str
    visitor: str
    name: str = ""
    parent: str = ""
    fork_step: int | None = None
    imported: bool = False
    id: int | None = None
    epoch: int = 0
    rows: tuple[int, ...] = ()  # how many, of each arm
    tests: tuple[int, ...] = ()
    probes: int = 0
    events: tuple[Event, ...] = ()
    captures: dict[int, int] = field(default_factory=dict)  # step -> bytes
    created_at: float = field(default_factory=time.time)
    told: Values = field(default_factory=dict)

    def of_run(self, now: Now) -> Values:
        """The columns of the run that change."""
        history, ended = now.history, now.status not in OPEN
        ended_last = any(failure.arm == len(history.spec.arms) - 1 for failure in history.failures)
        return {
            "status": now.status,
            "why": now.why,
            "detail": now.detail,
            "heartbeat_at": time.time(),
            "ended_at": time.time() if ended else None,
            "step": history.step,
            "processor": json.dumps(history.processors or [made_here()["processor"]]),
            "shape": json.dumps([history.row_names, history.test_names, history.steps_per_epoch]),
            "failures": json.dumps([[f.step, f.arm, f.value, dict(f.knobs)] for f in history.failures]),
            "metrics": json.dumps(found := metrics(history)),
            "result": None if ended_last else found.get(history.spec.arms[-1].name, {}).get(metric_of(history.spec)),
            "curve": curve(history),
        }

    def new_run(self, now: Now, writer: str) -> Values:
        """All columns of the run but its parent's."""
        return {
            **of_spec(now.history.spec),
            **self.of_run(now),
            "public_id": self.public_id,
            "visitor": self.visitor,
            "name": self.name,
            "note": "",
            "pinned": False,
            "writer": writer,
            "epoch": self.epoch,
            "created_at": self.created_at,
            "fork_step": self.fork_step,
            "imported": self.imported,
            "seed": now.history.spec.seed,
            **self.told,
        }

    def new_chunks(self, history: History) -> Iterator[Values]:
        """The chunks that are new or have grown."""
        arms = range(len(history.spec.arms))
        rows, tests = (self.rows or (0,) * len(arms)), (self.tests or (0,) * len(arms))
        for arm in arms:
            columns = [history.row(arm, name) for name in history.row_names]
            yield from _chunks("row", arm, columns, rows[arm])
            columns = [history.test(arm, name) for name in history.test_names]
            yield from _chunks("test", arm, columns, tests[arm])
        for probe in history.probes[self.probes :]:
            data = pack_arrays(probe.arrays)
            yield {"kind": "probe", "arm": probe.arm, "number": probe.step, "count": 1, "data": data}

    def surplus(self, capture: Capture) -> list[int]:
        """The steps of the captures that go for a new one."""
        held = {**self.captures, capture.step: len(capture.data)}
        gone = []
        while len(held) > 1 and (len(held) > MAX_CAPTURES or _older_bytes(held) > MAX_CAPTURE_BYTES):
            gone.append(_least_missed(sorted(held)))
            del held[gone[-1]]
        return gone

    def keep(self, now: Now, run_id: int) -> None:
        """Notes that all of `now` is in the store."""
        history = now.history
        arms = range(len(history.spec.arms))
        self.id = run_id
        self.rows = tuple(history.length(arm) for arm in arms)
        self.tests = tuple(len(history.test(arm, "step")) for arm in arms)
        self.probes, self.events = len(history.probes), now.events
        if now.capture is not None:
            for step in self.surplus(now.capture):
                self.captures.pop(step, None)
            self.captures[now.capture.step] = len(now.capture.data)


def of_spec(spec: RunSpec) -> Values:
    """The columns that follow from what is to be trained, and by what."""
    made, told = made_here(), spec.to_json()
    return {
        "app_version": made["version"],
        "code_hash": made["code"],
        "torch": made["torch"],
        "trick": spec.trick,
        "task": spec.task,
        "steps": spec.steps,
        "differs": json.dumps(differing(spec)),
        "spec": json.dumps(told),  # in their order, which is that of a CSV's columns
        "spec_hash": sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
    }


def metrics(history: History) -> dict[str, dict[str, float]]:
    """What was measured last, by arm and metric."""
    return {
        arm.name: {name: float(history.test(number, name)[-1]) for name in history.test_names[1:]}
        for number, arm in enumerate(history.spec.arms)
        if len(history.test(number, "step"))
    }


def curve(history: History) -> bytes:
    """The first arms' training curves in a few points each, as float32 (arms, points); NaN where an arm has ended."""
    points = np.full((min(CURVE_ARMS, len(history.spec.arms)), CURVE_POINTS), np.nan, "<f4")
    borders = np.linspace(0, history.step, CURVE_POINTS + 1).astype(np.intp)
    for arm in range(len(points)):
        values = history.row(arm, history.leading)
        for index, (low, high) in enumerate(pairwise(borders)):
            if low < min(high, len(values)):
                with np.errstate(all="ignore"):
                    points[arm, index] = values[low:high].mean()
    return points.tobytes()


def _chunks(kind: str, arm: int, columns: Sequence[np.ndarray[Any, Any]], kept: int) -> Iterator[Values]:
    length = len(columns[0])
    if length == kept:
        return
    for number in range(kept // CHUNK, math.ceil(length / CHUNK)):
        at = slice(number * CHUNK, min(length, (number + 1) * CHUNK))
        table = np.stack([column[at] for column in columns])
        yield {"kind": kind, "arm": arm, "number": number, "count": table.shape[1], "data": pack_table(table)}


def _older_bytes(held: Mapping[int, int]) -> int:
    return sum(held.values()) - held[max(held)]


def _least_missed(steps: Sequence[int]) -> int:
    """That of the steps, the last apart, which leaves the smallest gap."""
    gaps = {step: after - before for before, step, after in zip((0, *steps), steps, steps[1:], strict=False)}
    return min(gaps, key=lambda step: gaps[step])
