"""The history as a chain of hashes; the manifests that were in force; what was lifted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from syncd.adapters.ledger.chain import Chain
from syncd.core.history_records import LineKind

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("intents", "publications"):
        for name, empty in (("lifted", "[]"), ("loosened", "{}")):
            op.add_column(table, sa.Column(name, sa.JSON, server_default=empty))
    op.create_table(
        "history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("portal", sa.String, nullable=False),
        sa.Column("publication", sa.Integer),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("former", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String),
        sa.Column("salt", sa.String(32)),
    )
    op.create_index("ix_history_kind", "history", ["kind"])
    op.create_index("ix_history_publication", "history", ["publication"])
    op.create_table(
        "history_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "manifests",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("text", sa.LargeBinary, nullable=False),
    )
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO history_head VALUES (1, 0, '')"))
    _chain_what_is_there(connection)


def _chain_what_is_there(connection: sa.Connection) -> None:
    """From here on a change is noticed; what was changed before cannot be."""
    chain = Chain(connection)
    found = sa.text("SELECT id, cause, receipt FROM publications ORDER BY id")
    for identifier, *texts in connection.execute(found).all():
        cause, receipt = (json.dumps(json.loads(text)) if text else text for text in texts)
        if [cause, receipt] != texts:
            put = sa.text("UPDATE publications SET cause = :c, receipt = :r WHERE id = :id")
            connection.execute(put, {"c": cause, "r": receipt, "id": identifier})
        chain.add_publication(identifier)
    if chain.added:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        chain.add(LineKind.CHAINED, now, "", {"facts": {"lines": len(chain.added)}})
