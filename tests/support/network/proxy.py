"""An HTTP proxy as ministries have them: CONNECT alone, a user and a password, a list of hosts."""

from __future__ import annotations

import base64
import contextlib
import socket
from collections.abc import Collection
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote

from tests.support.network.pipes import join
from tests.support.network.serving import Serving

USER = "robot-syncd"
PASSWORD = "pr0xy:p@ss/w0rd?+%#"  # with what must be encoded in an address


class Proxy(Serving):
    """`denied`: hosts to which it lets nobody; `answer`: a status given in place of any tunnel."""

    def __init__(self, *, denied: Collection[str] = (), answer: int | None = None) -> None:
        self.connects: list[str] = []  # HOST:PORT of each CONNECT with the right password
        self.refused = 0  # requests with a wrong password, or none
        self.others: list[str] = []  # requests that are no CONNECT
        self.denied = denied
        self.answer = answer
        super().__init__(_handler(self))

    def url(self, password: str = PASSWORD) -> str:
        """For SYNCD_PROXY."""
        return f"http://{USER}:{quote(password, safe='')}@{self.address}"


def basic(password: str = PASSWORD) -> str:
    """As it stands in Proxy-Authorization (RFC 7617)."""
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.close_connection = True
            if not self._may_pass():
                return
            host, _, port = self.path.rpartition(":")
            proxy.connects.append(self.path)
            if proxy.answer is not None or host in proxy.denied:
                self._end(proxy.answer or 403)
                return
            try:
                behind = socket.create_connection((host, int(port)), 10)
            except OSError:
                self._end(502)
                return
            with behind:
                self.send_response(200, "Connection established")
                self.end_headers()
                with contextlib.suppress(OSError):
                    join(self.connection, behind)

        def _other(self) -> None:
            proxy.others.append(self.path)
            self.close_connection = True
            if self._may_pass():
                self._end(405)

        do_GET = do_POST = do_PUT = do_HEAD = _other  # noqa: N815 - http.server's names

        def _may_pass(self) -> bool:
            if self.headers.get("Proxy-Authorization") == f"Basic {basic()}":
                return True
            proxy.refused += 1
            # Some proxies repeat in their page what they were sent.
            said = str(self.headers.get("Proxy-Authorization")).encode()
            self._end(407, said, {"Proxy-Authenticate": 'Basic realm="interne"'})
            return False

        def _end(
            self, status: int, body: bytes = b"", headers: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
