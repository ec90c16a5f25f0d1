"""Links: the address that is, or is to be, online; and what syncd wrote into public buckets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("bindings", "intents"):
        column = sa.Column("address", sa.String, nullable=False, server_default="")
        op.add_column(table, column)
    op.create_table(
        "copies",
        *(
            sa.Column(name, sa.String, primary_key=True)
            for name in ("portal", "dataset", "place", "key")
        ),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("written_at", sa.String(32), nullable=False),
    )
