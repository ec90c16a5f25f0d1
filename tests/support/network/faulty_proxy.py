"""A reverse proxy before the portal or S3 on which everything goes wrong that can, at one request.

What is done with a request is a `Course`: a function that moves it on, step by step. `harmless` is
the good one; the others are in `FAULTS`.
"""

from __future__ import annotations

import http.client
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Self
from urllib.parse import urlsplit

from tests.support.network.serving import Server

BLOCK = 65536  # bytes that are passed on at once
GIVES_UP = 60.0  # seconds after which no client is still there
_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

_PAGE = b"<!doctype html><html><body><h1>%s</h1><p>nginx</p></body></html>"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the server answered, whether its client was told or not."""

    method: str
    path: str
    status: int
    content: bytes  # of the answer


class ClientGone(Exception):
    """It went before its request was complete."""


class _Late:
    """A request that waits to be carried out."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self.over = threading.Event()

    def passes(self, seconds: float) -> bool:
        self._left -= seconds
        return self._left <= 0


Course = Callable[["Exchange"], None]


class Wire:
    """Listens on a port of its own. `arm` chooses the request that meets a course of trouble."""

    def __init__(self, server: str) -> None:
        self.asked: list[Asked] = []
        self.server = urlsplit(server).netloc
        self.met = threading.Event()  # the armed course was entered
        self._closing = threading.Event()
        self._course: Course = harmless
        self._usual: Course = harmless
        self._left = 0  # requests until the armed course
        self._busy = 0
        self._late: dict[int, _Late] = {}  # by the thread that carries it out
        self._lock = threading.Condition()
        self._listening = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.server_port}"

    def arm(self, nth: int, course: Course) -> None:
        """The `nth` request from now on, counted from 1, takes this course; the others none."""
        with self._lock:
            self._left, self._course = nth, course
            self.met.clear()

    def disarm(self) -> None:
        self.arm(0, harmless)

    def every(self, course: Course) -> None:
        """What all others take from now on, in the place of none."""
        with self._lock:
            self._usual = course

    def rest(self) -> None:
        """Wait until no request is under way any more."""
        with self._lock:
            assert self._lock.wait_for(lambda: not self._busy, GIVES_UP)

    @contextmanager
    def course(self) -> Iterator[Course]:
        """What the next request meets, for as long as it is under way."""
        with self._lock:
            self._left -= 1
            self._busy += 1
            armed = self._left == 0
            course = self._course if armed else self._usual
        if armed:
            self.met.set()
        try:
            yield course
        finally:
            with self._lock:
                self._busy -= 1
                self._late.pop(threading.get_ident(), None)
                self._lock.notify_all()

    def note(self, asked: Asked) -> None:
        with self._lock:
            self.asked.append(asked)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def be_late(self, seconds: float) -> None:
        """Whoever asked is gone. The end of the wire is not waited for."""
        late = _Late(seconds)
        with self._lock:
            self._late[threading.get_ident()] = late
        if not self._closing.is_set():
            late.over.wait(seconds)

    def pass_time(self, seconds: float) -> None:
        """What would come within these seconds has come."""
        with self._lock:
            due = [one for one in self._late.values() if one.passes(seconds)]
            for one in due:
                one.over.set()
            assert self._lock.wait_for(
                lambda: not any(one in due for one in self._late.values()), GIVES_UP
            )

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with self._lock:
            for one in self._late.values():
                one.over.set()
        self._listening.shutdown()
        self._thread.join(10)
        self._listening.server_close()


class Exchange:
    """One request and its answer. A course calls the steps."""

    def __init__(self, wire: Wire, handler: BaseHTTPRequestHandler) -> None:
        self._wire = wire
        self._handler = handler
        self._size = int(handler.headers.get("Content-Length") or 0)
        self._read = 0  # bytes of the body that were taken from the client
        self._kept: bytes | None = None
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.content = b""  # of the answer

    @property
    def asked(self) -> str:
        """Method and path, as "GET /path?query"."""
        return f"{self._handler.command} {self._handler.path}"

    # -- towards the server --------------------------------------------------------------------

    def take(self) -> None:
        """Read the whole request, and keep it."""
        self._kept = b"".join(self._blocks())

    def forward(self) -> None:
        """Let the server do the work, and take its answer."""
        self._forward(self._size)

    def forward_half(self) -> None:
        """The server gets a part of the body, and then its connection is closed too."""
        self._forward(self._size // 2)

    def _forward(self, size: int) -> None:
        handler = self._handler
        server = http.client.HTTPConnection(self._wire.server, timeout=GIVES_UP)
        try:
            server.putrequest(
                handler.command, handler.path, skip_host=True, skip_accept_encoding=True
            )
            # With the Host header as it came: signatures and links depend on it.
            for name, value in handler.headers.items():
                if name.lower() != "connection":
                    server.putheader(name, value)
            server.putheader("Connection", "close")
            server.endheaders()
            for block in [self._kept] if self._kept is not None else self._blocks(size):
                server.send(block)
            if size < self._size:
                return
            answer = server.getresponse()
            self.content = answer.read()
            self.status, self.headers = answer.status, answer.getheaders()
        finally:
            server.close()
        self._wire.note(Asked(handler.command, handler.path, self.status, self.content))

    def _blocks(self, until: int | None = None) -> Iterator[bytes]:
        end = self._size if until is None else until
        while self._read < end:
            block = self._handler.rfile.read1(min(BLOCK, end - self._read))
            if not block:
                raise ClientGone
            self._read += len(block)
            yield block

    # -- towards the client --------------------------------------------------------------------

    def say(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        """This answer in the place of the server's."""
        self.status, self.content, self.headers = status, content, list(headers.items())
        self.answer()

    def answer(self) -> None:
        self.head()
        self.write(self.content)

    def head(self) -> None:
        """The head, with the length of the whole answer."""
        handler = self._handler
        handler.send_response_only(self.status)
        for name, value in self.headers:
            if name.lower() not in _OF_ONE_HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.content)))
        if handler.close_connection:
            handler.send_header("Connection", "close")
        handler.end_headers()

    def write(self, data: bytes) -> None:
        self._handler.wfile.write(data)

    def close(self) -> None:
        """An orderly end of the connection (FIN)."""
        self._handler.close_connection = True

    def cut(self) -> None:
        """As a firewall or a crash does (RST)."""
        self.close()
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.rfile.close()
        connection.close()

    def wait_for_hanging_up(self) -> None:
        self.linger(GIVES_UP)
        self.close()

    def be_late(self, seconds: float) -> None:
        self._wire.be_late(seconds)

    def linger(self, seconds: float) -> None:
        """Be that late, unless the client goes away before."""
        select.select([self._handler.connection], [], [], seconds)


# -- courses -----------------------------------------------------------------------------------


def harmless(exchange: Exchange) -> None:
    exchange.forward()
    exchange.answer()


def cut_at_once(exchange: Exchange) -> None:
    exchange.cut()


def cut_in_the_body(exchange: Exchange) -> None:
    exchange.forward_half()
    exchange.cut()


def cut_in_the_answer(exchange: Exchange) -> None:
    exchange.forward()
    exchange.head()
    exchange.write(exchange.content[: len(exchange.content) // 2])
    exchange.cut()


def truncated(exchange: Exchange) -> None:
    exchange.forward()
    exchange.head()
    exchange.write(exchange.content[: len(exchange.content) // 2])
    exchange.close()


def dropped(exchange: Exchange) -> None:
    """The work was done, and nobody says so."""
    exchange.forward()
    exchange.close()


def delayed(exchange: Exchange) -> None:
    exchange.forward()
    exchange.linger(0.3)
    exchange.answer()


def stalled(exchange: Exchange) -> None:
    """The work was done, and the answer takes longer than anybody waits."""
    exchange.forward()
    exchange.wait_for_hanging_up()


def swallowed(exchange: Exchange) -> None:
    """Nothing was done, and nobody says so."""
    exchange.take()
    exchange.wait_for_hanging_up()


def throttled(exchange: Exchange) -> None:
    exchange.forward()
    exchange.head()
    step = len(exchange.content) // 8 + 1
    for start in range(0, len(exchange.content), step):
        exchange.write(exchange.content[start : start + step])
        exchange.linger(0.05)


def corrupted(exchange: Exchange) -> None:
    """What is text is none any more. An object's bytes are left alone: an ETag says nothing about
    them, and TCP and TLS have checksums of their own."""
    exchange.forward()
    kind = {name.lower(): value for name, value in exchange.headers}.get("content-type", "")
    if "json" in kind or "xml" in kind:
        middle = len(exchange.content) // 2
        exchange.content = exchange.content[:middle] + b"\xff\x00\xff" + exchange.content[middle:]
    exchange.answer()


def _says(status: int, **headers: str) -> Course:
    def say(exchange: Exchange) -> None:
        exchange.take()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.say(status, _PAGE % str(status).encode(), {"Content-Type": "text/html", **named})

    return say


def _says_after_the_work(status: int) -> Course:
    headers = {"Content-Type": "text/html", "Location": "https://filtre.example/"}

    def say(exchange: Exchange) -> None:
        exchange.forward()
        exchange.say(status, b"" if status == 204 else _PAGE % str(status).encode(), headers)

    return say


def _says_before_the_work(status: int) -> Course:
    headers = {"Content-Type": "text/html", "Location": "https://filtre.example/"}

    def say(exchange: Exchange) -> None:
        exchange.take()
        exchange.close()
        exchange.say(status, _PAGE % str(status).encode(), headers)
        exchange.be_late(0.3)
        exchange.forward()

    return say


# The gateway before the server did not wait for it.
gateway_gave_up = _says_after_the_work(504)


FAULTS: Mapping[str, Course] = {
    "cut at once": cut_at_once,
    "cut in the body": cut_in_the_body,
    "cut in the answer": cut_in_the_answer,
    "truncated": truncated,
    "dropped": dropped,
    "delayed": delayed,
    "stalled": stalled,
    "swallowed": swallowed,
    "throttled": throttled,
    "corrupted": corrupted,
    "429": _says(429, Retry_After="0"),
    "502": _says(502),
    "503": _says(503),
    "413": _says(413),
    "504 after the work": gateway_gave_up,
    "a login page": _says(200),
}

# A filter between us and the portal that dislikes what the portal has answered.
AFTER_THE_WORK: Mapping[str, Course] = {
    f"{status} after the work": _says_after_the_work(status)
    for status in (
        *(204, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410),
        *(411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451),
        *(500, 501, 502, 503, 507, 511, 599),
    )
}

# A gateway that does not wait for the portal, whatever it calls that; none after which syncd asks
# again at once, since the title is then looked at on the next day.
BEFORE_THE_WORK: Mapping[str, Course] = {
    f"{status} before the work": _says_before_the_work(status)
    for status in (302, 400, 403, 404, 408, 409, 410, 415, 425, 451, 499, 500, 502, 504, 520)
}


class _Server(Server):
    request_queue_size = 64


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _pass_on(self) -> None:
            with wire.course() as course:
                try:
                    course(Exchange(wire, self))
                except BaseException:
                    self.close_connection = True
                    raise

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler
