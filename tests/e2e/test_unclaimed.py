"""A deposit that no target claims, as those who run the service hear of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cli_harness import PATIENCE, Office, Running, asked, ended
from tests.support.network.listener import Listener

PATTERN = "Fréquentation musées {annee:yyyy}.csv"
STRAY = "Frequentation_musees_2027.csv"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as made:
        yield made


def unclaimed(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.run("status", "--json").document["unclaimed"]
    return found


def cycle(running: Running) -> None:
    running.process.send_signal(signal.SIGUSR1)
    running.wait_for("cycle.done")


def deposited_later(office: Office, running: Running) -> None:
    """In a later second than that in which its neighbours were first looked at."""
    while not unclaimed(office):
        office.bucket.put(STRAY, b"id\n2\n")
        cycle(running)


def test_an_unclaimed_deposit_is_told_once_counted_shown_and_over_when_it_is_ignored(
    office: Office, listener: Listener
) -> None:
    office.bucket.put("Fréquentation musées 2026.csv", b"id\n1\n")
    office.entry(each=PATTERN, title="Musées {annee}", create=True)
    office.defaults = "schedule: {every: 1d}"
    office.settings = {"SYNCD_NOTIFY_URLS": f"json://{listener.place}/ops"}
    with office.start("run", SYNCD_HTTP_ADDRESS="127.0.0.1:0") as running:
        address = running.wait_for("service.started")["http"]
        running.wait_for("cycle.done")
        deposited_later(office, running)

        told = listener.posted.get(timeout=PATIENCE)
        (shown,) = unclaimed(office)
        assert shown["object"] == STRAY
        assert shown["near"] == PATTERN
        for words in (STRAY, PATTERN, shown["write"], shown["ignore"]):
            assert words in told["message"]
        assert STRAY in office.run("status").out
        counted = f'syncd_unclaimed_objects{{dataset="{office.dataset}"}} 1.0'
        assert counted in asked(f"http://{address}/metrics").text
        ended(running)

    with office.start("run", SYNCD_HTTP_ADDRESS="off") as running:
        running.wait_for("service.started")
        cycle(running)
        cycle(running)
        (entry,) = office.entries[office.dataset]
        office.entries[office.dataset] = [entry.replace("}\n", f", {shown['ignore']}}}\n")]
        office.write_manifest()
        assert unclaimed(office) == []
        running.wait_for("manifest.in_force")
        cycle(running)
        over = listener.posted.get(timeout=PATIENCE)
        ended(running)
    assert over["title"] != told["title"]
    assert STRAY in over["message"]
    assert listener.posted.empty()
