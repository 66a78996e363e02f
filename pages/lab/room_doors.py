"""Rooms over HTTP: one is opened, joined by its code, paired with a desk, deleted. What cannot be is a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pages.lab import answers
from pages.lab.files import page_path
from pages.lab.places import join_addresses
from pages.lab.room_pages import qr_of
from pages.lab.rooms import PAIR_S, Rooms
from pages.lab.shelf import asker, whose
from pages.lab.text import Words, labels_of_runs, load_article, load_words, spoken
from pages.lab.visitors import Failures, address_of, known
from trainers.runs.arm_names import call_arms
from trainers.runs.articles import TextError
from trainers.runs.labels import shorten
from trainers.runs.spec import metric_of, metrics_of
from trainers.teaching.lesson import CHOICE, SHOWING, Lesson, Question, Step, names, offered
from trainers.teaching.room import Room, RoomError
from tricks import catalogue
from tricks.declaration import RefusedError

WRONG, WRONG_S = 20, 60.0  # codes of an address that may be wrong within so many seconds before answers are slow
GUESSED = 600  # and before none is looked up, right ones neither
SLOW_S = 3.0
MOST_SLOW = 64  # answers that wait at a time
PAGE_MINUTES = 10  # for a page that is taught as it is


class RoomDoors:
    """The endpoints that change what rooms there are."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._wrong, self._guessed = Failures(WRONG, WRONG_S), Failures(GUESSED, WRONG_S)
        self._slow = asyncio.Semaphore(MOST_SLOW)

    async def open(self, request: Request) -> Response:
        """Opens a room around a `lesson`, or around a trick's `page` with what its address says."""
        return await answers.told(self._open(request))

    async def _open(self, request: Request) -> Response:
        asked = await read_body(request, "lesson", "page", "query", "lang")
        words = load_words(spoken(asked.get("lang")))
        visitor = known(request)
        if visitor is None:
            return answers.say(400, words["room.cookie"])
        await self._rooms.ready()
        try:
            room = await self._rooms.open(visitor.id, lesson_of(asked, words), address_of(request))
        except RoomError as error:
            return answers.say(409, words.get(f"room.refused.{error.why}") or str(error))
        told = {"room": room.id, "wall": page_path(f"wall/{room.id}"), "desk": page_path(f"desk/{room.id}")}
        return JSONResponse(told, status_code=201, headers=answers.UNKEPT)

    async def join(self, request: Request) -> Response:
        """Where the room of a `code` is. A wrong one is answered slowly once an address has sent many."""
        return await answers.told(self._join(request))

    async def _join(self, request: Request) -> Response:
        asked = await read_body(request, "code", "lang")
        words, code = load_words(spoken(asked.get("lang"))), asked.get("code", "")
        await self._rooms.ready()
        address = address_of(request)
        slow = answers.say(429, words["room.join.slow"])
        if self._guessed.are_too_many(address):  # no class mistypes as often: nothing is looked up any more
            return slow
        room = self._rooms.by_code(code)
        if room is not None:
            return JSONResponse({"address": page_path(f"room/{room.token}")}, headers=answers.UNKEPT)
        too_many = self._wrong.are_too_many(address)
        self._wrong.note(address)
        self._guessed.note(address)
        if too_many:
            if not self._slow.locked():
                async with self._slow:
                    await asyncio.sleep(SLOW_S)
            return slow
        return answers.say(404, words.fill("room.join.wrong", code=shorten(code)))

    async def pair(self, request: Request) -> Response:
        """Gives a room's teacher what pairs another device as its desk, once."""
        return await answers.told(self._pair(request))

    async def _pair(self, request: Request) -> Response:
        room = await self._own(request)
        key, addresses = self._rooms.pair(room), join_addresses()
        path = f"desk/{room.id}?key={key}"
        told = {
            "here": page_path(path),
            "seconds": PAIR_S,
            "ways": [{"qr": qr_of(f"{address}/{path}")} for address in addresses],
        }
        return JSONResponse(told, headers=answers.UNKEPT)

    async def desk(self, request: Request) -> Response:
        """Makes who asks a desk, by the `key` they were given."""
        return await answers.told(self._desk(request))

    async def _desk(self, request: Request) -> Response:
        asked = await read_body(request, "key", "lang")
        await self._rooms.ready()
        room = self._rooms.take_desk(asked.get("key", ""), asker(request).id)
        if room is None:
            return answers.say(404, load_words(spoken(asked.get("lang")))["room.desk.stale"])
        return JSONResponse({"room": room.id}, headers=answers.UNKEPT)

    async def delete(self, request: Request) -> Response:
        """Deletes a room of who asks, with all that is in it."""
        return await answers.told(self._delete(request))

    async def _delete(self, request: Request) -> Response:
        await self._rooms.delete(await self._own(request))
        return Response(status_code=204)

    async def _own(self, request: Request) -> Room:
        await self._rooms.ready()
        room = self._rooms.by_id(request.path_params["room"])
        if room is None or not room.owns(tuple(whose(request))):
            raise RefusedError(f"room must be one of yours, got {shorten(request.path_params['room'])}")
        return room


def lesson_of(asked: dict[str, Any], words: Words) -> Lesson:
    """The lesson that is asked for by name, or what the page of that name gives to try; or one made of a page.

    Raises:
        RefusedError: there is none of that name, or no such page.
    """
    if "lesson" in asked:
        name = asked["lesson"]
        if name not in (*names(words.language), *catalogue.NAMES):
            near = ", ".join(names(words.language))
            raise RefusedError(
                f"lesson must be one of {near}, got {shorten(name)}", "unknown", "lesson", name, near=near
            )
        try:
            return offered(name, words.language)
        except TextError as error:
            raise RefusedError(str(error)) from None
    query = asked.get("query", {})
    if not isinstance(query, dict) or not all(isinstance(value, str) for value in query.values()):
        raise RefusedError(
            f"query must be an object of texts, got {shorten(query)}", "type", "query", wanted="an object"
        )
    return of_page(asked.get("page", ""), query, words)


def of_page(trick: str, query: Mapping[str, str], words: Words) -> Lesson:
    """One step, of a trick's page with what its address says: which arm ends ahead; every live knob may be turned.

    Raises:
        RefusedError: there is no such trick, or no run as the address says.
    """
    catalogue.check_name(trick)
    article, _ = load_article(trick, words.language)
    asked = {name: value for name, value in query.items() if name not in SHOWING}
    step = Step(article.title, PAGE_MINUTES, trick, asked, (), None, (), article.see, article.misread)
    spec = step.spec()
    metric = metric_of(spec)
    key = f"room.ask.{metrics_of(spec)[metric]}"
    text = words.fill(key, metric=words[f"metric.{metric}"])
    called = call_arms(spec.arms, labels_of_runs(words.language))
    question = Question(CHOICE, text, (*called.values(), words["room.ask.same"]))
    touch = tuple(name for name, knob in spec.knobs_of(1).items() if knob.live)
    step = replace(step, touch=touch, question=question)
    return Lesson(trick, words.language, article.title, article.sentence, (step,))


async def read_body(request: Request, *fields: str) -> dict[str, Any]:
    """The JSON object that was sent, which may have these fields; all but `query` are text.

    Raises:
        RefusedError: it is none, has another field, or one that is not text.
    """
    try:
        told = json.loads(await request.body() or b"{}")
        json.dumps(told, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError):
        raise RefusedError("what is sent must be a JSON object") from None
    if not isinstance(told, dict):
        raise RefusedError("what is sent must be a JSON object")
    for name, value in told.items():
        if name not in fields:
            raise RefusedError(f"what is sent may have {', '.join(fields)}, not {shorten(name)}")
        if name != "query" and not isinstance(value, str):
            raise RefusedError(f"{name} must be text, got {shorten(value)}", "type", name, value, wanted="text")
    return told
