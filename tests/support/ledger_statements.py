"""SQLAlchemy compiles each statement once for each engine, and a ledger has two: for a test of ten
cycles that is a quarter of its time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

_compiled: LRUCache[Any, Any] = LRUCache(2000)


def compile_statements_once() -> None:
    """For this process, to its end: engines of SQLite share one dialect and what it compiled."""
    create = sa.create_engine
    with create("sqlite://", poolclass=sa.pool.NullPool).connect() as connection:
        dialect = connection.dialect  # it knows its SQLite from now on

    def shared(url: Any, **options: Any) -> sa.Engine:
        engine = create(url, **options)
        if engine.dialect.name == dialect.name:
            engine.dialect = engine.pool._dialect = dialect
            engine._compiled_cache = _compiled
        return engine

    sa.create_engine = shared
