"""What the versions of a binding say, whatever bytes they are packed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("judged_content", "published_content"):
        op.add_column("bindings", sa.Column(name, sa.String, nullable=False, server_default=""))
