from __future__ import annotations

from pathlib import Path

import pytest

from syncd.simulator import Simulator
from tests.support.committing_uploads import Place
from tests.support.sync_harness import House


@pytest.fixture
def house(simulator: Simulator, tmp_path: Path) -> House:
    return House(simulator, tmp_path)


@pytest.fixture
def place(house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(house, kind, monkeypatch)
