"""Whole cycles under torture. `SYNCD_TEST_TORTURE=1`: thousands of examples, for minutes."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from syncd.adapters.net import tls
from syncd.simulator import Simulator
from tests.stress.machine import Machine, TornLedger, fast_disk, statistics

pytestmark = pytest.mark.stress

TORTURE = os.environ.get("SYNCD_TEST_TORTURE") == "1"
SECONDS = float(os.environ.get("SYNCD_TEST_TORTURE_SECONDS", "600")) if TORTURE else 40
SEED = int(os.environ.get("SYNCD_TEST_TORTURE_SEED", "0"))
CHUNK = 50 if TORTURE else 5  # examples between two looks at the clock
CHUNKS = 1000 if TORTURE else 8


@pytest.fixture
def _fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Certificates are read once, and nobody reads the log."""
    once = functools.lru_cache(tls.trusting)
    monkeypatch.setattr(tls, "trusting", once)
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.configure(**before)


@pytest.mark.timeout(SECONDS + 400)
@pytest.mark.usefixtures("_fast")
def test_whatever_happens_the_promises_are_kept(simulator: Simulator) -> None:
    statistics.clear()
    chosen = settings(
        max_examples=CHUNK,
        stateful_step_count=25 if TORTURE else 15,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    Machine.simulator = simulator
    end = time.monotonic() + SECONDS
    with tempfile.TemporaryDirectory(dir=fast_disk()) as folder, _ledger(Path(folder)):
        _drive(chosen, end)
    assert statistics["cycles"] > 0


@contextmanager
def _ledger(folder: Path) -> Iterator[None]:
    Machine.ledger = TornLedger(None, folder)
    yield
    Machine.ledger.close()


def _drive(chosen: settings, end: float) -> None:
    """One seed after the other until the time is over."""
    try:
        for number in range(CHUNKS):
            if time.monotonic() > end:
                break
            run_state_machine_as_test(seed(SEED + number)(Machine), settings=chosen)
    finally:
        if TORTURE:
            lines = [f"{count:8} {what}" for what, count in sorted(statistics.items())]
            print("\n".join(["", *lines]), file=sys.stderr)  # noqa: T201
