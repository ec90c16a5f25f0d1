"""What S3 servers tell of new objects, from a deposit to the file online."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.simulator.s3 import SeaweedFS
from tests.support.cli_harness import Office, Running, ended, sha1
from tests.support.event_queues import fresh_queue, tells
from tests.support.s3_servers import ACCESS_KEY, SECRET_KEY, Server, fresh_bucket

TOKEN = "un-jeton-tire-au-sort-0123456789"
SELDOM = "schedule: {every: 1d}"
KEY = "musées/liste été+100%41.csv"
NEW = b"id\n1\n2\n"


class Telling(SeaweedFS):
    """SeaweedFS with a filer that tells of each file, at a port of its own block."""

    port = 0

    def _start(self, binary: Path, ports: object) -> subprocess.Popen[bytes]:
        assert self.base is not None
        self.port = self.base + 9
        (self.folder / "notification.toml").write_text(
            "[notification.webhook]\nenabled = true\n"
            f'endpoint = "http://127.0.0.1:{self.port}/events/depot"\n'
            f'bearer_token = "{TOKEN}"\nmax_retries = 3\nbackoff_seconds = 1\n',
            encoding="utf-8",
        )
        return super()._start(binary, ports)  # type: ignore[arg-type]  # ports of a private kind


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    with Telling(tmp_path / "weed", ACCESS_KEY, SECRET_KEY) as weed:
        yield weed


def listening(office: Office, port: int, **settings: str) -> Running:
    office.defaults = SELDOM
    address = {"SYNCD_HTTP_ADDRESS": "off", "SYNCD_EVENTS_ADDRESS": f"127.0.0.1:{port}"}
    return office.start("run", **{**address, "SYNCD_EVENTS_TOKEN": TOKEN, **settings})


def test_a_deposit_is_online_because_seaweedfs_told_of_it(office: Office, telling: Telling) -> None:
    server = Server("telling", telling.endpoint, ACCESS_KEY, SECRET_KEY)
    office.bucket = fresh_bucket(server)
    resource = office.target("Liste", KEY, None)
    with listening(office, telling.port) as running:
        running.wait_for("cycle.done")
        office.bucket.put(KEY, NEW)  # nothing else is due before tomorrow
        while running.wait_for("service.asked")["why"] != "event":
            pass
        running.wait_for("publication.done")
        events = [line["event"] for line in ended(running).events]
    assert "events.refused" not in events
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)
    assert office.online(resource)["title"] == "Liste"


@pytest.mark.parametrize("by_topic", [False, True], ids=["directly", "by a topic"])
def test_a_deposit_is_online_because_it_was_told_in_a_queue(
    office: Office, moto_server: Server, by_topic: bool
) -> None:
    office.bucket = fresh_bucket(moto_server)
    queue = fresh_queue(moto_server)
    tells(office.bucket, queue, by_topic=by_topic)
    office.of_source = f", events: {{queue: '{queue}'}}"
    resource = office.target("Liste", KEY, None)
    office.defaults = SELDOM
    with office.start("run", SYNCD_HTTP_ADDRESS="off") as running:
        running.wait_for("cycle.done")
        office.bucket.put(KEY, NEW)
        assert running.wait_for("service.asked")["why"] == "event"
        running.wait_for("publication.done")
        ended(running)  # although it waits for the queue's answer
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)
