"""A server that answers every request with bytes that no server should send, some without end."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIP = 0.005  # seconds between two bytes


def sized(body: bytes, *headers: bytes) -> Iterator[bytes]:
    """A whole answer, with its length."""
    yield HEAD + b"".join(line + b"\r\n" for line in headers)
    yield b"Content-Length: %d\r\n\r\n" % len(body)
    yield body


def announced(size: int, chunk: bytes = b"0," * 50_000) -> Iterator[bytes]:
    """So many bytes, none of which is stored anywhere."""
    yield HEAD + b"Content-Length: %d\r\n\r\n" % size
    for _ in range(size // len(chunk)):
        yield chunk


def endless(chunk: bytes = b"[" + b"0," * 50_000) -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"%x\r\n%b\r\n" % (len(chunk), chunk)


def endless_head() -> Iterator[bytes]:
    yield HEAD
    while True:
        yield b"X-More: " + b"x" * 1000 + b"\r\n"


def endless_continue() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 100


def dripped(stopped: threading.Event, body: bytes = b" " * 1_000_000) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: %d\r\n\r\n" % len(body)
    for at in range(len(body)):
        if stopped.wait(DRIP):
            return
        yield body[at : at + 1]


def dripped_head(stopped: threading.Event) -> Iterator[bytes]:
    yield HEAD + b"X-Slow: "
    while not stopped.wait(DRIP):
        yield b"x"


def dripped_continue(stopped: threading.Event) -> Iterator[bytes]:
    while not stopped.wait(DRIP):
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


class Misbehaving:
    """`answer` makes the bytes that a request gets; `asked`: how many there were."""

    def __init__(self, url: str, stopped: threading.Event) -> None:
        self.url = url
        self.stopped = stopped
        self.asked = 0
        self.answer: Callable[[], Iterable[bytes]] = tuple


@contextmanager
def misbehaving() -> Iterator[Misbehaving]:
    """Set its `answer` to what each request is to get."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Misbehaving(f"http://127.0.0.1:{listening.getsockname()[1]}", stopped)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=talk, args=(connection,), daemon=True).start()

        def talk(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                if not _request(connection):
                    return
                server.asked += 1
                for piece in server.answer():
                    connection.sendall(piece)
                    if stopped.is_set():
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            stopped.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _request(connection: socket.socket) -> bool:
    """Read one whole request, as far as it announces its length; False when there is none."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return False
        head += data
    head, _, body = head.partition(b"\r\n\r\n")
    lengths = re.findall(rb"(?i)^content-length: (\d+)", head, re.M)
    left = int(lengths[0]) - len(body) if lengths else 0
    while left > 0:
        left -= len(connection.recv(65536)) or left
    return True
