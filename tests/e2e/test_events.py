"""What S3 servers tell of new objects, from a deposit to the file online."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from syncd.simulator.s3 import SeaweedFS
from tests.support import ceph_servers
from tests.support.ceph_servers import CephGateway
from tests.support.cli_harness import PATIENCE, Office, Running, ended, first, sha1
from tests.support.event_queues import fresh_queue, service, tells
from tests.support.event_senders import aws, bearer, body
from tests.support.replicas import replica, sharing
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


def triggers(office: Office) -> list[str]:
    """Of what syncd published; not of what it found online before."""
    lines = office.run("history", "--json").document["publications"]
    return [line["trigger"] for line in lines if line["act"] == "replaced"]


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
    assert triggers(office) == ["event"]
    assert "told of by the bucket's server" in office.run("history").out


@pytest.mark.parametrize(
    "by_topic",
    [False, pytest.param(True, marks=pytest.mark.stress)],
    ids=["directly", "by a topic"],
)
def test_a_deposit_is_online_because_it_was_told_in_a_queue(
    office: Office, moto_server: Server, by_topic: bool
) -> None:
    office.bucket = fresh_bucket(moto_server)
    queue = fresh_queue(moto_server)
    tells(office.bucket, queue, by_topic=by_topic)
    office.of_source = f", events: {{queue: '{queue}'}}"
    resource = office.target("Liste", KEY, None)
    office.defaults = SELDOM
    looked = office.run("check", "--online", "--json").document["online"]["checks"]
    assert [one["result"] for one in looked if one["check"] == "event_queue"] == ["ok"]
    with office.start("run", SYNCD_HTTP_ADDRESS="off") as running:
        running.wait_for("cycle.done")
        office.bucket.put(KEY, NEW)
        assert running.wait_for("service.asked")["why"] == "event"
        running.wait_for("publication.done")
        ended(running)  # although it waits for the queue's answer
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)


def told(address: str, content: bytes, token: str = TOKEN) -> int:
    url = f"http://{address}/events/depot"
    answer = httpx.post(url, content=content, headers=bearer(token), timeout=PATIENCE)
    return answer.status_code


def test_a_replica_that_stands_by_passes_a_hint_on_to_the_one_that_leads(
    office: Office, database: str
) -> None:
    shared = sharing(office, database, SYNCD_EVENTS_TOKEN=TOKEN)
    resource = shared.target("Liste", KEY, None)
    with replica(shared, "one") as one:
        one.wait_for("cycle.done")
        with replica(shared, "two", SYNCD_EVENTS_ADDRESS="127.0.0.1:0") as two:
            address = two.wait_for_each("events.listening", "replica.works")["events.listening"][
                "http"
            ]
            shared.bucket.put(KEY, NEW)
            event = body(aws(KEY, shared.bucket.bucket))
            assert (told(address, event, "wrong"), told(address, event)) == (404, 204)
            asked = one.wait_for("service.asked")
            assert (asked["why"], asked["dataset"]) == ("event", shared.dataset)
            first("publication.done", one, two)
            ended(two)
        ended(one)
    assert shared.online(resource)["checksum"]["value"] == sha1(NEW)
    assert triggers(shared) == ["event"]


def test_a_hint_that_was_taken_is_not_lost_by_an_orderly_stop(office: Office) -> None:
    resource = office.target("Liste", KEY, None)
    office.defaults = "schedule: {cron: '0 0 1 1 *'}, settle: 1h"
    settings = {"SYNCD_EVENTS_ADDRESS": "127.0.0.1:0", "SYNCD_EVENTS_TOKEN": TOKEN}
    settings["SYNCD_HTTP_ADDRESS"] = "off"
    with office.start("run", **settings) as running:
        address = running.wait_for("events.listening")["http"]
        office.bucket.put(KEY, NEW)
        assert told(address, body(aws(KEY, office.bucket.bucket))) == 204
        ended(running)
    office.defaults = "schedule: {cron: '0 0 1 1 *'}"
    with office.start("run", **settings) as running:
        assert running.wait_for("service.asked")["why"] == "event"
        running.wait_for("publication.done")
        ended(running)
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)


def test_a_thousand_events_for_ten_targets_are_one_round(office: Office) -> None:
    office.target("Liste", "d0/a.csv", NEW)
    for number in range(1, 10):
        dataset = office.portal.new_dataset()
        office.target("Liste", f"d{number}/a.csv", NEW, dataset=dataset)
    with listening(office, 0) as running:
        address = running.wait_for("events.listening")["http"]
        for _ in range(10):
            running.wait_for("publication.done")
        many = [aws(f"d{n % 10}/a.csv", office.bucket.bucket) for n in range(1000)]
        for start in range(0, 1000, 100):
            assert told(address, body(*many[start : start + 100])) == 204
        assert running.wait_for("cycle.idle")["outcomes"] == {"unchanged": 10}
        done = ended(running)
    rounds = [one for one in done.events if one["event"] == "service.asked"]
    assert 1 <= len(rounds) <= 2
    assert sum(one["datasets"] for one in rounds) == 10


@pytest.mark.stress
@pytest.mark.skipif(not ceph_servers.is_here(), reason="apt-get install radosgw ceph-osd ceph-mon")
def test_a_deposit_is_online_because_ceph_told_of_it(office: Office) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="ceph-") as folder,
        CephGateway(Path(folder), ACCESS_KEY, SECRET_KEY) as ceph,
    ):
        server = Server("ceph", ceph.endpoint, ACCESS_KEY, SECRET_KEY)
        office.bucket = fresh_bucket(server)
        resource = office.target("Liste", KEY, None)
        with listening(office, 0) as running:
            address = running.wait_for("events.listening")["http"]
            running.wait_for("cycle.done")
            where = {"push-endpoint": f"http://{address}/events/depot", "OpaqueData": TOKEN}
            topic = service("sns", server).create_topic(Name="depots", Attributes=where)
            wanted = {
                "Id": "depots",
                "TopicArn": topic["TopicArn"],
                "Events": ["s3:ObjectCreated:*"],
            }
            office.bucket.client.put_bucket_notification_configuration(
                Bucket=office.bucket.bucket,
                NotificationConfiguration={"TopicConfigurations": [wanted]},  # type: ignore[list-item]  # as it is sent
            )
            office.bucket.put(KEY, NEW)
            assert running.wait_for("service.asked")["why"] == "event"
            running.wait_for("publication.done")
            events = [line["event"] for line in ended(running).events]
    assert "events.refused" not in events
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)


@pytest.mark.stress
def test_an_object_that_is_too_young_for_its_look_gets_another_one(office: Office) -> None:
    """As where the server's clock is ahead of ours: here it is deposited after it was told of."""
    resource = office.target("Liste", KEY, None, settle="8s")
    other = office.portal.new_dataset()
    office.target("Liste", "b.csv", None, dataset=other, settle="3s")
    with listening(office, 0) as running:
        address = running.wait_for("events.listening")["http"]
        running.wait_for("cycle.done")
        bucket = office.bucket.bucket
        assert told(address, body(aws(KEY, bucket), aws("b.csv", bucket))) == 204
        assert running.wait_for("service.asked")["datasets"] == 1  # the other one
        office.bucket.put(KEY, NEW)
        running.wait_for("publication.done")
        asked = [e for e in ended(running).events if e["event"] == "service.asked"]
    assert len(asked) == 3
    assert office.online(resource)["checksum"]["value"] == sha1(NEW)
