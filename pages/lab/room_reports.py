"""A room afterwards, for its teacher: the list of theirs, the page of one, and all of it as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pages.lab import answers
from pages.lab.downloads import Downloads
from pages.lab.files import page_path, paths
from pages.lab.halls import now
from pages.lab.room_pages import missing, page
from pages.lab.room_steps import names_of
from pages.lab.rooms import Rooms
from pages.lab.state import query, shows_sweep
from pages.lab.text import FALLBACK, load_words
from pages.lab.visitors import visitor_of
from trainers.runs.export import PLAIN, SHEET
from trainers.runs.labels import shorten
from trainers.teaching.markup import blocks
from trainers.teaching.report import report_csv, report_of
from trainers.teaching.room import Room
from tricks.declaration import RefusedError

AT_ONCE = 1  # tables that are written
DIALECTS = {"csv": PLAIN, "sheet": SHEET}


class RoomReports:
    """The endpoints of what comes after class."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._files = Downloads(AT_ONCE)

    async def listed(self, request: Request) -> Response:
        """The rooms of who asks, the newest first."""
        return await answers.told(self._listed(request))

    async def _listed(self, request: Request) -> Response:
        await self._rooms.ready()
        visitors = visitor_of(request).ids
        found = [_card(room) for room in self._rooms.of(visitors)]
        return JSONResponse({"rooms": found}, headers=answers.UNKEPT)

    async def report(self, request: Request) -> Response:
        """The page of a room."""
        return await answers.told(self._report(request))

    async def _report(self, request: Request) -> Response:
        room = await self._own(request)
        if room is None:
            return missing(request)
        at = f"{paths()['rooms']}/{room.id}"
        told = {**_in_html(room, report_of(room, now())), "room": room.id, **_addresses(room)}
        told["files"] = {form: f"{at}/{form}" for form in DIALECTS}
        return page("report", load_words(room.lesson.language), told)

    async def table(self, request: Request) -> Response:
        """A room as CSV; as `sheet` with the mark by which spreadsheets know that it is UTF-8."""
        return await answers.told(self._table(request))

    async def _table(self, request: Request) -> Response:
        room, form = await self._own(request), request.path_params["form"]
        if room is None or form not in DIALECTS:
            asked = shorten(f"{request.path_params['room']}/{form}")
            raise RefusedError(f"a table must be of a room of yours, {' or '.join(DIALECTS)}, got {asked}")
        lines = list(report_csv(room, now(), DIALECTS[form]))  # here, where nothing else changes the room

        def parts() -> Iterator[bytes]:
            return (line.encode() for line in lines)

        return await self._files.file(f"{room.lesson.name}-{room.id}.csv", "text/csv", parts)

    async def _own(self, request: Request) -> Room | None:
        await self._rooms.ready()
        room = self._rooms.by_id(request.path_params["room"])
        return room if room is not None and room.owns(visitor_of(request).ids) else None


def _addresses(room: Room) -> dict[str, str]:
    return {name: page_path(f"{name}/{room.id}") for name in ("wall", "desk", "report")}


def _card(room: Room) -> dict[str, Any]:
    """What the list shows of a room."""
    at = {"opened_at": room.created_at, "closed_at": room.ended_at(now())}
    return {"title": room.lesson.title, "people": len(room.present), **at, **_addresses(room)}


def _in_html(room: Room, told: dict[str, Any]) -> dict[str, Any]:
    """The report with questions as HTML in which nothing can act, and with where runs and studies are seen."""
    for step, about in zip(room.lesson.steps, told["steps"], strict=True):
        if about["question"] is not None:
            about["question"]["text"] = blocks(about["question"]["text"])
        seen = {name: step.query[name] for name in ("task",) if name in step.query}
        seen |= {} if room.lesson.language == FALLBACK else {"lang": room.lesson.language}
        place = page_path(step.page)
        about["runs"] = [f"{place}?{query({'run': run, **seen})}" for run in about["runs"]]
        for made in about["experiments"]:
            study = ":".join(filter(None, (made["study"], ",".join(made["knobs"]))))
            address = f"{place}?{query({**step.query, 'study': study, **seen})}"
            made["address"] = address if shows_sweep(made["knobs"]) else None
            made["called"] = names_of(tuple(made["knobs"]), room.lesson.language)
    return told
