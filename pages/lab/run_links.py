"""Links to a run or a study over HTTP: made and revoked by whose it is; `?id=` says which one.

`GET` tells how many there are, `POST` makes one more and gives its address, which is not told again, and `DELETE`
revokes them all; each tells whether a room has shown it, too. Who has a link asks for it by that, on the live socket
and for its exports.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pages.lab import answers
from pages.lab.cards import watched_at
from pages.lab.shared import Lab
from pages.lab.shelf import whose, why_nothing
from pages.lab.text import load_words, spoken
from trainers.store.library import Library, RequestError
from trainers.store.links import Links
from trainers.store.store import Store


class Sharing:
    """The endpoint of the links to runs and studies."""

    def __init__(self, lab: Lab, store: Store | None) -> None:
        self._lab, self._store = lab, store

    async def answer(self, request: Request) -> Response:
        """How it is shared after what was asked; what cannot be is answered with a sentence."""
        language = spoken(request.query_params.get("lang"))
        if self._store is None:
            return answers.say(503, why_nothing(load_words(language)))
        return await answers.told(self._answer(self._store, request, language))

    async def _answer(self, store: Store, request: Request, language: str) -> Response:
        wanted, visitors = request.query_params.get("id", ""), whose(request)
        if request.method == "DELETE":
            await run_in_threadpool(Links(store, visitors).revoke, wanted)
            await self._lab.shut(wanted)
            told: dict[str, object] = {"links": 0}
        elif request.method == "POST":
            told = await run_in_threadpool(share, store, visitors, wanted, language)
        else:
            told = {"links": await run_in_threadpool(Links(store, visitors).count, wanted)}
        return JSONResponse({**told, "shown": await self._lab.is_shown(wanted)}, headers=answers.UNKEPT)


def share(store: Store, visitors: list[str], wanted: str, language: str) -> dict[str, object]:
    """Makes one more link to a run or a study: the address on this host where it is watched.

    Raises:
        RequestError: it is none of theirs, has too many, or no page shows it.
        StoreError: the store cannot be written.
    """
    links, card = Links(store, visitors), Library(store, visitors).card(wanted)
    if card is not None and not watched_at(card, language):
        raise RequestError("a link needs a run or a study that a page can show, and none shows this one")
    link = links.add(wanted)
    assert card is not None
    return {"address": watched_at(card, language, link), "links": links.count(wanted)}
