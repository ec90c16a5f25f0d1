"""Brings a ledger to the tables that this version of syncd knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from syncd.core.errors import LedgerError

HEAD = "0004"  # the newest file in migrations/versions; a test holds the two equal


def revision(connection: sa.Connection) -> str | None:
    """The ledger's revision; None for an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations in the connection's transaction.

    `LedgerError` when the ledger was written by a newer syncd.
    """
    found = revision(connection)
    if found == HEAD:
        return
    # Imported here: it takes a third of a second, and most starts need no migration.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%")
    )
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise LedgerError("ledger_newer", found=found, known=HEAD)
    command.upgrade(config, "head")
