"""Buckets that anybody may read, over HTTP: whatever such a server does wrong is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from tests.support.memory_source import MemorySource


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None  # what comes after the head waits for it
    length: int | None = None  # what is announced, where it is not the body's


Twist = Callable[[str, Answer], Answer]  # of a path, and the right answer to it


class PublicServer:
    """`buckets`: by the first part of a path. `twist` makes another answer of the right one."""

    def __init__(self) -> None:
        self.buckets: dict[str, MemorySource] = {}
        self.asked: list[str] = []
        self.twist: Twist = lambda _path, answer: answer
        self._gates: list[threading.Event] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = server.answer(self.path)
                self.send_response(answer.status)
                length = len(answer.body) if answer.length is None else answer.length
                for name, value in {"Content-Length": str(length), **answer.headers}.items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                if answer.gate is not None:
                    answer.gate.wait(60)
                try:
                    self.wfile.write(answer.body)
                except OSError:  # whoever asked has gone
                    self.close_connection = True
                if answer.length is not None:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def gate(self) -> threading.Event:
        """Opened at the latest when the server ends."""
        self._gates.append(threading.Event())
        return self._gates[-1]

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        _, bucket, key = unquote(path).split("/", 2)
        source = self.buckets.get(bucket)
        stored = source.objects.get(key) if source is not None else None
        right = Answer(404, b"no such key") if stored is None else Answer(200, stored.body)
        return self.twist(path, right)

    @contextmanager
    def running(self) -> Iterator[PublicServer]:
        thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.stop()
            thread.join(10)

    def stop(self) -> None:
        """From then on nobody listens there."""
        for gate in self._gates:
            gate.set()
        self._http.shutdown()
        self._http.server_close()
