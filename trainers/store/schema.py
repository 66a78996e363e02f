"""The tables of the store. A run or a study is known by its key, never by its name or its place in a list.

Times are seconds since 1970 (UTC), as the machine's clock said; JSON stands as text, in which numbers may be NaN.
`migrations/` makes the same tables, step by step; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

HEAD = "0006"
"""The newest version of the tables."""

metadata = MetaData()


def _kept() -> list[Column[object]]:
    """What there is of each thing that is kept: a run, or a study over seeds.

    `writer` makes it, which must know its `epoch`: whoever takes it over raises that. `why` and `detail` say how it
    ended, `steps` are those asked for, `differs` has the settings that are not the trick's own.
    """
    return [
        Column("id", Integer, primary_key=True),
        Column("public_id", String(64), nullable=False, unique=True),
        Column("visitor", String(64), nullable=False),
        Column("name", Text, nullable=False),
        Column("note", Text, nullable=False),
        Column("pinned", Boolean, nullable=False),
        Column("status", String(16), nullable=False),
        Column("why", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("writer", String(64), nullable=False),
        Column("epoch", Integer, nullable=False),
        Column("heartbeat_at", Float, nullable=False),
        Column("created_at", Float, nullable=False),
        Column("ended_at", Float),
        Column("deleted_at", Float),
        Column("app_version", String(64), nullable=False),
        Column("code_hash", String(64), nullable=False),
        Column("torch", String(64), nullable=False),
        Column("processor", Text, nullable=False),
        Column("trick", String(64), nullable=False),
        Column("task", String(64), nullable=False),
        Column("steps", Integer, nullable=False),
        Column("differs", Text, nullable=False),
        Column("spec", Text, nullable=False),
        Column("spec_hash", String(64), nullable=False),
    ]


def _of(one: str, table: str) -> Column[int]:
    """The row that this one is of, and goes with."""
    return Column(f"{one}_id", Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


runs = Table(
    "runs",
    metadata,
    *_kept(),
    Column("parent_id", Integer, ForeignKey("runs.id", ondelete="SET NULL")),
    Column("fork_step", Integer),
    Column("imported", Boolean, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("shape", Text, nullable=False),  # the names of its columns, and its steps an epoch
    Column("failures", Text, nullable=False),
    Column("metrics", Text, nullable=False),  # of each arm, as last measured
    Column("result", Float),  # of the last arm, in the metric that its trick is judged by
    Column("curve", LargeBinary, nullable=False),  # of each arm, a few points
    Index("runs_of", "visitor", "deleted_at", "created_at"),
    Index("runs_going", "status"),
)

events = Table(
    "events",
    metadata,
    _of("run", "runs"),
    Column("number", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("arm", Integer),
    Column("name", String(64), nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "number"),
    sqlite_with_rowid=False,
)

chunks = Table(
    "chunks",
    metadata,
    _of("run", "runs"),
    Column("kind", String(8), nullable=False),  # row, test or probe
    Column("arm", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # rows and tests: of the stretch, from 0; a probe: its step
    Column("count", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run_id", "kind", "arm", "number"),
)

captures = Table(
    "captures",
    metadata,
    _of("run", "runs"),
    Column("step", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run_id", "step"),
)

studies = Table(
    "studies",
    metadata,
    *_kept(),
    Column("total", Integer, nullable=False),  # runs
    Column("done", Integer, nullable=False),
    Index("studies_of", "visitor", "deleted_at", "created_at"),
    Index("studies_going", "status"),
)

seeds = Table(
    "seeds",
    metadata,
    _of("study", "studies"),
    Column("point", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("study_id", "point", "seed"),
)


def _links_to(one: str, table: str, name: str) -> Table:
    """The links by which those of a table are shared."""
    return Table(
        name,
        metadata,
        Column("digest", String(64), primary_key=True),  # SHA-256 of the key that a link has
        _of(one, table),
        Column("created_at", Float, nullable=False),
        Index(f"{name}_of", f"{one}_id"),
    )


shares = _links_to("run", "runs", "shares")
study_shares = _links_to("study", "studies", "study_shares")

rooms = Table(
    "rooms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public_id", String(64), nullable=False, unique=True),
    Column("visitor", String(64), nullable=False),  # who opened it
    Column("code", String(16), nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("touched_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("lesson", Text, nullable=False),
    Column("state", Text, nullable=False),  # where it stands, what is set, and who else is its teacher
    Index("rooms_of", "visitor", "created_at"),
)

people = Table(
    "people",
    metadata,
    _of("room", "rooms"),
    Column("number", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("alias", Text, nullable=False),
    Column("joined_at", Float, nullable=False),
    Column("kicked", Boolean, nullable=False),
    PrimaryKeyConstraint("room_id", "number"),
)

rounds = Table(
    "rounds",
    metadata,
    _of("room", "rooms"),
    Column("number", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("again", Boolean, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("closes_at", Float, nullable=False),
    PrimaryKeyConstraint("room_id", "number"),
)

answers = Table(
    "answers",
    metadata,
    _of("room", "rooms"),
    Column("round", Integer, nullable=False),
    Column("person", Integer, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("room_id", "round", "person"),
)

experiments = Table(
    "experiments",
    metadata,
    _of("room", "rooms"),
    Column("number", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("knob", Text, nullable=False),
    Column("study", String(64), nullable=False),  # by its public id; empty before it is begun
    Column("plan", Text, nullable=False),  # as it was fixed at the press
    PrimaryKeyConstraint("room_id", "number"),
)

entries = Table(
    "entries",
    metadata,
    _of("room", "rooms"),
    Column("experiment", Integer, nullable=False),
    Column("person", Integer, nullable=False),
    Column("bid", Text),
    Column("place", Integer),
    PrimaryKeyConstraint("room_id", "experiment", "person"),
)
