"""Brings a ledger to the tables that this version of syncd knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncd import __version__
from syncd.adapters.ledger.declaration import TABLES
from syncd.adapters.ledger.reads import Fetch, first
from syncd.core.errors import LedgerError

if TYPE_CHECKING:
    import sqlalchemy as sa

_MIGRATIONS = Path(__file__).with_name("migrations")
# Each file is named by its revision and what it does; asking Alembic takes a third of a second.
HEAD = max(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


class Unmarked(Exception):
    """There are tables of ours, and nothing says of which revision: this place is empty."""

    table, column = "alembic_version", "version_num"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: the names of its tables, and what reads them."""

    tables: Collection[str]
    fetch: Fetch


def contents(connection: sa.Connection) -> Contents:
    from sqlalchemy import inspect  # here: a look has another way

    from syncd.adapters.ledger.tables import fetch_on

    return Contents(inspect(connection).get_table_names(), fetch_on(connection))


def revision(found: Contents) -> str | None:
    """The ledger's revision; None for a database that is no ledger yet. `Unmarked`."""
    row = None
    if "alembic_version" in found.tables:
        row = first(found.fetch(_REVISION, {}))
    known = row[0] if row else None
    if known is None and not TABLES.keys().isdisjoint(found.tables):
        raise Unmarked
    return known


def is_of_today(found: Contents) -> bool:
    """For whoever only reads: False where there is no ledger yet.

    `LedgerError` where another syncd made it; `Unmarked`.
    """
    known = revision(found)
    _refuse_newer(found, known)
    if known not in {HEAD, None}:
        raise LedgerError("ledger_other_version", found=known, known=HEAD)
    return known is not None


def _refuse_newer(found: Contents, known: str | None) -> None:
    """`LedgerError` where a newer syncd has written a ledger of this revision."""
    if known is not None and str(known) > HEAD:
        version = writer(found) or "?"
        raise LedgerError("ledger_newer", found=known, known=HEAD, version=version)


def is_newer(fetch: Fetch) -> bool:
    """Whether a newer syncd brought a ledger that is open to tables of its own meanwhile."""
    row = first(fetch(_REVISION, {}))
    return row is not None and str(row[0]) > HEAD


def writer(found: Contents) -> str:
    """The version of the program that wrote here last; "" where that is not said."""
    if "program" not in found.tables:  # a ledger from before programs said so
        return ""
    row = first(found.fetch("SELECT version FROM program", {}))
    return str(row[0] or "") if row else ""


_REVISION = "SELECT version_num FROM alembic_version"
_SIGN = (
    "INSERT INTO program (id, version) VALUES (1, :version)"
    " ON CONFLICT (id) DO UPDATE SET version = excluded.version"
)


def sign(connection: sa.Connection) -> None:
    from sqlalchemy import text  # here: a look signs nothing

    connection.execute(text(_SIGN), {"version": __version__})


def upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations in the connection's transaction.

    `LedgerError` when the ledger was written by a newer syncd.
    """
    found = contents(connection)
    known = revision(found)
    if known == HEAD:
        return
    _refuse_newer(found, known)
    # Imported here: most starts need no migration.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
