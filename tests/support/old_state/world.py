"""A simulated portal, a bucket and a state folder, under addresses that never change."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from syncd.simulator import Simulator
from tests.support.cli_harness import SYNCD, Done, Running
from tests.support.network.by_name import ByName
from tests.support.old_state import as_text
from tests.support.s3_servers import Bucket, Server

PORTAL = "http://portail.example"
DEPOT = "http://depot:8333"  # moto takes the bucket from the path where the host has no dot
BUCKET = "opendata"

KEPT = Path(__file__).with_name("from_768011b")


class World:
    """`program`: the `syncd` that works in it. `s3` must be moto, in this process.

    What lies in `folder` is found again: `portal/`, `state/` and `manifest.yaml`.
    """

    simulator: Simulator
    _proxy: ByName

    def __init__(self, folder: Path, s3: Server, program: Path = SYNCD) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.manifest = folder / "manifest.yaml"
        self.settings: dict[str, str] = {}
        self.bucket = Bucket(s3, BUCKET, s3.connect())
        self._program = program
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.simulator = stack.enter_context(Simulator(self.folder / "portal"))
            places = {
                urlsplit(PORTAL).netloc: urlsplit(self.simulator.url).netloc,
                urlsplit(DEPOT).netloc: urlsplit(self.bucket.endpoint).netloc,
            }
            self._proxy = stack.enter_context(ByName(places))
            self.bucket.client.create_bucket(Bucket=BUCKET)
            stack.callback(self._remove_bucket)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _remove_bucket(self) -> None:
        """The server stays for other tests, and their worlds have a bucket of this name too."""
        for key in list(self._objects):
            self.bucket.delete(key)
        self.bucket.client.delete_bucket(Bucket=BUCKET)

    # -- the bucket ---------------------------------------------------------------------------

    @property
    def _objects(self) -> Any:
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys

    def put(self, key: str, content: bytes, modified: datetime) -> None:
        """An object that was deposited at that time (whole seconds)."""
        self.bucket.put(key, content)
        self._objects[key].last_modified = modified.astimezone(UTC).replace(tzinfo=None)

    def objects(self) -> dict[str, dict[str, Any]]:
        """All of the bucket, by key."""
        return {
            key: {
                "modified": found.last_modified.replace(tzinfo=UTC).isoformat(),
                "content": as_text.of_bytes(found.value),
            }
            for key, found in self._objects.items()
        }

    # -- the command --------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "SYNCD_MANIFEST": str(self.manifest),
            "SYNCD_STATE_DIR": str(self.state),
            "SYNCD_API_KEY": self.simulator.keys["editor"],
            "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": self.bucket.access_key,
            "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": self.bucket.secret_key,
            "SYNCD_PROXY": self._proxy.url,
            # Not asked by the code that made the state: it knows no such setting.
            **({"SYNCD_UNENCRYPTED_PORTAL": "true"} if self._program == SYNCD else {}),
            "SYNCD_HTTP_ADDRESS": "off",
            "SYNCD_UPLOAD_PART_SIZE": "1MB",
            "SYNCD_UPLOAD_PART_THRESHOLD": "1MB",
            "SYNCD_SETTLE_WINDOW": "1",
            **self.settings,
        }

    def running(self, *arguments: str, **settings: str) -> Running:
        environment = {**self.environment, **settings}
        return Running(arguments, environment, self.folder, program=self._program)

    def run(self, *arguments: str) -> Done:
        with self.running(*arguments) as running:
            return running.finish()

    def sync(self, *arguments: str) -> Done:
        return self.run("sync", "--json", *arguments)

    def ledger(self, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.state / "ledger.sqlite")) as ledger:
            return ledger.execute(question).fetchall()

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.state / "ledger.sqlite")) as ledger, ledger:
            ledger.execute(statement)


@contextmanager
def restored(folder: Path, s3: Server, kept: Path = KEPT) -> Iterator[World]:
    """The world as it was when `kept` was made, a moment ago.

    What syncd does again after a day (look at a quiet dataset, send what the portal refused, recall
    an alert) is not due: the two instants that it counts from are now. All others are the old ones.
    """
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    as_text.to_folder(as_text.read(kept / "portal_files.json"), folder / "portal")
    shutil.copy(kept / "portal.json", folder / "portal")
    as_text.to_folder(as_text.read(kept / "state_files.json"), folder / "state")
    with closing(sqlite3.connect(folder / "state" / "ledger.sqlite")) as ledger:
        ledger.executescript((kept / "ledger.sql").read_text(encoding="utf-8"))
    with World(folder, s3) as world:
        world.change(f"UPDATE datasets SET checked_at = '{now}'")
        world.change(f"UPDATE alerts SET told_at = '{now}' WHERE told_at IS NOT NULL")
        shutil.copy(kept / "manifest.yaml", world.manifest)
        for key, found in as_text.read(kept / "bucket.json").items():
            content = as_text.to_bytes(found["content"])
            world.put(key, content, datetime.fromisoformat(found["modified"]))
        yield world
