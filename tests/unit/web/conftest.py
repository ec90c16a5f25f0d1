from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncd import text
from syncd.simulator import Simulator
from syncd.text import figures
from tests.support.page_world import PageWorld, furnished
from tests.support.sync_harness import House


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    text.speak("en")
    yield
    text.speak("en")
    figures.tell_time_in(ZoneInfo("UTC"))


@pytest.fixture
def house(simulator: Simulator, tmp_path: Path) -> House:
    return House(simulator, tmp_path)


@pytest.fixture
def world(house: House) -> PageWorld:
    return furnished(house)
