"""A private certificate authority, and TLS in front of a server that speaks none."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from pathlib import Path
from typing import Self

import trustme

from tests.support.network.pipes import join

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """`bundle`: the file of its certificate, for SYNCD_CA_BUNDLE."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA(organization_name="Ministère", organization_unit_name="AC interne")
        self.bundle = folder / "ac-interne.pem"
        self._ca.cert_pem.write_to_path(str(self.bundle))

    def context(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's, with a certificate for these names (127.0.0.1 and localhost when none)."""
        validity = (
            {"not_before": LONG_AGO, "not_after": LONG_AGO + datetime.timedelta(days=30)}
            if expired
            else {}
        )
        issued = self._ca.issue_cert(*(names or ("127.0.0.1", "localhost")), **validity)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        return context


class Front:
    """Takes TLS off, and passes the bytes on as they are to `behind` ("127.0.0.1:8333")."""

    def __init__(self, behind: str, context: ssl.SSLContext) -> None:
        host, _, port = behind.rpartition(":")
        self._behind = (host, int(port))
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.tried = 0  # connections
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.tried += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),  # refused handshakes are expected
            client,
            self._context.wrap_socket(client, server_side=True) as opened,
            socket.create_connection(self._behind, 10) as server,
        ):
            join(opened, server)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)
