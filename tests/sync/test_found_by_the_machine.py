"""What the machine of `tests/stress` found, by hand."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from syncd.actions import sync
from syncd.core.records import Outcome
from syncd.simulator import Simulator
from tests.support.sync_harness import House, outcomes


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
    house.bucket.put("autre.csv", b"annee\n5\n6\n7\n")
    shutil.rmtree(house.state)

    report = house.sync()

    assert house.bytes_online(made) == b"annee\n5\n6\n7\n"
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
