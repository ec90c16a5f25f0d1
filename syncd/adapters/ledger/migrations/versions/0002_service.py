"""What the service and its neighbours tell each other: runs, requests, alerts, pauses, services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, primary_key=True) for name in names]


def _instant(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "runs",
        *_key("portal", "dataset"),
        _instant("started_at"),
        _instant("ended_at"),
        sa.Column("exit_code", sa.Integer, nullable=False),
        _instant("succeeded_at", nullable=True),
    )
    op.create_table("plans", *_key("portal", "dataset"), _instant("next_at"))
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("dataset", sa.String, nullable=False),
        _instant("asked_at"),
        _instant("taken_at", nullable=True),
    )
    op.create_table(
        "alerts",
        *_key("portal", "dataset", "item"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.JSON, nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        _instant("since"),
        _instant("told_at", nullable=True),
    )
    op.create_table(
        "pauses",
        *_key("portal", "dataset", "item"),
        sa.Column("reason", sa.String, nullable=False),
        _instant("since"),
    )
    op.create_table(
        "services",
        *_key("instance"),
        _instant("started_at"),
        sa.Column("facts", sa.JSON, nullable=False),
    )
