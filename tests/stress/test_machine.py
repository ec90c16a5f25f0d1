"""Whole cycles under torture. `SYNCD_TEST_TORTURE=1`: thousands of examples, for minutes."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from syncd.actions import sync
from syncd.adapters.net import tls
from syncd.core.records import Outcome
from syncd.simulator import Simulator
from tests.stress.machine import Machine, TornLedger, fast_disk, statistics
from tests.support.sync_harness import House, outcomes

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


# -- what the machine found, by hand ---------------------------------------------------------------


def test_a_look_at_the_portal_publishes_nothing_for_a_new_binding(
    simulator: Simulator, tmp_path: Path
) -> None:
    house = House(simulator, tmp_path)
    one, two = house.resource("Un"), house.resource("Deux")
    house.entry(resource=one, newest="e/export_*.csv")
    house.bucket.put("e/export_1.csv", b"id\n1\n2\n")
    house.sync()
    house.entries.clear()
    house.entry(resource=two, newest="e/export_*.csv")
    sent = house.uploads()

    (entry,) = house.manifest.datasets
    with house.adapters() as adapters:
        sync.check(entry, adapters, house.now())

    assert house.uploads() == sent


def test_a_marked_resource_that_the_manifest_gives_away_is_left_to_it(
    simulator: Simulator, tmp_path: Path
) -> None:
    house = House(simulator, tmp_path)
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    made = house.sync_one().resource
    assert made is not None
    house.target(made, "autre.csv")
    house.bucket.put("autre.csv", b"id\n5\n6\n7\n")
    shutil.rmtree(house.state)

    report = house.sync()

    assert house.bytes_online(made) == b"id\n5\n6\n7\n"
    assert not outcomes(report)["f/f_2024.csv"].is_well


def test_an_upload_that_arrives_after_it_was_sent_again_does_not_cost_the_title(
    simulator: Simulator, tmp_path: Path
) -> None:
    house = House(simulator, tmp_path)
    resource = house.resource("Titre humain")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    gate = threading.Event()
    fault = simulator.faults.add(method="POST", gate=gate)
    assert house.sync_one().reason.code == "upload_lost"  # its window is over
    assert house.sync_one().outcome is Outcome.REPLACED
    gate.set()
    assert fault.done.wait(10)
    house.pass_time(24 * 3600 + 1)

    house.sync()

    assert house.online(resource).title == "Titre humain"
