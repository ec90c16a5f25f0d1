"""Both kinds of locks, each with a second process that can hold one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from syncd.adapters.disk.locks import FileLocks
from syncd.adapters.ledger.locks import LockRows
from syncd.adapters.ledger.postgresql import PostgresDatabase
from syncd.adapters.ledger.tables import locks as lock_table
from syncd.adapters.ledger.tables import of_several
from syncd.adapters.locks import DatasetLocks, Store
from tests.support.waiting_clock import Clock

PORTAL = "https://demo.data.gouv.fr"
DATASET = "5d2c4f6e8b4c4110c5a1b2c3"

_HOLD = """
with locks.hold(sys.argv[2], sys.argv[3], 0):
    print("held", flush=True)
    sys.stdin.read()
"""
_IN_FILES = f"""
import sys, time
from pathlib import Path
from syncd.adapters.disk.locks import FileLocks
from syncd.adapters.locks import DatasetLocks
locks = DatasetLocks(FileLocks(Path(sys.argv[1])), clock=time.monotonic, wait=time.sleep)
{_HOLD}"""
_IN_ROWS = f"""
import sys, time
from syncd.adapters.ledger.locks import LockRows
from syncd.adapters.ledger.postgresql import PostgresDatabase
from syncd.adapters.locks import DatasetLocks
rows = LockRows(PostgresDatabase(sys.argv[1], read_only=False, busy_seconds=5).begin_for_locks)
locks = DatasetLocks(rows, clock=time.monotonic, wait=time.sleep)
{_HOLD}"""


@dataclass
class Kind:
    """One kind of locks. `lapse`: as much time as a dead holder's lock needs passes."""

    store: Store
    where: str
    child: str
    lapse: Callable[..., None]
    clock: Clock = field(default_factory=Clock)

    @property
    def locks(self) -> DatasetLocks:
        return DatasetLocks(self.store, clock=self.clock, wait=self.clock.wait)

    @contextmanager
    def held_elsewhere(self) -> Iterator[subprocess.Popen[str]]:
        """Another process holds the dataset."""
        with subprocess.Popen(
            [sys.executable, "-c", self.child, self.where, PORTAL, DATASET],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            try:
                assert child.stdout is not None
                assert child.stdout.readline() == "held\n"
                yield child
            finally:
                child.kill()


@pytest.fixture
def in_files(tmp_path: Path) -> Kind:
    return Kind(FileLocks(tmp_path / "locks"), str(tmp_path / "locks"), _IN_FILES, lambda: None)


@pytest.fixture
def in_rows(empty_database: str) -> Iterator[Kind]:
    server = PostgresDatabase(empty_database, read_only=False, busy_seconds=5)
    of_several.create_all(server.engine)
    rows = LockRows(server.begin_for_locks)

    def lapse(ago: str = "0 s") -> None:
        at = sa.func.now() - sa.cast(ago, sa.Interval)
        with server.engine.begin() as connection:
            connection.execute(sa.update(lock_table).values(expires_at=at))

    yield Kind(rows, empty_database, _IN_ROWS, lapse)
    rows.close()
    server.close()


@pytest.fixture(params=["in_files", "in_rows"])
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.getfixturevalue(request.param)
    return made
