"""How much the store may hold. Where it is full the bin is emptied, and then goes the oldest that is not pinned."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, union_all
from sqlalchemy.sql import literal

from trainers.runs.environment import number_in
from trainers.store.database import StoreError
from trainers.store.recording import OPEN
from trainers.store.schema import runs, studies
from trainers.store.store import Store
from tricks.declaration import RefusedError

MAX_MB = "TRICK_LAB_DATA_MAX_MB"
DEFAULT_MB = 4096
MOST = 2**63  # bytes: more than a disk has
NEARLY = 0.9  # full: it is said
FREED = 0.95  # of what there may be is left after others went
_TABLES = {table.name: table for table in (runs, studies)}


@dataclass(frozen=True)
class Space:
    """The bytes that the store takes, and those that it may take."""

    used: int
    most: int

    @property
    def is_nearly_full(self) -> bool:
        """Whether soon something has to go."""
        return self.used >= NEARLY * self.most


def told_mb(num_bytes: int) -> str:
    """Bytes as MB, without a fraction where they have none, to their thousandth."""
    return f"{round(num_bytes / 2**20, 3):,.16g}"


def most_bytes() -> int:
    """What the store may hold, as `TRICK_LAB_DATA_MAX_MB` says.

    Raises:
        StoreError: it is not a number above 0.
    """
    try:
        return int(min(number_in(MAX_MB, DEFAULT_MB) * 2**20, MOST))
    except RefusedError as error:
        raise StoreError(str(error)) from None


def space_of(store: Store) -> Space:
    """What the store takes now."""
    with store.database.reading() as connection:
        size, pages, free = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_size", "page_count", "freelist_count")
        )
    return Space(size * (pages - free), most_bytes())


def trim(store: Store) -> int:
    """Where the store holds too much, deletes what goes first until it does not; how many went.

    What goes on, what is interrupted and what is pinned stays, even if that is more than there may be.
    """
    gone = 0
    while (space := space_of(store)).used > space.most * (FREED if gone else 1.0):
        first = _first_to_go(store)
        if first is None:
            break
        name, key = first
        table = _TABLES[name]
        with store.database.writing() as connection:
            gone += connection.execute(delete(table).where(table.c.id == key)).rowcount
    if gone:
        store.database.give_back()
    return gone


def _first_to_go(store: Store) -> tuple[str, int] | None:
    """The table and the key of what goes first."""
    every = union_all(
        *(
            select(literal(name).label("table"), table.c.id, table.c.deleted_at, table.c.created_at).where(
                table.c.pinned.is_(False), table.c.status.not_in(OPEN)
            )
            for name, table in _TABLES.items()
        )
    ).subquery()
    asked = select(every.c.table, every.c.id).order_by(every.c.deleted_at.is_(None), every.c.created_at).limit(1)
    with store.database.reading() as connection:
        found = connection.execute(asked).first()
    return None if found is None else (str(found[0]), int(found[1]))
