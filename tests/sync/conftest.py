from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncd.simulator import Simulator
from tests.support.committing_uploads import Place
from tests.support.sync_harness import House


@pytest.fixture
def house(simulator: Simulator, tmp_path: Path, request: pytest.FixtureRequest) -> House:
    """Its ledger is a file, or a database where SYNCD_TEST_LEDGER=postgresql asks for one."""
    made = House(simulator, tmp_path)
    if os.environ.get("SYNCD_TEST_LEDGER") == "postgresql":
        made.database = request.getfixturevalue("database")
    return made


@pytest.fixture
def place(house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(house, kind, monkeypatch)
