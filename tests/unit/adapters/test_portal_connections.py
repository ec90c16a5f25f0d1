"""What requests to the portal cost beside the request itself: connections, TLS set-ups."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.support.clients import http_portal

AT_ONCE = 30
BODY = b'{"id": "u", "first_name": "A", "last_name": "B", "organizations": [], "roles": []}'


class Portal(ThreadingHTTPServer):
    """Keeps its connections, as data.gouv.fr does, and counts them."""

    request_queue_size = AT_ONCE
    connections = 0
    asked: list[tuple[str, dict[str, str]]]

    def get_request(self) -> tuple[object, object]:  # type: ignore[override]  # not needed closer
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Portal

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("Set-Cookie", "session=1; Path=/")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def portal() -> Iterator[Portal]:
    with Portal(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_each_connection_serves_many_requests_however_many_are_at_once() -> None:
    rounds, together = 4, threading.Barrier(AT_ONCE)
    with (
        portal() as server,
        http_portal(f"http://127.0.0.1:{server.server_port}", "k", at_once=AT_ONCE) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def ask(_: int) -> None:
            for _ in range(rounds):
                together.wait(60)
                client.whoami()

        list(pool.map(ask, range(AT_ONCE)))
        assert len(server.asked) == rounds * AT_ONCE
        assert server.connections <= AT_ONCE


def test_no_cookie_is_kept_and_no_word_of_the_key_is_in_the_address() -> None:
    with (
        portal() as server,
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
        portal() as server,
        http_portal(f"http://127.0.0.1:{server.server_port}", "k") as client,
    ):
        for _ in range(3):
            client.whoami()
            client._connection.anybody().close()
    assert len(made) == 1
