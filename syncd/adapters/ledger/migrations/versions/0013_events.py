"""Requests say why: a replica that is told of a new object asks the one that leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("why", sa.String, nullable=False, server_default="request")
    op.add_column("requests", column)
