"""The library over HTTP: what a visitor has kept, a page at a time, as a page shows it; and what they change of it.

`GET` asks for a page, by what stands after the question mark, or for a few runs beside each other; `PATCH` says, as
JSON, what is to be so of which ones.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pages.lab import answers, cards
from pages.lab.comparison import read_compared
from pages.lab.text import FALLBACK, Words, load_words, spoken
from pages.lab.visitors import SECRET, known, visitor_of
from trainers.live.visitor import Visitor
from trainers.runs.labels import shorten
from trainers.store.library import MAX_PAGE, Library
from trainers.store.store import Store
from tricks.declaration import RefusedError

HEADER = "x-lab-secret"
"""Who asks, where the browser keeps no cookie: the secret of the tab, as the live socket's `hello` has it."""

MOST_WORDS, MOST_TEXT = 8, 200  # words looked for, letters of a parameter
PAGE = 50

Read = Callable[[str, str], Any]


class Shelf:
    """The endpoint of the library page; without a store it says that nothing is kept."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    async def answer(self, request: Request) -> Response:
        """A page of the list, or nothing where something was changed; what cannot be is answered with a sentence."""
        if request.method == "PATCH":
            return await answers.told(self._change(request))
        if "compare" in request.query_params:
            return await answers.told(self._compared(request))
        return await answers.told(self._page(request))

    async def _page(self, request: Request) -> Response:
        asked = read_query(request.query_params)
        words = load_words(asked.pop("lang"))
        if self._store is None:
            return _answer(request, {"kept": False, "why": why_nothing(words)})
        library = Library(self._store, whose(request))
        return _answer(request, await run_in_threadpool(cards.told, library, asked, words))

    async def _compared(self, request: Request) -> Response:
        ids, language = read_compared(request.query_params)
        words = load_words(language)
        if self._store is None:
            return answers.say(503, why_nothing(words))
        library = Library(self._store, whose(request))
        body = await run_in_threadpool(cards.compared, self._store, library, ids, words)
        return _tagged(request, body, "application/octet-stream")

    async def _change(self, request: Request) -> Response:
        ids, name, value = read_change(await request.body())
        if self._store is None:
            return answers.say(503, why_nothing(load_words(FALLBACK)))
        library = Library(self._store, whose(request))
        await run_in_threadpool(change, library, ids, name, value)
        return Response(status_code=204)


def whose(request: Request) -> list[str]:
    """Whose runs are shown to who asks: their own, and on this machine the command line's.

    Raises:
        RefusedError: they are not known.
    """
    others = visitor_of(request).others
    return list(others) if others and not is_known(request) else [asker(request).id, *others]


def asker(request: Request) -> Visitor:
    """Who asks: by the cookie, or where the browser keeps none by the tab's secret.

    Raises:
        RefusedError: they are not known.
    """
    if not is_known(request):
        raise RefusedError(f"who asks must be known by the cookie, or by the header {HEADER}")
    visitor = visitor_of(request)
    return visitor if visitor.is_alone else Visitor.of(request.headers[HEADER], visitor.counted)


def is_known(request: Request) -> bool:
    """Whether it is said who asks: by the cookie, or where the browser keeps none by the tab's secret."""
    return known(request) is not None or SECRET.fullmatch(request.headers.get(HEADER, "")) is not None


def why_nothing(words: Words) -> str:
    """Why nothing is kept."""
    return words["library.off" if os.environ.get("TRICK_LAB_STORE") == "off" else "library.closed"]


def read_query(params: Mapping[str, str]) -> dict[str, Any]:
    """What a page of the list is asked for: by each parameter's name its value, or what it is where it is not said.

    Raises:
        RefusedError: there is no such parameter, or it says what it cannot.
    """
    for name in params:
        if name not in PARAMETERS:
            raise RefusedError(f"the library is asked by {', '.join(PARAMETERS)}, not by {shorten(name)}")
    return {name: read(name, params[name]) if name in params else plain for name, (read, plain) in PARAMETERS.items()}


def _text(name: str, given: str) -> str:
    if len(given) > MOST_TEXT:
        raise RefusedError(f"{name} must be at most {MOST_TEXT} letters, got {len(given)}")
    return given


def _words(name: str, given: str) -> list[str]:
    found = _text(name, given).split()
    if len(found) > MOST_WORDS:
        raise RefusedError(f"{name} must be at most {MOST_WORDS}, got {len(found)}")
    return found


def _flag(name: str, given: str) -> bool:
    if given not in ("0", "1"):
        raise RefusedError(f"{name} must be 0 or 1, got {shorten(given)}")
    return given == "1"


def _number(name: str, given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RefusedError(f"{name} must be a number of seconds, got {shorten(given)}")
    return value


def _whole(name: str, given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise RefusedError(f"{name} must be a whole number from 0 on, got {shorten(given)}")
    return int(given)


def _language(name: str, given: str) -> str:
    return spoken(given)


PARAMETERS: dict[str, tuple[Read, Any]] = {
    "words": (_words, []),
    "trick": (_text, ""),
    "task": (_text, ""),
    "state": (_text, ""),
    "since": (_number, None),
    "until": (_number, None),
    "longer": (_number, 0.0),
    "bin": (_flag, False),
    "sort": (_text, "created_at"),
    "down": (_flag, True),
    "start": (_whole, 0),
    "count": (_whole, PAGE),
    "lang": (_language, FALLBACK),
}
"""What a page is asked by: how each is read, and what it is where it is not said. Times are seconds since 1970."""


def read_change(body: bytes) -> tuple[list[str], str, str | bool]:
    """Of which ones what is to be how: `{"ids": [...]}` with one of `name`, `note` (of one), `pinned` and `deleted`.

    Raises:
        RefusedError: it is something else.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError("a change must be JSON") from None
    kinds: dict[str, type[str] | type[bool]] = {"name": str, "note": str, "pinned": bool, "deleted": bool}
    rest = {name: value for name, value in data.items() if name != "ids"} if isinstance(data, dict) else {}
    if len(rest) != 1 or not rest.keys() <= kinds.keys():
        raise RefusedError(f"a change must have ids and one of {', '.join(kinds)}, got {shorten(data)}")
    ((name, value),) = rest.items()
    if not isinstance(value, kinds[name]):
        raise RefusedError(f"{name} must be {'text' if kinds[name] is str else 'true or false'}, got {shorten(value)}")
    ids = data.get("ids")
    most = 1 if kinds[name] is str else MAX_PAGE
    if not (isinstance(ids, list) and 1 <= len(ids) <= most and all(isinstance(one, str) for one in ids)):
        raise RefusedError(f"ids must be 1 to {most} of them for {name}, got {shorten(ids)}")
    return ids, name, value


def change(library: Library, ids: Sequence[str], name: str, value: Any) -> None:
    """Has it be so.

    Raises:
        RequestError: one of them is not there, or it cannot be called so; nothing was changed.
        StoreError: the store cannot be written.
    """
    if name == "name":
        library.rename(ids[0], value)
    elif name == "note":
        library.annotate(ids[0], value)
    elif name == "pinned":
        library.pin(*ids, pinned=value)
    elif value:
        library.delete(ids)
    else:
        library.restore(ids)


def _answer(request: Request, data: Mapping[str, Any]) -> Response:
    """The data as JSON."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return _tagged(request, body, "application/json")


def _tagged(request: Request, body: bytes, media_type: str) -> Response:
    """The body; nothing where who asks has it, as their `If-None-Match` says."""
    headers = {"etag": f'"{sha256(body).hexdigest()[:16]}"', **answers.UNKEPT}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
