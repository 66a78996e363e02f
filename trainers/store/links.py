"""Links that share a run or a study: whoever has one sees it and takes it out, and can do nothing else.

A link is the public id and a key, 192 random bits, of which the store keeps a digest: no link can be told again. Whose
the run or study is revokes them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, delete, func, insert, select, union_all

from trainers.store.library import RequestError
from trainers.store.schema import runs, shares, studies, study_shares
from trainers.store.store import Store

MARK = "."
"""What stands between the id and the key; no id has it."""

MAX_LINKS = 20  # to one run, or one study

_KINDS: tuple[tuple[Table, Table, Column[Any]], ...] = (
    (runs, shares, shares.c.run_id),
    (studies, study_shares, study_shares.c.study_id),
)
"""What is shared, the links to it, and their column that says to which."""


@dataclass(frozen=True)
class _Shared:
    """One that is shared: its key, and where the links to it stand."""

    key: int
    links: Table
    to: Column[Any]

    def count(self, connection: Connection) -> int:
        asked = select(func.count()).select_from(self.links).where(self.to == self.key)
        return connection.execute(asked).scalar_one()


class Links:
    """The links to runs and studies of `visitors`, who are one person.

    All methods raise a `RequestError` where they have none of that id, or it lies in the bin, and a `StoreError` where
    the store does not do what it is asked.
    """

    def __init__(self, store: Store, visitors: Collection[str]) -> None:
        self._store, self._visitors = store, tuple(visitors)

    def count(self, public_id: str) -> int:
        """How many there are."""
        with self._store.database.reading() as connection:
            return self._own(connection, public_id).count(connection)

    def add(self, public_id: str) -> str:
        """One more, of at most `MAX_LINKS`."""
        key = secrets.token_urlsafe(24)
        with self._store.database.writing() as connection:
            one = self._own(connection, public_id)
            if one.count(connection) >= MAX_LINKS:
                raise RequestError(f"links to {public_id} must be at most {MAX_LINKS}, got one more: revoke them first")
            row = {"digest": _digest(key), one.to.name: one.key, "created_at": time.time()}
            connection.execute(insert(one.links).values(row))
        return f"{public_id}{MARK}{key}"

    def revoke(self, public_id: str) -> int:
        """Takes back all: none opens it any more. How many there were."""
        with self._store.database.writing() as connection:
            one = self._own(connection, public_id)
            return connection.execute(delete(one.links).where(one.to == one.key)).rowcount

    def _own(self, connection: Connection, public_id: str) -> _Shared:
        """Their run or study of that id."""
        for table, links, to in _KINDS:
            own = (table.c.public_id == public_id, table.c.visitor.in_(self._visitors), table.c.deleted_at.is_(None))
            key: int | None = connection.execute(select(table.c.id).where(*own)).scalar()
            if key is not None:
                return _Shared(key, links, to)
        raise RequestError(f"{public_id}: no such run or study of yours is kept, or not yet")


def owner_by(store: Store, link: str) -> str | None:
    """The visitor whose run or study that link opens; None where it was revoked, never was, or what it opens is binned.

    Raises:
        StoreError: the store cannot be read.
    """
    public_id, _, key = link.partition(MARK)
    owners = (
        _owners(table, public_id).join(links, to == table.c.id).where(links.c.digest == _digest(key))
        for table, links, to in _KINDS
    )
    with store.database.reading() as connection:
        return connection.execute(union_all(*owners)).scalar()


def owner_of(store: Store, public_id: str) -> str | None:
    """The visitor whose run or study has that id; None where none has, or it lies in the bin.

    Raises:
        StoreError: the store cannot be read.
    """
    with store.database.reading() as connection:
        return connection.execute(union_all(*(_owners(table, public_id) for table, _, _ in _KINDS))).scalar()


def _owners(table: Table, public_id: str) -> Select[Any]:
    return select(table.c.visitor).where(table.c.public_id == public_id, table.c.deleted_at.is_(None))


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
