"""Rounds of work for a syncd that is tormented: in each, three files of three sizes go online in
three ways, and in the end nothing may show what happened on the way."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from syncd.adapters.ledger.columns import instant_text
from syncd.config.settings import Settings
from syncd.core.records import Outcome
from syncd.simulator import Simulator
from syncd.sync.context import WATCHED_FOR
from tests.support.cli_harness import Done, Office, Running, sha1
from tests.support.network.faulty_proxy import Asked, Wire
from tests.support.portal_servers import PortalServer
from tests.support.preforked_cli import Prefork
from tests.support.s3_servers import Bucket, Server, fresh_bucket

IN_PARTS = "upload_part_threshold" in Settings.model_fields
PART = 1_000_000  # bytes; the smallest part that syncd's settings allow
SIZES = (40, PART, 2 * PART + 1)  # small; of exactly one part; of several
MOST = 12  # rounds in one dataset: each adds two resources
WINDOW = "8"  # seconds; no upload of these tests arrives later, nor on a machine that stalls
AT_ONCE = 4  # workers; a syncd that waits needs no processor
WELL = {outcome.value for outcome in Outcome if outcome.is_well}

Job = TypeVar("Job")


@dataclass(frozen=True)
class Published:
    """How a file must be online in the end. `resource` is "" for one that syncd creates."""

    key: str
    title: str
    content: bytes
    resource: str = ""


class Rounds:
    """An office behind two wires. In each round one known resource is replaced, one is published
    for the first time, and one is created."""

    def __init__(self, office: Office, portal: Wire, s3: Wire, prefork: Prefork) -> None:
        self.office, self.portal, self.s3 = office, portal, s3
        self._prefork = prefork
        self.number = 0
        self._temporary = office.folder / "tmp"
        self._temporary.mkdir()
        office.settings = {"SYNCD_SETTLE_WINDOW": WINDOW, "TMPDIR": str(self._temporary)}
        if IN_PARTS:
            office.settings["SYNCD_UPLOAD_PART_THRESHOLD"] = str(PART)
            office.settings["SYNCD_UPLOAD_PART_SIZE"] = str(PART)
        self._known = [
            office.target(_title(f"connu {n}"), f"connu-{n}.csv", _content(0, f"connu {n}", size))
            for n, size in enumerate(SIZES)
        ]
        office.entry(each="f/f_{numero:int}.csv", title="Festivals {numero}", create=True)
        self._entries = list(office.entries[office.dataset])
        office.bucket.put("f/f_0.csv", b"zero\n")
        first = self.sync()
        assert first.document["summary"] == {"replaced": 3, "created": 1}, first.all
        self._all = len(office.order())

    def prepare(self, rotation: int) -> Sequence[Published]:
        """Everything but the objects, so that a service can be started before they come."""
        self.number += 1
        number, office = self.number, self.office
        a, b, c = (SIZES[(rotation + n) % 3] for n in range(3))
        known, title = SIZES.index(a), _title(f"premier {number}")
        resource = office.resource(title, f"avant-{number}.csv")
        office.entries[office.dataset] = list(self._entries)
        office.entry(resource=resource, object=f"premier-{number}.csv")
        self._all += 2
        return [
            Published(
                f"connu-{known}.csv",
                _title(f"connu {known}"),
                _content(number, "connu", a),
                self._known[known],
            ),
            Published(f"premier-{number}.csv", title, _content(number, "premier", b), resource),
            Published(f"f/f_{number}.csv", f"Festivals {number}", _content(number, "cree", c)),
        ]

    def deposit(self, files: Sequence[Published]) -> None:
        for file in files:
            self.office.bucket.put(file.key, file.content)

    def sync(self, *arguments: str, **settings: str) -> Done:
        """`syncd sync --json`, without the time that its start takes."""
        self.office.write_manifest()
        environment = {**self.office.environment, **settings}
        command = ("sync", "--json", *arguments)
        with Running(command, environment, self.office.folder, prefork=self._prefork) as running:
            return running.finish()

    def counts(self) -> tuple[int, int]:
        return len(self.portal.asked), len(self.s3.asked)

    # -- what must be true in the end ----------------------------------------------------------

    def check(self, files: Sequence[Published]) -> None:
        """Right bytes, right title, one resource, everything else intact; each file sent once;
        the ledger says so too; no temporary file is left."""
        self.portal.rest()
        resources = self.office.portal.dataset(self.office.dataset)["resources"]
        assert len(resources) == self._all, [one["title"] for one in resources]
        for file in files:
            self._check_file(file, resources)
        assert list((self.office.state / "spool").glob("*")) == []
        assert list(self._temporary.glob("*")) == []
        self._check_ledger(files)

    def _check_file(self, file: Published, resources: list[dict[str, Any]]) -> None:
        (shown,) = [one for one in resources if one["title"] == file.title]
        digest = sha1(file.content)
        assert (shown["checksum"]["value"], shown["filesize"]) == (digest, len(file.content))
        assert self.office.permanent_link(shown["id"]) == file.content, file.key
        if file.resource:
            assert shown["id"] == file.resource
            assert shown["extras"] == {"note": "à garder"}
            assert (shown["description"], shown["type"]) == (
                f"À propos de : {file.title}",
                "update",
            )
        else:
            assert set(shown["extras"]) == {"syncd:source"}
        assert self.commits(digest) == 1, f"{file.key} was stored {self.commits(digest)} times"

    def commits(self, digest: str) -> int:
        """How often the portal put these bytes online."""
        return sum(
            one.method == "POST"
            and one.path.endswith("/upload/")
            and one.status in {200, 201}
            and (json.loads(one.content).get("checksum") or {}).get("value") == digest
            for one in self.portal.asked
        )

    def _check_ledger(self, files: Sequence[Published]) -> None:
        with closing(self._ledger()) as ledger:
            assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert ledger.execute("SELECT * FROM intents WHERE state = 'open'").fetchall() == []
            rows = ledger.execute(
                "SELECT key, resource, title, state, judged_sha1, published_sha1 FROM bindings"
            ).fetchall()
        for file in files:
            ((key, resource, title, state, judged, published),) = [
                row for row in rows if row[0] in {file.key, *_each(file)}
            ]
            assert (judged, published) == (sha1(file.content),) * 2, (key, state)
            assert (title, state in WELL) == (file.title, True)
            assert resource == (file.resource or resource) != ""

    def check_quiet(self) -> None:
        """One more `sync` finds nothing to do, and does not even ask the portal. Only within an
        hour after an upload was given up it looks there (docs/decisions/0070), and writes nothing.
        """
        if self._given_up():
            assert {one.method for one in self._asked_in_quiet()} == {"GET"}
            self._let_the_hour_pass()
        asked = self._asked_in_quiet()
        assert asked == [], [(one.method, one.path, one.status) for one in asked]

    def _asked_in_quiet(self) -> list[Asked]:
        before = self.counts()[0]
        done = self.sync()
        assert (done.code, set(done.document["summary"])) == (0, {"unchanged"}), done.all
        return self.portal.asked[before:]

    def _given_up(self) -> int:
        """Uploads that were given up within the hour."""
        with closing(self._ledger()) as ledger:
            ((count,),) = ledger.execute(
                "SELECT count(*) FROM intents "
                "WHERE state = 'expired' AND coalesce(settle_from, started_at) > ?",
                (_an_hour_ago(),),
            )
        return int(count)

    def _let_the_hour_pass(self) -> None:
        """For the ledger: its processes have the clock of the machine."""
        with closing(self._ledger()) as ledger, ledger:
            ledger.execute(
                "UPDATE intents SET started_at = :then, settle_from = :then "
                "WHERE state = 'expired' AND coalesce(settle_from, started_at) > :then",
                {"then": _an_hour_ago()},
            )

    def _ledger(self) -> sqlite3.Connection:
        return sqlite3.connect(self.office.state / "ledger.sqlite")


def _an_hour_ago() -> str:
    """As the ledger writes it."""
    return instant_text(datetime.now(UTC) - WATCHED_FOR)


def _each(file: Published) -> tuple[str, ...]:
    return () if file.resource else (file.key,)


def _title(of: str) -> str:
    return f"Données « {of} », relues"


def _content(number: int, label: str, size: int) -> bytes:
    line = f"{number} {label} 0123456789\n".encode()
    return (b"releve\n" + line * (size // len(line) + 1))[: size - 1] + b"\n"


@contextmanager
def rounds_on(
    portal: PortalServer,
    seaweed: Server,
    folder: Path,
    prefork: Prefork,
    simulator: Simulator | None = None,
) -> Iterator[Rounds]:
    folder.mkdir(parents=True)
    with Wire(portal.url) as towards_portal, Wire(seaweed.endpoint) as towards_s3:
        bucket = fresh_bucket(seaweed)
        seen: Bucket = replace(bucket, server=replace(seaweed, endpoint=towards_s3.url))
        office = Office(portal, seen, folder, url=towards_portal.url, simulator=simulator)
        yield Rounds(office, towards_portal, towards_s3, prefork)


class Offices:
    """Rounds for one worker: a new office where the old one is full, or is not to be trusted."""

    def __init__(
        self,
        portal: PortalServer | None,
        seaweed: Server,
        folder: Path,
        *,
        hasty: bool = False,
    ) -> None:
        """`portal`: None for simulators of their own. `hasty`: what syncd waits passes at once, for
        them and for their portals."""
        folder.mkdir(parents=True)
        self._prefork = Prefork(pause=self._pass if hasty else None)
        self._portal, self._seaweed, self._folder = portal, seaweed, folder
        self._opened = 0
        self._open = ExitStack()
        self._now: Rounds | None = None

    def rounds(self) -> Rounds:
        if self._now is None or self._now.number >= MOST:
            self.leave()
            self._opened += 1
            folder = self._folder / str(self._opened)
            portal, simulator = self._portal, None
            if portal is None:
                simulator = self._open.enter_context(Simulator())
                portal = self._open.enter_context(PortalServer("simulator", simulator.facts()))
            self._now = self._open.enter_context(
                rounds_on(portal, self._seaweed, folder, self._prefork, simulator)
            )
        return self._now

    def _pass(self, seconds: float) -> None:
        """What is late comes meanwhile."""
        assert self._now is not None
        for wire in (self._now.portal, self._now.s3):
            wire.pass_time(seconds)
        self._now.office.simulator.clock.advance(seconds)

    def leave(self) -> None:
        self._now = None
        self._open.close()

    def __enter__(self) -> Offices:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
        self._prefork.close()


def share_out(
    jobs: Iterable[Job],
    work: Callable[[Rounds, Job], None],
    portal: PortalServer | None,
    seaweed: Server,
    folder: Path,
    until: float,
    *,
    hasty: bool = False,
) -> list[str]:
    """Several at once, each worker with an office of its own, and none begun after `until`
    (monotonic seconds). The failures, in words."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    failures: list[str] = []

    def labour(name: str) -> None:
        with Offices(portal, seaweed, folder / name, hasty=hasty) as offices:
            while time.monotonic() < until:
                try:
                    job = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    work(offices.rounds(), job)
                except BaseException:
                    failures.append(f"{job}, {name}:\n{traceback.format_exc()}")
                    (folder / "failures.txt").write_text("\n\n".join(failures), encoding="utf-8")
                    offices.leave()

    workers = [threading.Thread(target=labour, args=(f"worker-{n}",)) for n in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return failures
