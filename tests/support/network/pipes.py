"""Bytes from one connection to the other, both ways, until one of them ends."""

from __future__ import annotations

import select
import socket
import ssl


def join(one: socket.socket, other: socket.socket) -> None:
    """In one thread: a TLS connection is not to be read and written by two at once."""
    opposite = {one: other, other: one}
    while True:
        held = [end for end in opposite if isinstance(end, ssl.SSLSocket) and end.pending()]
        for end in held or select.select(list(opposite), [], [])[0]:
            data = end.recv(65536)
            if not data:
                return
            opposite[end].sendall(data)
