"""Experiments of a room: what was planned, what each person has chosen, and which place each has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _of_room() -> sa.Column[int]:
    return sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "experiments",
        _of_room(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("knob", sa.Text, nullable=False),
        sa.Column("study", sa.String(64), nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "number"),
    )
    op.create_table(
        "entries",
        _of_room(),
        sa.Column("experiment", sa.Integer, nullable=False),
        sa.Column("person", sa.Integer, nullable=False),
        sa.Column("bid", sa.Text),
        sa.Column("place", sa.Integer),
        sa.PrimaryKeyConstraint("room_id", "experiment", "person"),
    )


def downgrade() -> None:
    """Drops them."""
    for name in ("entries", "experiments"):
        op.drop_table(name)
