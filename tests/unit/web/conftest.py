from __future__ import annotations

from pathlib import Path

import pytest

from syncd.simulator import Simulator
from tests.support.page_world import PageWorld, furnished
from tests.support.sync_harness import House


@pytest.fixture
def house(simulator: Simulator, tmp_path: Path) -> House:
    return House(simulator, tmp_path)


@pytest.fixture
def world(house: House) -> PageWorld:
    return furnished(house)
