"""Health and metrics over real sockets: what is answered, and that nobody can block it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import Message
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from queue import SimpleQueue

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from syncd.actions import health as health_check
from syncd.cli import health
from syncd.cli.errors import ended_well
from syncd.config.settings import load_settings
from syncd.config.settings.model import Settings
from syncd.core.errors import SyncdError
from syncd.service import http
from syncd.service.http import CONNECTIONS, AppServer, HttpServer
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts
from syncd.text import sentence
from tests.unit.telemetry.test_readiness import WELL

LOOPBACK = "127.0.0.1"


class Service:
    """Facts that a test may change, make fail, or keep back."""

    def __init__(self) -> None:
        self.now: Facts = WELL
        self.fault: Exception | None = None
        self.asked = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def facts(self) -> Facts:
        self.asked.set()
        self.gate.wait()
        if self.fault:
            raise self.fault
        return self.now


def serving(
    service: Service,
    address: str = f"{LOOPBACK}:0",
    clock: Callable[[], float] = time.monotonic,
) -> HttpServer:
    metrics = Metrics()
    metrics.ask(
        facts=service.facts,
        last_success=dict,
        key_expiry=lambda: None,
        unsent=lambda: 0,
    )
    return HttpServer(address, service.facts, metrics.registry, clock)


@dataclass
class Answer:
    status: int
    headers: Message  # whose names are read without regard to case
    body: bytes

    @property
    def document(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def server(service: Service) -> Iterator[HttpServer]:
    server = serving(service)
    server.start()
    yield server
    service.gate.set()
    server.close()


@contextmanager
def connected(server: HttpServer) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection(LOOPBACK, server.port, timeout=60)) as connection:
        yield connection


def read(response: HTTPResponse) -> Answer:
    return Answer(response.status, response.headers, response.read())


def ask(server: HttpServer, path: str, method: str = "GET", **headers: str) -> Answer:
    with connected(server) as connection:
        connection.request(method, path, headers=headers)
        return read(connection.getresponse())


def raw(server: HttpServer, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    with socket.create_connection((LOOPBACK, server.port), timeout=60) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


# -- what is answered ------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?verbose"])
def test_all_is_well(server: HttpServer, path: str) -> None:
    answer = ask(server, path)

    assert (answer.status, answer.document) == (200, {"status": "ok", "reasons": []})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Server"] == "syncd"


def test_a_late_dataset_makes_unready_and_not_dead(service: Service, server: HttpServer) -> None:
    service.now = replace(WELL, late=("d1",), manifest="invalid")

    answer = ask(server, "/readyz")

    assert answer.status == 503
    assert answer.document == {
        "status": "failing",
        "reasons": ["manifest_invalid", "dataset_late:d1"],
    }
    assert ask(server, "/healthz").status == 200


def test_a_loop_that_does_not_turn_is_dead(service: Service, server: HttpServer) -> None:
    service.now = replace(WELL, turned=31.0)

    answer = ask(server, "/healthz")

    assert answer.status == 503
    assert answer.document == {"status": "failing", "reasons": ["loop_stalled"]}


def test_metrics_are_in_the_format_that_everybody_reads(server: HttpServer) -> None:
    answer = ask(server, "/metrics")

    names = {family.name for family in text_string_to_metric_families(answer.body.decode())}
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert {"syncd_ready", "syncd_outcomes", "process_open_fds"} <= names


PLAIN, OPEN = "text/plain; version=0.0.4;", "application/openmetrics-text; version=1.0.0;"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", PLAIN),
        ("text/plain;version=nonsense", PLAIN),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", OPEN),
        ("application/openmetrics-text;version=1.1.a\r\n b", OPEN),
    ],
)
def test_the_reader_chooses_the_format(server: HttpServer, accept: str, content_type: str) -> None:
    request = f"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    head, _, body = raw(server, request.encode()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 ")
    assert f"\r\ncontent-type: {content_type}" in head.decode()
    assert body.endswith(b"# EOF\n") == (content_type == OPEN)


def test_the_root_says_what_there_is(server: HttpServer) -> None:
    assert ask(server, "/").body == b"syncd\n/healthz\n/readyz\n/metrics\n"


@pytest.mark.parametrize("path", ["/favicon.ico", "/healthz/", "//[", "/%2e%2e/etc/passwd", "*"])
def test_nothing_else_is_there(server: HttpServer, path: str) -> None:
    answer = ask(server, path)

    assert (answer.status, answer.document) == (404, {"error": "not_found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_it_only_reads(server: HttpServer, method: str) -> None:
    answer = ask(server, "/healthz", method)

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.document == {"error": "method_not_allowed"}
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/other"])
def test_head_answers_as_get_does_without_the_body(server: HttpServer, path: str) -> None:
    head, whole = ask(server, path, "HEAD"), ask(server, path)

    assert (head.status, head.body) == (whole.status, b"")
    same = {"Content-Type", "Cache-Control", "Server"}
    assert {n: head.headers[n] for n in same} == {n: whole.headers[n] for n in same}
    assert int(head.headers["Content-Length"]) > 0


def test_one_connection_serves_many_requests(server: HttpServer) -> None:
    with connected(server) as connection:
        ports = set()
        for path in ["/healthz", "/other", "/metrics"] * 3:
            connection.request("HEAD" if path == "/other" else "GET", path)
            read(connection.getresponse())
            ports.add(connection.sock.getsockname()[1])

    assert len(ports) == 1


def test_each_request_has_its_own_time(service: Service) -> None:
    ahead = [0.0]
    server = serving(service, clock=lambda: time.monotonic() + ahead[0])
    server.start()
    with closing(server), connected(server) as connection:
        for _ in range(5):
            connection.request("GET", "/healthz")
            assert read(connection.getresponse()).status == 200
            ahead[0] += http.REQUEST_TIMEOUT - 1


def test_a_body_is_not_taken_for_the_next_request(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_TIMEOUT", 0.5)  # when the connection ends
    inner = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    request = b"GET /other HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(inner)

    assert raw(server, request + inner).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00 a b\r\n\r\n", b"400"),
        (b"GET / HTTP/3.0\r\n\r\n", b"505"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505"),
        (b"GET /" + b"a" * 600_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000 + b"\r\n", b"431"),
    ],
)
def test_nonsense_is_refused(server: HttpServer, sent: bytes, status: bytes) -> None:
    try:
        answer = raw(server, sent)
    except ConnectionResetError:  # refused before all of it was read
        assert len(sent) > 65536
    else:
        assert b" " + status + b" " in answer.split(b"\r\n")[0]
        assert answer.count(b"HTTP/1.1 ") == 1
    assert ask(server, "/healthz").status == 200


def test_a_body_that_is_no_http_is_refused_once_and_no_fault_of_ours(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    for _ in range(20):  # the answer that was being found may come before the refusal, or after
        assert raw(server, head + b"zz\r\n").count(b"HTTP/1.1 ") == 1

    assert ask(server, "/healthz").status == 200
    assert caplog.records == []


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_client_that_says_no_more_gets_its_answer(
    server: HttpServer, path: str, version: str
) -> None:
    with socket.create_connection((LOOPBACK, server.port), timeout=60) as client:
        client.sendall(f"GET {path} HTTP/{version}\r\nHost: a\r\n\r\n".encode())
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert b" 200 " in answer.split(b"\r\n")[0]
    assert answer.partition(b"\r\n\r\n")[2]


# -- trouble ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_fault_of_ours_is_answered_and_the_next_request_too(
    service: Service, server: HttpServer, path: str
) -> None:
    with connected(server) as connection:
        service.fault = RuntimeError("secret-of-the-fault")
        connection.request("GET", path)
        failed = read(connection.getresponse())
        service.fault = None
        connection.request("GET", path)
        mended = read(connection.getresponse())

    assert (failed.status, failed.document) == (500, {"error": "internal_server_error"})
    assert mended.status == 200


def test_a_client_that_sends_a_byte_now_and_then_is_put_out(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_TIMEOUT", 0.5)
    started = time.monotonic()
    with socket.create_connection((LOOPBACK, server.port), timeout=0.1) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        ended = False
        while not ended and time.monotonic() - started < 20:
            try:
                slow.sendall(b"x")  # never as late as a time-out of a single read
                ended = slow.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True

    assert ended
    assert 0.4 < time.monotonic() - started < 10


def test_a_client_that_says_nothing_is_put_out(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_TIMEOUT", 0.1)

    assert raw(server, b"") == b""


def test_a_client_that_trickles_its_second_request_is_put_out_too(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_TIMEOUT", 0.5)
    with socket.create_connection((LOOPBACK, server.port), timeout=60) as slow:
        slow.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /hea")  # its start is no sign of life

        assert b"".join(iter(lambda: slow.recv(65536), b"")).count(b"HTTP/1.1 ") == 1


def test_a_client_that_takes_no_answer_is_put_out(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_TIMEOUT", 0.5)
    monkeypatch.setattr(http, "ANSWER_TIMEOUT", 0.5)
    request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

    def go_on_asking(deaf: socket.socket) -> None:
        while True:
            deaf.sendall(request * 100)

    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # few answers find room
        deaf.settimeout(60)
        deaf.connect((LOOPBACK, server.port))
        with pytest.raises((ConnectionResetError, BrokenPipeError)):  # and no time-out of ours
            go_on_asking(deaf)


HEAD = b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"


class Reader:
    """A server that wants the whole body, and then waits for `gate`, on a clock of the test's."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.gate = threading.Event()
        self.came: SimpleQueue[str] = SimpleQueue()
        app = Starlette(routes=[Route("/body", self._received, methods=["POST"])])
        self.server = AppServer(f"{LOOPBACK}:0", app, lambda: time.monotonic() + self.ahead)

    async def _received(self, request: Request) -> Response:
        self.came.put("head")
        with suppress(ClientDisconnect):
            await request.body()
            self.came.put("body")
            await run_in_threadpool(self.gate.wait)
        return Response()

    @contextmanager
    def sends(self, sent: bytes) -> Iterator[socket.socket]:
        with socket.create_connection((LOOPBACK, self.server.port), timeout=60) as client:
            client.sendall(sent)
            assert self.came.get(timeout=60) == "head"
            yield client


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    reader.server.start()
    yield reader
    reader.gate.set()
    reader.server.close()


def test_clients_that_trickle_a_body_which_is_waited_for_make_room(reader: Reader) -> None:
    reader.gate.set()
    with ExitStack() as opened:
        for _ in range(CONNECTIONS):
            opened.enter_context(reader.sends(HEAD + b"a"))
        for _ in range(3):
            reader.ahead += http.PLACE_TIMEOUT  # half a second later, and not yet REQUEST_TIMEOUT
            with reader.sends(HEAD + b"body") as honest:
                assert reader.came.get(timeout=60) == "body"
                assert honest.recv(12) == b"HTTP/1.1 200"


def test_a_request_has_its_time_until_its_body_is_whole_and_then_the_answer_has(
    reader: Reader,
) -> None:
    with reader.sends(HEAD + b"a") as slow, reader.sends(HEAD) as other:
        reader.ahead += http.REQUEST_TIMEOUT - 1
        other.sendall(b"body")
        assert reader.came.get(timeout=60) == "body"
        reader.ahead += http.ANSWER_TIMEOUT - 1
        slow.sendall(b"b")  # too late
        with suppress(ConnectionResetError):
            assert slow.recv(1) == b""
        reader.gate.set()
        assert other.recv(12) == b"HTTP/1.1 200"


def test_a_request_that_begins_late_on_its_connection_has_its_whole_time(reader: Reader) -> None:
    reader.gate.set()
    with reader.sends(HEAD + b"body") as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        reader.ahead += http.REQUEST_TIMEOUT - 1
        client.sendall(HEAD)
        assert [reader.came.get(timeout=60) for _ in "12"] == ["body", "head"]
        reader.ahead += http.REQUEST_TIMEOUT - 1
        client.sendall(b"body")
        assert client.recv(12) == b"HTTP/1.1 200"


def test_who_says_no_more_before_its_body_is_whole_leaves_at_once(reader: Reader) -> None:
    with reader.sends(HEAD + b"a") as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def test_an_answer_that_is_never_found_gives_its_place_back(
    service: Service, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_TIMEOUT", 0.2)
    service.gate.clear()

    assert raw(server, b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n") == b""


def test_slow_clients_do_not_block_the_others(server: HttpServer) -> None:
    slow = [socket.create_connection((LOOPBACK, server.port)) for _ in range(CONNECTIONS - 1)]
    try:
        for one in slow:
            one.sendall(b"GET /met")
        started = time.monotonic()

        assert ask(server, "/healthz").status == 200
        assert time.monotonic() - started < http.REQUEST_TIMEOUT
    finally:
        for one in slow:
            one.close()


def test_one_connection_too_many_is_turned_away_and_comes_in_later(
    service: Service, server: HttpServer
) -> None:
    """Where an answer is owed to all the others."""
    service.gate.clear()
    waiting = [socket.create_connection((LOOPBACK, server.port)) for _ in range(CONNECTIONS)]
    try:
        for one in waiting:
            one.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        turned_away = ask(server, "/healthz")
    finally:
        service.gate.set()
        for one in waiting:
            one.close()

    assert (turned_away.status, turned_away.headers["Connection"]) == (503, "close")
    assert ask(server, "/healthz").status == 200


METRICS = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
IDLE = {
    "says nothing": b"",
    "trickles its request": b"GET /healthz HTTP/1.1\r\nX-A: b\r\nX-",
    "trickles its body": b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na",
    "keeps its connection": b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n",
    "takes no answer": METRICS * 500,
}


@pytest.mark.parametrize("idle", IDLE)
def test_idle_clients_that_take_all_places_do_not_keep_the_probe_out(
    service: Service, idle: str
) -> None:
    ahead = [0.0]
    server = serving(service, clock=lambda: time.monotonic() + ahead[0])
    server.start()
    clients = [socket.socket() for _ in range(CONNECTIONS)]
    with closing(server):
        try:
            for one in clients:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect((LOOPBACK, server.port))
                one.sendall(IDLE[idle])
            for _ in range(3):
                ahead[0] += http.PLACE_TIMEOUT  # half a second later, and not yet REQUEST_TIMEOUT
                assert ask(server, "/healthz").status == 200
        finally:
            for one in clients:
                one.close()


def test_the_longest_idle_client_makes_room_and_the_others_stay(service: Service) -> None:
    ahead = [0.0]
    server = serving(service, clock=lambda: time.monotonic() + ahead[0])
    server.start()
    with closing(server):
        first, *others = (
            socket.create_connection((LOOPBACK, server.port), timeout=60)
            for _ in range(CONNECTIONS)
        )
        ahead[0] += http.PLACE_TIMEOUT
        assert ask(server, "/healthz").status == 200
        assert first.recv(1) == b""
        for one in others:
            one.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert one.recv(12) == b"HTTP/1.1 200"
        for one in (first, *others):
            one.close()


def test_two_hundred_clients_that_say_nothing_keep_nobody_from_the_page(service: Service) -> None:
    def page(_: Request) -> Response:
        return PlainTextResponse("the page")

    app = Starlette(routes=[Route("/page", page)])
    # No time passes, so nobody is put out.
    server = HttpServer(f"{LOOPBACK}:0", service.facts, Metrics().registry, lambda: 0.0, page=app)
    server.start()
    with closing(server), ExitStack() as opened:
        for _ in range(200):
            silent = socket.create_connection((LOOPBACK, server.port), timeout=60)
            opened.enter_context(closing(silent))
        assert ask(server, "/page").body == b"the page"
        assert ask(server, "/healthz").status == 200


def test_who_comes_while_all_places_are_taken_waits_for_one(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PLACE_TIMEOUT", 20.0)
    slow = [socket.create_connection((LOOPBACK, server.port)) for _ in range(CONNECTIONS)]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, server, "/healthz")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        for one in slow:
            one.close()

    assert waiting.result().status == 200


def test_a_hundred_scrapes_at_once(server: HttpServer) -> None:
    barrier = threading.Barrier(100)

    def scrape(_: int) -> Answer:
        barrier.wait()
        return ask(server, "/metrics")

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(scrape, range(100)))

    assert {answer.status for answer in answers} == {200}
    assert all(b"\nsyncd_ready 1.0\n" in answer.body for answer in answers)


def test_requests_that_hang_leave_the_server_able_to_close(
    service: Service, server: HttpServer
) -> None:
    service.gate.clear()
    with connected(server) as hanging:
        hanging.request("GET", "/readyz")
        assert service.asked.wait(60)
        server.close()  # ends, although the answer is still owed
        service.gate.set()
        assert read(hanging.getresponse()).status == 200


def test_clients_that_go_away_leave_nothing_on_stderr() -> None:
    """As a process of its own: what servers write to the real stderr counts."""
    code = """
import socket, struct
from http.client import HTTPConnection
from prometheus_client import CollectorRegistry
from syncd.service.http import HttpServer
from tests.unit.telemetry.test_readiness import WELL
server = HttpServer("127.0.0.1:0", lambda: WELL, CollectorRegistry())
server.start()
reset = struct.pack("ii", 1, 0)
for sent in (b"", b"GET /he", b"GET /metrics HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n" * 500):
    for _ in range(20):
        client = socket.create_connection(("127.0.0.1", server.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        client.sendall(sent)
        client.close()
client = HTTPConnection("127.0.0.1", server.port)
client.request("GET", "/healthz")
print(client.getresponse().status)
server.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("200\n", "")


# -- where it listens ------------------------------------------------------------------------


def test_an_address_in_use_is_an_error_that_says_so(server: HttpServer) -> None:
    address = f"{LOOPBACK}:{server.port}"
    with pytest.raises(SyncdError) as caught:
        serving(Service(), address).start()

    assert caught.value.reason.code == "http_address_in_use"
    assert address in sentence(caught.value.reason)


@pytest.mark.parametrize("address", ["192.0.2.1:0", "name.invalid:0", "[2001:db8::1]:0", "a..b:0"])
def test_an_address_of_elsewhere_is_an_error_that_says_so(address: str) -> None:
    with pytest.raises(SyncdError) as caught:
        serving(Service(), address).start()

    assert caught.value.reason.code == "http_address_unusable"
    assert address in sentence(caught.value.reason)


def test_a_port_is_free_again_at_once(service: Service) -> None:
    first = serving(service)
    first.start()
    port = first.port
    raw(first, b"GET / HTTP/1.0\r\n\r\n")  # the server closes first, so its end lingers
    first.close()
    again = serving(service, f"{LOOPBACK}:{port}")
    again.start()
    assert ask(again, "/healthz").status == 200
    again.close()


def test_closing_twice_or_before_the_start_does_no_harm() -> None:
    server = serving(Service())
    server.close()
    server.start()
    assert server.port > 0
    server.close()
    server.close()
    assert server.port == 0


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("address", ["[::1]", "[::]"])
def test_ipv6(service: Service, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    server = serving(service, f"{address}:0")
    server.start()

    assert health.run({health_check.NAME: f"{address}:{server.port}"}) == 0
    server.close()


# -- `syncd health` --------------------------------------------------------------------------


def healthy(address: str) -> int:
    return ended_well(lambda: health.run({health_check.NAME: address}))


def test_health_is_said_in_one_sentence(
    server: HttpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert healthy(f"0.0.0.0:{server.port}") == 0
    said = capsys.readouterr()
    assert said.out == f"syncd works (asked at 0.0.0.0:{server.port}).\n"
    assert said.err == ""


def test_health_does_not_depend_on_data(service: Service, server: HttpServer) -> None:
    service.now = replace(WELL, late=("d1",), portal=False, manifest="invalid")

    assert healthy(f"{LOOPBACK}:{server.port}") == 0


def stalled(service: Service) -> None:
    service.now = replace(WELL, turned=99.0)


def broken(service: Service) -> None:
    service.fault = RuntimeError()


@pytest.mark.parametrize(("trouble", "status"), [(stalled, 503), (broken, 500)])
def test_a_service_that_does_not_work_is_not_healthy(
    service: Service,
    server: HttpServer,
    capsys: pytest.CaptureFixture[str],
    trouble: Callable[[Service], None],
    status: int,
) -> None:
    trouble(service)

    assert healthy(f"{LOOPBACK}:{server.port}") == 1
    assert f"does not work (status {status})" in capsys.readouterr().err


def test_a_service_that_hangs_is_not_healthy(
    service: Service,
    server: HttpServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service.gate.clear()
    monkeypatch.setattr(health_check, "_TIMEOUT", 0.1)

    assert healthy(f"{LOOPBACK}:{server.port}") == 1
    assert "(timed out)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environ", "dotenv", "secret"),
    [
        ({}, None, None),
        ({"SYNCD_HTTP_ADDRESS": "127.0.0.1:1"}, "SYNCD_HTTP_ADDRESS=127.0.0.1:2", "127.0.0.1:3"),
        ({"SYNCD_HTTP_ADDRESS": " "}, "SYNCD_HTTP_ADDRESS=127.0.0.1:2\n", "127.0.0.1:3"),
        ({}, "\ufeffexport syncd_http_address='127.0.0.1:2' # here\n", None),
        ({"P": "9000"}, 'SYNCD_HTTP_ADDRESS="127.0.0.1:${P}"', None),
        ({}, "SYNCD_HTTP_ADDRESS=127.0.0.1:1\nSYNCD_HTTP_ADDRESS=127.0.0.1:2\n", None),
        ({}, "SYNCD_HTTP_ADDRESS=\n", "127.0.0.1:3\n"),
        ({}, None, "OFF"),
        ({}, "SYNCD_LANG=fr\n", ""),
    ],
)
def test_health_asks_where_the_service_answers_wherever_that_is_set(
    tmp_path: Path, environ: dict[str, str], dotenv: str | None, secret: str | None
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    if dotenv is not None:
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    if secret is not None:
        (secrets / "syncd_http_address").write_text(secret)
    given = {**environ, "SYNCD_SECRETS_DIR": str(secrets)}

    found = health_check._address(given, tmp_path)

    assert found == load_settings(given, folder=tmp_path).http_address.lower()


def test_health_reads_the_dotenv_of_its_folder(
    server: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"SYNCD_HTTP_ADDRESS={LOOPBACK}:{server.port}\n")
    assert ended_well(lambda: health.run({})) == 0


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"220 mail ready\r\n", b"\r\n"])
def test_another_program_is_not_taken_for_syncd(
    answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as other:

        def once() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        code = healthy(f"{LOOPBACK}:{other.getsockname()[1]}")
        thread.join()

    assert code == 1
    assert "Another program than syncd" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("off", "SYNCD_HTTP_ADDRESS is `off`"),
        ("OFF", "SYNCD_HTTP_ADDRESS is `off`"),
        ("8080", "SYNCD_HTTP_ADDRESS is “8080”"),
        ("127.0.0.1:http", "SYNCD_HTTP_ADDRESS is “127.0.0.1:http”"),
        ("name.invalid:8080", "No syncd answers at name.invalid:8080"),
        ("127.0.0.1:99999", "No syncd answers at 127.0.0.1:99999"),
        ("a..b:1", "No syncd answers at a..b:1"),
    ],
)
def test_without_an_address_there_is_no_health(
    address: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert healthy(address) == 1
    assert said in capsys.readouterr().err


def test_nobody_at_the_address_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as taken:
        port = taken.getsockname()[1]

    assert healthy(f"{LOOPBACK}:{port}") == 1
    assert "Connection refused" in capsys.readouterr().err


@pytest.mark.parametrize("environ", [{}, {"SYNCD_HTTP_ADDRESS": " "}, {"OTHER": "off"}])
def test_the_address_is_the_settings_own_unless_it_is_given(environ: dict[str, str]) -> None:
    assert health_check._address(environ) == Settings.model_fields["http_address"].default


def test_the_variable_is_read_as_the_settings_read_it() -> None:
    assert health_check._address({"syncd_http_address": " LocalHost:1 "}) == "localhost:1"


def test_health_needs_none_of_the_heavy_packages(server: HttpServer) -> None:
    code = (
        "import sys; from syncd.cli import health;"
        " health.run({'SYNCD_HTTP_ADDRESS': sys.argv[1]});"
        "print([m for m in ('boto3', 'botocore', 'sqlalchemy', 'httpx', 'pydantic', 'ruamel.yaml',"
        " 'alembic', 'rich', 'structlog', 'prometheus_client', 'apscheduler', 'starlette',"
        " 'uvicorn', 'h11') if m in sys.modules])"
    )
    address = f"{LOOPBACK}:{server.port}"
    done = subprocess.run([sys.executable, "-c", code, address], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
