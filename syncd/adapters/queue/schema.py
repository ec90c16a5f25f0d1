"""procrastinate's tables and functions, brought into the ledger's database by its migrations."""

from __future__ import annotations

import sqlalchemy as sa
from procrastinate.schema import SchemaManager

# The plan for fetching is kept by each session, and one made while the queue was empty would read
# the whole table for each job of a burst (procrastinate-org/procrastinate#1242).
_FETCH = "ALTER FUNCTION procrastinate_fetch_job_v2(character varying[], bigint) SET "
_PLANNING = ("enable_seqscan = off", "enable_sort = off", "plan_cache_mode = force_custom_plan")


def create(connection: sa.Connection) -> None:
    """Nothing happens where they are there already."""
    if connection.scalar(sa.text("SELECT to_regclass('procrastinate_jobs')")) is not None:
        return
    driver = connection.connection.driver_connection
    # Past SQLAlchemy: several statements at once, with percent signs that are none of a parameter.
    driver.execute(SchemaManager.get_schema())  # type: ignore[union-attr]  # psycopg's
    for setting in _PLANNING:
        driver.execute(f"{_FETCH}{setting}")  # type: ignore[union-attr]  # as above
