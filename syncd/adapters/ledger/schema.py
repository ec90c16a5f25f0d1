"""Brings a ledger to the tables that this version of syncd knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from syncd.adapters.ledger.tables import metadata
from syncd.core.errors import LedgerError

_MIGRATIONS = Path(__file__).with_name("migrations")
# Each file is named by its revision and what it does; asking Alembic takes a third of a second.
HEAD = max(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


class Unmarked(Exception):
    """There are tables of ours, and nothing says of which revision: this place is empty."""

    table, column = "alembic_version", "version_num"


def revision(connection: sa.Connection) -> str | None:
    """The ledger's revision; None for a database that is no ledger yet. `Unmarked`."""
    names = set(sa.inspect(connection).get_table_names())
    found = None
    if "alembic_version" in names:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found is None and names & metadata.tables.keys():
        raise Unmarked
    return found


def upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations in the connection's transaction.

    `LedgerError` when the ledger was written by a newer syncd.
    """
    found = revision(connection)
    if found == HEAD:
        return
    # Imported here: most starts need no migration.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise LedgerError("ledger_newer", found=found, known=HEAD)
    command.upgrade(config, "head")
