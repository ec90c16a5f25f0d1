"""Answers /healthz, /readyz and /metrics. Small on purpose, and kind to nobody who is slow.

Everything runs in daemon threads: a request that hangs holds up neither the service nor its end.
"""

from __future__ import annotations

import errno
import io
import json
import socket
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from syncd.core.errors import SyncdError
from syncd.telemetry.readiness import Facts, alive, not_ready

CONNECTIONS = 16  # at once
PATIENCE = 5.0  # seconds for a request to come in whole, and for its answer to be taken
TURN = 0.2  # seconds between two looks whether to close
PATIENCE_FOR_PLACE = 0.5  # seconds that a further connection waits for one of the 16 to end

_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_OPENMETRICS = "application/openmetrics-text;version=1.0.0"
_INDEX = b"syncd\n/healthz\n/readyz\n/metrics\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nServer: syncd\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class HttpServer:
    """`address` is `HOST:PORT` or `[IPv6]:PORT`; port 0 takes a free one.

    `facts` is called in the server's threads, for each request that needs it, and by the registry.
    """

    def __init__(
        self, address: str, facts: Callable[[], Facts], registry: CollectorRegistry
    ) -> None:
        self._address = address
        self._facts = facts
        self._registry = registry
        self._server: _Server | None = None

    def start(self) -> None:
        """Bind, and answer from now on. Raises SyncdError where the address cannot be had."""
        host, _, port = self._address.rpartition(":")
        try:
            self._server = _Server(host.strip("[]"), int(port), self._facts, self._registry)
        except OSError as error:
            detail = error.strerror or type(error).__name__
            if error.errno == errno.EADDRINUSE:
                raise SyncdError(
                    "http_address_in_use", address=self._address, detail=detail
                ) from error
            raise SyncdError(
                "http_address_unusable", address=self._address, detail=detail
            ) from error
        Thread(target=self._server.serve_forever, args=(TURN,), name="http", daemon=True).start()

    @property
    def port(self) -> int:
        """The port that is listened at; 0 while there is none."""
        return int(self._server.server_address[1]) if self._server else 0

    def close(self) -> None:
        """Take no further connection. May be called twice, or without `start`."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True  # restart at once, in spite of connections that linger
    allow_reuse_port = False  # Python 3.14 turns it on: two services would share one port unseen

    def __init__(
        self, host: str, port: int, facts: Callable[[], Facts], registry: CollectorRegistry
    ) -> None:
        self.facts = facts
        self.registry = registry
        self._places = BoundedSemaphore(CONNECTIONS)
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the reverse name look-up that stdlib's makes: it may take many seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "syncd", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(timeout=PATIENCE_FOR_PLACE):
            _turn_away(request)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - stdlib's
        """Clients go away when they like; stdlib would print a traceback to stderr."""
        if not isinstance(sys.exception(), OSError):
            structlog.get_logger("syncd.http").exception("http.failed")


def _turn_away(connection: socket.socket) -> None:
    """Never waits: this is the thread that takes connections."""
    try:
        connection.setblocking(False)
        connection.send(_FULL)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)  # closing with bytes unread would destroy the answer on its way
    except OSError:
        return  # nobody there any more, or nothing to read yet


class _Patient(io.RawIOBase):
    """Reads from a socket until a deadline for all reads together, however few bytes each brings.

    A time-out per read, as stdlib has it, lets a client that sends a byte now and then stay.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.begin()

    def begin(self) -> None:
        """A new request may come in."""
        self._deadline = monotonic() + PATIENCE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(PATIENCE)  # for what is written


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # stdlib's 0.9 has no status line to refuse nonsense with
    disable_nagle_algorithm = True  # headers and body are two writes
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._patient = _Patient(self.connection)
        self.rfile = io.BufferedReader(self._patient)

    def handle_one_request(self) -> None:
        self._patient.begin()
        super().handle_one_request()

    def do_GET(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what follows is no request
        try:
            status, content_type, body = self._answer(self.path.partition("?")[0])
        except Exception:
            structlog.get_logger("syncd.http").exception("http.failed")
            status, content_type, body = _failed(HTTPStatus.INTERNAL_SERVER_ERROR)
        self._put(status, content_type, body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        match path:
            case "/healthz":
                return _state(() if alive(self.server.facts()) else ("loop_stalled",))
            case "/readyz":
                return _state(not_ready(self.server.facts()))
            case "/metrics":
                encode, content_type = _encoder(self.headers.get("Accept", ""))
                return HTTPStatus.OK, content_type, encode(self.server.registry)
            case "/":
                return HTTPStatus.OK, _TEXT, _INDEX
        return _failed(HTTPStatus.NOT_FOUND)

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - stdlib's signature; quotes the client
        explain: str | None = None,  # noqa: ARG002 - as above
    ) -> None:
        """What stdlib refuses: broken requests, and methods that have no `do_…`."""
        self.close_connection = True
        self._put(*_failed(HTTPStatus(405 if code == HTTPStatus.NOT_IMPLEMENTED else code)))

    def _put(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "syncd"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - stdlib's name
        """Probes and scrapes come every few seconds: they are not worth a line."""


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """Not by the header as it came: prometheus-client sends its words back in one of ours."""
    return choose_encoder(_OPENMETRICS if _OPENMETRICS.partition(";")[0] in accept else "")


def _state(reasons: Sequence[str]) -> tuple[HTTPStatus, str, bytes]:
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return status, _JSON, _json(status="failing" if reasons else "ok", reasons=list(reasons))


def _failed(status: HTTPStatus) -> tuple[HTTPStatus, str, bytes]:
    return status, _JSON, _json(error=status.name.lower())


def _json(**document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"
