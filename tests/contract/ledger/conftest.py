from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.view import SqliteView
from syncd.core.errors import LedgerError
from syncd.core.ledger_ports import LedgerView

Opening = Callable[[], SqlLedger]
VIEWED = tuple(sorted(name for name in vars(LedgerView) if not name.startswith("_")))


class LookedAt(SqlLedger):
    """Whatever is asked of it that a look asks, too, is asked of a look as well."""

    folder: Path

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return partial(self._by_both, name, found) if name in VIEWED else found

    def _by_both(self, name: str, ask: Callable[..., object], *of: object) -> object:
        with closing(SqliteView(self.folder / "ledger.sqlite")) as view:
            seen = outcome(lambda: getattr(view, name)(*of))
        assert seen == outcome(lambda: ask(*of))
        return ask(*of)


def outcome(ask: Callable[[], object]) -> object:
    """What it returns, or what is said where it raises."""
    try:
        return ask()
    except LedgerError as error:
        return error.reason


def look_at(folder: Path) -> SqlLedger:
    opened = LookedAt(None, folder)
    opened.folder = folder
    return opened


@pytest.fixture(params=["sqlite", "postgresql"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Opens the same ledger again and again; on each engine in turn. What a look reads of SQLite's
    file is read by a look as well, and both must say the same."""
    if request.param == "sqlite":
        return lambda: look_at(tmp_path)
    url = request.getfixturevalue("database")
    return lambda: SqlLedger(url, tmp_path)


@pytest.fixture
def ledger(opening: Opening) -> Iterator[SqlLedger]:
    with closing(opening()) as opened:
        yield opened
