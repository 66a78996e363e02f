"""The pages of a room, light and plain: where a code is typed, a student's page, the wall, and the desk.

They are HTML with a configuration as JSON and a module of the lab's own, and no Streamlit session: a class of three
hundred opens them on phones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pages.lab import answers
from pages.lab.files import page_path, paths, served
from pages.lab.places import join_addresses
from pages.lab.rooms import Rooms
from pages.lab.text import Words, load_words, spoken
from pages.lab.visitors import visitor_of
from trainers.teaching.room import Room
from trainers.wire.messages import OLDER
from trainers.wire.protocol import versioned

MODULES = {name: f"{name}.js" for name in ("join", "student", "wall", "desk", "report", "alone")}

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{sheets}">
<link rel="modulepreload" href="{module}">
</head>
<body class="room room-{role}">
<main>{waiting}</main>
<noscript>{noscript}</noscript>
<script type="application/json" id="config">{config}</script>
<script type="module" src="{module}"></script>
</body>
</html>
"""


class RoomPages:
    """The endpoints of the pages."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def join(self, request: Request) -> Response:
        """Where a code is typed."""
        return page("join", load_words(spoken(request.query_params.get("lang"))), {})

    async def student(self, request: Request) -> Response:
        """A student's page, by the room's token."""
        return await answers.told(self._student(request))

    async def _student(self, request: Request) -> Response:
        await self._rooms.ready()
        room = self._rooms.by_token(request.path_params["token"])
        if room is None:
            return missing(request)
        words = load_words(room.lesson.language)
        return page("student", words, {"room": room.token, "title": room.lesson.title})

    async def wall(self, request: Request) -> Response:
        """What all see, for whose room it is."""
        return await answers.told(self._of_teacher(request, "wall"))

    async def desk(self, request: Request) -> Response:
        """The teacher's own page; a device that comes with a key to be paired is let in by its script."""
        return await answers.told(self._of_teacher(request, "desk"))

    async def _of_teacher(self, request: Request, role: str) -> Response:
        await self._rooms.ready()
        room = self._rooms.by_id(request.path_params["room"])
        visitor = visitor_of(request)
        is_paired = role == "desk" and "key" in request.query_params
        if room is None or not (is_paired or room.owns(visitor.ids)):
            return missing(request)
        words = load_words(room.lesson.language)
        told: dict[str, Any] = {"room": room.id, "title": room.lesson.title}
        told["report"] = page_path(f"report/{room.id}")
        if role == "wall":
            told["joins"] = [joins(room, address) for address in join_addresses()]
        return page(role, words, told)


def missing(request: Request) -> Response:
    """The answer where there is no such room for who asks: where a code is typed, which says so."""
    words = load_words(spoken(request.query_params.get("lang")))
    return page("join", words, {"said": words["room.missing"]}, status=404)


def joins(room: Room, address: str) -> dict[str, str]:
    """One way in: what is typed, and what the QR code leads to, as SVG."""
    return {"typed": f"{address.partition('://')[2]}/join", "qr": qr_of(f"{address}/room/{room.token}")}


def qr_of(text: str) -> str:
    """A QR code as SVG in the color of what stands around it."""
    made = segno.make(text, error="m", micro=False)
    return str(made.svg_inline(omitsize=True, border=2, dark="#000", light="#fff"))


def page(role: str, words: Words, told: Mapping[str, Any], *, status: int = 200) -> Response:
    """The page of a role, with what it is told."""
    at, about = paths(), served(MODULES[role])
    config = {
        **told,
        "language": words.language,
        "labels": words.starting("room.", "choice.", "lab.time.", f"{role}."),
        "socket": at["room"],
        "live": versioned(at["socket"]),
        "older": OLDER,
        "rooms": at["rooms"],
        "lessons": at["lessons"],
    }
    title = str(told.get("title") or words["room.join.title"])
    body = PAGE.format(
        language=escape(words.language),
        title=escape(f"{title} · {words['app.title']}"),
        sheets=escape(f"{at['assets']}/{about['sheets']}"),
        module=escape(f"{at['assets']}/{about['module']}"),
        role=role,
        waiting=escape(words["room.waiting"]),
        noscript=escape(words["room.noscript"]),
        config=json.dumps(config).replace("<", "\\u003c"),
    )
    return HTMLResponse(body, status_code=status, headers=answers.UNKEPT)
