"""Migrations come in two steps, so that the former program works while the newer one starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from syncd.adapters.ledger import schema

CONTRACTS = (
    "CONTRACTS"  # a migration's own word for what it removes, and since which version unused
)


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def _tables(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    seen = sa.inspect(connection)
    return {
        table: {column["name"]: column for column in seen.get_columns(table)}
        for table in seen.get_table_names()
    }


def hindrances(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """What a program that knows the tables of before would fall over."""
    found = [f"{table} is gone" for table in before.keys() - after.keys()]
    for table, columns in before.items():
        for name, column in columns.items():
            now = after.get(table, {}).get(name)
            if table in after and now is None:
                found.append(f"{table}.{name} is gone")
            elif now is not None and str(now["type"]) != str(column["type"]):
                found.append(f"{table}.{name} is of another type")
        for name in after.get(table, {}).keys() - columns.keys():
            new = after[table][name]
            if not new["nullable"] and new["default"] is None:
                found.append(f"{table}.{name} must be given, and nobody gives it")
    return found


def steps() -> Iterator[tuple[Script, list[str]]]:
    """Each migration with what it does to the program of before."""
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        config = _config(connection)
        scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
        before = _tables(connection)
        for script in scripts:
            command.upgrade(config, script.revision)
            after = _tables(connection)
            yield script, hindrances(before, after)
            before = after


def test_a_migration_only_adds_or_says_since_when_nobody_uses_what_it_removes() -> None:
    """Expand, then contract (CONTRIBUTING.md)."""
    found = {
        script.revision: hinders
        for script, hinders in steps()
        if hinders and not getattr(script.module, CONTRACTS, "")
    }
    assert found == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE plans DROP COLUMN next_at", "plans.next_at is gone"),
        ("ALTER TABLE plans RENAME COLUMN next_at TO at", "plans.next_at is gone"),
        ("DROP TABLE plans", "plans is gone"),
        ("ALTER TABLE plans ADD COLUMN x TEXT NOT NULL DEFAULT ''", ""),
        ("ALTER TABLE plans ADD COLUMN x TEXT", ""),
    ],
)
def test_the_check_sees_what_would_stop_the_former_program(change: str, said: str) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        command.upgrade(_config(connection), schema.HEAD)
        before = _tables(connection)
        connection.exec_driver_sql(change)
        found = hindrances(before, _tables(connection))
    assert said in found if said else found == []


def test_a_column_that_must_be_given_is_seen() -> None:
    column = {"name": "x", "type": sa.String(), "nullable": False, "default": None}
    found = hindrances({"plans": {}}, {"plans": {"x": column}})
    assert found == ["plans.x must be given, and nobody gives it"]
