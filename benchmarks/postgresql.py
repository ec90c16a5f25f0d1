"""A PostgreSQL of its own, durable as one in use is; and what it holds and does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.contest import say
from benchmarks.options import MIB
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.opening import ledger_file
from syncd.adapters.ledger.tables import bindings, datasets
from tests.support.postgres_servers import Postgres, running

# The tests' server forgets what it promised when the machine loses its power, to be quick.
_DURABLE = ("fsync = on", "full_page_writes = on", "jit = off")
_ROWS = 500  # in one statement


@dataclass
class Server:
    """Databases of it are made for the asking, and gone with it."""

    postgres: Postgres
    version: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def pid(self) -> int:
        return self.postgres.pid

    def database(self) -> str:
        """The address of an empty one."""
        name = f"bench_{next(self._numbers)}"
        self.postgres.execute(f"CREATE DATABASE {name}")
        return self.postgres.url(name)

    def ask(self, url: str, statement: str) -> float:
        """One number."""
        return float(str(self.postgres.execute(statement, url.rpartition("/")[2])[0][0]))

    def do(self, url: str, statement: str) -> None:
        self.postgres.execute(statement, url.rpartition("/")[2])

    def mib(self, url: str) -> float:
        """What the database takes on the disk."""
        return self.ask(url, "SELECT pg_database_size(current_database())") / MIB

    def transactions(self, url: str) -> float:
        """Since it was made; sessions tell of theirs a second late."""
        counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database"
        return self.ask(url, f"{counted} WHERE datname = current_database()")


@contextmanager
def server() -> Iterator[Server | None]:
    """None where none is installed."""
    opened = running()
    try:
        postgres = opened.__enter__()
    except pytest.skip.Exception as why:
        say(f"  without PostgreSQL: {why}")
        yield None
        return
    try:
        for setting in _DURABLE:
            postgres.execute(f"ALTER SYSTEM SET {setting}")
        postgres.execute("SELECT pg_reload_conf()")
        version = str(postgres.execute("SHOW server_version")[0][0]).split()[0]
        yield Server(postgres, version)
    finally:
        opened.__exit__(None, None, None)


def copied(state: Path, url: str) -> None:
    """What a ledger in a file knows of targets and datasets, into an empty database."""
    file = sa.create_engine(f"sqlite:///{ledger_file(None, state)}")
    with (
        closing(SqlLedger(url, state)) as ledger,
        file.connect() as there,
        ledger._engine.begin() as here,
    ):
        for known in (bindings, datasets):
            # As the file has the values: both engines store the same.
            table = sa.table(known.name, *(sa.column(one.name) for one in known.columns))
            rows = [dict(row) for row in there.execute(sa.select(table)).mappings()]
            for at in range(0, len(rows), _ROWS):
                here.execute(sa.insert(table), rows[at : at + _ROWS])
        here.exec_driver_sql("ANALYZE")
    file.dispose()
