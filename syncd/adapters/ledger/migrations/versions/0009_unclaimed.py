"""Objects that no target claims, and since when the neighbours of each target are looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watched",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("dataset", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("selector", sa.String, primary_key=True),
        sa.Column("since", sa.String(32), nullable=False),
    )
    op.create_table(
        "unclaimed",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("dataset", sa.String, nullable=False),
        sa.Column("reason", sa.JSON, nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
    )
