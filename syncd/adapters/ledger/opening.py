"""Where a ledger is, and how its file is opened by whoever only reads."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from syncd.core.errors import LedgerError

BUSY_SECONDS = 30  # how long a writer waits for another process's short transaction


def ledger_file(url: str | None, state_dir: Path) -> Path | None:
    """Where the ledger is; None where it is on a server. `url`: SYNCD_DATABASE_URL.

    `LedgerError` for an engine that syncd does not know.
    """
    if not url:
        return state_dir / "ledger.sqlite"
    # Here: most ledgers are at their usual place.
    import sqlalchemy as sa
    from sqlalchemy.engine import make_url

    try:
        named = make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # whose words may hold the password
        raise LedgerError("ledger_other_engine", engine="?") from None
    engine = named.get_backend_name()
    if engine in {"postgresql", "postgres"}:
        return None
    if engine != "sqlite":
        raise LedgerError("ledger_other_engine", engine=engine)
    return Path(named.database) if named.database else state_dir / "ledger.sqlite"


def connect_read_only(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{_read_only_mode(path)}",
        uri=True,
        timeout=busy_seconds,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _read_only_mode(path: Path) -> str:
    """SQLite makes two files beside a WAL database even to read it, and takes them away only
    when it may write; where it may not make them, it reads only what nobody else writes."""
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        return "mode=rw"
    in_use = path.with_name(f"{path.name}-wal").exists()
    return "mode=ro" if in_use else "mode=ro&immutable=1"
