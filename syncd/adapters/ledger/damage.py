"""Where a ledger holds what no syncd wrote: looked for once reading has failed."""

from __future__ import annotations

import sqlalchemy as sa

from syncd.adapters.ledger.columns import WRONG, expect_kinds, missing_part, versions_in
from syncd.adapters.ledger.tables import metadata


def place(engine: sa.Engine) -> tuple[str, str] | None:
    """Table and column of the first such value. None where there is none that can be read."""
    try:
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    try:
                        for found in connection.execute(sa.select(column)):
                            expect_kinds((column,), found)
                    except WRONG:
                        return table.name, column.name
                for names in versions_in(table.columns.keys()):
                    for found in connection.execute(sa.select(*(table.c[one] for one in names))):
                        if (missing := missing_part(names, found)) is not None:
                            return table.name, missing
    except sa.exc.SQLAlchemyError:
        return None
    return None
