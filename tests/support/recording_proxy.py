"""A reverse proxy before a portal: it notes every request, and lets a test act in between."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Doorway:
    """`on_answer(method, path)` is called after the portal has answered, before its client sees
    that; while it does not return, the client waits."""

    def __init__(self, portal: str) -> None:
        self.asked: list[tuple[str, str, int]] = []  # method, path, status
        self.on_answer: Callable[[str, str], None] = lambda _method, _path: None
        self._server = _Server(("127.0.0.1", 0), _handler(self, urlsplit(portal).netloc))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def uploads(self) -> int:
        return sum(m == "POST" and p.endswith("/upload/") for m, p, _ in self.asked)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle is what these tests are about."""


def _handler(doorway: Doorway, portal: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(portal, timeout=60)
            try:
                # With the Host header as it came: the portal makes its links from it.
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            doorway.asked.append((self.command, self.path, answer.status))
            doorway.on_answer(self.command, self.path)
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler
