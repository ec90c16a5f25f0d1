"""Which program wrote the ledger last; which bindings came out of a backup, unseen since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "program",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.String, nullable=False),
    )
    op.add_column("bindings", sa.Column("restored", sa.String(32)))
