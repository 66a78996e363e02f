"""Rooms: a class around one lesson."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _of_room() -> sa.Column[int]:
    return sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "rooms",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("public_id", sa.String(64), nullable=False, unique=True),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("touched_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
        sa.Column("lesson", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("rooms_of", "rooms", ["visitor", "created_at"])
    op.create_table(
        "people",
        _of_room(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("joined_at", sa.Float, nullable=False),
        sa.Column("kicked", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "number"),
    )
    op.create_table(
        "rounds",
        _of_room(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("again", sa.Boolean, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("closes_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "number"),
    )
    op.create_table(
        "answers",
        _of_room(),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("person", sa.Integer, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "round", "person"),
    )


def downgrade() -> None:
    """Drops them."""
    for name in ("answers", "rounds", "people", "rooms"):
        op.drop_table(name)
