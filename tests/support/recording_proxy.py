"""A reverse proxy before a portal: it notes every request, and lets a test act in between."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.support.network.serving import Serving

_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Doorway(Serving):
    """`on_answer(method, path)` is called after the portal has answered, before its client sees
    that; while it does not return, the client waits."""

    def __init__(self, portal: str) -> None:
        self.asked: list[tuple[str, str, int]] = []  # method, path, status
        self.on_answer: Callable[[str, str], None] = lambda _method, _path: None
        super().__init__(_handler(self, urlsplit(portal).netloc))

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def uploads(self) -> int:
        return sum(m == "POST" and p.endswith("/upload/") for m, p, _ in self.asked)


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
