"""An HTTP proxy that finds servers on loopback by made-up names.

Addresses are part of what syncd stores: bindings carry them, and so does the mark of a resource
that syncd made. Behind this proxy they stay the same wherever the servers listen.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.support.network.serving import Serving

_OF_ONE_HOP = {
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length",
}  # fmt: skip


class ByName(Serving):
    """`places`: "host" or "host:port" of a request -> where that server listens."""

    def __init__(self, places: Mapping[str, str]) -> None:
        super().__init__(_handler(places))

    @property
    def url(self) -> str:
        """For SYNCD_PROXY."""
        return f"http://{self.address}"


def _handler(places: Mapping[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            asked = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if asked.netloc not in places:
                self.send_error(502)
                return
            connection = http.client.HTTPConnection(places[asked.netloc], timeout=60)
            try:
                path = asked._replace(scheme="", netloc="").geturl()
                # With the Host header as it came: the portal makes its links from it.
                connection.request(self.command, path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_HOP:
                    self.send_header(name, value)
            told = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", told or str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler
