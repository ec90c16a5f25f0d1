"""What a request costs beside itself: connections, TLS set-ups."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from syncd.adapters.s3.credentials import Credentials
from syncd.core.objects import Location
from tests.support.clients import http_portal, s3_source

AT_ONCE = 30
ROUNDS = 4
BODY = b'{"id": "u", "first_name": "A", "last_name": "B", "organizations": [], "roles": []}'


LISTING = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"""


class Server(ThreadingHTTPServer):
    """A portal and a bucket that keep their connections, and count them."""

    request_queue_size = AT_ONCE
    connections = 0
    asked: list[tuple[str, dict[str, str]]]

    def get_request(self) -> tuple[object, object]:  # type: ignore[override]  # not needed closer
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        body = LISTING if "list-type=2" in self.path else BODY
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=1; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_each_connection_serves_many_requests_however_many_are_at_once() -> None:
    with serving() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        with http_portal(url, "k", at_once=AT_ONCE) as client:
            ask_at_once(client.whoami)
        assert len(server.asked) == ROUNDS * AT_ONCE
        assert server.connections <= AT_ONCE


def test_so_does_each_connection_to_a_bucket() -> None:
    with serving() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        keys = Credentials("id", "s3cret")
        source = s3_source(Location(url, "depot"), addressing="path", credentials=keys)
        with closing(source):
            ask_at_once(lambda: source.stat("a.csv"))
        assert len(server.asked) == ROUNDS * AT_ONCE
        assert server.connections <= AT_ONCE


def ask_at_once(ask: Callable[[], object]) -> None:
    together = threading.Barrier(AT_ONCE)

    def work(_: int) -> None:
        for _ in range(ROUNDS):
            together.wait(60)
            ask()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))


def test_no_cookie_is_kept_and_no_word_of_the_key_is_in_the_address() -> None:
    with (
        serving() as server,
        http_portal(f"http://127.0.0.1:{server.server_port}/prefix", "k") as client,
    ):
        client.whoami()
        client.whoami()
        for path, headers in server.asked:
            assert path == "/prefix/api/1/me/"
            assert headers["X-API-KEY"] == "k"
            assert headers["Host"] == f"127.0.0.1:{server.server_port}"
            assert "Cookie" not in headers


def test_certificates_are_read_once_for_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    create = httpx.create_ssl_context

    def counted(*arguments: object, **options: object) -> ssl.SSLContext:
        made.append(create(*arguments, **options))  # type: ignore[arg-type]  # handed on
        return made[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    with (
        serving() as server,
        http_portal(f"http://127.0.0.1:{server.server_port}", "k") as client,
    ):
        for _ in range(3):
            client.whoami()
            client._connection.anybody().close()
    assert len(made) == 1
