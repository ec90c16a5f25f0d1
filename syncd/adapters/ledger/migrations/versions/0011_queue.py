"""The queue between replicas: procrastinate's tables, and what became of its jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# By the statistics of an empty queue a burst was sorted anew for each job that was fetched, in
# seconds (procrastinate-org/procrastinate#1242).
_FETCH = "ALTER FUNCTION procrastinate_fetch_job_v2(character varying[], bigint) SET "
_PLANNING = ("enable_seqscan = off", "enable_sort = off")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # one machine's: its jobs wait in the process
    op.create_table(
        "job_reports",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("job", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    from procrastinate.schema import SchemaManager

    # Past SQLAlchemy: several statements at once, with percent signs that are none of a parameter.
    driver = op.get_bind().connection.driver_connection
    driver.execute(SchemaManager.get_schema())  # type: ignore[union-attr]  # psycopg's
    for setting in _PLANNING:
        op.execute(f"{_FETCH}{setting}")
