"""A cable between a client and a server, that can be pulled."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from typing import Self

_TURN = 0.05  # seconds between two looks at whether it was pulled
GIVES_UP = 20.0  # seconds of silence after which a kernel ends the connection, as syncd asks it to


class Cable:
    """Listens on a port of its own. While it is pulled nothing comes through, and nobody is told
    so: a connection that waits for longer than `gives_up` is reset."""

    def __init__(self, port: int, gives_up: float = GIVES_UP) -> None:
        self._towards = ("127.0.0.1", port)
        self._gives_up = gives_up
        self._whole = threading.Event()
        self._whole.set()
        self._closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]

    def pull(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._whole.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if not self._comes_through(client):
                return
            with socket.create_connection(self._towards, 10) as server:
                self._join(client, server)

    def _join(self, client: socket.socket, server: socket.socket) -> None:
        opposite = {client: server, server: client}
        while not self._closed.is_set():
            ready = select.select(list(opposite), [], [], _TURN)[0]
            if not self._comes_through(client):
                return
            for end in ready:
                data = end.recv(65536)
                if not data:
                    return
                opposite[end].sendall(data)

    def _comes_through(self, client: socket.socket) -> bool:
        if self._whole.wait(self._gives_up):
            return not self._closed.is_set()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
