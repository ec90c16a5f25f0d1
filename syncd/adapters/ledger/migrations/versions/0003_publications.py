"""What was published, by whom and why; pins and releases beside the bindings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _text(name: str, *, length: int | None = None, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _json(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(none_as_null=nullable), nullable=nullable)


def upgrade() -> None:
    for name in ("pin", "release"):
        op.add_column("bindings", _json(name))
    for name in ("cause", "findings", "profile", "pin"):
        op.add_column("intents", _json(name))
    op.create_table(
        "publications",
        sa.Column("id", sa.Integer, primary_key=True),
        *(_text(name) for name in ("portal", "dataset", "resource", "source", "key")),
        _text("judged_key"),
        _text("judged_etag"),
        sa.Column("judged_size", sa.BigInteger, nullable=False),
        _text("judged_modified", length=32),
        _text("judged_sha1", length=40),
        sa.Column("judged_bytes", sa.BigInteger, nullable=False),
        _text("version_id", nullable=True),
        _text("title"),
        _text("link"),
        _text("act", length=16),
        _json("cause", nullable=False),
        _text("begun_at", length=32),
        _text("answered_at", length=32, nullable=True),
        _text("titled_at", length=32, nullable=True),
        _json("findings", nullable=False),
        _json("profile"),
        _json("receipt"),
        _text("kept", length=16),
    )
    op.create_index("ix_publications_resource", "publications", ["portal", "dataset", "resource"])
    op.create_index("ix_publications_sha1", "publications", ["judged_sha1"])
