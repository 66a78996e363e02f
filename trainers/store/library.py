"""What a visitor has in the store, as a list: filtered, sorted, a page at a time; named, pinned, deleted, brought back.

What is deleted lies in a bin for a week. Of another visitor's nothing can be seen or changed here.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, null, or_, select, union_all, update
from sqlalchemy.sql.selectable import Subquery

from trainers.runs.labels import shorten
from trainers.runs.spec import COMBINE
from trainers.store.database import StoreError, sayable
from trainers.store.recording import CURVE_POINTS
from trainers.store.schema import runs, shares, studies, study_shares
from trainers.store.store import Store

LOG = logging.getLogger(__name__)

LOCAL = "local"
"""The visitor of the command line."""

BIN_S = 7 * 24 * 3600.0
MAX_NAME, MAX_NOTE = 120, 2000  # characters
MAX_PAGE = 200
SORTS = ("created_at", "name", "trick", "task", "status", "steps", "seconds", "result")
RUN, STUDY = "run", "study"
_COMMON = (
    *("id", "public_id", "visitor", "name", "note", "pinned", "status", "why", "created_at", "ended_at", "deleted_at"),
    *("trick", "task", "steps", "differs", "spec"),
)
_TABLES = {RUN: runs, STUDY: studies}
_parents = runs.alias("parents")
_parent = select(_parents.c.public_id).where(_parents.c.id == runs.c.parent_id).scalar_subquery()
_LINKS = {
    kind: select(func.count()).select_from(links).where(to == _TABLES[kind].c.id).scalar_subquery()
    for kind, links, to in ((RUN, shares, shares.c.run_id), (STUDY, study_shares, study_shares.c.study_id))
}


class RequestError(StoreError):
    """What was asked for cannot be, whatever state the store is in."""


@dataclass(frozen=True)
class Word:
    """A word that is looked for, and the tricks and tasks whose names in the reader's language have it."""

    text: str
    tricks: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filter:
    """Which ones: all that is given must hold. `since` and `until` are in seconds since 1970.

    `seconds` is how long it took at least; `in_bin` are those that were deleted, and no others.
    """

    words: tuple[Word, ...] = ()
    trick: str = ""
    task: str = ""
    status: str = ""
    kind: str = ""
    since: float | None = None
    until: float | None = None
    seconds: float = 0.0
    in_bin: bool = False


@dataclass(frozen=True)
class Card:
    """A run or a study in the list. `done` of `total` are its steps, or a study's runs.

    `curve` (arms, points) are the first arms' training losses; `seconds` is from its start to the last word of it;
    `spec` is that of the run, or of what a study repeats; `links` is by how many it is shared. A branch was made
    from the run `parent`, None where that is gone, after its `fork_step`, and stands `depth` under the first of its
    family. `swept` are the knobs of a study that sweeps some.
    """

    kind: str
    public_id: str
    visitor: str
    name: str
    note: str
    pinned: bool
    status: str
    why: str
    created_at: float
    ended_at: float | None
    deleted_at: float | None
    seconds: float
    trick: str
    task: str
    seed: int | None
    steps: int
    done: int
    total: int
    differs: dict[str, Any]
    spec: dict[str, Any]
    imported: bool
    links: int
    metrics: dict[str, dict[str, float]]
    result: float | None
    curve: list[list[float]]
    parent: str | None
    fork_step: int | None
    depth: int = 0
    swept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page of the list: `total` is how many there are in all, `tricks` and `tasks` what is there without a filter.

    `binned` is how many lie in the bin.
    """

    cards: tuple[Card, ...]
    total: int
    binned: int
    tricks: tuple[str, ...]
    tasks: tuple[str, ...]


class Library:
    """The runs and studies of `visitors`, who are one person."""

    def __init__(self, store: Store, visitors: Sequence[str]) -> None:
        self._store, self._visitors = store, tuple(visitors)

    def page(
        self, which: Filter = Filter(), *, sort: str = "created_at", down: bool = True, start: int = 0, count: int = 50
    ) -> Page:
        """So many of them from `start` on; pinned ones come first; by time, branches are with their parents.

        Raises:
            RequestError: there is no such order, or it is no page.
            StoreError: the store cannot be read.
        """
        if sort not in SORTS:
            raise RequestError(f"sort must be one of {', '.join(SORTS)}, got {sort}")
        if not (0 <= start < 2**31 and 1 <= count <= MAX_PAGE):
            raise RequestError(f"a page must be 1 to {MAX_PAGE} from 0 on, got {count} from {start}")
        self._store.settle()
        every = self._every()
        column = every.c[sort]
        chosen = and_(*_conditions(every, which))
        order = column.desc() if down else column.asc()
        keys = select(every.c.kind, every.c.id, every.c.parent_id, every.c.fork_step).where(chosen)
        keys = keys.order_by(every.c.pinned.desc(), order.nulls_last(), every.c.id.desc())
        with self._store.database.reading() as connection:
            sorted_keys = connection.execute(keys).all()  # alone, since what is sorted is carried along
            placed = _in_families(sorted_keys) if sort == "created_at" else [(key, 0) for key in sorted_keys]
            depths = {(key.kind, key.id): depth for key, depth in placed[start : start + count]}
            found = [key for key, _ in placed[start : start + count]]
            rows = {
                (kind, row["id"]): row
                for kind in _TABLES
                for row in connection.execute(self._of(kind, [key.id for key in found if key.kind == kind])).mappings()
            }
            in_bin = select(func.count()).select_from(every).where(every.c.deleted_at.is_not(None))
            binned = connection.execute(in_bin).scalar_one()
            tricks, tasks = (
                connection.execute(select(every.c[name]).where(every.c.deleted_at.is_(None)).distinct()).scalars().all()
                for name in ("trick", "task")
            )
        return Page(
            tuple(_card(rows[key.kind, key.id], depths[key.kind, key.id]) for key in found),
            len(placed),
            binned,
            tuple(sorted(tricks)),
            tuple(sorted(tasks)),
        )

    def card(self, public_id: str) -> Card | None:
        """The one of that id, the bin included; None where there is none."""
        self._store.settle()
        every = self._every()
        with self._store.database.reading() as connection:
            row = connection.execute(select(every).where(every.c.public_id == sayable(public_id))).mappings().first()
        return None if row is None else _card(row)

    def beginning_with(self, text: str, *, in_bin: bool | None = None, count: int = 9) -> list[str]:
        """The ids that begin so, up to `count`; in the bin, out of it, or either."""
        every = self._every()
        asked = select(every.c.public_id).where(every.c.public_id.startswith(sayable(text), autoescape=True))
        if in_bin is not None:
            asked = asked.where(every.c.deleted_at.is_not(None) if in_bin else every.c.deleted_at.is_(None))
        with self._store.database.reading() as connection:
            return list(connection.execute(asked.order_by(every.c.public_id).limit(count)).scalars())

    def newest(self, *, in_bin: bool = False) -> str | None:
        """The id of the one that was begun last, or of the one that was deleted last; None where there is none."""
        every = self._every()
        deleted, begun = every.c.deleted_at, every.c.created_at
        chosen, at = (deleted.is_not(None), deleted) if in_bin else (deleted.is_(None), begun)
        asked = select(every.c.public_id).where(chosen).order_by(at.desc(), every.c.id.desc()).limit(1)
        with self._store.database.reading() as connection:
            return connection.execute(asked).scalar()

    def rename(self, public_id: str, name: str) -> None:
        """Calls it `name`, "" for nothing of its own."""
        self._change([public_id], {"name": check_text("name", name, MAX_NAME)})

    def annotate(self, public_id: str, note: str) -> None:
        """Says `note` of it."""
        self._change([public_id], {"note": check_text("note", note, MAX_NOTE)})

    def pin(self, *public_ids: str, pinned: bool) -> None:
        """Has them stand first, and never go for others' sake, all or none."""
        self._change(public_ids, {"pinned": pinned})

    def delete(self, public_ids: Sequence[str]) -> None:
        """Puts them into the bin, all or none."""
        self._change(public_ids, {"deleted_at": time.time()})

    def restore(self, public_ids: Sequence[str]) -> None:
        """Takes them out of the bin, all or none."""
        self._change(public_ids, {"deleted_at": None})

    def _change(self, public_ids: Sequence[str], values: dict[str, Any]) -> None:
        wanted = set(public_ids)
        with self._store.database.writing() as connection:
            changed = 0
            for table in _TABLES.values():
                own = and_(table.c.public_id.in_(wanted), table.c.visitor.in_(self._visitors))
                changed += connection.execute(update(table).where(own), values).rowcount
            if changed != len(wanted):
                raise RequestError(f"{', '.join(sorted(wanted))}: no such run or study of yours; nothing was changed")

    def _every(self) -> Subquery:
        return union_all(*map(self._of, _TABLES)).subquery()

    def _of(self, kind: str, ids: Sequence[int] | None = None) -> Select[Any]:
        """The runs, or the studies: of these keys where some are given."""
        table = _TABLES[kind]
        own: list[Any] = [table.c[name] for name in _COMMON]
        own += [literal(kind).label("kind"), (table.c.heartbeat_at - table.c.created_at).label("seconds")]
        if kind == RUN:
            own += [runs.c.seed, runs.c.step.label("done"), runs.c.steps.label("total"), runs.c.imported]
            curve = runs.c.curve.cast(runs.c.curve.type)  # what is no bytes there would end the whole reading
            own += [runs.c.metrics, runs.c.result, curve.label("curve"), runs.c.parent_id, runs.c.fork_step]
            own.append(_parent.label("parent"))
        else:
            own += [null().label("seed"), studies.c.done, studies.c.total, literal(False).label("imported")]
            own += [literal("{}").label("metrics"), null().label("result"), literal(b"").label("curve")]
            own += [null().label("parent_id"), null().label("fork_step"), null().label("parent")]
        own.append(_LINKS[kind].label("links"))
        asked = select(*own).where(table.c.visitor.in_(self._visitors))
        return asked if ids is None else asked.where(table.c.id.in_(ids))


def words_of(text: str, labels: Mapping[str, str]) -> tuple[Word, ...]:
    """The words that a text looks for; `labels` are those of the reader's language."""
    titles = [(key.split("."), label.casefold()) for key, label in labels.items()]
    tricks = {key[1]: title for key, title in titles if key[0] == "trick" and len(key) == 2}
    tricks[COMBINE] = labels["combine.title"].casefold()
    tasks = {key[1]: title for key, title in titles if key[0] == "task" and key[2:] == ["label"]}

    def called(names: Mapping[str, str], word: str) -> tuple[str, ...]:
        return tuple(name for name, title in names.items() if word.casefold() in title)

    return tuple(Word(word, called(tricks, word), called(tasks, word)) for word in text.split())


def clear_bin(store: Store) -> int:
    """Deletes for good what has been in the bin for a week; how many went."""
    with store.database.writing() as connection:
        old = time.time() - BIN_S
        return sum(
            connection.execute(delete(table).where(table.c.deleted_at < old)).rowcount for table in _TABLES.values()
        )


def hand_over(store: Store, giver: str, taker: str) -> int:
    """Makes all that one visitor has another's, the bin included; how many runs and studies these were.

    Raises:
        StoreError: the store cannot be written; nothing was changed.
    """
    with store.database.writing() as connection:
        return sum(
            connection.execute(update(table).where(table.c.visitor == giver), {"visitor": taker}).rowcount
            for table in _TABLES.values()
        )


def _conditions(every: Subquery, which: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        every.c.deleted_at.is_not(None) if which.in_bin else every.c.deleted_at.is_(None)
    ]
    exact = {name: getattr(which, name) for name in ("trick", "task", "status", "kind")}
    found += [every.c[name] == value for name, value in exact.items() if value]
    if which.since is not None:
        found.append(every.c.created_at >= which.since)
    if which.until is not None:
        found.append(every.c.created_at <= which.until)
    if which.seconds:
        found.append(every.c.seconds >= which.seconds)
    for word in which.words:
        texts = [every.c[name] for name in ("name", "note", "trick", "task", "differs", "public_id")]
        found.append(
            or_(
                *(text.icontains(sayable(word.text), autoescape=True) for text in texts),
                every.c.trick.in_(word.tricks),
                every.c.task.in_(word.tasks),
            )
        )
    return found


def _in_families(keys: Sequence[Any]) -> list[tuple[Any, int]]:
    """Each with how deep it stands: branches under their parents, the first begun first, where the first of all is."""
    runs_by_id = {key.id: key for key in keys if key.kind == RUN}
    children: dict[int, list[Any]] = {}
    for key in sorted(runs_by_id.values(), key=lambda key: key.id):
        if key.fork_step is not None and key.parent_id in runs_by_id:
            children.setdefault(key.parent_id, []).append(key)
    placed: dict[Any, int] = {}
    for key in keys:
        root = key
        while root.kind == RUN and root.fork_step is not None and root.parent_id in runs_by_id:
            root = runs_by_id[root.parent_id]
        waiting = [(root, 0)] if root not in placed else []
        while waiting:
            one, depth = waiting.pop()
            placed[one] = depth
            if one.kind == RUN:
                waiting += [(child, depth + 1) for child in reversed(children.get(one.id, []))]
    return list(placed.items())


_UNREAD: dict[str, Any] = {"differs": {}, "spec": {}, "metrics": {}, "curve": [], "swept": ()}
"""What there is of a card that cannot be read."""


def _card(row: Any, depth: int = 0) -> Card:
    """The card of a row; one that is damaged, which is logged, has none of what is kept packed."""
    told = {name: row[name] for name in Card.__dataclass_fields__ if name not in ("depth", *_UNREAD)}
    try:
        parts = _parts(row)
    except (ValueError, TypeError, KeyError) as error:
        LOG.warning("the %s %s is damaged: what it was cannot be read (%s)", row["kind"], row["public_id"], error)
        parts = _UNREAD
    return Card(**{**told, "pinned": bool(row["pinned"]), "imported": bool(row["imported"]), "depth": depth, **parts})


def _parts(row: Any) -> dict[str, Any]:
    """What of a card is kept packed.

    Raises:
        ValueError, TypeError, KeyError: it is damaged.
    """
    differs, spec, metrics = (json.loads(row[name]) for name in ("differs", "spec", "metrics"))
    swept: tuple[str, ...] = ()
    if row["kind"] == STUDY:
        swept, spec = tuple(spec["swept"]), spec["study"]["spec"]
    for part in (differs, spec, metrics):
        if not isinstance(part, dict):
            raise TypeError(f"it must be an object, got {shorten(part)}")
    points = np.frombuffer(row["curve"], "<f4").reshape(-1, CURVE_POINTS)
    curve = [[float(value) for value in arm] for arm in points]
    return {"differs": differs, "spec": spec, "metrics": metrics, "curve": curve, "swept": swept}


def check_text(name: str, text: str, most: int) -> str:
    """A `name` or a `note` as it is kept, of at most so many characters.

    Raises:
        StoreError: it is longer, or a name has what cannot be printed.
    """
    kept = " ".join(text.split()) if name == "name" else text.strip()
    if len(kept) > most:
        raise RequestError(f"a {name} must be at most {most} characters, it has {len(kept)}")
    if not kept.isprintable() and name == "name":
        raise RequestError("a name must be of characters that can be printed")
    return kept
