"""Which files are being looked into, so that one that ends its readers is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("sha1", sa.String(40), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("begun", sa.Integer, nullable=False),
        sa.Column("begun_at", sa.String(32), nullable=False),
    )
