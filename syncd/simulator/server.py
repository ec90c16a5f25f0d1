"""The simulated portal on a loopback port."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import uuid
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from syncd.simulator.app import PortalApp
from syncd.simulator.background import Background
from syncd.simulator.clock import Clock
from syncd.simulator.faults import Faults
from syncd.simulator.journal import Asked, Journal
from syncd.simulator.records import Json, ResourceRecord
from syncd.simulator.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HOST = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass  # the journal has it

    def date_time_string(self, timestamp: float | None = None) -> str:
        """For the `Date` header: the portal's own time, which a test may move."""
        app = cast("PortalApp", self.server.app)
        return super().date_time_string(timestamp or app.clock.now().timestamp())

    def connection_dropped(
        self,
        error: BaseException,  # noqa: ARG002  # werkzeug's signature
        environ: WSGIEnvironment | None = None,  # noqa: ARG002
    ) -> None:
        """The client went, or a fault wants it to think so: no further request is awaited."""
        self.close_connection = True


class Simulator:
    """A stateful data.gouv.fr stand-in.

    With a `state_dir`, its people, keys, datasets and files are kept there, and found again by
    the next simulator on that folder; without one they go when it stops.
    """

    def __init__(self, state_dir: Path | None = None, *, port: int = 0, seed: bool = False) -> None:
        """OSError when the port is taken. `seed`: start with one dataset, when there is none."""
        # The port first: one that is taken leaves nothing behind. Bound here and not by werkzeug,
        # which would end the whole process.
        with socket.create_server((_HOST, port)) as listening:
            self._temporary = None
            if state_dir is None:
                # A request whose client is gone may still be writing when all is removed.
                self._temporary = tempfile.TemporaryDirectory(
                    prefix="syncd-portal-", ignore_cleanup_errors=True
                )
                state_dir = Path(self._temporary.name)
            self.state_dir = state_dir
            state_dir.mkdir(parents=True, exist_ok=True)
            self.clock = Clock()
            self.store = Store(state_dir, self.clock, lasting=self._temporary is None)
            self.faults = Faults()
            self.journal = Journal()
            self._background = Background()
            self._thread: threading.Thread | None = None
            self._server: BaseWSGIServer = make_server(
                _HOST,
                listening.getsockname()[1],
                PortalApp(self.store, self.faults, self.journal, self._background),
                threaded=True,
                request_handler=_Handler,
                fd=listening.fileno(),
            )
        if seed and not self.store.datasets:
            self._seed()

    # -- life --------------------------------------------------------------------------------

    def start(self) -> Self:
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="portal",
            daemon=True,
        )
        self._thread.start()
        return self

    def close(self) -> None:
        self._background.close()
        if self._thread:
            self._server.shutdown()
            self._thread.join(10)
        self._server.server_close()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what tests and the demo ask ---------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._server.port}"

    @property
    def keys(self) -> dict[str, str]:
        """Key of each person: sysadmin, editor, orgadmin, partial, stranger."""
        return self.store.keys

    @property
    def requests(self) -> list[Asked]:
        """What was asked so far, in order of the answers."""
        return self.journal.all()

    def new_dataset(self, title: str = "Jeu de test", **details: Any) -> str:
        """A dataset of the organization (`owner="stranger"`: of that person); its id."""
        return self.store.new_dataset(title, **details).id

    def new_resource(self, dataset: str, name: str, content: bytes, **details: Json) -> str:
        """A hosted file, with `title`, `description`, `type`, `extras` as a person left them."""
        record = self.store.add_file(dataset, name, content)
        if details:
            self.store.edit(dataset, record.id, details)
        return record.id

    def new_remote(self, dataset: str, title: str, link: str, **details: Json) -> str:
        """A resource whose file is elsewhere."""
        now = self.clock.now()
        record = ResourceRecord(
            str(uuid.uuid4()), title, now, now, filetype="remote", link=link, **details
        )
        return self.store.add_remote(dataset, record).id

    def facts(self) -> dict[str, Json]:
        """What a client in another process must know."""
        organization = self.store.organization
        found: dict[str, Json] = {
            "organization": {"id": organization.id, "slug": organization.slug},
            "keys": self.keys,
            "base": self.url,
            "state": str(self.state_dir),
            "pid": os.getpid(),
        }
        if self.store.datasets:
            first = self.store.datasets[0]
            found["dataset"] = {"id": first.id, "slug": first.slug}
            found["resources"] = {
                "uploaded" if r.filetype == "file" else "remote": r.id for r in first.resources
            }
        return found

    def _seed(self) -> None:
        dataset = self.new_dataset(
            "Arbres remarquables",
            description="Jeu de données de laboratoire. " * 5,
            tags=["arbres", "nature"],
            license_id="lov2",
            frequency="daily",
        )
        self.new_remote(
            dataset,
            "Documentation distante",
            "https://www.example.org/doc.pdf",
            type="documentation",
            format="pdf",
            mime="application/pdf",
            checksum={"type": "sha1", "value": "0" * 40},
            filesize=1234,
        )
        self.new_resource(dataset, "Arbres 2024.csv", b"id,nom\n1,chene\n")
