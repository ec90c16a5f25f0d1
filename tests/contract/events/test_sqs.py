"""A queue of events on moto: what S3 tells in it, and what becomes of it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from syncd.actions.check import check_queues
from syncd.adapters.events.forms import Message, read
from syncd.adapters.events.sqs import EventQueue
from syncd.adapters.net.options import NetworkOptions
from syncd.config.configuration import App
from syncd.config.manifest import loads
from syncd.config.settings import Settings
from syncd.core.errors import SourceUnreachable
from syncd.core.preflight import Grade
from syncd.service.event_queues import EventQueues
from syncd.service.events import Intake
from syncd.service.hints import Hints
from syncd.sync.whole_manifest import WholeManifest
from tests.support.event_queues import fresh_queue, service, tells
from tests.support.manifest_builders import GOOD
from tests.support.s3_servers import ACCESS_KEY, SECRET_KEY, Bucket

KEYS = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
KEY = "musées/liste été+100%41.csv"


def opened(queue: str, **network: Any) -> EventQueue:
    return EventQueue(queue, "us-east-1", KEYS, NetworkOptions(**network))


@pytest.mark.parametrize("by_topic", [False, True], ids=["directly", "by a topic"])
def test_a_new_object_is_told_until_it_was_kept(moto_bucket: Bucket, by_topic: bool) -> None:
    address = fresh_queue(moto_bucket.server)
    tells(moto_bucket, address, by_topic=by_topic)
    moto_bucket.put(KEY, b"1\n")
    moto_bucket.put_multipart("grand.csv", b"2\n")
    moto_bucket.delete("grand.csv")
    queue = opened(address)
    said = []
    while len(said) < 2:
        messages = queue.receive()
        said += [one for message in messages for one in read(message.body).deposits]
        queue.delete(messages)
    assert {one.bucket for one in said} == {moto_bucket.bucket}
    assert {key for one in said for key in one.keys} >= {KEY, "grand.csv"}
    left = service("sqs", moto_bucket.server).get_queue_attributes(
        QueueUrl=address, AttributeNames=["All"]
    )["Attributes"]
    assert left["ApproximateNumberOfMessagesNotVisible"] == "0"
    queue.close()


def test_a_queue_that_is_not_there_is_one_sentence(moto_bucket: Bucket) -> None:
    gone = opened(f"{moto_bucket.endpoint}/123456789012/absente")
    with pytest.raises(SourceUnreachable, match="events_queue_away") as caught:
        gone.receive()
    assert "absente" in str(caught.value.reason.facts["queue"])
    with pytest.raises(SourceUnreachable, match="events_queue_away"):
        gone.probe()
    silent = opened("http://127.0.0.1:9/123456789012/depots", connect_timeout=1.0)
    with pytest.raises(SourceUnreachable, match="events_queue_away"):
        silent.receive()


def test_whether_a_queue_can_be_read_is_asked_without_taking_anything(moto_bucket: Bucket) -> None:
    address = fresh_queue(moto_bucket.server)
    put(moto_bucket.server, address, "m")
    app = Listening.of(address, f"{moto_bucket.endpoint}/123456789012/absente")

    found = check_queues(app, open_queue)

    assert [(one.about, one.grade, one.reason.code) for one in found] == [
        ("s0", Grade.OK, "events_queue_readable"),
        ("s1", Grade.PROBLEM, "events_queue_away"),
    ]
    sqs = service("sqs", moto_bucket.server)
    there = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["All"])["Attributes"]
    assert there["ApproximateNumberOfMessages"] == "1"
    left = sqs.receive_message(QueueUrl=address, AttributeNames=["All"])["Messages"]
    assert [one["Attributes"]["ApproximateReceiveCount"] for one in left] == ["2"]  # it was read


@contextmanager
def answering(messages: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """A queue with just these, that no real server sends; and the receipts of what was deleted."""
    deleted: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_receive = self.headers["X-Amz-Target"].endswith(".ReceiveMessage")
            deleted.extend(one["ReceiptHandle"] for one in asked.get("Entries", ()))
            done = {"Successful": [], "Failed": []}
            answer = json.dumps({"Messages": messages} if is_receive else done).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/1/depots", deleted
        finally:
            server.shutdown()


def test_an_odd_message_spoils_no_other() -> None:
    good = json.dumps({"Records": [RECORD]})
    odd = [{"Body": "\ud800", "ReceiptHandle": "1"}, {"ReceiptHandle": "2"}, {"Body": good}]
    odd += [{"Body": 5, "ReceiptHandle": "3"}, {"Body": [good], "ReceiptHandle": 4}]
    with answering([*odd, {"Body": good, "ReceiptHandle": "5"}]) as (address, deleted):
        queue = opened(address)
        messages = queue.receive()
        queue.delete(messages)
        queue.delete(messages[2:3])
        queue.close()
    assert [one.body for one in messages] == [b"?", b"", good.encode(), b"", b"", good.encode()]
    assert deleted == ["1", "2", "3", "5"]


def open_queue(app: App, source: str) -> EventQueue:
    return opened(app.manifest.sources[source].queue)


# -- who listens -----------------------------------------------------------------------------


class Listening:
    """Listens at the queues of a manifest; `kept` is set with each message."""

    def __init__(self, *queues: str) -> None:
        self.told: Counter[str] = Counter()
        self.kept = threading.Semaphore(0)
        self.hints = Hints(lambda _: None)
        self.app = self.of(*queues)
        self.opened: Counter[str] = Counter()
        self.queues = EventQueues(Intake(self._by, self.hints, self._hear), self._open)  # type: ignore[arg-type]  # as much of a runtime as is asked for

    @staticmethod
    def of(*queues: str) -> App:
        sources = "".join(
            f"  s{number}: {{endpoint: 'https://s3.example.fr', bucket: opendata, "
            f"events: {{queue: '{queue}'}}}}\n"
            for number, queue in enumerate(queues)
        )
        text = GOOD.replace("defaults:", f"{sources}defaults:")
        return App(Settings(), loads(text, "m.yaml"))

    def _by(self) -> object:
        return SimpleNamespace(app=self.app, whole=WholeManifest(self.app.manifest.datasets))

    def _open(self, app: App, source: str) -> EventQueue:
        self.opened[source] += 1
        return open_queue(app, source)

    def _hear(self, source: str, result: str, count: int) -> None:
        if count:
            self.told[f"{source} {result}"] += count
            self.kept.release()


def put(server: Any, queue: str, message: Message | str) -> None:
    service("sqs", server).send_message(QueueUrl=queue, MessageBody=message)


RECORD = {
    "eventName": "ObjectCreated:Put",
    "s3": {"bucket": {"name": "opendata"}, "object": {"key": "musees/liste.csv"}},
}


def test_what_comes_in_a_queue_is_a_hint_and_what_is_no_event_is_thrown_away(
    moto_bucket: Bucket,
) -> None:
    server = moto_bucket.server
    first, second = fresh_queue(server), fresh_queue(server)
    here = Listening(first)
    here.queues.follow(here.app)
    put(server, first, "no json")
    put(server, first, json.dumps({"Records": [RECORD]}))
    assert [here.kept.acquire(timeout=60) for _ in range(2)] == [True, True]
    assert here.told == {"s0 refused": 1, "s0 claimed": 1}

    here.app = here.of(first, second)  # another manifest: the first queue is the same
    here.queues.follow(here.app)
    put(server, second, json.dumps({"Records": [RECORD]}))
    assert here.kept.acquire(timeout=60)
    assert here.told["s1 claimed"] == 1
    assert here.opened == {"s0": 1, "s1": 1}
    assert here.queues.well() == {"s0": True, "s1": True} or here.queues.well() == {"s0": True}
    here.queues.stop()
    assert here.queues.well() == {}
    assert here.hints.stop() == ["5d2c4f6e8b4c4110c5a1b2c3"]
