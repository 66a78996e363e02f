"""A room's socket: a student's phone, the wall, or the teacher's desk; each is shown the room, and says what it may.

A student is known by a secret that the device keeps, a teacher by the visitor's cookie. Whatever somebody sends who may
not is answered, and changes nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.lab.halls import GONE, KICKED, Hall, Seat, now
from pages.lab.refusals import called, refusal_text
from pages.lab.rooms import Rooms
from pages.lab.shared import Lab
from pages.lab.text import load_words
from pages.lab.visitors import SECRET, Limits, address_of, reason_of, visitor_of
from trainers.live.visitor import Visitor
from trainers.runs.build import turns_of
from trainers.runs.labels import shorten
from trainers.store.database import StoreError
from trainers.teaching.experiment import Kind
from trainers.teaching.room import Bounds, NoEntryError, Phase, Room, RoomError
from trainers.wire.frames import refusal
from trainers.wire.messages import MALFORMED, Allowance, ClosedError, admit, parse
from trainers.wire.protocol import take
from trainers.wire.room_protocol import TO_ROOM, RoomMessage
from tricks.declaration import RefusedError

LATER = 1013  # RFC 6455's registry: Try Again Later
MAX_TOLD = 200  # letters of why something is refused
SAID = "said"  # why: by a rule of the lab's own, and the message is in the room's language


def in_words(error: RefusedError, language: str) -> str:
    """What a knob, a question or the lab refuses, with its name, the rule and the value, in the words of a language."""
    words = load_words(language)

    def called_here(name: str) -> str | None:
        return words.get(f"room.field.{name}") or called(name, words)

    return refusal_text(refusal(error), words, called_here)


class RoomSockets:
    """The endpoint of the rooms' sockets."""

    def __init__(self, lab: Lab, rooms: Rooms) -> None:
        self._lab, self._rooms = lab, rooms
        self._limits = Limits()

    async def serve(self, websocket: WebSocket) -> None:
        """Talks with a page until one of the two has enough."""
        await websocket.accept()
        visitor = visitor_of(websocket)
        try:
            with self._limits.socket(visitor, address_of(websocket)):
                await _Talk(self._lab, self._rooms, websocket, visitor).serve()
        except ClosedError as error:
            with suppress(WebSocketDisconnect, RuntimeError):
                await websocket.close(error.code, reason_of(error))


class _Talk:
    """One socket, from its coming in to its leaving."""

    def __init__(self, lab: Lab, rooms: Rooms, websocket: WebSocket, visitor: Visitor) -> None:
        self._lab, self._rooms, self._websocket, self._visitor = lab, rooms, websocket, visitor
        self._allowance = Allowance()
        self._hall: Hall | None = None
        self._seat: Seat | None = None

    async def serve(self) -> None:
        """Takes messages until the page leaves.

        Raises:
            ClosedError: it may not come in, or sent what no page of ours would.
        """
        sending: asyncio.Task[None] | None = None
        try:
            while True:
                data = await self._websocket.receive()
                if data["type"] == "websocket.disconnect":
                    return
                message, fields = parse(admit(data.get("text")), TO_ROOM)
                self._allowance.spend(message.cost)
                if self._seat is None:
                    if message.kind != "enter":
                        raise ClosedError(MALFORMED, "enter must come first, and once")
                    self._seat = await self._enter(fields)
                    sending = asyncio.ensure_future(self._seat.send())
                else:
                    await self._take(self._seat, message, fields)
        finally:
            if sending is not None:
                sending.cancel()
            if self._hall is not None and self._seat is not None:
                self._hall.leave(self._seat)

    async def _enter(self, fields: dict[str, Any]) -> Seat:
        try:
            given = take("enter", TO_ROOM["enter"].fields, fields)
            await self._rooms.ready()
        except RefusedError as error:
            raise ClosedError(MALFORMED, str(error)) from None
        except StoreError as error:
            raise ClosedError(LATER, str(error)) from None
        role, asked = given["role"], given["room"]
        room = self._rooms.by_token(asked) if role == "student" else self._rooms.by_id(asked)
        if room is None or (role != "student" and not room.owns(self._visitor.ids)):
            raise ClosedError(GONE, "there is no such room")
        person = 0 if role != "student" else self._joined(room, given.get("secret", ""))
        seat = Seat(self._websocket, role, person, self._visitor.id)
        self._hall = self._rooms.hall(room)
        self._hall.enter(seat)
        if person:
            seat.tell({"type": "you", **room.for_person(person)})
            self._hall.experiments.greet(person)
        return seat

    @staticmethod
    def _joined(room: Room, secret: str) -> int:
        if not SECRET.fullmatch(secret):
            raise ClosedError(MALFORMED, "secret must be 32 letters, digits, - or _")
        try:
            return room.join(secret, now()).number
        except NoEntryError as error:
            raise ClosedError(KICKED if error.why == "kicked" else GONE, error.why) from None

    async def _take(self, seat: Seat, message: RoomMessage, fields: dict[str, Any]) -> None:
        """Does what a message says, or answers why not."""
        kind = message.kind
        assert self._hall is not None
        if seat not in self._hall.seats:  # sent away, and not gone yet
            return
        try:
            if message.who != ("student" if seat.person else "owner"):
                raise RoomError(f"{kind} is not for a {seat.role} to send", "not_yours")
            if self._hall.room.is_closed(now()):
                raise RoomError(f"{kind} needs a room that is open", "closed")
            given = take(kind, message.fields, fields)
            doing = getattr(self, f"_on_{kind}")(self._hall, seat, **given)
            if doing is not None:
                await doing
            self._hall.room.touched_at = now()
            self._hall.touch()
        except RoomError as error:
            seat.tell({"type": "refused", "about": kind, "why": error.why, "message": shorten(error, MAX_TOLD)})
        except RefusedError as error:
            text = in_words(error, self._hall.room.lesson.language)
            seat.tell({"type": "refused", "about": kind, "why": SAID, "message": shorten(text, MAX_TOLD)})
        except StoreError as error:
            seat.tell({"type": "refused", "about": kind, "why": SAID, "message": shorten(error, MAX_TOLD)})

    # One method for each message, its fields as arguments

    def _on_answer(self, hall: Hall, seat: Seat, vote: int, value: Any) -> None:
        hall.room.answer(seat.person, vote, value, now())
        hall.confirm(seat, vote, value)

    def _on_bid(self, hall: Hall, seat: Seat, experiment: int, values: list[Any]) -> None:
        hall.room.bid(seat.person, experiment, values, now())
        for one in hall.of(seat.person):
            one.tell({"type": "you", **hall.room.for_person(seat.person)})

    def _on_call(self, hall: Hall, seat: Seat, name: str) -> None:
        hall.room.call(seat.person, name)
        hall.introduce(seat.person)

    def _on_turn(self, hall: Hall, seat: Seat, name: str, value: Any) -> None:
        room = hall.room
        if not room.holds_wheel(seat.person, now()):
            raise RoomError(f"{name} must be left to who has the wheel", "no_wheel")
        if name not in room.at.touch:
            raise RoomError(f"{name} must be one of {', '.join(room.at.touch) or 'no knobs'} here", "not_touched")
        run = self._lab.conductor.find(room.settings.run)
        if run is None or not run.going:
            raise RoomError(f"{name} needs a run that is going on", "no_run")
        for event in turns_of(run.spec, 1, name, value):
            self._lab.conductor.tell(run.turn, event)

    def _on_go(self, hall: Hall, seat: Seat, step: int, phase: str) -> None:
        hall.room.go(step, Phase(phase), now())

    def _on_ask(self, hall: Hall, seat: Seat, step: int, again: bool, **seconds: float) -> None:
        room = hall.room
        if (step, again) != (room.step, room.round_of(room.step, again=False) is not None):
            raise RoomError("ask must be of the step at which the room stands, and of its next vote", "moved_on")
        room.open_vote(now(), **seconds)

    def _on_end_vote(self, hall: Hall, seat: Seat) -> None:
        hall.room.end_vote(now())

    def _on_show(self, hall: Hall, seat: Seat, run: str) -> None:
        found = self._lab.conductor.find(run)
        if found is None or not self._visitor.owns(found.owner):
            raise RoomError(f"run must be one of yours that is in memory, got {run[:40]!r}", "no_run")
        hall.room.show(run)

    def _on_set(self, hall: Hall, seat: Seat, **given: Any) -> None:
        settings = hall.room.settings
        settings.bounds = Bounds(given.pop("low", settings.bounds.low), given.pop("high", settings.bounds.high))
        if "names" in given:
            hall.room.allow_names(given["names"])
            if not given["names"]:
                hall.introduce()
        settings.locked = given.get("locked", settings.locked)

    def _on_kick(self, hall: Hall, seat: Seat, who: int) -> None:
        person = hall.room.kick(who)
        for one in hall.of(person.number):
            hall.leave(one)
            asyncio.ensure_future(one.close(KICKED, "kicked"))  # noqa: RUF006

    def _on_end_desk(self, hall: Hall, seat: Seat, desk: str) -> None:
        visitor = hall.room.end_desk(desk)
        for one in [one for one in hall.seats if one.visitor == visitor]:
            hall.leave(one)
            asyncio.ensure_future(one.close(KICKED, "ended"))  # noqa: RUF006

    def _on_give(self, hall: Hall, seat: Seat, who: int | None) -> None:
        hall.room.give_wheel(who, now())

    def _on_collect(self, hall: Hall, seat: Seat, step: int, second: str = "") -> None:
        hall.room.collect(step, now(), second)

    async def _on_begin(self, hall: Hall, seat: Seat, step: int, what: str) -> None:
        await hall.experiments.begin(step, Kind(what), now())

    def _on_cancel(self, hall: Hall, seat: Seat) -> None:
        hall.experiments.cancel()

    async def _on_resume(self, hall: Hall, seat: Seat) -> None:
        await hall.experiments.resume()

    def _on_close(self, hall: Hall, seat: Seat) -> None:
        hall.room.close(now())
