"""What persons wrote: the last title, the words during an upload; and whose a dataset was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name in (
        ("bindings", "written_title"),
        ("bindings", "file_url"),
        ("intents", "written_title"),
        ("datasets", "owner"),
        ("datasets", "owner_name"),
    ):
        column = sa.Column(name, sa.String, nullable=False, server_default="")
        op.add_column(table, column)
    op.add_column("intents", sa.Column("edited", sa.JSON, server_default="{}"))
