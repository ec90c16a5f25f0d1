"""A copy of a ledger as of one instant, whoever writes to it; and whether anybody uses it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncd.core.errors import LedgerError

_PATIENCE = 30.0  # seconds for another process's short transaction


@dataclass(frozen=True, slots=True)
class LedgerState:
    """`tables`: its revision, "" where it has none. `head`: the hash of its last line."""

    tables: str
    lines: int
    head: str
    program: str  # the version of syncd that wrote it last; "?" where it does not say


def copy(ledger: Path, to: Path) -> LedgerState:
    """By SQLite's own backup, which has what is still in the `-wal` as well. `LedgerError`.

    The copy is one file, in the tables of whichever syncd wrote the ledger.
    """
    with _errors(ledger):
        to.touch(mode=0o600)
        address = f"{ledger.absolute().as_uri()}?mode=rw"
        with (
            closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as source,
            closing(sqlite3.connect(to)) as target,
        ):
            source.execute("PRAGMA query_only=ON")
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise LedgerError("ledger_unusable", path=str(ledger), detail=str(found))
            return _state(target)


def is_in_use(ledger: Path) -> bool:
    """Whether another process has it open. Where nobody has, all of it is in its one file then.

    SQLite leaves the WAL mode for whoever is alone. What is no ledger is in nobody's use.
    """
    try:
        with closing(sqlite3.connect(ledger, timeout=0)) as found:
            found.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        pass
    return False


def _state(connection: sqlite3.Connection) -> LedgerState:
    (tables,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    try:
        (lines, head) = connection.execute("SELECT count, hash FROM history_head").fetchone()
    except (sqlite3.OperationalError, TypeError):  # from before there was a chain
        lines, head = 0, ""
    try:
        (program,) = connection.execute("SELECT version FROM program").fetchone()
    except (sqlite3.OperationalError, TypeError):
        program = "?"
    return LedgerState(str(tables), int(lines), str(head), str(program))


@contextmanager
def _errors(ledger: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, TypeError, ValueError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise LedgerError("ledger_unusable", path=str(ledger), detail=detail) from error
