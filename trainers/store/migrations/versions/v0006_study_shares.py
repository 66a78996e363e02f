"""Links by which studies are shared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds them; there are none yet."""
    op.create_table(
        "study_shares",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("study_id", sa.Integer, sa.ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("study_shares_of", "study_shares", ["study_id"])


def downgrade() -> None:
    """Takes them away again: no link opens any more."""
    op.drop_table("study_shares")
