"""Brings a ledger to the tables that this version of syncd knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from syncd import __version__
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
        found = connection.execute(_REVISION).scalar()
    if found is None and names & metadata.tables.keys():
        raise Unmarked
    return found


def refuse_newer(connection: sa.Connection, found: str | None) -> None:
    """`LedgerError` where a newer syncd has written a ledger of this revision."""
    if found is not None and str(found) > HEAD:
        version = writer(connection) or "?"
        raise LedgerError("ledger_newer", found=found, known=HEAD, version=version)


def is_newer(connection: sa.Connection) -> bool:
    """Whether a newer syncd brought this ledger to tables of its own meanwhile."""
    found = connection.execute(_REVISION).scalar()
    return found is not None and str(found) > HEAD


def writer(connection: sa.Connection) -> str:
    """The version of the program that wrote here last; "" where that is not said."""
    try:
        return str(connection.execute(_WRITER).scalar() or "")
    except sa.exc.DatabaseError:  # a ledger from before programs said so
        return ""


def sign(connection: sa.Connection) -> None:
    connection.execute(_SIGN, {"version": __version__})


_REVISION = sa.text("SELECT version_num FROM alembic_version")
_WRITER = sa.text("SELECT version FROM program")
_SIGN = sa.text(
    "INSERT INTO program (id, version) VALUES (1, :version)"
    " ON CONFLICT (id) DO UPDATE SET version = excluded.version"
)


def upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations in the connection's transaction.

    `LedgerError` when the ledger was written by a newer syncd.
    """
    found = revision(connection)
    if found == HEAD:
        return
    refuse_newer(connection, found)
    # Imported here: most starts need no migration.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
