"""Ledgers as an older syncd left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from syncd.adapters.ledger import schema


def revisions() -> list[str]:
    """All that ever were, the oldest first; the last is today's."""
    folder = Path(schema.__file__).with_name("migrations") / "versions"
    return sorted(file.name[:4] for file in folder.glob("[0-9]*.py"))


def take_back(ledger: Path, revision: str) -> None:
    """Leaves what that revision had, with its rows: migrations only ever add tables and columns."""
    before = _columns_at(revision)
    with closing(sqlite3.connect(ledger)) as opened, opened:
        names = [
            name
            for (name,) in opened.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        for name in names:
            if name not in before:
                opened.execute(f'DROP TABLE "{name}"')
                continue
            for column in opened.execute(f'PRAGMA table_info("{name}")').fetchall():
                if column[1] not in before[name]:
                    opened.execute(f'ALTER TABLE "{name}" DROP COLUMN "{column[1]}"')
        opened.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def _columns_at(revision: str) -> dict[str, set[str]]:
    config = Config()
    folder = Path(schema.__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        found = sa.inspect(connection)
        names = found.get_table_names()
        return {name: {one["name"] for one in found.get_columns(name)} for name in names}
