"""The rooms of an app: opened, found by code, by token and by id, kept, and let go when their time has come."""

from __future__ import annotations

import asyncio
import secrets

from pages.lab.halls import GONE, Hall, now
from pages.lab.shared import Lab
from pages.lab.visitors import Failures
from trainers.runs.environment import count_in
from trainers.store.database import StoreError
from trainers.store.store import Store
from trainers.teaching.aliases import load_aliases
from trainers.teaching.lesson import Lesson
from trainers.teaching.room import KEPT_S, MOST, SECRET_BYTES, Room, RoomError, new_code, plain_code
from trainers.teaching.room_record import KeptRooms

MOST_OWN = 5  # open rooms of a visitor
MOST_ROOMS = 100
OPENINGS, OPENINGS_S = 60, 3600.0  # rooms that are opened from an address within so many seconds
RESTART = 1012  # RFC 6455's registry: Service Restart
SIZE = "TRICK_LAB_ROOM_SIZE"
LOOK_S = 10.0  # between looks whether somebody else has deleted some
PAIR_S = 120.0  # for which a desk can be paired


class Rooms:
    """All open rooms, and of those that are closed what is kept. All methods are for the app's own loop.

    Where there is no store a room lives as long as the app.
    """

    def __init__(self, store: Store | None, lab: Lab) -> None:
        self._lab = lab
        lab.is_shown = self.is_shown
        can_write = store is not None and not store.database.read_only
        self._kept = KeptRooms(store.database) if store is not None and can_write else None
        self._rooms: dict[str, Room] = {}
        self._halls: dict[str, Hall] = {}
        self._pairs: dict[str, tuple[str, float]] = {}
        self._loading: asyncio.Task[None] | None = None
        self._most = count_in(SIZE) or MOST
        self._openings = Failures(OPENINGS, OPENINGS_S)
        self._looked_at = 0.0

    async def ready(self) -> None:
        """Has the rooms that are kept.

        Raises:
            StoreError: the store cannot be read.
        """
        await self._loaded()
        for room in [one for one in self._rooms.values() if now() - one.created_at >= KEPT_S]:
            await self.delete(room)
        if self._kept is not None and now() >= self._looked_at + LOOK_S:
            self._looked_at = now()
            past = [room for room in self._rooms.values() if room.id not in self._halls and room.is_closed(now())]
            there = await asyncio.to_thread(self._kept.ids)
            for room in past:
                if room.id not in there:  # deleted by the command line
                    self._rooms.pop(room.id, None)

    async def _loaded(self) -> None:
        if self._loading is None or (self._loading.done() and self._loading.exception() is not None):
            self._loading = asyncio.get_running_loop().create_task(self._load())
        await asyncio.shield(self._loading)

    async def _load(self) -> None:
        if self._kept is None:
            return
        await asyncio.to_thread(self._kept.delete_old, now())
        for room in await asyncio.to_thread(self._kept.load):
            room.most = self._most
            self._rooms.setdefault(room.id, room)

    async def open(self, owner: str, lesson: Lesson, address: str) -> Room:
        """A new room of a visitor, who asks from an `address`.

        Raises:
            RoomError: they have as many as there may be, there are too many in all, or of the address of late.
            StoreError: the store cannot be written.
        """
        at = now()
        if self._openings.are_too_many(address):
            raise RoomError(f"rooms of an address must be at most {OPENINGS} an hour: try again later", "too_many")
        going = [room for room in self._rooms.values() if not room.is_closed(at)]
        own = sum(room.owner == owner for room in going)
        if own >= MOST_OWN:
            raise RoomError(f"open rooms of yours must be at most {MOST_OWN}: close one first", "too_many_own")
        if len(going) >= MOST_ROOMS:
            raise RoomError(f"open rooms must be at most {MOST_ROOMS}: try again later", "too_many")
        self._openings.note(address)
        code, token = new_code({room.code for room in going}), secrets.token_urlsafe(SECRET_BYTES)
        aliases = load_aliases(lesson.language)
        room = Room(secrets.token_hex(8), code, token, owner, lesson, aliases, at, self._most)
        self._rooms[room.id] = room
        self.hall(room).touch()
        return room

    async def is_shown(self, public_id: str) -> bool:
        """Whether one of them has shown that run or study to its class: it is shared until the room is deleted.

        Raises:
            StoreError: the store cannot be read.
        """
        await self._loaded()  # and no more: who asks is a stranger, whom no trouble of the rooms concerns
        return any(public_id in room.shared for room in self._rooms.values() if now() - room.created_at < KEPT_S)

    def by_code(self, typed: str) -> Room | None:
        """The open room of a code, however it was typed."""
        at, code = now(), plain_code(typed)
        return next((one for one in self._rooms.values() if one.code == code and not one.is_closed(at)), None)

    def by_token(self, token: str) -> Room | None:
        """The room of the long token that its link has; a closed one too, while it is kept."""
        asked = token.encode(errors="replace")
        found = (one for one in self._rooms.values() if secrets.compare_digest(one.token.encode(), asked))
        return next(found, None)

    def of(self, visitors: tuple[str, ...]) -> list[Room]:
        """Those of which one of `visitors` is the teacher, the newest first."""
        found = [room for room in self._rooms.values() if room.owns(visitors)]
        return sorted(found, key=lambda room: room.created_at, reverse=True)

    def by_id(self, room_id: str) -> Room | None:
        """The room of that id."""
        return self._rooms.get(room_id)

    def hall(self, room: Room) -> Hall:
        """The hall of a room."""
        if room.id not in self._halls:
            self._halls[room.id] = Hall(room, self._kept, self._on_end, self._lab)
        return self._halls[room.id]

    def _on_end(self, hall: Hall) -> None:
        if self._halls.get(hall.room.id) is hall:
            del self._halls[hall.room.id]

    async def delete(self, room: Room) -> None:
        """Deletes a room with all that is in it, now.

        Raises:
            StoreError: the store cannot be written; the room is still there.
        """
        hall = self._halls.pop(room.id, None)
        self._rooms.pop(room.id, None)  # nobody comes in from here on
        code, reason = GONE, "the room was deleted"
        try:
            if hall is not None:
                await hall.end()
            if self._kept is not None:
                await asyncio.to_thread(self._kept.delete, room.id)
            for public_id in room.shared.difference(*(other.shared for other in self._rooms.values())):
                await self._lab.ask(self._lab.conductor.let_go(public_id))
        except StoreError:
            self._rooms[room.id] = room
            code, reason = RESTART, "the room could not be deleted"
            raise
        finally:
            if hall is not None:
                await hall.part(code, reason)

    def pair(self, room: Room) -> str:
        """A key with which one other device becomes a desk of the room, once, within two minutes."""
        at = now()
        self._pairs = {key: made for key, made in self._pairs.items() if made[1] > at and made[0] != room.id}
        key = secrets.token_urlsafe(SECRET_BYTES)
        self._pairs[key] = (room.id, at + PAIR_S)
        return key

    def take_desk(self, key: str, visitor: str) -> Room | None:
        """Makes a visitor a teacher of the room that the key is of; None where it is of none, or was used."""
        room_id, until = self._pairs.pop(key, ("", 0.0))
        room = self._rooms.get(room_id)
        if room is None or now() >= until:
            return None
        if visitor != room.owner:
            room.desks[visitor] = now()
        self.hall(room).touch()
        return room
