"""A class that comes at once: all open a page and press Run within seconds, and then turn a knob again and again.

Once there is a place for each, and once for a third of them, so that the others wait in line: is anybody refused or
lost, and do number and estimate come true? And is the memory that the class took free again, once its runs have ended
and are kept no longer?
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from trainers.bench.app import ACK, PATIENCE_S, START, App, serving
from trainers.bench.figures import Effort, Figure
from trainers.bench.subjects import LEVEL, TRICK
from trainers.bench.windows import family, resident_mb
from trainers.wire.frames import decode

COME_S = 5.0  # within which all come
TURN_S = 5.0  # between two turns of one of them
SHORT = 400  # steps of a run for which others wait
KEEP_S = 2.0  # for which ended runs are kept
QUIET_S = 30.0  # after which whatever was to be given back is
LOOK_S = 1.0  # between looks at the memory
WORTH_S = 2.0  # an estimate below this is not held to a factor


@dataclass
class Student:
    """What one has seen, in seconds since Run was pressed."""

    refused: list[str] = field(default_factory=list)
    first_step_s: float | None = None
    turn_s: list[float] = field(default_factory=list)
    told: list[tuple[float, int, float]] = field(default_factory=list)  # when, number in line, estimate
    begun_s: float | None = None  # no more in line
    sent: dict[float, float] = field(default_factory=dict)  # turns on their way: value -> when

    def estimates(self) -> list[float]:
        """How many times as long as told it took, of each estimate that was worth telling."""
        if self.begun_s is None:
            return []
        return [(self.begun_s - at) / left for at, _, left in self.told if left >= WORTH_S]


def measure(effort: Effort) -> Iterator[Figure]:
    """A class with places for all, then with places for a third."""
    count = 2 * effort.runs
    name = f"{count} come within {COME_S:g} s"
    with serving({"TRICK_LAB_KEEP_S": f"{KEEP_S:g}"}) as app:
        asyncio.run(lesson(app, effort.runs, 3 * TURN_S, START))  # which imports and makes what stays
        before = quiet_mb(app)
        students, most = asyncio.run(watched_lesson(app, count, 22.5 * effort.seconds))
        after = quiet_mb(app)
    yield from lost(name, students)
    yield Figure(f"{name}: memory of the app and its workers before", before, "MB")
    yield Figure(f"{name}: memory at most", most, "MB")
    yield Figure(f"{name}: memory after", after, "MB", at_most=(before + most) / 2)
    first = [one.first_step_s for one in students if one.first_step_s is not None]
    turns = [delay for one in students for delay in one.turn_s]
    for what, seen in (("Run to the first step", first), ("knob turn to its first step", turns)):
        if seen:
            yield Figure.of(f"{name}: {what}", seen, "s")
    places = max(1, count // 3)
    with serving({"TRICK_LAB_MAX_RUNS": str(places)}) as app:
        students = asyncio.run(lesson(app, count, None, {**START, "steps": SHORT}))
    name = f"{count} come, {places} places"
    yield from lost(name, students)
    ratios = [ratio for one in students for ratio in one.estimates()]
    if ratios:
        right = sum(0.5 <= ratio <= 2 for ratio in ratios) / len(ratios)
        detail = {"estimates": len(ratios), "median": median(ratios)}
        yield Figure(f"{name}: share of estimates right within a factor of two", right, detail=detail)


def quiet_mb(app: App) -> float:
    """The memory of the app and its workers, once all runs have ended and are gone."""
    time.sleep(QUIET_S)
    return resident_mb(family(app.process))


async def watched_lesson(app: App, count: int, seconds: float) -> tuple[list[Student], float]:
    """What each has seen, and the most memory that the app and its workers had meanwhile."""
    most = 0.0

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, resident_mb(family(app.process)))
            await asyncio.sleep(LOOK_S)

    looking = asyncio.ensure_future(look())
    try:
        return await lesson(app, count, seconds, START), most
    finally:
        looking.cancel()


def lost(name: str, students: list[Student]) -> Iterator[Figure]:
    """Who was refused, and who never had a step."""
    refused = [sentence for one in students for sentence in one.refused]
    yield Figure(f"{name}: refused", len(refused), at_most=0, detail={"first": refused[:1]})
    yield Figure(f"{name}: without a step", sum(one.first_step_s is None for one in students), at_most=0)


async def lesson(app: App, count: int, seconds: float | None, start: Mapping[str, Any]) -> list[Student]:
    """What each has seen after so many seconds, or at the end of the own run."""
    students = [Student() for _ in range(count)]
    attending = (attend(app, one, COME_S * k / count, seconds, start) for k, one in enumerate(students))
    await asyncio.wait_for(asyncio.gather(*attending), PATIENCE_S)
    return students


async def attend(app: App, student: Student, comes_s: float, seconds: float | None, start: Mapping[str, Any]) -> None:
    """Comes, opens the page, presses Run, and turns the knob, until the lesson or the run is over."""
    await asyncio.sleep(comes_s)
    known = await asyncio.to_thread(app.visit, f"/{TRICK}")
    options: dict[str, Any] = {"compression": None, "max_size": None, "open_timeout": PATIENCE_S}
    async with connect(app.live, additional_headers=known, **options) as connection:
        await connection.send(json.dumps(start))
        pressed = time.perf_counter()
        turning = asyncio.ensure_future(turn(connection, student, pressed)) if seconds is not None else None
        try:
            async with asyncio.timeout(seconds):
                await read(connection, student, pressed)
        except TimeoutError:
            await connection.send(json.dumps({"type": "stop"}))
        finally:
            if turning is not None:
                turning.cancel()


async def turn(connection: ClientConnection, student: Student, pressed: float) -> None:
    """Turns the knob every few seconds, to another value each time."""
    for number in range(1000):
        await asyncio.sleep(TURN_S)
        level = round(0.1 + 0.001 * number, 3)
        student.sent[level] = time.perf_counter() - pressed
        await connection.send(json.dumps({"type": "turn", "name": LEVEL, "value": level, "arm": 1}))


async def read(connection: ClientConnection, student: Student, pressed: float) -> None:
    """Takes frame after frame, until the run has ended."""
    waits = False
    async for data in connection:
        now = time.perf_counter() - pressed
        if not isinstance(data, bytes):
            continue
        await connection.send(ACK)
        header, _ = decode(data)
        if header["type"] == "refused":
            student.refused.append(header["message"])
            return
        if "making" in header:
            numbers = [float(found) for found in re.findall(r"\d+", header["making"] or "")]
            in_line = bool(header["making"]) and "in line" in header["making"]
            if in_line and len(numbers) == 2:
                student.told.append((now, int(numbers[0]), numbers[1]))
            if waits and not in_line and student.begun_s is None:
                student.begun_s = now
            waits = waits or in_line
        if header.get("step", 0) > 0 and student.first_step_s is None:
            student.first_step_s = now
        for event in header.get("events", ()):
            if event["value"] in student.sent:
                student.turn_s.append(now - student.sent.pop(event["value"]))
        if header.get("state") in ("finished", "failed", "stopped"):
            return
