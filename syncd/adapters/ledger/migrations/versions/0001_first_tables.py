"""The first tables: bindings, intents, datasets, addresses, cycles.

Written out, not taken from `tables.py`: a migration must go on doing what it did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, *, length: int | None = None, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _binding() -> list[sa.Column[str]]:
    return [_text(name) for name in ("portal", "dataset", "resource", "source", "key")]


def _judged(prefix: str, *, nullable: bool) -> list[sa.Column[object]]:
    return [
        sa.Column(f"{prefix}_key", sa.String, nullable=nullable),
        sa.Column(f"{prefix}_etag", sa.String, nullable=nullable),
        sa.Column(f"{prefix}_size", sa.BigInteger, nullable=nullable),
        sa.Column(f"{prefix}_modified", sa.String(32), nullable=nullable),
        sa.Column(f"{prefix}_sha1", sa.String(40), nullable=nullable),
        sa.Column(f"{prefix}_bytes", sa.BigInteger, nullable=nullable),
    ]


def upgrade() -> None:
    op.create_table(
        "bindings",
        *_binding(),
        _text("title"),
        _text("link"),
        _text("state", length=16),
        sa.Column("reason", sa.JSON, nullable=False),
        _text("checked_at", length=32),
        *_judged("judged", nullable=True),
        *_judged("published", nullable=True),
        _text("published_at", length=32, nullable=True),
        _text("version_id", nullable=True),
        sa.PrimaryKeyConstraint("portal", "dataset", "resource", "source", "key"),
    )
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer, primary_key=True),
        *_binding(),
        *_judged("judged", nullable=False),
        _text("filename"),
        _text("name_slug"),
        _text("title"),
        _text("started_at", length=32),
        _text("sent_at", length=32, nullable=True),
        _text("state", length=16),
        _text("settle_from", length=32, nullable=True),
        _text("answered_sha1", length=40, nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True)),
        _text("version_id", nullable=True),
    )
    op.create_index("ix_intents_dataset_state", "intents", ["portal", "dataset", "state"])
    op.create_index("ix_intents_dataset_name", "intents", ["portal", "dataset", "name_slug"])
    op.create_table(
        "datasets",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("dataset", sa.String, primary_key=True),
        _text("title"),
        _text("page"),
        _text("checked_at", length=32),
    )
    op.create_table(
        "addresses",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("address", sa.String, primary_key=True),
        _text("dataset"),
    )
    op.create_table(
        "cycles",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("started_at", length=32),
        _text("ended_at", length=32),
        _text("command"),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
    )
