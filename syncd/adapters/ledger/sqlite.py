"""What is SQLite's alone: its file, opened safely, and how its writers take turns.

WAL mode with `synchronous=FULL`: what a transaction stored is on disk when it returns, which is
what "intent before upload" means (docs/architecture.md, Promise 4). What the next cycle would find
out again may be stored without waiting for the disk: a power cut may lose the last of it, never
mix it up.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from syncd.adapters.ledger.opening import connect_read_only
from syncd.core.errors import LedgerError

# KiB of pages that a connection keeps. SQLite's own 2 MB, once for each of our connections, looks
# like a leak: they fill as the ledger grows. A cycle reads its rows once and in order.
CACHE = 512
_PAUSE = 0.02  # seconds
_sleep = time.sleep

T = TypeVar("T")


class SqliteFile:
    """`read_only` opens what is there and writes nothing; an absent file is then an empty one."""

    def __init__(self, path: Path, *, read_only: bool, busy_seconds: float) -> None:
        self._busy_seconds = busy_seconds
        self._turn = threading.Lock()
        self._path = path
        self._read_only = read_only
        self.place = str(path)
        self.engine = self._open()
        self._relaxed = self._open("NORMAL")  # for what need not wait for the disk

    def _open(self, synchronous: str = "FULL") -> sa.Engine:
        if not self._read_only:
            try:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise LedgerError(
                    "state_dir_unusable", path=str(self._path.parent), detail=str(error.strerror)
                ) from error
            return sa.create_engine(
                "sqlite://",
                creator=lambda: self._connect(synchronous),
                poolclass=sa.pool.QueuePool,
                max_overflow=-1,  # as many readers as there are datasets at work
            )
        if not self.exists():
            return sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        return sa.create_engine(
            "sqlite://", creator=lambda: connect_read_only(self._path, self._busy_seconds)
        )

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_seconds, check_same_thread=False
        )
        try:
            self._make_wal(connection)
            connection.execute(f"PRAGMA synchronous={synchronous}")
            connection.execute(f"PRAGMA cache_size=-{CACHE}")
            connection.execute("PRAGMA secure_delete=ON")  # a forgotten name leaves no bytes
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _make_wal(self, connection: sqlite3.Connection) -> None:
        """SQLite itself does not wait here for another process that makes the same new file."""
        for left in range(int(self._busy_seconds / _PAUSE), -1, -1):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if not left or "locked" not in str(error):
                    raise
            _sleep(_PAUSE)

    def exists(self) -> bool:
        return self._path.exists()

    def identity(self) -> object:
        """Another one once another file is at this path."""
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def replace(self, engine: sa.Engine) -> None:
        """By an empty ledger in memory, for whoever only reads."""
        self.engine.dispose()
        self.engine = engine

    def close(self) -> None:
        self.engine.dispose()
        self._relaxed.dispose()

    def starting(self, step: Callable[[], T]) -> T:
        return step()  # a file does not go away and come back

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        if self._read_only:  # this may be one connection for all
            with self._turn, self.engine.begin() as connection:
                yield connection
            return
        with self.engine.connect() as connection, _given_up_on_error(connection):
            yield connection

    @contextmanager
    def begin(self, *, wait_for_disk: bool, alone: bool) -> Iterator[sa.Connection]:
        engine = self.engine if wait_for_disk or self._read_only else self._relaxed
        # In one process they take turns; SQLite's own waiting is by naps of growing length.
        with self._turn, engine.begin() as connection, _given_up_on_error(connection):
            if alone:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        with self.read() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def clean(self, *, vacuum: bool) -> None:
        with self.engine.connect() as connection:
            if vacuum:  # rows that an older syncd moved left their bytes behind
                connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def error(self, error: Exception) -> LedgerError:
        detail = str(getattr(error, "orig", None) or error)
        return LedgerError("ledger_unusable", path=self.place, detail=detail)


@contextmanager
def _given_up_on_error(connection: sa.Connection) -> Iterator[None]:
    """Whoever fails amid its rows may keep them for a while, in its traceback: until then SQLite
    shows this connection the file as it was. Nobody shall be given it again."""
    try:
        yield
    except Exception:
        connection.invalidate()
        raise
