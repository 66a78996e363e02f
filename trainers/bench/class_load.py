"""A class in a room, by light clients: all join within ten seconds, watch the one live run and vote within five.

A fifth of them drop while the vote is open, and return. Is a vote lost, or counted twice? How long until each is shown
that the vote has begun, how many frames a second has each watcher, and is the memory free again once all have left?
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from trainers.bench.app import ACK, AT_ONCE, PATIENCE_S, START, App, serving
from trainers.bench.figures import Effort, Figure
from trainers.bench.subjects import TRICK
from trainers.bench.windows import family, resident_mb
from trainers.wire.frames import decode

JOIN_S, VOTE_S = 10.0, 5.0  # within which all join, and all vote
AWAY_S = 2.0  # for which a fifth are gone
QUIET_S = 5.0  # after which whatever was to be given back is
CHOICES = 3  # of what the page asks by itself: two arms, and neither
OPTIONS: dict[str, Any] = {"compression": None, "max_size": None, "open_timeout": PATIENCE_S}


@dataclass
class Phone:
    """One student: the choices it makes, and what it has seen, in seconds."""

    number: int
    choice: int
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    joined_s: float = 0.0  # from the first request until it is in
    asked_s: float = 0.0  # from the teacher's press until it is shown
    taken_s: float = 0.0  # from its answer until that is in
    frames: int = 0  # of the live run


def measure(effort: Effort) -> Iterator[Figure]:
    """A class of twice as many as runs, and one of ten times as many: 60 and 300 where all is measured."""
    for count in (2 * effort.runs, 10 * effort.runs):
        with (
            tempfile.TemporaryDirectory() as folder,
            serving({"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": folder}) as app,
        ):
            yield from figures(app, count, effort)


def figures(app: App, count: int, effort: Effort) -> Iterator[Figure]:
    """What comes of a class of so many."""
    name = f"{count} in a room"
    asyncio.run(asyncio.wait_for(lesson(app, [Phone(0, 0)], 1.0), PATIENCE_S))  # which imports and makes what stays
    time.sleep(QUIET_S)
    before = memory(app)
    phones = [Phone(number, number % CHOICES) for number in range(count)]
    watched_s = max(1.0, 2 * effort.seconds)
    tally = asyncio.run(asyncio.wait_for(lesson(app, phones, watched_s), PATIENCE_S))
    time.sleep(QUIET_S)
    wanted = Counter(phone.choice for phone in phones)
    lost = sum(max(0, wanted[choice] - tally[choice]) for choice in range(CHOICES))
    twice = sum(max(0, tally[choice] - wanted[choice]) for choice in range(CHOICES))
    yield Figure(f"{name}: votes lost", lost, at_most=0)
    yield Figure(f"{name}: votes counted twice", twice, at_most=0)
    yield Figure.of(f"{name}: from the first request to being in", [phone.joined_s for phone in phones], "s")
    shown = sorted(phone.asked_s for phone in phones)
    worst = shown[int(0.95 * (count - 1))]
    yield Figure(f"{name}: question shown, 95th percentile", worst, "s", at_most=effort.bar(1.0, 2.0))
    yield Figure.of(f"{name}: an answer is in", [phone.taken_s for phone in phones], "s")
    rates = [phone.frames / watched_s for phone in phones]
    yield Figure.of(f"{name}: frames of the run for each", rates, "/s", at_least=effort.bar(8.0, 4.0))
    yield Figure(f"{name}: memory of the app and its workers, after it less before", memory(app) - before, "MB")


def memory(app: App) -> float:
    """The memory of the app and its workers, in MB."""
    return resident_mb(family(app.process))


async def lesson(app: App, phones: list[Phone], watched_s: float) -> list[int]:
    """A vote on a run that all watch: what the desk counts at its end."""
    known = await asyncio.to_thread(app.visit, f"/{TRICK}")
    room = (await asyncio.to_thread(ask, app, "", {"page": TRICK, "query": {}}, known))["room"]
    async with (
        connect(app.live, additional_headers=known, **OPTIONS) as own,
        connect(f"ws://127.0.0.1:{app.port}/lab/room", additional_headers=known, **OPTIONS) as desk,
    ):
        await own.send(json.dumps(START))
        run = await begun(own)
        taking = asyncio.ensure_future(take_all(own))
        await desk.send(json.dumps({"type": "enter", "role": "desk", "room": room}))
        code = (await state_with(desk, "code"))["code"]
        await desk.send(json.dumps({"type": "go", "step": 0, "phase": "run"}))
        await desk.send(json.dumps({"type": "show", "run": run}))
        class_room = ClassRoom(app, code, len(phones))
        attending = [asyncio.ensure_future(class_room.attend(phone)) for phone in phones]
        try:
            await class_room.all_in(attending)
            await asyncio.sleep(watched_s / 4)
            class_room.counts = True
            await asyncio.sleep(watched_s)
            class_room.counts = False
            class_room.asked_at = time.perf_counter()
            await desk.send(json.dumps({"type": "ask", "step": 0, "again": False, "seconds": 600}))
            await asyncio.gather(*attending)
            await desk.send(json.dumps({"type": "end_vote"}))
            tally: list[int] = (await state_until(desk, lambda told: told["vote"] and not told["vote"]["left_s"]))[
                "tally"
            ]["first"]
            await own.send(json.dumps({"type": "stop"}))
            return tally
        finally:
            taking.cancel()
            for task in attending:
                task.cancel()


class ClassRoom:
    """What all phones share: the room's code, and whether frames are counted and the vote is open."""

    def __init__(self, app: App, code: str, count: int) -> None:
        self._app, self._code, self._count = app, code, count
        self._present = 0
        self._everybody = asyncio.Event()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.counts = False
        self.asked_at = 0.0

    async def all_in(self, attending: list[asyncio.Task[None]]) -> None:
        """Waits until everybody is, or somebody has failed."""
        everybody = asyncio.ensure_future(self._everybody.wait())
        done, _ = await asyncio.wait([everybody, *attending], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {everybody}:
            await task

    async def attend(self, phone: Phone) -> None:
        """Comes, watches the run, votes, and is gone for a while in the middle of it if it is one of a fifth."""
        await asyncio.sleep(JOIN_S * phone.number / self._count)
        start = time.perf_counter()
        async with self._gate:
            told = await asyncio.to_thread(ask, self._app, "/join", {"code": self._code}, {})
        token = told["address"].rpartition("/")[2]
        known = await asyncio.to_thread(self._app.visit, f"/room/{token}")
        async with self._entered(phone, token, known) as room:
            phone.joined_s = time.perf_counter() - start
            run = (await state_with(room, "run"))["run"]
            async with connect(self._app.live, additional_headers=known, **OPTIONS) as live:
                await live.send(json.dumps({"type": "attach", "run": run}))
                watching = asyncio.ensure_future(self._watch(live, phone))
                try:
                    self._present += 1
                    if self._present == self._count:
                        self._everybody.set()
                    vote = (await state_with(room, "vote"))["vote"]["number"]
                    phone.asked_s = time.perf_counter() - self.asked_at
                    await asyncio.sleep(random.uniform(0, VOTE_S))
                    answered = time.perf_counter()
                    await answer(room, vote, phone.choice)
                    if phone.number % 5:
                        await taken(room, vote)
                        phone.taken_s = time.perf_counter() - answered
                        return
                finally:
                    watching.cancel()
        # It has sent its answer and dropped: back again, it says what it does not know to be in.
        await asyncio.sleep(AWAY_S)
        async with self._entered(phone, token, known) as room:
            await answer(room, vote, phone.choice)
            await taken(room, vote)
            phone.taken_s = time.perf_counter() - answered

    def _entered(self, phone: Phone, token: str, known: dict[str, str]) -> Any:
        return Entered(f"ws://127.0.0.1:{self._app.port}/lab/room", token, phone.secret, known)

    async def _watch(self, live: ClientConnection, phone: Phone) -> None:
        async for data in live:
            if isinstance(data, bytes):
                phone.frames += self.counts
                await live.send(ACK)


class Entered:
    """A socket of a student who is in the room."""

    def __init__(self, address: str, token: str, secret: str, known: dict[str, str]) -> None:
        self._connecting = connect(address, additional_headers=known, **OPTIONS)
        self._entry = {"type": "enter", "role": "student", "room": token, "secret": secret}

    async def __aenter__(self) -> ClientConnection:
        connection = await self._connecting.__aenter__()
        await connection.send(json.dumps(self._entry))
        return connection

    async def __aexit__(self, *error: Any) -> None:
        await self._connecting.__aexit__(*error)


def ask(app: App, what: str, body: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """The answer to something that is asked of the rooms."""
    address = f"http://127.0.0.1:{app.port}/lab/rooms{what}"
    request = urllib.request.Request(address, json.dumps(body).encode(), known, method="POST")
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as told:  # noqa: S310
        answered: dict[str, Any] = json.loads(told.read())
    return answered


async def answer(room: ClientConnection, vote: int, choice: int) -> None:
    """Votes."""
    await room.send(json.dumps({"type": "answer", "vote": vote, "value": choice}))


async def taken(room: ClientConnection, vote: int) -> None:
    """Waits until the answer is in."""
    async for data in room:
        told = json.loads(data)
        if told["type"] == "refused":
            raise RuntimeError(f"an answer was refused: {told['message']}")
        if told["type"] == "taken" and told["vote"] == vote:
            return
    raise RuntimeError("the room was left before an answer was in")


async def state_with(room: ClientConnection, name: str) -> dict[str, Any]:
    """The next state of a room that has something of that name."""
    return await state_until(room, lambda told: told.get(name))


async def state_until(room: ClientConnection, holds: Any) -> dict[str, Any]:
    """The next state of a room that is so."""
    async for data in room:
        told: dict[str, Any] = json.loads(data)
        if told["type"] == "room" and holds(told):
            return told
    raise RuntimeError("the room was left before it was so")


async def begun(own: ClientConnection) -> str:
    """The id of the run that has begun."""
    async for data in own:
        if isinstance(data, bytes):
            await own.send(ACK)
            header, _ = decode(data)
            if header["type"] == "snapshot":
                return str(header["run"])
    raise RuntimeError("the run did not begin")


async def take_all(own: ClientConnection) -> None:
    """Takes whatever comes."""
    async for data in own:
        if isinstance(data, bytes):
            await own.send(ACK)
