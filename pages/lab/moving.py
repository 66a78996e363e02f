"""A library moves to another browser: one shows a code, valid once and for ten minutes, and it is typed in the other.

All that is kept then belongs to the other one, beside what it has; what is under way goes on. Codes are held here and
nowhere else, as digests, for as long as the app runs, and no clock that can be set has a say in it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pages.lab import answers
from pages.lab.shared import Lab
from pages.lab.shelf import asker, why_nothing
from pages.lab.text import Words, load_words, spoken
from pages.lab.visitors import Failures, address_of
from trainers.live.visitor import Visitor
from trainers.runs.labels import shorten
from trainers.store.database import StoreError
from trainers.store.library import Filter, Library
from trainers.store.store import Store
from tricks.declaration import RefusedError

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no two of which look alike
GROUPS, LETTERS = 3, 4  # 58 bits
VALID_S = 600.0
WRONG, WRONG_OF_ADDRESS = 10, 100  # codes that a visitor, or an address, may get wrong within `VALID_S`


@dataclass(frozen=True)
class _Given:
    giver: Visitor
    until: float


class Codes:
    """The codes that are valid: of each visitor the newest."""

    def __init__(self) -> None:
        self._given: dict[str, _Given] = {}  # by the code's digest

    def new(self, giver: Visitor) -> str:
        """A code by which all that is the visitor's can be had."""
        now = monotonic()
        self._given = {
            digest: one for digest, one in self._given.items() if one.until > now and one.giver.id != giver.id
        }
        letters = [secrets.choice(ALPHABET) for _ in range(GROUPS * LETTERS)]
        code = "-".join("".join(letters[start : start + LETTERS]) for start in range(0, len(letters), LETTERS))
        self._given[_digest(code)] = _Given(giver, now + VALID_S)
        return code

    def giver(self, code: str) -> Visitor | None:
        """Whose code it is, however it is spelled; None where it was used, is too old, or never was."""
        one = self._given.get(_digest(code))
        return None if one is None or one.until <= monotonic() else one.giver

    @contextmanager
    def spending(self, code: str) -> Iterator[None]:
        """The code is used, at once; where what it is used for fails it can be again."""
        digest = _digest(code)
        one = self._given.pop(digest)
        try:
            yield
        except StoreError:
            self._given[digest] = one
            raise


class Moving:
    """The endpoint: `POST` of `{}` gives a code, of `{"code": ...}` moves what it stands for to who asks."""

    def __init__(self, lab: Lab, store: Store | None) -> None:
        self._lab, self._store = lab, store
        self._codes = Codes()
        self._wrong, self._wrong_of_address = Failures(WRONG, VALID_S), Failures(WRONG_OF_ADDRESS, VALID_S)

    async def answer(self, request: Request) -> Response:
        """A code, or how many runs and studies have come; what cannot be is answered with a sentence."""
        words = load_words(spoken(request.query_params.get("lang")))
        if self._store is None:
            return answers.say(503, why_nothing(words))
        return await answers.told(self._answer(self._store, request, words))

    async def _answer(self, store: Store, request: Request, words: Words) -> Response:
        code, visitor = read_code(await request.body()), asker(request)
        if code is None:
            return await self._give(store, visitor, words)
        return await self._take(code, visitor, address_of(request), words)

    async def _give(self, store: Store, visitor: Visitor, words: Words) -> Response:
        total = await run_in_threadpool(_total, store, visitor)
        if not total:
            return answers.say(400, words["library.move.nothing"])
        told = {"code": self._codes.new(visitor), "valid_s": VALID_S, "total": total}
        return JSONResponse(told, headers=answers.UNKEPT)

    async def _take(self, code: str, visitor: Visitor, address: str, words: Words) -> Response:
        if self._wrong.are_too_many(visitor.id) or self._wrong_of_address.are_too_many(address):
            return answers.say(429, words["library.move.often"])
        giver = self._codes.giver(code)
        if giver is None:
            self._wrong.note(visitor.id)
            self._wrong_of_address.note(address)
            return answers.say(400, words["library.move.wrong"])
        if giver.id == visitor.id:
            return answers.say(400, words["library.move.own"])
        with self._codes.spending(code):
            return JSONResponse({"moved": await self._lab.hand_over(giver, visitor)}, headers=answers.UNKEPT)


def read_code(body: bytes) -> str | None:
    """The code that was typed; None where one is asked for.

    Raises:
        RefusedError: it is neither.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError("what is asked must be JSON") from None
    if data == {}:
        return None
    if not (isinstance(data, dict) and data.keys() == {"code"} and isinstance(data["code"], str)):
        raise RefusedError(f"what is asked must be {{}}, or a code as text, got {shorten(data)}")
    return str(data["code"])


def _digest(code: str) -> str:
    """Of a code as it is typed: in letters of either size, hyphens and spaces said or not."""
    plain = "".join(letter for letter in code.upper() if not letter.isspace() and letter != "-")
    return sha256(plain.encode()).hexdigest()


def _total(store: Store, visitor: Visitor) -> int:
    """How much is the visitor's, the bin included."""
    library = Library(store, [visitor.id])
    page = library.page(Filter(), count=1)
    return page.total + page.binned
