"""Ways in which a ledger's file is not what syncd wrote."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from syncd.adapters.ledger import tables

FILE = "ledger.sqlite"
PAGE = 4096  # bytes
Damage = Callable[[Path], None]


def by_sql(statement: str, *values: object) -> Damage:
    def change(file: Path) -> None:
        with closing(sqlite3.connect(file)) as ledger, ledger:
            ledger.execute(statement, values)

    return change


def by_hand(folder: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Past syncd, as another program would; the last statement's rows."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for statement in statements:
            found = connection.execute(statement).fetchall()
        connection.commit()
        return found


def _bytes(change: Callable[[bytes], bytes]) -> Damage:
    """In place, as a disk does it: whoever has the file open reads it. All of it is in the file."""

    def overwrite(file: Path) -> None:
        by_sql("PRAGMA wal_checkpoint(TRUNCATE)")(file)
        changed = change(file.read_bytes())
        with file.open("r+b") as opened:
            opened.write(changed)
            opened.truncate()

    return overwrite


def _noise(content: bytes) -> bytes:
    """Every other page after the first."""
    chosen = random.Random(1)
    pages = [content[at : at + PAGE] for at in range(0, len(content), PAGE)]
    return b"".join(
        chosen.randbytes(PAGE) if number and number % 2 else page
        for number, page in enumerate(pages)
    )


FILES: Mapping[str, Damage] = {
    "no database": _bytes(lambda _: b"this is no database" * 500),
    "an odd head": _bytes(lambda content: b"\xff" * 100 + content[100:]),
    "half of it": _bytes(lambda content: content[: len(content) // 2]),
    "its first page": _bytes(lambda content: content[:PAGE]),
    "cut in a page": _bytes(lambda content: content[: len(content) // 3 + 1000]),
    "noise": _bytes(_noise),
    "a newer one": by_sql("UPDATE alembic_version SET version_num = '9999'"),
    "no revision": by_sql("DELETE FROM alembic_version"),
    "no table of revisions": by_sql("DROP TABLE alembic_version"),
    "a table is gone": by_sql("DROP TABLE runs"),
}
"""For every command that reads the ledger or writes there: it ends with the sentence."""

TABLES: Mapping[str, Damage] = {
    f"no {table}": by_sql(f"DROP TABLE {table}") for table in tables.metadata.tables
}
