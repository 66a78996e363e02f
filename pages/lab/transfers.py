"""Files of runs over HTTP: `POST` brings one into the library, `GET` takes what is there out of it in any form.

A file comes as it is, its name stands behind the question mark. It is read whole, within a time, and looked at in a
thread of its own, one after another; what goes is written in another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pages.lab import answers
from pages.lab.cards import told_card
from pages.lab.downloads import Downloads
from pages.lab.shelf import is_known, whose, why_nothing
from pages.lab.text import Words, load_words, spoken
from trainers.runs.labels import shorten
from trainers.runs.whole import WholeRun
from trainers.store.archive import bring_file
from trainers.store.database import StoreError
from trainers.store.library import MAX_PAGE, Card, Library, RequestError
from trainers.store.parcel import run_of, write_parcel
from trainers.store.store import Store
from trainers.takeaway.forms import FORMS, MOST_RUNS, Form
from tricks.declaration import RefusedError

T = TypeVar("T")

AT_ONCE = 4  # files that come, from everybody together: more wait
WITHIN_S = 300.0  # in which a file must have come
MOST_OF_NAME = 200  # letters
MOST_ROWS = 2_000_000  # of the runs of one file together, which are held while it is written
PARCEL = "archive"  # the form of which several are put into one file


class Transfers:
    """The endpoint of what comes and goes as files."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._worker = ThreadPoolExecutor(1, "transfers")
        self._files = Downloads(1)
        self._rows = 0  # of the runs that are held for files on their way
        self._coming = asyncio.Semaphore(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        """What became of the file that came, or the archives asked for; what cannot be is answered with a sentence."""
        words = load_words(spoken(request.query_params.get("lang")))
        if self._store is None:
            return answers.say(503, why_nothing(words))
        if request.method != "POST":
            return await answers.told(self._give(self._store, request))
        try:
            return await answers.told(self._bring(self._store, request, words))
        except TimeoutError:
            return answers.say(408, words.fill("library.import.slow", minutes=f"{WITHIN_S / 60:.0f}"))
        except ClientDisconnect:
            return answers.say(400, "the file did not come whole")

    async def _bring(self, store: Store, request: Request, words: Words) -> Response:
        visitors = takers(request)
        name = request.query_params.get("name", "")[-MOST_OF_NAME:] or "file"
        async with asyncio.timeout(WITHIN_S) as limit, self._coming:
            data = await request.body()  # the gate lets no more in than may be
            limit.reschedule(None)  # what is read may take its time, as others' files before it
            return JSONResponse(
                await self._work(partial(brought, store, visitors, name, data, words)), headers=answers.UNKEPT
            )

    async def _give(self, store: Store, request: Request) -> Response:
        ids = [one for one in request.query_params.get("ids", "").split(",") if one]
        asked = request.query_params.get("form", PARCEL)
        if asked not in FORMS:
            raise RequestError(f"form must be one of {', '.join(FORMS)}, got {shorten(asked, 40)}")
        cards = await self._work(partial(chosen, Library(store, whose(request)), ids))
        form, name = FORMS[asked], f"trick-lab-{datetime.now(UTC):%Y-%m-%d}"
        if len(cards) == 1:
            name = f"{cards[0].trick}-{cards[0].public_id}"
        elif asked == PARCEL:
            return await self._files.file(f"{name}{form.ending}", form.media, partial(write_parcel, store, cards))
        runs = await self._work(lambda: list(whole_runs(store, cards)))
        return await self._files.file(f"{name}{form.ending}", form.media, partial(self._hold, form, runs))

    def _hold(self, form: Form, runs: Sequence[WholeRun]) -> Iterator[bytes]:
        """The file of runs, while there is room for theirs beside those of the files that are on their way."""
        rows = sum(map(rows_of, runs))
        if self._rows and self._rows + rows > MOST_ROWS:
            raise StoreError("other large files are on their way out: try again in a minute")
        parts = form.parts(runs)

        def held() -> Iterator[bytes]:
            self._rows += rows
            try:
                yield from parts
            finally:
                self._rows -= rows

        return held()

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


def takers(request: Request) -> list[str]:
    """Who asks, first as whom they bring runs in: on this machine, where they are not known, as its command line.

    Raises:
        RefusedError: they are not known.
    """
    visitors = whose(request)
    return visitors if is_known(request) else visitors[::-1]


def brought(store: Store, visitors: Sequence[str], name: str, data: bytes, words: Words) -> dict[str, Any]:
    """Keeps the run of a file, and tells it as the list does, and whether it is `new` or was among theirs before.

    Raises:
        RefusedError: it is no file of a run.
        StoreError: it cannot be written.
    """
    public_id, is_new = bring_file(store, visitors, name, data)
    card = Library(store, visitors).card(public_id)
    if card is None:
        raise StoreError("the run was deleted as it came: try again")
    return {"new": is_new, "card": told_card(card, words)}


def chosen(library: Library, ids: Sequence[str]) -> list[Card]:
    """What has these ids; without any, all that is not in the bin.

    Raises:
        RequestError: one of them is not there, or there are too many.
        StoreError: the store cannot be read.
    """
    if len(ids) > MAX_PAGE:
        raise RequestError(f"files must be of at most {MAX_PAGE} ids, or of all: got {len(ids)}")
    if not ids:
        return every_card(library)
    found = {one: library.card(one) for one in ids}
    if missing := sorted(one for one, card in found.items() if card is None):
        raise RequestError(f"{', '.join(missing)}: no such run or study of yours")
    return [card for card in found.values() if card is not None]


def whole_runs(store: Store, cards: Sequence[Card]) -> Iterator[WholeRun]:
    """The runs of cards, one after another.

    Raises:
        RefusedError: they are too many, or too long together.
        StoreError: one of them is none, is damaged, or was deleted for good meanwhile.
    """
    if len(cards) > MOST_RUNS:
        raise RefusedError(f"a file must be of at most {MOST_RUNS} runs, got {len(cards)}")
    rows = 0
    for card in cards:
        run = run_of(store, card)
        rows += rows_of(run)
        if rows > MOST_ROWS:
            raise RefusedError(f"the runs of one file must have at most {MOST_ROWS:,} rows together: choose fewer")
        yield run


def rows_of(run: WholeRun) -> int:
    """How many rows a run has in a table, at most."""
    return run.history.step * len(run.history.spec.arms)


def every_card(library: Library) -> list[Card]:
    """All that is not in the bin, the newest first."""
    found: dict[str, Card] = {}  # one that comes meanwhile moves the others on
    for start in count(0, MAX_PAGE):
        cards = library.page(start=start, count=MAX_PAGE).cards
        found |= {card.public_id: card for card in cards}
        if len(cards) < MAX_PAGE:
            break
    return list(found.values())
