"""Links by which runs are shared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds them; there are none yet."""
    op.create_table(
        "shares",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("shares_of", "shares", ["run_id"])


def downgrade() -> None:
    """Takes them away again: no link opens any more."""
    op.drop_table("shares")
