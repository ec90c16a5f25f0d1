"""procrastinate's tables and functions, brought into the ledger's database by its migrations."""

from __future__ import annotations

import sqlalchemy as sa
from procrastinate.schema import SchemaManager

# By the statistics of an empty queue a burst was sorted anew for each job that was fetched, in
# seconds (procrastinate-org/procrastinate#1242).
_FETCH = "ALTER FUNCTION procrastinate_fetch_job_v2(character varying[], bigint) SET "
_PLANNING = ("enable_seqscan = off", "enable_sort = off")


def create(connection: sa.Connection) -> None:
    """Nothing happens where they are there already."""
    if connection.scalar(sa.text("SELECT to_regclass('procrastinate_jobs')")) is not None:
        return
    driver = connection.connection.driver_connection
    # Past SQLAlchemy: several statements at once, with percent signs that are none of a parameter.
    driver.execute(SchemaManager.get_schema())  # type: ignore[union-attr]  # psycopg's
    for setting in _PLANNING:
        driver.execute(f"{_FETCH}{setting}")  # type: ignore[union-attr]  # as above
