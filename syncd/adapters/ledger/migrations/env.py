"""Alembic's entry: runs the migrations on the connection that `ledger.schema` hands over."""

from __future__ import annotations

from alembic import context

from syncd.adapters.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
