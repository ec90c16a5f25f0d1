"""The database under the ledger: brought to today's tables, one door for errors.

Which engine it is, only `sqlite` and `postgresql` know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import sqlalchemy as sa

from syncd import __version__
from syncd.adapters.ledger import damage, schema
from syncd.adapters.ledger.columns import WRONG
from syncd.adapters.ledger.opening import BUSY_SECONDS, ledger_file
from syncd.adapters.ledger.reads import Fetch, Reads
from syncd.adapters.ledger.sqlite import SqliteFile
from syncd.adapters.ledger.tables import fetch_on, history_head, metadata
from syncd.core import fence
from syncd.core.errors import LedgerError

if TYPE_CHECKING:
    from syncd.adapters.ledger.locks import LockRows
    from syncd.adapters.ledger.postgresql import PostgresDatabase

T = TypeVar("T")


class Engine(Protocol):
    """What differs from one engine to the other."""

    place: str  # as a sentence names it; without a password
    engine: sa.Engine

    def exists(self) -> bool: ...

    def identity(self) -> object: ...

    def replace(self, engine: sa.Engine) -> None: ...

    def read(self) -> AbstractContextManager[sa.Connection]: ...

    def begin(
        self, *, wait_for_disk: bool, alone: bool
    ) -> AbstractContextManager[sa.Connection]: ...

    def snapshot(self) -> AbstractContextManager[sa.Connection]: ...

    def clean(self, *, vacuum: bool) -> None: ...

    def error(self, error: Exception) -> LedgerError: ...

    def starting(self, step: Callable[[], T]) -> T: ...

    def close(self) -> None: ...


class Database(Reads):
    """`read_only` opens what is there and writes nothing; an absent ledger is then an empty one.

    `away_seconds`: how long a server that was reached before is waited for. `locks`: where those of
    several machines are kept; None on one machine.
    """

    def __init__(
        self,
        url: str | None,
        state_dir: Path,
        *,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
        away_seconds: float | None = None,
    ) -> None:
        self._read_only = read_only
        self._on: Engine
        self.locks: LockRows | None = None
        self.server: PostgresDatabase | None = None  # where it is on one
        path = ledger_file(url, state_dir)
        if path is None:
            # Here: psycopg is no part of an installation that keeps its ledger in a file.
            from syncd.adapters.ledger.locks import LockRows
            from syncd.adapters.ledger.postgresql import AWAY_SECONDS, PostgresDatabase

            server = PostgresDatabase(
                url or "",
                read_only=read_only,
                busy_seconds=busy_seconds,
                away_seconds=AWAY_SECONDS if away_seconds is None else away_seconds,
            )
            self._on, self.locks = server, LockRows(server.begin_for_locks)
            self.server = server
        else:
            self._on = SqliteFile(path, read_only=read_only, busy_seconds=busy_seconds)
        try:
            self._on.starting(self._prepare)
            self._opened = self._on.identity()
        except sa.exc.DatabaseError as error:
            self._on.close()
            raise self._on.error(error) from error
        except schema.Unmarked as error:
            self._on.close()
            raise damage.error(self._on.place, error.table, error.column) from error
        except LedgerError:
            self._on.close()
            raise

    def _prepare(self) -> None:
        if self._read_only and self._on.exists():
            with self._on.read() as connection:
                if schema.is_of_today(schema.contents(connection)):
                    return
        if self._read_only:
            empty = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
            self._on.replace(empty)
            self.locks = None
            with empty.begin() as connection:  # an empty one has no past to be migrated
                metadata.create_all(connection)
                connection.execute(sa.insert(history_head).values(id=1, count=0, hash=""))
            return
        with self._on.read() as connection:
            found = schema.contents(connection)
            is_today = schema.revision(found) == schema.HEAD
            signed = is_today and schema.writer(found) == __version__
        if not signed:  # the usual case takes no writer's turn
            # Two syncd starting on a new ledger: the second waits here for the first.
            with self._on.begin(wait_for_disk=True, alone=True) as connection:
                schema.upgrade(connection)
                schema.sign(connection)

    @property
    def _engine(self) -> sa.Engine:
        return self._on.engine

    def starting(self, step: Callable[[], T]) -> T:
        """What the start of a service does beside; it may be done more than once. `LedgerError`
        where the server stays away for longer than a start waits for one."""
        return self._on.starting(step)

    def is_in_place(self) -> bool:
        """Whether what was opened is still what is at its place."""
        return self._on.identity() == self._opened

    def is_outdated(self) -> bool:
        """Whether the tables are those of a newer program by now. `LedgerError`."""
        with self._read() as connection:
            return schema.is_newer(fetch_on(connection))

    def close(self) -> None:
        if self.locks is not None:
            self.locks.close()
        self._on.close()

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        """For statements that only read: they wait for no writer."""
        with self._errors(), self._on.read() as connection:
            yield connection

    @contextmanager
    def _fetching(self) -> Iterator[Fetch]:
        with self._read() as connection:
            yield fetch_on(connection)

    @contextmanager
    def _begin(self, *, wait_for_disk: bool = True, alone: bool = True) -> Iterator[sa.Connection]:
        """`alone`: no other process writes between the first statement and the last. Needed by all
        but one statement on one row. `LockLost` where what is held here is another's by now."""
        opened = self._on.begin(wait_for_disk=wait_for_disk, alone=alone)
        with self._errors(), opened as connection:
            if self.locks is not None:
                self.locks.refuse_lost(connection, fence.holds())
            yield connection

    @contextmanager
    def _snapshot(self) -> Iterator[sa.Connection]:
        """All is read as of one instant."""
        with self._errors(), self._on.snapshot() as connection:
            yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise self._on.error(error) from error
        except WRONG as error:  # what is stored is not what we store
            where = self._damage()
            if where is None:
                raise self._on.error(error) from error
            raise damage.error(self._on.place, *where) from error

    def _damage(self) -> tuple[str, str] | None:
        try:
            with self._engine.connect() as connection:
                return damage.place(fetch_on(connection))
        except sa.exc.SQLAlchemyError:
            return None
