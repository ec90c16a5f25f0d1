from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncd.adapters.ledger import SqlLedger

Opening = Callable[[], SqlLedger]


@pytest.fixture(params=["sqlite", "postgresql"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Opens the same ledger again and again; on each engine in turn."""
    url = None if request.param == "sqlite" else request.getfixturevalue("database")
    return lambda: SqlLedger(url, tmp_path)


@pytest.fixture
def ledger(opening: Opening) -> Iterator[SqlLedger]:
    with closing(opening()) as opened:
        yield opened
