"""Links that share a run: whoever has one sees it and takes it out, and can do nothing else; its owner revokes them.

A link is the run's public id and a key, 192 random bits, of which the store keeps a digest: no link can be told again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from trainers.store.library import RequestError
from trainers.store.schema import runs, shares
from trainers.store.store import Store

MARK = "."
"""What stands between the id and the key; no id has it."""

MAX_LINKS = 20  # of a run


class Links:
    """The links to runs of `visitors`, who are one person.

    All methods raise a `RequestError` where they have no such run, or it lies in the bin, and a `StoreError` where the
    store does not do what it is asked.
    """

    def __init__(self, store: Store, visitors: Collection[str]) -> None:
        self._store, self._visitors = store, tuple(visitors)

    def count(self, public_id: str) -> int:
        """How many there are to a run."""
        with self._store.database.reading() as connection:
            return _count(connection, self._own(connection, public_id))

    def add(self, public_id: str) -> str:
        """One more to a run, of at most `MAX_LINKS`."""
        key = secrets.token_urlsafe(24)
        with self._store.database.writing() as connection:
            run_id = self._own(connection, public_id)
            if _count(connection, run_id) >= MAX_LINKS:
                raise RequestError(f"links to a run must be at most {MAX_LINKS}, got one more: revoke them first")
            row = {"digest": _digest(key), "run_id": run_id, "created_at": time.time()}
            connection.execute(insert(shares).values(row))
        return f"{public_id}{MARK}{key}"

    def revoke(self, public_id: str) -> int:
        """Takes back all to a run: none opens it any more. How many there were."""
        with self._store.database.writing() as connection:
            run_id = self._own(connection, public_id)
            return connection.execute(delete(shares).where(shares.c.run_id == run_id)).rowcount

    def _own(self, connection: Connection, public_id: str) -> int:
        """The key of their run."""
        own = (runs.c.public_id == public_id, runs.c.visitor.in_(self._visitors), runs.c.deleted_at.is_(None))
        found: Any = connection.execute(select(runs.c.id).where(*own)).scalar()
        if found is None:
            raise RequestError(f"{public_id}: no such run of yours is kept, or not yet")
        return int(found)


def owner_by(store: Store, link: str) -> str | None:
    """The visitor whose run that link opens; None where it was revoked, never was, or the run lies in the bin.

    Raises:
        StoreError: the store cannot be read.
    """
    public_id, _, key = link.partition(MARK)
    asked = select(runs.c.visitor).join(shares, shares.c.run_id == runs.c.id)
    asked = asked.where(shares.c.digest == _digest(key), runs.c.public_id == public_id, runs.c.deleted_at.is_(None))
    with store.database.reading() as connection:
        return connection.execute(asked).scalar()


def _count(connection: Connection, run_id: int) -> int:
    return connection.execute(select(func.count()).select_from(shares).where(shares.c.run_id == run_id)).scalar_one()


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
