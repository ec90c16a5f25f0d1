"""Two services on one ledger, and `sync` beside them, hammered.

docs/architecture.md, Promise 8.
"""

from __future__ import annotations

import random
import signal
from contextlib import ExitStack

import pytest

from tests.support.cli_harness import Office, Running, ended, sha1

DATASETS = 3
FILES = 3


@pytest.mark.parametrize("rounds", [3, pytest.param(12, marks=pytest.mark.stress)])
def test_two_services_and_a_sync_never_publish_one_dataset_at_once(
    office: Office, rounds: int
) -> None:
    dice = random.Random(20261126)
    datasets = [office.dataset, *(office.portal.new_dataset() for _ in range(DATASETS - 1))]
    titles: dict[str, tuple[str, str, str]] = {}  # resource -> dataset, key, title
    for at, dataset in enumerate(datasets):
        for file in range(FILES):
            key, title = f"{at}/f{file}.csv", f"Titre {at}.{file}"
            resource = office.target(title, key, b"id\n0\n", dataset=dataset)
            titles[resource] = (dataset, key, title)
    office.defaults = "schedule: {every: 10s}"
    contents: dict[str, bytes] = {}

    with ExitStack() as stack:
        services = [
            stack.enter_context(office.start("run", SYNCD_HTTP_ADDRESS="off")) for _ in range(2)
        ]
        for service in services:
            service.wait_for("cycle.done")
        beside: list[Running] = []
        for number in range(rounds):
            for _, key, _ in dice.sample(sorted(titles.values()), 4):
                contents[key] = f"id\n{number}\n{dice.random()}\n".encode()
                office.bucket.put(key, contents[key])
            beside.append(stack.enter_context(office.start("sync", "--json", "--wait", "200s")))
            for service in services:
                service.process.send_signal(signal.SIGUSR1)
            if len(beside) == 3:
                for running in beside:
                    assert running.finish().code == 0
                beside.clear()
        for running in beside:
            assert running.finish().code == 0
        for service in services:
            ended(service)

    last = office.sync()
    assert last.code == 0, last.all
    assert office.simulator.journal.overlapping_uploads() == []
    for resource, (dataset, key, title) in titles.items():
        online = office.online(resource, dataset=dataset)
        assert online["title"] == title
        assert online["checksum"]["value"] == sha1(contents.get(key, b"id\n0\n"))
    for dataset in datasets:
        assert len(office.portal.dataset(dataset)["resources"]) == FILES
    again = office.sync()
    assert set(again.outcomes.values()) == {"unchanged"}
