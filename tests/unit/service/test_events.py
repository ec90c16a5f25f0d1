"""What is answered to those who tell of new objects, and to all others."""

from __future__ import annotations

import ast
import gc
import inspect
import socket
import threading
import tracemalloc
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp

from syncd.adapters.events.forms import Message, read
from syncd.config.configuration import App
from syncd.config.manifest import loads
from syncd.config.settings import Settings, load_settings
from syncd.config.settings.model import SourceCredentials
from syncd.core.errors import SettingsError
from syncd.service import events, http
from syncd.service.event_service import EventService, by_few_requests
from syncd.service.events import LONGEST, LONGEST_OF_ANYBODY, Intake, application
from syncd.service.hints import Hints, Wanted
from syncd.service.http import AppServer
from syncd.sync.whole_manifest import WholeManifest
from syncd.telemetry.metrics import Metrics
from tests.support.event_senders import aws, bearer, body, ceph, filer, minio, statuses
from tests.support.manifest_builders import GOOD
from tests.support.waiting_clock import Clock

TOKEN, OWN = "x" * 40, "y" * 40
MUSEUMS = "5d2c4f6e8b4c4110c5a1b2c3"
KEY = "musees/liste.csv"
TWO = GOOD.replace(
    "defaults:", "  autre: {endpoint: https://s3.example.org, bucket: autre}\ndefaults:"
)
HERE, NOWHERE = "/events/depot", "/events/inconnue"


class Given(Hints):
    """Hints of which only what was given is kept."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.all: Counter[str] = Counter()

    def give(self, wanted: Collection[Wanted]) -> None:
        self.all.update({dataset for dataset, _ in wanted})


class House:
    """A manifest with two sources; the first is told of by everybody's token."""

    def __init__(self, token: str | None = TOKEN, own: str | None = None) -> None:
        manifest = loads(TWO, "m.yaml")
        settings = Settings(
            events_address="127.0.0.1:0",
            events_token=SecretStr(token) if token else None,
            sources={"autre": SourceCredentials(events_token=SecretStr(own))} if own else {},
        )
        self.in_force: object = SimpleNamespace(
            app=App(settings, manifest), whole=WholeManifest(manifest.datasets)
        )
        self.hints, self.told = Given(), Counter[tuple[str, str]]()
        self.clock = Clock()
        self.intake = Intake(lambda: self.in_force, self.hints, self._hear)  # type: ignore[arg-type,return-value]  # as much of a runtime as is asked for
        self.app: ASGIApp = application(self.intake, self.clock)

    def _hear(self, source: str, result: str, count: int) -> None:
        if count:
            self.told[source, result] += count

    def post(self, path: str, content: bytes, **headers: str) -> int:
        (status,) = statuses(self.app, [(path, content, headers)])
        return status


@pytest.fixture
def house() -> House:
    return House()


# -- who is let in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(body(aws(KEY)), id="aws"),
        pytest.param(minio(KEY), id="minio"),
        pytest.param(filer(KEY), id="seaweedfs"),
    ],
)
def test_who_knows_the_token_gives_a_hint(house: House, sent: bytes) -> None:
    assert house.post(HERE, sent, **bearer(TOKEN)) == 204
    assert house.hints.all == {MUSEUMS: 1}
    assert house.told == {("depot", "claimed"): 1}
    assert house.intake.last().keys() == {"depot"}


def test_ceph_knows_it_by_what_each_record_brings_along(house: House) -> None:
    known, unknown = ceph(KEY, password=TOKEN), ceph(KEY, password="z" * 40)
    assert house.post(HERE, body(known, known)) == 204
    for strange in (body(unknown), body(known, unknown), body(ceph(KEY)), body()):
        assert house.post(HERE, strange) == 404
    assert house.hints.all == {MUSEUMS: 1}
    assert house.told == {("depot", "claimed"): 2, ("depot", "refused"): 4}


def test_a_key_that_nobody_claims_is_counted_and_no_more(house: House) -> None:
    said = body(aws("autre.csv"), aws(KEY, bucket="dautrui"))
    assert house.post(HERE, said, **bearer(TOKEN)) == 204
    assert (house.hints.all, house.told) == ({}, {("depot", "unclaimed"): 2})


def test_a_source_of_its_own_token_is_told_of_by_that_alone() -> None:
    house = House(own=OWN)
    said = body(aws("x.csv", bucket="autre"))
    assert house.post("/events/autre", said, **bearer(OWN)) == 204
    assert house.post("/events/autre", said, **bearer(TOKEN)) == 404
    assert house.post(HERE, body(aws(KEY)), **bearer(OWN)) == 404
    alone = House(token=None, own=OWN)
    assert alone.post("/events/autre", said, **bearer(OWN)) == 204
    assert alone.post(HERE, body(aws(KEY)), **bearer("")) == 404


def test_who_does_not_know_it_finds_the_same_everywhere(house: House) -> None:
    """A source that is there, one that is not, another path, another method."""
    with listening(house.app) as port:
        answers = {
            (status, headers.replace(path.encode(), b""), content)
            for path in (HERE, NOWHERE, "/", "/events", "/events/depot/", "/healthz")
            for method, token, sent in (
                ("POST", "wrong", minio(KEY)),
                ("POST", "", b"no json"),
                ("POST", "", b"x" * (LONGEST_OF_ANYBODY + 1)),
                ("GET", TOKEN, b""),
                ("PUT", TOKEN, minio(KEY)),
            )
            for status, headers, content in [over_the_wire(port, method, path, sent, token)]
        }
    assert [(status, content) for status, _, content in answers] == [
        (404, b'{"error": "not_found"}\n')
    ]
    assert house.hints.all == {}


def test_another_app_in_force_has_another_token(house: House) -> None:
    assert house.post(HERE, minio(KEY), **bearer(TOKEN)) == 204
    house.in_force = House(token=OWN).in_force
    assert house.post(HERE, minio(KEY), **bearer(TOKEN)) == 404
    assert house.post(HERE, minio(KEY), **bearer(OWN)) == 204
    house.in_force = None  # a replica that has no manifest yet
    assert house.post(HERE, minio(KEY), **bearer(OWN)) == 503


@contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    server = AppServer("127.0.0.1:0", app)
    server.start()
    try:
        yield server.port
    finally:
        server.close()


def over_the_wire(
    port: int, method: str, path: str, content: bytes, token: str
) -> tuple[int, bytes, bytes]:
    """Status, names of headers, content."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, content, bearer(token))
        answer = connection.getresponse()
        names = ",".join(sorted(name.lower() for name in answer.headers)).encode()
        return answer.status, names, answer.read()
    finally:
        connection.close()


# -- what is too much ------------------------------------------------------------------------


def test_a_malformed_message_is_said_to_be_one_to_who_may_send(house: House) -> None:
    assert house.post(HERE, b"{", **bearer(TOKEN)) == 400
    assert house.told == {("depot", "refused"): 1}


def test_a_message_has_a_ceiling(house: House) -> None:
    padding = {"x": "x" * LONGEST}
    assert house.post(HERE, body(aws(KEY), **padding), **bearer(TOKEN)) == 413
    long = {"x": "x" * LONGEST_OF_ANYBODY}
    assert house.post(HERE, body(ceph(KEY, password=TOKEN), **long)) == 404
    assert house.post(HERE, body(aws(KEY), **long), **bearer(TOKEN)) == 204


def test_who_shows_no_secret_has_little_time_for_a_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SECONDS_OF_ANYBODY", 0.05)
    monkeypatch.setattr(http, "REQUEST_TIMEOUT", 60.0)
    head = f"POST {HERE} HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n".encode()
    with (
        listening(house.app) as port,
        socket.create_connection(("127.0.0.1", port), timeout=60) as known,
        socket.create_connection(("127.0.0.1", port), timeout=60) as unknown,
    ):
        known.sendall(head + b"Authorization: Bearer %s\r\n\r\n" % TOKEN.encode())
        unknown.sendall(head + b"\r\n{")
        assert unknown.recv(12) == b"HTTP/1.1 404"
        known.sendall(b'{"Records":[]}')
        assert known.recv(12) == b"HTTP/1.1 204"
    assert house.told == {("depot", "refused"): 1}


def test_who_sends_on_and_on_has_to_wait_and_nobody_else_has(house: House) -> None:
    large = body(aws(KEY), x="x" * (LONGEST - 4096))
    answers = [house.post(HERE, large, **bearer(TOKEN)) for _ in range(40)]
    assert Counter(answers) == {204: 17, 429: 23}
    assert house.post(HERE, body(ceph(KEY, password=TOKEN))) == 204  # from another account
    house.clock.wait(1.0)
    assert house.post(HERE, large, **bearer(TOKEN)) == 204
    forged = [(HERE, b"{", bearer("wrong"))] * 5000
    assert set(statuses(house.app, forged)[-500:]) == {429}
    assert house.post(HERE, large, **bearer(TOKEN)) == 204


def test_others_are_served_while_a_long_message_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_read, goes_on = threading.Event(), threading.Event()

    def slowly(sent: bytes) -> Message:
        is_read.set()
        assert goes_on.wait(30)
        return read(sent)

    monkeypatch.setattr(events, "read", slowly)
    with listening(house.app) as port, ThreadPoolExecutor(1) as pool:
        long = body(aws(KEY), x="x" * 20_000)
        waiting = pool.submit(over_the_wire, port, "POST", HERE, long, TOKEN)
        assert is_read.wait(30)
        try:
            assert over_the_wire(port, "GET", HERE, b"", TOKEN)[0] == 404
        finally:
            goes_on.set()
        assert waiting.result()[0] == 204
    assert house.hints.all == {MUSEUMS: 1}


# -- what it costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.stress)])
def test_forged_and_malformed_messages_leave_nothing_behind(house: House, count: int) -> None:
    junk = [b"", b"{", b"[" * 5000, b'{"Records": [{}]}', minio(KEY), filer("x"), b"\xff" * 99]
    junk += [body(ceph(f"k{number}.csv", password=f"{number:040}")) for number in range(50)]
    sent = [
        (HERE if n % 2 else f"/events/autre{n}", junk[n % 57], bearer(f"{n:040}"))
        for n in range(count)
    ]

    def send_all() -> None:
        for start in range(0, len(sent), 500):
            statuses(house.app, sent[start : start + 500])
            house.clock.wait(10.0)

    send_all()  # what is loaded and made once
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        send_all()
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < 64 * 1024
    assert house.hints.all == {}
    assert {result for _, result in house.told} == {"refused"}


@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.stress)])
def test_a_flood_of_events_is_a_handful_of_looks(count: int) -> None:
    """By the parts that a service has, on a clock on which it lasts a minute."""
    one = "  - dataset: d{0}\n    resources:\n      - each: d{0}/f_{{a}}.csv\n"
    manifest = loads(GOOD + "".join(one.format(number) for number in range(10)), "m.yaml")
    app = App(Settings(events_token=SecretStr(TOKEN)), manifest)
    in_force = SimpleNamespace(app=app, whole=WholeManifest(manifest.datasets))
    clock = Clock()
    looked: Counter[str] = Counter()
    all_looked_at = threading.Event()

    def look(datasets: list[str]) -> None:
        looked.update(datasets)
        if len(looked) == 10:
            all_looked_at.set()

    hints, told = Hints(look, clock), Counter[tuple[str, str]]()
    intake = Intake(
        lambda: in_force,  # type: ignore[arg-type,return-value]  # as much of a runtime as is asked for
        hints,
        lambda source, result, some: told.update({(source, result): some}),
    )
    listening = application(intake, clock)
    for start in range(0, count, 500):
        numbers = range(start, start + 500)
        sent = [(HERE, body(aws(f"d{n % 10}/f_{n}.csv")), bearer(TOKEN)) for n in numbers]
        assert set(statuses(listening, sent)) == {204}
        clock.wait(60.0 * 500 / count)
    assert all_looked_at.wait(60)
    hints.stop()
    assert told["depot", "claimed"] == count
    assert looked.keys() == {f"d{number}" for number in range(10)}
    assert max(looked.values()) <= 6


def test_secrets_are_compared_in_one_place_and_in_constant_time() -> None:
    """Digests of one length, by `hmac.compare_digest`; in no other way."""
    tree = ast.parse(inspect.getsource(events))
    compared = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)
    ]
    assert compared == ["scheme.lower() == 'bearer'"]
    calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [one for one in calls if "compare_digest" in one] == [
        "hmac.compare_digest(_digest(given), secret)"
    ]


def test_every_password_is_compared_whichever_is_wrong(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(given: bytes, secret: bytes) -> bool:
        compared.append((len(given), len(secret)))
        return given == secret

    monkeypatch.setattr("hmac.compare_digest", compare)
    good, bad = ceph(KEY, password=TOKEN), ceph(KEY, password="short")
    for path in (HERE, NOWHERE):
        for records in ([bad, good, good], [good, good, bad], [bad, bad, bad]):
            assert house.post(path, body(*records)) == 404
    assert compared == [(32, 32)] * 4 * 6  # with the header's


# -- the parts together ----------------------------------------------------------------------


def test_an_address_without_a_secret_is_a_mistake(tmp_path: Path) -> None:
    address = {"SYNCD_EVENTS_ADDRESS": "127.0.0.1:18945"}
    with pytest.raises(SettingsError) as refused:
        load_settings(address, folder=tmp_path)
    assert [one.reason.code for one in refused.value.problems] == ["events_no_token"]
    load_settings({**address, "SYNCD_EVENTS_TOKEN": TOKEN}, folder=tmp_path)
    of_one = {"SYNCD_SOURCES__DEPOT__EVENTS_TOKEN": TOKEN}
    load_settings({**address, **of_one}, folder=tmp_path)


def test_many_datasets_are_asked_for_as_all_of_them() -> None:
    some = [f"d{number}" for number in range(99)]
    assert list(by_few_requests(some)) == some
    assert list(by_few_requests([*some, "d99"])) == [""]


def test_what_comes_is_seen_in_the_metrics() -> None:
    house, metrics = House(), Metrics()
    settings = Settings(events_address="127.0.0.1:0", events_token=SecretStr(TOKEN))
    service = EventService(settings, lambda: house.in_force, lambda _: None, metrics)  # type: ignore[arg-type,return-value]  # as above
    service.follow()
    service.start()
    over_the_wire(service.port, "POST", HERE, minio(KEY), TOKEN)
    left: list[str] = []
    service.stop(left.append)

    def count(result: str) -> float | None:
        facts = {"source": "depot", "result": result}
        return metrics.registry.get_sample_value("syncd_events_total", facts)

    assert (count("claimed"), count("unclaimed"), count("refused")) == (1, 0, 0)
    assert service.last().keys() == {"depot"}
    assert left == [MUSEUMS]
