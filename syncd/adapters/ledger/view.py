"""A ledger in SQLite's file, to look at: without SQLAlchemy, which takes longer than the look.

As `SqlLedger` that is opened to read only, which the contract suite holds it to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncd.adapters.ledger import damage, schema
from syncd.adapters.ledger.columns import WRONG
from syncd.adapters.ledger.opening import BUSY_SECONDS, connect_read_only
from syncd.adapters.ledger.reads import Fetch, Reads
from syncd.core.errors import LedgerError
from syncd.core.service_records import Replica


class SqliteView(Reads):
    """An absent ledger is an empty one. `LedgerError`."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        if not path.exists():
            return
        try:
            with self._errors():
                self._connection = connect_read_only(path, busy_seconds)
                tables = {str(name) for (name,) in self._fetch(_TABLES, {})}
                is_ledger = schema.is_of_today(schema.Contents(tables, self._fetch))
        except BaseException:
            self.close()
            raise
        if not is_ledger:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def replicas(self) -> tuple[Replica, ...]:
        return ()  # a file is one machine's

    @contextmanager
    def _fetching(self) -> Iterator[Fetch]:
        with self._errors():
            yield self._fetch

    def _fetch(self, statement: str, of: Mapping[str, object]) -> Iterable[Sequence[Any]]:
        return () if self._connection is None else self._connection.execute(statement, of)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        except schema.Unmarked as error:
            raise damage.error(str(self._path), error.table, error.column) from error
        except WRONG as error:  # what is stored is not what we store
            try:
                where = damage.place(self._fetch)
            except sqlite3.Error:
                where = None
            if where is None:
                raise self._unusable(error) from error
            raise damage.error(str(self._path), *where) from error

    def _unusable(self, error: Exception) -> LedgerError:
        return LedgerError("ledger_unusable", path=str(self._path), detail=str(error))


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
