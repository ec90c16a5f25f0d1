"""A whole syncd in one process: real cycle, ledger, spool, locks and HTTP client, on the simulated
portal and a bucket in memory. Time is moved, never waited for."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncd.actions import sync
from syncd.actions.backup import State, backup, place
from syncd.actions.push import PushRequest, push
from syncd.actions.push_destination import Destination, MappedTarget
from syncd.actions.release import permit, release
from syncd.actions.restore import Restored, restore
from syncd.actions.undo import Step, UndoRequest, leave, undo, unpin
from syncd.actions.verify import verify
from syncd.adapters.disk.archive import Archive
from syncd.adapters.disk.locks import FileLocks
from syncd.adapters.disk.schemas import SchemaStore
from syncd.adapters.disk.spool import Spool
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.locks import DatasetLocks
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.public_web import PublicWeb
from syncd.bootstrap import Silence
from syncd.config.manifest import LoadedManifest, loads
from syncd.config.regular_files import read_regular
from syncd.core.ports import Adapters, Offline, Progress, Web
from syncd.core.ports import Archive as KeptFiles
from syncd.core.records import Cause, IntentState, Outcome, Publication, Row
from syncd.core.results import Report, Result
from syncd.core.targets import DatasetEntry
from syncd.simulator import Simulator
from syncd.simulator.records import ResourceRecord
from syncd.sync.context import RunOptions
from tests.support.clients import http_portal
from tests.support.memory_source import MemorySource
from tests.support.shared_reader import READER

UPLOAD = r"/upload/$"


@functools.cache
def _new_ledger() -> bytes:
    """Its migrations take longer than a whole cycle."""
    with tempfile.TemporaryDirectory() as folder:
        SqlLedger(None, Path(folder)).close()
        return (Path(folder) / "ledger.sqlite").read_bytes()


@functools.lru_cache(64)
def _loaded(text: str) -> LoadedManifest:
    """A history reads the same one again and again."""
    return loads(text, "manifest.yaml")


class House:
    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.portal = simulator
        self.folder = folder
        self.state = folder / "state"
        self.database: str | None = None  # the ledger's address; None: a file
        self.bucket = MemorySource()
        self.public = MemorySource("public")  # where copies go
        self.web = ""  # where anybody gets the objects of both, each under its bucket's name
        self.web_timeout = 10.0
        self.dataset = simulator.new_dataset("Musées de France")
        self.entries: list[str] = []
        self.contact = ""  # of the dataset
        self.more = ""  # further YAML, after `datasets`
        self.key = simulator.keys["editor"]
        self.url = simulator.url
        self.waited: list[float] = []
        self.progress: Progress = Silence()
        self.on_wait: Callable[[float], None] = lambda _seconds: None
        self.allows: Callable[[float], bool] = lambda _seconds: True  # as `--wait` does
        self._ahead = timedelta()
        self._stopped: datetime | None = None
        self.archive: KeptFiles = Archive(self.state / "archive", 2, 10**9)
        self.schemas = SchemaStore(folder / "schemas", folder, read_regular)

    # -- time ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        return (self._stopped or datetime.now(UTC)) + self._ahead

    def stop_the_clock(self) -> None:
        """From now on time passes only where a test lets it, however busy the machine is."""
        self._stopped = datetime.now(UTC)

    def _seconds(self) -> float:
        return self._ahead.total_seconds()

    def pass_time(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
        self.portal.clock.advance(seconds)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.pass_time(seconds)
        self.on_wait(seconds)

    # -- the manifest -------------------------------------------------------------------------

    def resource(self, title: str, name: str = "vieux.csv", content: bytes = b"id\n0\n") -> str:
        """A resource as a person made it, with words of their own."""
        self.pass_time(2)  # one name, one dataset, one second
        return self.portal.new_resource(
            self.dataset,
            name,
            content,
            title=title,
            description="Mots de la personne",
            type="update",
            extras={"note": "à garder"},
        )

    def target(self, resource: str, key: str, **options: Any) -> None:
        self.entry(resource=resource, object=key, **options)

    def entry(self, **fields: Any) -> None:
        """One entry under `resources:`; values in YAML."""
        listed = ", ".join(f"{name}: {_yaml(value)}" for name, value in fields.items())
        self.entries.append(f"      - {{{listed}}}\n")

    @property
    def text(self) -> str:
        contact = f"    contact: {self.contact}\n" if self.contact else ""
        return (
            f"version: 1\nportal: {self.url}\n"
            f"sources:\n{self._source('depot')}{self._source('public') if self.web else ''}"
            f"defaults: {{source: depot}}\ndatasets:\n  - dataset: {self.dataset}\n"
            f"{contact}    resources:\n{''.join(self.entries)}{self.more}"
        )

    def _source(self, name: str) -> str:
        address = f", address: '{self.web}/{name}/{{key}}'" if self.web else ""
        return f"  {name}: {{endpoint: 'http://memory', bucket: {name}{address}}}\n"

    @property
    def manifest(self) -> LoadedManifest:
        return _loaded(self.text)

    # -- running ------------------------------------------------------------------------------

    @contextmanager
    def adapters(self, *, read_only: bool = False) -> Iterator[Adapters]:
        portal = http_portal(
            self.url,
            self.key,
            wait=self.wait,
            allows=self.allows,
            jitter=lambda: 0.5,
            read_timeout=10,
            monotonic=lambda: self.now().timestamp(),
        )
        if not read_only and not self.state.exists():
            self.state.mkdir(mode=0o700, parents=True)
            if self.database is None:
                (self.state / "ledger.sqlite").write_bytes(_new_ledger())
        ledger = SqlLedger(self.database, self.state, read_only=read_only)
        try:
            yield Adapters(
                sources={"depot": self.bucket, "public": self.public},
                portal=portal,
                ledger=ledger,
                spool=Spool(self.folder / "spool", 10**9),
                reader=READER,
                locks=DatasetLocks(
                    ledger.locks or FileLocks(self.state / "locks"),
                    clock=self._seconds,
                    wait=self.wait,
                ),
                progress=self.progress,
                clock=self.now,
                wait=self.wait,
                least_settle_window=timedelta(seconds=15),
                archive=self.archive,
                schemas=self.schemas,
                web=self.anybody(),
                copies={"public": self.public},
            )
        finally:
            portal.close()
            ledger.close()

    def anybody(self) -> Web:
        """Who asks public addresses."""
        if not self.web:
            return Offline()
        network = NetworkOptions(
            read_timeout=self.web_timeout,
            wait=self.wait,
            jitter=lambda: 0.5,
            allows=self.allows,
        )
        return PublicWeb(network)

    def link(self, title: str, url: str = "https://ailleurs.example.org/vieux.csv") -> str:
        """A resource that is a link, as a person made it."""
        self.pass_time(2)
        return self.portal.new_remote(
            self.dataset, title, url, description="Mots de la personne", type="update"
        )

    def sync(self, **options: Any) -> Report:
        entries = self.manifest.datasets
        with self.adapters() as adapters:
            return sync.sync(entries, entries, adapters, RunOptions(**options), self.now())

    def sync_entry(self, entry: DatasetEntry) -> Report:
        """As the service does: one dataset of the manifest."""
        everything = self.manifest.datasets
        with self.adapters() as adapters:
            return sync.sync([entry], everything, adapters, RunOptions(), self.now(), "run")

    def sync_one(self, **options: Any) -> Result:
        """For manifests of one target: its result."""
        (result,) = self.sync(**options).results
        return result

    def release(self, target: str, by: str = "Léa", note: str = "vu") -> Report:
        entries = self.manifest.datasets
        with self.adapters() as adapters:
            cause = Cause("release", by, note)
            return release(entries[0], target, entries, adapters, cause, 60, self.now())

    def permit(self, target: str, by: str = "Léa", shown: str | None = None) -> None:
        """As the page does: whoever comes by publishes."""
        with self.adapters() as adapters:
            cause = Cause("release", by, "vu")
            permit(self.manifest.datasets[0], target, adapters, cause, 60, self.now(), shown)

    def leave(self, target: str, by: str = "Léa", shown: str | None = None) -> Result:
        with self.adapters() as adapters:
            request = UndoRequest(target, Cause("leave", by, "tronqué"), shown=shown)
            report = leave(self.manifest.datasets[0], request, adapters, self.now())
            (result,) = report.results
            return result

    def undo(
        self,
        target: str,
        number: int | None = None,
        by: str = "Léa",
        shown: str | None = None,
    ) -> Result:
        entries = self.manifest.datasets
        with self.adapters() as adapters:
            request = UndoRequest(target, Cause("undo", by, "tronqué"), number, shown=shown)
            (result,) = undo(entries[0], request, adapters, self.now()).results
            return result

    def plan_undo(self, target: str, number: int | None = None) -> tuple[Result, list[Step]]:
        """And what is told before."""
        told: list[Step] = []
        with self.adapters(read_only=True) as adapters:
            request = UndoRequest(target, Cause("undo"), number)
            entry, now = self.manifest.datasets[0], self.now()
            report = undo(entry, request, adapters, now, plan=True, tell=told.append)
        (planned,) = report.results
        return planned, told

    def unpin(self, target: str, shown: str | None = None) -> Row:
        with self.adapters() as adapters:
            request = UndoRequest(target, Cause("unpin", "Léa"), shown=shown)
            return unpin(self.manifest.datasets[0], request, adapters, self.now())

    def verify(self, target: str = "") -> Report:
        with self.adapters() as adapters:
            return verify(self.manifest.datasets, adapters, target)

    def request(self, name: str, content: bytes, **fields: Any) -> PushRequest:
        path = self.folder / name
        path.write_bytes(content)
        force = fields.pop("force", False)
        to = Destination(**{"dataset": self.dataset, **fields})
        return PushRequest(path, to, Cause("push", "Léa", "à la main"), force)

    def mapped(self, resource: str) -> MappedTarget:
        (row,) = (row for row in self.rows() if row.binding.resource == resource)
        (target,) = (t for t in self.manifest.datasets[0].targets if t.resource == resource)
        return MappedTarget(target, row)

    def push(self, request: PushRequest) -> Result:
        with self.adapters() as adapters:
            (result,) = push(request, adapters, self.now()).results
            return result

    def plan_push(self, request: PushRequest) -> Result:
        with self.adapters(read_only=True) as adapters:
            (planned,) = push(request, adapters, self.now(), plan=True).results
            return planned

    def plan(self, **options: Any) -> Report:
        entries = self.manifest.datasets
        with self.adapters(read_only=True) as adapters:
            return sync.plan(entries, entries, adapters, RunOptions(**options), self.now())

    def plan_one(self, **options: Any) -> Result:
        (planned,) = self.plan(**options).results
        return planned

    # -- backups ------------------------------------------------------------------------------

    def backup(self, name: str = "syncd.tar", **options: bool) -> Path:
        state = State(self.state, self.state / "ledger.sqlite")
        to = place(str(self.folder / name))
        asked = {"with_files": True, "overwrite": False, **options}
        folder = self.archive if isinstance(self.archive, Archive) else None
        backup(state, to, folder, None, self.now(), **asked)
        return to.path

    def restore(self, path: Path, *, move_aside: bool = True) -> Restored:
        state = State(self.state, self.state / "ledger.sqlite")
        now = self.now()
        return restore(
            state, place(str(path)), None, now, move_aside=move_aside, by="Léa", note="disque mort"
        )

    # -- looking ------------------------------------------------------------------------------

    def online(self, resource: str) -> ResourceRecord:
        return self.portal.store.snapshot(self.dataset, resource)

    def bytes_online(self, resource: str) -> bytes:
        return self.portal.store.content(self.dataset, resource)

    def resources(self) -> list[ResourceRecord]:
        return list(self.portal.store.dataset(self.dataset).resources)

    def uploads(self) -> int:
        return len(self.portal.journal.uploads())

    def rows(self) -> tuple[Row, ...]:
        with self.adapters(read_only=True) as adapters:
            return adapters.ledger.rows(self.url, self.dataset)

    def history(self, resource: str = "") -> tuple[Publication, ...]:
        with self.adapters(read_only=True) as adapters:
            return adapters.ledger.history(self.url, self.dataset, resource)

    def intents(self) -> int:
        with self.adapters(read_only=True) as adapters:
            return len(adapters.ledger.intents(self.url, self.dataset))

    def open_intents(self) -> int:
        """Expired ones may stay for days: their upload may still arrive, and reset a title."""
        with self.adapters(read_only=True) as adapters:
            found = adapters.ledger.intents(self.url, self.dataset)
            return sum(intent.state is IntentState.OPEN for intent in found)

    def spool_is_empty(self) -> bool:
        folder = self.folder / "spool"
        return not folder.exists() or not list(folder.iterdir())


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{k}': {_yaml(v)}" for k, v in value.items()) + "}"
    return f"'{value}'" if isinstance(value, str) else str(value)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {result.object: result.outcome for result in report.results}


class Killed(BaseException):
    """Stands for SIGKILL: nothing in syncd catches it."""


def killed_between_upload_and_title(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr("syncd.sync.publish.complete", die)
        with pytest.raises(Killed):
            house.sync()


def many(house: House, count: int, changed: int) -> list[str]:
    resources = []
    for number in range(count):
        same = f"id\n{number:03}\n".encode()
        resources.append(house.resource(f"Titre {number}", f"v{number}.csv", same))
        house.target(resources[-1], f"m/{number}.csv")
        body = f"id\n{number + 500:03}\n".encode() if number < changed else same
        house.bucket.put(f"m/{number}.csv", body)
    return resources
