"""A room as the app holds it: who is connected, what they are sent, and when it is written.

Whatever changes in a room is shown twice a second at most: the state as it is then, whole, made into text once for all
students, once for all walls and once for all desks. Each socket has a place for one text that waits, so that a phone
that takes none is sent the newest when it does, and holds up nobody. A vote is confirmed once it is written.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.lab.room_experiments import Experiments
from pages.lab.room_steps import bids_of, names_of, told_of
from pages.lab.shared import Lab
from trainers.store.database import StoreError
from trainers.teaching.markup import blocks
from trainers.teaching.room import Room
from trainers.teaching.room_record import KeptRooms, changed, put_back
from trainers.wire.messages import BROKEN, TOO_MUCH
from trainers.wire.protocol import MAX_WAITING
from tricks.declaration import RefusedError

log = logging.getLogger(__name__)

_BEGAN_AT = time.time() - time.monotonic()
NO_PAGE: dict[str, Any] = {
    **dict.fromkeys(("address", "present", "small", "watch"), ""),
    "charts": [],
    "knobs": [],
    "bid": None,
    "bids": [],
}

TICK_S = 0.5  # between two states that are sent
IDLE_CHECK_S = 60.0
UNPACED_S = 2.0  # until the desk is told again how long an experiment takes, where that was not known
KICKED, GONE = 4403, 4410
"""The codes with which a socket is closed that is not let in: sent away, or there is no such room, or no longer."""


class Seat:
    """One socket in a room: `role` is `student`, `wall` or `desk`, `person` a student's number (0: none)."""

    def __init__(self, websocket: WebSocket, role: str, person: int = 0, visitor: str = "") -> None:
        self.role, self.person, self.visitor = role, person, visitor
        self._websocket = websocket
        self._newest: str | None = None
        self._answers: list[str] = []
        self._wake = asyncio.Event()
        self._parting: asyncio.Future[None] | None = None

    def show(self, state: str) -> None:
        """Sends the newest state, in place of one that waits."""
        self._newest = state
        self._wake.set()

    def tell(self, message: dict[str, Any]) -> None:
        """Sends something of its own, before the next state; who takes nothing is parted with."""
        if len(self._answers) >= MAX_WAITING:
            self._parting = asyncio.ensure_future(self.close(TOO_MUCH, f"more than {MAX_WAITING} answers wait"))
            return
        self._answers.append(json.dumps(message))
        self._wake.set()

    async def close(self, code: int, reason: str) -> None:
        """Ends it."""
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(code, reason)

    async def send(self) -> None:
        """Sends what there is, as it comes, until the socket is closed."""
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                texts, self._answers = self._answers, []
                if self._newest is not None:
                    texts.append(self._newest)
                    self._newest = None
                for text in texts:
                    await self._websocket.send_text(text)


class Hall:
    """A room, those who are connected with it, and two tasks: one shows it to them, one writes it.

    What is shown never waits for the disk; that an answer is in does.
    """

    def __init__(self, room: Room, kept: KeptRooms | None, ended: Callable[[Hall], None], lab: Lab) -> None:
        self.room = room
        self.seats: set[Seat] = set()
        self._kept, self._ended = kept, ended
        self._news, self._unwritten = asyncio.Event(), asyncio.Event()
        self._unconfirmed: dict[tuple[Seat, int], Any] = {}  # by seat and vote: what was said last
        self._trouble = ""
        self._steps: dict[tuple[int, int], dict[str, Any]] = {}  # by step, and experiment
        self._is_over = False
        self.experiments = Experiments(lab, room, news=self._news.set, tell=self._tell)
        loop = asyncio.get_running_loop()
        self._showing, self._writing = loop.create_task(self._show_all()), loop.create_task(self._write_all())

    def enter(self, seat: Seat) -> None:
        """One more socket."""
        self.seats.add(seat)
        if seat.person:
            self.room.people[seat.person].sockets += 1
            self.room.take_part(seat.person)
        self.touch()

    def leave(self, seat: Seat) -> None:
        """One less."""
        if seat in self.seats:
            self.seats.discard(seat)
            if seat.person:
                self.room.people[seat.person].sockets -= 1
            self._news.set()  # of who is there nothing is written

    def touch(self) -> None:
        """Something of the room is new."""
        self._news.set()
        self._unwritten.set()

    def confirm(self, seat: Seat, vote: int, value: Any) -> None:
        """Tells a student that their answer is in, once it is written."""
        self._unconfirmed[seat, vote] = value
        self.touch()

    def introduce(self, person: int = 0) -> None:
        """Tells a student, or all (0), what they are called."""
        for seat in self.seats:
            if seat.person and person in (0, seat.person):
                seat.tell({"type": "you", **self.room.for_person(seat.person)})

    def of(self, person: int) -> list[Seat]:
        """The sockets of a student."""
        return [seat for seat in self.seats if seat.person == person]

    def _tell(self, person: int, message: dict[str, Any]) -> None:
        for seat in self.of(person):
            seat.tell(message)

    async def end(self) -> None:
        """Shows nothing more, and writes nothing more once what is being written is."""
        self._is_over = True
        self.experiments.end(for_good=True)
        self._showing.cancel()
        self._unwritten.set()
        await self._writing

    async def part(self, code: int, reason: str) -> None:
        """Ends all sockets."""
        for seat in tuple(self.seats):
            await seat.close(code, reason)

    async def _show_all(self) -> None:
        try:
            while not self.room.is_closed(now()):
                self._show()
                await asyncio.sleep(TICK_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._until_next()):  # `wait_for` may swallow that the app ends
                        await self._news.wait()
                self._news.clear()
            if self.room.closed_at is None:
                self.room.close(now())
            self._show()
            self._is_over = True
            self._unwritten.set()
            await asyncio.sleep(TICK_S)  # for the last state to be taken
            await self.part(GONE, "closed")
        except Exception:
            log.exception("a room could not be shown")
            self._is_over = True
            self._unwritten.set()
            await self.part(BROKEN, "a room could not be shown")  # the pages come back, to another hall
        self.experiments.end(for_good=self.room.closed_at is not None)
        self._ended(self)

    def _until_next(self) -> float:
        """In how many seconds the room changes by itself: a vote closes, or somebody has had the wheel."""
        at, room = now(), self.room
        times = [room.vote.closes_at] if room.vote is not None and room.vote.is_open(at) else []
        if room.wheel is not None and at < room.wheel.until:
            times.append(room.wheel.until)
        if self.experiments.is_unpaced:
            times.append(at + UNPACED_S)
        return min([IDLE_CHECK_S, *(time - at for time in times)]) + 0.01

    async def _write_all(self) -> None:
        while not self._is_over:
            await self._unwritten.wait()
            self._unwritten.clear()
            if not await self._write():
                self._news.set()  # the desk is told
                self._unwritten.set()  # it is tried again
                await asyncio.sleep(TICK_S)
        await self._write()

    async def _write(self) -> bool:
        """Writes what is new, and tells whose answers that were; whether it could."""
        waiting, self._unconfirmed = self._unconfirmed, {}
        trouble = ""
        if self._kept is not None:
            written = changed(self.room)
            try:
                await asyncio.to_thread(self._kept.write, [written])
            except StoreError as error:
                put_back(self.room, written)
                self._unconfirmed = waiting | self._unconfirmed
                trouble = str(error)
                waiting = {}
        if trouble and trouble != self._trouble:
            log.warning("a room cannot be written: %s", trouble)
        if trouble != self._trouble:
            self._trouble = trouble
            self._news.set()
        for (seat, vote), value in waiting.items():
            seat.tell({"type": "taken", "vote": vote, "value": value})
        return not trouble

    def _show(self) -> None:
        at, made = now(), dict[str, str]()
        page = self._page()
        self.experiments.follow()
        tellers = {"student": self.room.for_students, "wall": self.room.for_wall, "desk": self.room.for_desk}
        for seat in self.seats:
            if seat.role not in made:
                own = {"trouble": self._trouble, "offer": self.experiments.offer()} if seat.role == "desk" else {}
                told = in_html(tellers[seat.role](at))
                if experiment := told.get("experiment"):
                    experiment["named"] = names_of(tuple(experiment["knobs"]), self.room.lesson.language)
                made[seat.role] = json.dumps({"type": "room", **told, "page": page, **own})
            seat.show(made[seat.role])

    def _page(self) -> dict[str, Any]:
        """What the pages need to know of the present step; of one whose run can no longer be, nothing."""
        room, step = self.room, self.room.step
        made = room.experiment_of(step)
        key = (step, 0 if made is None else made.number)
        if key not in self._steps:
            try:
                bids = [] if made is None else bids_of(room.lesson, step, made.knobs, made.axes if made.is_map else ())
                self._steps[key] = {**told_of(room.lesson, step), "bids": bids}
            except RefusedError as error:
                log.warning("a step of a lesson cannot be shown: %s", error)
                self._steps[key] = NO_PAGE
        return self._steps[key]


def now() -> float:
    """Seconds since 1970 as the clock said when the app began, and on from there whatever it does since."""
    return _BEGAN_AT + time.monotonic()


def in_html(told: dict[str, Any]) -> dict[str, Any]:
    """What is told, with the lesson's Markdown as HTML in which nothing can act on a page."""
    for name in ("explain", "misread"):
        if name in told:
            told[name] = blocks(told[name])
    for name in ("question", "asked"):
        if told.get(name):
            told[name] = {**told[name], "text": blocks(told[name]["text"])}
    return told
