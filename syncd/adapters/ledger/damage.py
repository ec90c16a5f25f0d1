"""Where a ledger holds what no syncd wrote: looked for once reading has failed."""

from __future__ import annotations

from syncd.adapters.ledger.columns import WRONG, missing_part, versions_in
from syncd.adapters.ledger.declaration import TABLES
from syncd.adapters.ledger.reads import Fetch
from syncd.core.errors import LedgerError


def place(fetch: Fetch) -> tuple[str, str] | None:
    """Table and column of the first such value, in the order of their names; None where there is
    none."""
    for name, table in sorted(TABLES.items()):
        for column in table.columns.values():
            try:
                for (found,) in fetch(f"SELECT {table.selected((column.name,))} FROM {name}", {}):  # noqa: S608 -- names of our own
                    column.kind.loaded(found)
            except WRONG:
                return name, column.name
        for names in versions_in(table.columns):
            for row in fetch(f"SELECT {table.selected(names)} FROM {name}", {}):  # noqa: S608 -- as above
                if (missing := missing_part(names, row)) is not None:
                    return name, missing
    return None


def error(path: str, table: str, column: str) -> LedgerError:
    return LedgerError("ledger_damaged", path=path, table=table, column=column)
