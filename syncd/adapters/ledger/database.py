"""The SQLite file under the ledger: opened safely, brought to today's tables, one door for errors.

WAL mode with `synchronous=FULL`: what a transaction stored is on disk when it returns, which is
what "intent before upload" means (docs/architecture.md, Promise 4). What the next cycle would find
out again may be stored without waiting for the disk: a power cut may lose the last of it, never
mix it up.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from syncd import __version__
from syncd.adapters.ledger import damage, schema
from syncd.adapters.ledger.columns import WRONG
from syncd.adapters.ledger.copying import ledger_file
from syncd.adapters.ledger.tables import history_head, metadata
from syncd.core.errors import LedgerError

BUSY_SECONDS = 30  # how long a writer waits for another process's short transaction
# KiB of pages that a connection keeps. SQLite's own 2 MB, once for each of our connections, looks
# like a leak: they fill as the ledger grows. A cycle reads its rows once and in order.
CACHE = 512
_PAUSE = 0.02  # seconds
_sleep = time.sleep


class Database:
    """`read_only` opens what is there and writes nothing; an absent ledger is then an empty one."""

    def __init__(
        self,
        url: str | None,
        state_dir: Path,
        *,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._busy_seconds = busy_seconds
        self._turn = threading.Lock()
        self._path = ledger_file(url, state_dir)
        self._read_only = read_only
        self._engine = self._open()
        self._relaxed = self._open("NORMAL")  # for what need not wait for the disk
        try:
            self._prepare()
            self._opened = self._identity()
        except sa.exc.DatabaseError as error:
            raise self._error(error) from error
        except schema.Unmarked as error:
            raise self._damaged(error.table, error.column) from error

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
        if not self._path.exists():
            return sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        return sa.create_engine("sqlite://", creator=self._connect_read_only)

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_seconds, check_same_thread=False
        )
        self._make_wal(connection)
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute(f"PRAGMA cache_size=-{CACHE}")
        connection.execute("PRAGMA secure_delete=ON")  # a name that is forgotten leaves no bytes
        return connection

    def _make_wal(self, connection: sqlite3.Connection) -> None:
        """SQLite itself does not wait here for another process that makes the same new file."""
        for left in range(int(self._busy_seconds / _PAUSE), -1, -1):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if not left or "locked" not in str(error):
                    connection.close()
                    raise
            _sleep(_PAUSE)

    def _connect_read_only(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{self._read_only_mode()}",
            uri=True,
            timeout=self._busy_seconds,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _read_only_mode(self) -> str:
        """SQLite makes two files beside a WAL database even to read it, and takes them away only
        when it may write; where it may not make them, it reads only what nobody else writes."""
        if os.access(self._path.parent, os.W_OK) and os.access(self._path, os.W_OK):
            return "mode=rw"
        in_use = self._path.with_name(f"{self._path.name}-wal").exists()
        return "mode=ro" if in_use else "mode=ro&immutable=1"

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            if self._read_only and self._path.exists():
                found = schema.revision(connection)
                schema.refuse_newer(connection, found)
                if found not in {schema.HEAD, None}:
                    raise LedgerError("ledger_other_version", found=found, known=schema.HEAD)
                if found is not None:
                    return
        if self._read_only:
            self._engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
            with self._engine.begin() as connection:  # an empty one has no past to be migrated
                metadata.create_all(connection)
                connection.execute(sa.insert(history_head).values(id=1, count=0, hash=""))
            return
        with self._engine.connect() as connection:
            is_today = schema.revision(connection) == schema.HEAD
            if is_today and schema.writer(connection) == __version__:
                return  # the usual case takes no writer's turn
        with self._engine.begin() as connection:
            # Two syncd starting on a new ledger: the second waits here for the first.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            schema.upgrade(connection)
            schema.sign(connection)

    def is_in_place(self) -> bool:
        """Whether the file that was opened is still the one at its path."""
        return self._identity() == self._opened

    def _identity(self) -> tuple[int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def close(self) -> None:
        self._engine.dispose()
        self._relaxed.dispose()

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        """For statements that only read: they wait for no writer."""
        if self._read_only:  # this may be one connection for all
            with self._begin() as connection:
                yield connection
            return
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _begin(self, *, wait_for_disk: bool = True) -> Iterator[sa.Connection]:
        engine = self._engine if wait_for_disk or self._read_only else self._relaxed
        # In one process they take turns; SQLite's own waiting is by naps of growing length.
        with self._errors(), self._turn, engine.begin() as connection:
            yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise self._error(error) from error
        except WRONG as error:  # what is stored is not what we store
            where = damage.place(self._engine)
            if where is None:
                raise self._error(error) from error
            raise self._damaged(*where) from error

    def _damaged(self, table: str, column: str) -> LedgerError:
        return LedgerError("ledger_damaged", path=str(self._path), table=table, column=column)

    def _error(self, error: Exception) -> LedgerError:
        detail = str(getattr(error, "orig", None) or error)
        return LedgerError("ledger_unusable", path=str(self._path), detail=detail)
