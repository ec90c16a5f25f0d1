from __future__ import annotations

from pathlib import Path

import pytest

from syncd.simulator import Simulator
from tests.support.sync_harness import House


@pytest.fixture
def house(simulator: Simulator, tmp_path: Path) -> House:
    return House(simulator, tmp_path)
