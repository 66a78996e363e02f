"""The library over HTTP: what a visitor has kept, a page at a time, as a page shows it; and what they change of it.

`GET` asks for a page, by what stands after the question mark; `PATCH` says, as JSON, what is to be so of which ones.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pages.lab.choice import Choice
from pages.lab.exports import RUN_KINDS
from pages.lab.files import page_path, paths
from pages.lab.state import Address, query
from pages.lab.text import FALLBACK, Words, labels_of_runs, languages, load_article, load_words
from pages.lab.visitors import SECRET, visitor_of
from trainers.live.visitor import Visitor
from trainers.runs.arm_names import in_sentence, symbol_text, value_text
from trainers.runs.build import setup_for
from trainers.runs.labels import shorten
from trainers.runs.settings import FIRST_EXPLORED_SEED
from trainers.runs.spec import COMBINE, RunSpec, metric_of
from trainers.store.database import StoreError
from trainers.store.library import LOCAL, MAX_PAGE, RUN, Card, Filter, Library, Page, RequestError, Word
from trainers.store.store import Store
from trainers.tasks import NAMES as TASKS
from tricks import catalogue
from tricks.declaration import RefusedError

HEADER = "x-lab-secret"
"""Who asks, where the browser keeps no cookie: the secret of the tab, as the live socket's `hello` has it."""

MOST_WORDS, MOST_TEXT = 8, 200  # words looked for, letters of a parameter
PAGE = 50
DIGITS = 4  # of a point of the small curves

Read = Callable[[str, str], Any]


class Shelf:
    """The endpoint of the library page; without a store it says that nothing is kept."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    async def answer(self, request: Request) -> Response:
        """A page of the list, or nothing where something was changed; what cannot be is answered with a sentence."""
        try:
            if request.method == "PATCH":
                return await self._change(request)
            return await self._page(request)
        except (RefusedError, RequestError) as error:
            return _say(400, str(error))
        except StoreError as error:
            return _say(503, str(error))

    async def _page(self, request: Request) -> Response:
        asked = read_query(request.query_params)
        words = load_words(asked.pop("lang"))
        if self._store is None:
            return _answer(request, {"kept": False, "why": why_nothing(words)})
        library = Library(self._store, whose(request))
        return _answer(request, await run_in_threadpool(told, library, asked, words))

    async def _change(self, request: Request) -> Response:
        ids, name, value = read_change(await request.body())
        if self._store is None:
            return _say(503, why_nothing(load_words(FALLBACK)))
        library = Library(self._store, whose(request))
        await run_in_threadpool(change, library, ids, name, value)
        return Response(status_code=204)


def whose(request: Request) -> list[str]:
    """Whose runs are shown to who asks: their own, and on this machine the command line's.

    Raises:
        RefusedError: they are not known.
    """
    visitor, secret = visitor_of(request), request.headers.get(HEADER, "")
    if not visitor.is_alone:  # the browser keeps no cookie
        if SECRET.fullmatch(secret):
            return [Visitor.of(secret).id, *visitor.others]
        if not visitor.others:
            raise RefusedError(f"who asks must be known by the cookie, or by the header {HEADER}")
    return [visitor.id, *visitor.others]


def why_nothing(words: Words) -> str:
    """Why nothing is kept."""
    return words["library.off" if os.environ.get("TRICK_LAB_STORE") == "off" else "library.closed"]


# --- what is asked -----------------------------------------------------------------------------------------------


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
    return given if given in languages() else FALLBACK


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


# --- what is told ------------------------------------------------------------------------------------------------


def told(library: Library, asked: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """A page of the list as JSON data.

    Raises:
        RequestError: there is no such order, or it is no page.
        StoreError: the store cannot be read.
    """
    titles, tasks = titles_in(words), {task: words[f"task.{task}.label"] for task in TASKS}
    which = Filter(
        words=tuple(Word(word, having(word, titles), having(word, tasks)) for word in asked["words"]),
        trick=asked["trick"],
        task=asked["task"],
        status=asked["state"],
        since=asked["since"],
        until=asked["until"],
        seconds=asked["longer"],
        in_bin=asked["bin"],
    )
    order = {name: asked[name] for name in ("sort", "down", "start", "count")}
    page: Page = library.page(which, **order)
    labels = labels_of_runs(words.language)
    return {
        "kept": True,
        "cards": [_card(card, titles, tasks, labels, words) for card in page.cards],
        "total": page.total,
        "binned": page.binned,
        "tricks": [[name, titles.get(name, name)] for name in page.tricks],
        "tasks": [[name, tasks.get(name, name)] for name in page.tasks],
    }


def titles_in(words: Words) -> dict[str, str]:
    """What each trick is called, and tricks together."""
    titles = {name: load_article(name, words.language)[0].title for name in catalogue.NAMES}
    return {**titles, COMBINE: words["combine.title"]}


def having(word: str, called: Mapping[str, str]) -> tuple[str, ...]:
    """Those that are called by something that has the word in it."""
    return tuple(name for name, title in called.items() if word.casefold() in title.casefold())


def _card(
    card: Card, titles: Mapping[str, str], tasks: Mapping[str, str], labels: Mapping[str, str], words: Words
) -> dict[str, Any]:
    arms = list(card.metrics.values())
    spec = _spec_of(card)
    judged = "" if spec is None else metric_of(spec)
    again = "" if spec is None else _address(json.dumps(spec.to_json()), words.language)
    return {
        "id": card.public_id,
        "kind": card.kind,
        "name": card.name,
        "note": card.note,
        "pinned": card.pinned,
        "state": card.status,
        "created": card.created_at,
        "deleted": card.deleted_at,
        "seconds": card.seconds,
        "trick": titles.get(card.trick, card.trick),
        "task": in_sentence(tasks.get(card.task, card.task)),
        "differs": differing_text(card, labels),
        "seed": card.seed,
        "steps": card.steps,
        "done": card.done,
        "total": card.total,
        "imported": card.imported,
        "local": card.visitor == LOCAL,
        "judged": judged and words[f"metric.{judged}"],
        "result": number(card.result),
        "baseline": number(arms[0].get(judged)) if len(arms) > 1 else None,
        "curve": [[_point(value) for value in arm] for arm in card.curve],
        "open": _watching(card, words.language) if spec and card.kind == RUN and spec.trick != COMBINE else again,
        "again": again,
        "exports": {kind: f"{paths()['export']}/{card.public_id}.{kind}" for kind in RUN_KINDS},
    }


def _spec_of(card: Card) -> RunSpec | None:
    """What it is a run of; None where that is of another version of the lab, which has other tricks and settings."""
    try:
        spec = RunSpec.from_json({"seed": FIRST_EXPLORED_SEED, **card.spec})  # a study has none of its own
        metric_of(spec)
    except (RefusedError, ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration):
        return None
    return spec


@lru_cache(maxsize=4096)
def _address(told: str, language: str) -> str:
    """The page where the run that is `told` is set, not begun; nothing where it cannot be set any more."""
    spec = RunSpec.from_json(json.loads(told))
    try:
        params = together_params(spec, language) if spec.trick == COMBINE else trick_params(spec, language)
    except (RefusedError, ValueError, KeyError, TypeError, IndexError):
        return ""
    return _join(page_path(spec.trick), params)


def trick_params(spec: RunSpec, language: str) -> dict[str, str]:
    """The parameters by which a trick's page is set to this run, with its further arms.

    Raises:
        RefusedError, KeyError: it has a value that cannot be set.
    """
    extra = tuple(
        {name: value for name, value in arm.knobs.items() if value != spec.arms[1].knobs.get(name)}
        for arm in spec.arms[2:]
    )
    return Address(replace(spec, arms=spec.arms[:2]), extra, language=language).to_params()


def together_params(spec: RunSpec, language: str) -> dict[str, str]:
    """The parameters by which the page of tricks together is set to this run.

    Raises:
        RefusedError: it has a value that cannot be set.
    """
    arm = spec.arms[1]
    plain = Choice(arm.tricks, spec.task, seed=spec.seed, ablate=len(spec.arms) > 2)
    made = plain.plan()
    usual = {**made.settings, **made.arms[1].knobs}
    values = {name: value for name, value in {**spec.settings, **arm.knobs}.items() if value != usual.get(name)}
    steps = None if spec.steps == made.steps else spec.steps
    return replace(plain, steps=steps, values=values).to_params(Choice((), ""), language)


def _watching(card: Card, language: str) -> str:
    """The page where this run is watched."""
    params = {"run": card.public_id}
    if card.task != setup_for(card.trick, None).task:
        params["task"] = card.task
    if language != FALLBACK:
        params["lang"] = language
    return _join(page_path(card.trick), params)


def _join(path: str, params: Mapping[str, str]) -> str:
    return f"{path}?{query(params)}" if params else path


def differing_text(card: Card, labels: Mapping[str, str]) -> str:
    """In what it differs from its trick as the page shows it at first, in words; its steps are said elsewhere."""
    tricks = catalogue.NAMES if card.trick == COMBINE else (card.trick,)
    symbols = {
        knob.name: symbol_text(knob.symbol)
        for name in tricks
        if name in catalogue.NAMES and not catalogue.problem(name)
        for knob in catalogue.load(name).knobs
    }
    parts = []
    for name, value in card.differs.items():
        if name == "steps":
            continue
        plain = labels.get(f"knob.{name}.label") if name in symbols else labels.get(f"setting.{name}.label")
        called = symbols.get(name) or plain or name
        values = value if isinstance(value, list) else [value]
        parts.append(f"{called} {' / '.join(value_text(name, one, labels) for one in values)}")
    return ", ".join(parts)


def number(value: float | None) -> float | str | None:
    """A number as JSON has it: what is not finite stands as `nan`, `inf` or `-inf`."""
    return value if value is None or math.isfinite(value) else str(value)


def _point(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _answer(request: Request, data: Mapping[str, Any]) -> Response:
    """The data as JSON; nothing where who asks has them, as their `If-None-Match` says."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    headers = {"etag": f'"{sha256(body).hexdigest()[:16]}"', "cache-control": "no-store"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _say(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers={"cache-control": "no-store"})
