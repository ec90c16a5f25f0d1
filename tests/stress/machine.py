"""A machine that drives whole cycles: producers, people, ops staff, faults, crashes, time.

The rules do what the world may do; `Expected` knows what must be true afterwards
(docs/architecture.md, Promises). Time is virtual, on syncd's side and on the portal's, so that a
failure can be replayed.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from syncd.actions import sync
from syncd.adapters.disk.locks import FileLocks
from syncd.adapters.disk.spool import Spool
from syncd.adapters.events.forms import read
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.tables import metadata
from syncd.adapters.locks import DatasetLocks
from syncd.adapters.portal.upload_rules import UdataUploads
from syncd.bootstrap import Silence
from syncd.config.manifest import LoadedManifest, loads
from syncd.core.errors import LedgerError, LinkError
from syncd.core.history_records import Event, LineKind
from syncd.core.ledger_ports import Ledger
from syncd.core.objects import Digest
from syncd.core.ports import Adapters, Portal, PublicBucket, SpooledFile, Transfer, Web
from syncd.core.records import Intent, IntentState, Outcome
from syncd.core.results import FAILED, OK, PERSON, Report
from syncd.service.hints import Windows, claimed_by
from syncd.simulator import Simulator
from syncd.simulator.faults import Fault
from syncd.simulator.records import ResourceRecord
from syncd.sync import pins
from syncd.sync.decide import MARK
from syncd.sync.whole_manifest import WholeManifest
from tests.support.clients import http_portal
from tests.support.event_senders import aws
from tests.support.event_senders import body as event_message
from tests.support.portal_faults import CUTS, ODD_ANSWERS
from tests.support.shared_reader import READER
from tests.support.sync_harness import House

DAY = 24 * 3600 + 1
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SETTLE = timedelta(seconds=15)  # as the house has it
WRITES = (
    *("put", "seen_again", "begin", "amend", "finish", "abandon"),
    *("put_note", "put_cycle", "put_pauses", "note_copy", "drop_copy"),
)
PORTS = ["ledger", "portal", "bucket"]  # the last: where copies are written
UPLOAD = re.compile(r"/datasets/[^/]+/(?:resources/([^/]+)/)?upload/$")
MAY_WRITE = [  # everything that syncd may ask of the portal beside reading
    ("POST", UPLOAD),
    ("PUT", re.compile(r"^/api/1/datasets/[^/]+/resources/[^/]+/$")),
    ("PUT", re.compile(r"^/api/2/datasets/[^/]+/resources/[^/]+/extras/$")),
]

WAYS: dict[str, dict[str, Any]] = {
    **{str(status): {"status": status} for status in (400, 401, 403, 404, 410, 423, 429, 500, 503)},
    **ODD_ANSWERS,
    "cut before": {"cut": "before"},
    **CUTS,
    "wrong bytes": {"corrupt": True},
    "wrong bytes, answer lost": {"corrupt": True, "cut": "after"},
}
WHERE: dict[str, dict[str, str]] = {
    "any": {},
    "upload": {"method": "POST"},
    "title": {"method": "PUT"},
    "dataset": {"method": "GET", "path": r"/api/1/datasets/[^/]+/$"},
    "resource": {"method": "GET", "path": r"/resources/[^/]+/$"},
}
REFUSING = (302, 400, 403, 404, 408, 429)  # and then the upload is carried out
YEARS = (2023, 2024, 2025)
FILES = ("a.csv", "b.csv", "c.csv")
EXPORTS = ("e/export_1.csv", "e/export_2.csv", "e/export_10.csv")
EACH = tuple(f"f/f_{year}.csv" for year in YEARS)
LINKED, COPIED = "l/en place.csv", "l/copié.csv"
KEYS = (*FILES, *EXPORTS, *EACH, LINKED, COPIED)
OPEN = "https://open.example.org"  # where anybody gets the objects of both buckets
ELSEWHERE = b"somebody else's"  # what a person's own links lead to
GONE = b"nothing"  # what a link leads to whose object was deleted

statistics: Counter[str] = Counter()


class Killed(BaseException):
    """Stands for SIGKILL: nothing in syncd catches it."""


@dataclass
class Crash:
    """The next cycle ends here: at the `at`-th call of this port."""

    port: str  # "ledger" or "portal"
    at: int
    done: bool  # just after the call, not before it
    error: bool = False  # an error of the ledger, not a kill

    def strike(self) -> None:
        if self.error:
            raise LedgerError("ledger_unusable", path="", detail="by order of the test")
        raise Killed


@dataclass
class Late:
    """An upload whose bytes are in, and which the server has not committed yet."""

    fault: Fault
    resource: str  # "" for a creation
    sha1: str
    size: int
    at: datetime


Backup = dict[str, list[tuple[Any, ...]]]


class TornLedger(SqlLedger):
    def forget(self) -> None:
        """As if the file had been lost, without the time that a new one takes."""
        with self._begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())

    def everything(self) -> Backup:
        """What a backup has of the ledger."""
        with self._read() as connection:
            return {
                table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
                for table in metadata.tables
            }

    def put_back(self, backup: Backup, made_at: datetime, now: datetime) -> None:
        """As `syncd restore` does it."""
        self.forget()
        with self._begin() as connection:
            for table, rows in backup.items():
                for row in rows:
                    places = ", ".join("?" * len(row))
                    statement = f"INSERT INTO {table} VALUES ({places})"
                    connection.exec_driver_sql(statement, row)
        self.restored(Event(LineKind.RESTORED, now), made_at)


class Watched:
    """A port that tells of its calls, and may end them."""

    def __init__(self, inner: object, around: Callable[[str, tuple[Any, ...], bool], None]) -> None:
        self._inner = inner
        self._around = around

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            self._around(name, arguments, False)
            try:
                return found(*arguments, **options)
            finally:
                self._around(name, arguments, True)

        return call


class MemoryWeb:
    """Both buckets as anybody has them, or as somebody in between spoils them."""

    def __init__(self, house: TortureHouse) -> None:
        self._house = house

    def must_give(self, address: str, digest: Digest, transfer: Transfer) -> None:
        transfer.restart()
        body = self._answer(address, digest.size)
        if sha1(body) != digest.sha1:
            raise LinkError(
                "link_other_bytes", address=address, found=len(body), found_sha1=sha1(body)
            )

    def must_answer(self, address: str, size: int) -> None:
        self._answer(address, size)

    def _answer(self, address: str, size: int) -> bytes:
        body = self._house.body_at(address)
        if self._house.web_trouble:
            self._house.web_trouble -= 1
            statistics["public trouble"] += 1
            raise LinkError("link_status", address=address, status=503)
        if body == GONE:
            raise LinkError("link_status", address=address, status=404)
        if len(body) != size:
            raise LinkError("link_other_size", address=address, size=size, found=len(body))
        return body


class TortureHouse(House):
    """A house on virtual time, whose syncd can be killed at any call of the portal or ledger."""

    def __init__(self, simulator: Simulator, folder: Path, ledger: TornLedger) -> None:
        super().__init__(simulator, folder)
        self.ledger = ledger
        self._instant = START
        self.crash: Crash | None = None
        self.sending: tuple[str, int] = ("", 0)  # sha1 and size of what is being sent
        self.watching = False
        self.on_begin: Callable[[Intent], None] = lambda _intent: None
        self.web = OPEN
        self.web_trouble = 0  # how many of the next answers are none
        simulator.clock.now = self.now  # type: ignore[method-assign]
        simulator.clock.advance = self.pass_time  # type: ignore[method-assign]

    def now(self) -> datetime:
        return self._instant

    def _seconds(self) -> float:
        return (self._instant - START).total_seconds()

    def pass_time(self, seconds: float) -> None:
        self._instant += timedelta(seconds=seconds)

    @property
    def manifest(self) -> LoadedManifest:
        return _loaded(self.text)

    @contextmanager
    def adapters(self, *, read_only: bool = False) -> Iterator[Adapters]:  # noqa: ARG002  # as is
        """One ledger for all cycles: what a new process would find is what is in it."""
        portal = http_portal(
            self.url, self.key, wait=self.wait, jitter=lambda: 0.5, read_timeout=10
        )
        try:
            yield Adapters(
                sources={"depot": self.bucket, "public": self.public},
                portal=cast("Portal", Watched(portal, self._at_portal)),
                ledger=cast("Ledger", Watched(self.ledger, self._at_ledger)),
                spool=Spool(self.folder / "spool", 10**9),
                reader=READER,
                locks=DatasetLocks(
                    FileLocks(self.state / "locks"), clock=self._seconds, wait=self.wait
                ),
                progress=Silence(),
                clock=self.now,
                wait=self.wait,
                least_settle_window=SETTLE,
                web=self.anybody(),
                copies={"public": cast("PublicBucket", Watched(self.public, self._at_bucket))},
            )
        finally:
            portal.close()

    def anybody(self) -> Web:
        return MemoryWeb(self)

    def body_at(self, address: str) -> bytes:
        if not address.startswith(OPEN):
            return ELSEWHERE
        bucket, key = unquote(address.removeprefix(f"{OPEN}/")).split("/", 1)
        stored = {"depot": self.bucket, "public": self.public}[bucket].objects.get(key)
        return stored.body if stored is not None else GONE

    def bytes_online(self, resource: str) -> bytes:
        record = self.online(resource)
        return super().bytes_online(resource) if record.stored else self.body_at(record.link or "")

    def open_intents(self) -> list[Intent]:
        return [i for i in self.all_intents() if i.state is IntentState.OPEN]

    def all_intents(self) -> tuple[Intent, ...]:
        return self.ledger.intents(self.url, self.dataset)

    def _at_portal(self, name: str, arguments: tuple[Any, ...], done: bool) -> None:
        if name in {"replace", "create"} and not done:
            file = next(one for one in arguments if isinstance(one, SpooledFile))
            self.sending = (file.digest.sha1, file.digest.size)
        self._strike("portal", done)

    def _at_ledger(self, name: str, arguments: tuple[Any, ...], done: bool) -> None:
        if name in WRITES:
            self._strike("ledger", done)
        if name == "begin" and not done:
            self.on_begin(arguments[0])

    def _at_bucket(self, name: str, arguments: tuple[Any, ...], done: bool) -> None:
        del arguments
        if name in {"publish", "remove"}:
            statistics[f"copies: {name}"] += done
            self._strike("bucket", done)

    def _strike(self, port: str, done: bool) -> None:
        crash = self.crash
        if not self.watching or crash is None or (crash.port, crash.done) != (port, done):
            return
        crash.at -= 1
        if crash.at < 0:
            self.crash = None
            statistics[f"{'error' if crash.error else 'kill'} at {port}"] += 1
            crash.strike()

    def check(self) -> Report:
        (entry,) = self.manifest.datasets
        with self.adapters() as adapters:
            return sync.check(entry, adapters, self.now())


@dataclass
class Words:
    """What people wrote about one resource, as far as anybody can know it."""

    titles: set[str]  # the title must be one of these
    description: set[str | None]
    extras: dict[str, Any]
    excused: bool = False  # the pair of mishaps that may lose a title happened


@dataclass
class Entry:
    """One line under `resources:` of the manifest."""

    fields: dict[str, Any]
    paused: bool = False
    drift: bool = False

    @property
    def resource(self) -> str | None:
        return self.fields.get("resource")


@dataclass
class Expected:
    """The model: what must be true of the portal, whatever happened."""

    words: dict[str, Words] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    puts: dict[str, list[bytes]] = field(default_factory=dict)  # every body ever put, by key
    feeds: dict[str, set[str]] = field(default_factory=dict)  # resource -> keys that may fill it
    by_hand: dict[str, set[bytes]] = field(default_factory=dict)  # what people uploaded there
    touched: set[str] = field(default_factory=set)  # changed since syncd could know
    wrong: set[str] = field(default_factory=set)  # sent to while the portal stores wrong bytes
    forgotten: set[str] = field(default_factory=set)  # own bytes may look like another's
    made: dict[str, str] = field(default_factory=dict)  # resource -> key, of those syncd created
    gone_keys: set[str] = field(default_factory=set)  # whose created resource was withdrawn
    doubled: set[str] = field(default_factory=set)  # keys that may have two resources


def sha1(body: bytes) -> str:
    return hashlib.sha1(body, usedforsecurity=False).hexdigest()


class Machine(RuleBasedStateMachine):
    simulator: Simulator  # set by the test, as is
    ledger: TornLedger

    def __init__(self) -> None:
        super().__init__()
        statistics["examples"] += 1
        self.folder = Path(tempfile.mkdtemp(prefix="syncd-torture-", dir=fast_disk()))
        self.store = self.simulator.store
        self.ledger.forget()
        self.house = TortureHouse(self.simulator, self.folder, self.ledger)
        self.bucket = self.house.bucket
        self.expected = Expected()
        self.late: list[Late] = []
        self.arrived: list[Late] = []  # in this cycle
        self.violations: list[str] = []
        self.backup: tuple[Backup, datetime] | None = None
        # The last version sent, by binding: its date and sha1.
        self.begun: dict[tuple[str, str], tuple[datetime, str]] = {}
        self.shown: dict[str, set[str]] = {}  # sha1s that each resource was seen with
        self.force = False
        self.count = 0
        self.gates: list[Fault] = []
        self.windows = Windows()
        self.house.on_begin = self._begin
        self._meet = self.simulator.faults.meet
        self.simulator.faults.meet = self._met  # type: ignore[method-assign]
        for place in range(4):
            self._person_makes(f"Titre {place}", f"vieux{place}.csv", self._body(30))
        zero, one, two, three = self.expected.order[::-1]
        self.known = three
        self.entries = [
            Entry({"resource": zero, "object": "a.csv"}),
            Entry({"resource": one, "object": "b.csv"}),
            Entry({"resource": two, "newest": "e/export_*.csv"}),
            Entry({"each": "f/f_{annee:yyyy}.csv", "title": "Festivals {annee}", "create": True}),
            Entry({"resource": self._person_links(), "object": LINKED, "publish": "link"}),
            Entry(
                {"resource": self._person_links(), "object": COPIED, "publish": {"copy": "public"}}
            ),
        ]
        self._write_manifest()

    def teardown(self) -> None:
        try:
            if not self.violations:
                self.calm()
        finally:
            for fault in self.gates:
                if fault.gate:
                    fault.gate.set()
            for late in self.late:
                late.fault.done.wait(10)
            self.simulator.faults.clear()
            self.simulator.faults.meet = self._meet  # type: ignore[method-assign]
            self.simulator.journal.clear()
            self.store.datasets.clear()
            shutil.rmtree(self.simulator.state_dir / "resources", ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- what the machine itself needs ---------------------------------------------------------

    def _body(self, lines: int) -> bytes:
        self.count += 1
        return f"id\n{self.count}\n".encode() + b"ligne\n" * lines

    def _person_makes(self, title: str, name: str, body: bytes) -> str:
        made = self.house.resource(title, name, body)
        self.expected.words[made] = Words({title}, {"Mots de la personne"}, {"note": "à garder"})
        self.expected.order.insert(0, made)
        self.expected.by_hand[made] = {body}
        self.expected.feeds[made] = set()
        return made

    def _person_links(self) -> str:
        self.count += 1
        title = f"Lien {self.count}"
        made = self.house.link(title)
        self.store.edit(self.house.dataset, made, {"extras": {"note": "à garder"}})
        self.expected.words[made] = Words({title}, {"Mots de la personne"}, {"note": "à garder"})
        self.expected.order.insert(0, made)
        self.expected.by_hand[made] = {ELSEWHERE}
        self.expected.feeds[made] = set()
        return made

    def _write_manifest(self) -> None:
        self.house.entries.clear()
        for entry in self.entries:
            more: dict[str, Any] = {"paused": "travaux"} if entry.paused else {}
            if entry.drift:
                more["drift"] = "republish"
            self.house.entry(**entry.fields, **more)
            if entry.resource is not None:
                keys = EXPORTS if "newest" in entry.fields else (entry.fields["object"],)
                self.expected.feeds[entry.resource].update(keys)
        if "each" in {name for entry in self.entries for name in entry.fields}:
            stated = {entry.resource for entry in self.entries}
            for resource in self.expected.order:
                if resource not in stated:
                    self.expected.feeds[resource].update(EACH)

    def _alive(self) -> list[str]:
        return [r.id for r in self.house.resources()]

    def _pick(self, number: int) -> str | None:
        alive = self._alive()
        return alive[number % len(alive)] if alive else None

    def _pending_on(self, resource: str) -> bool:
        return any(late.resource == resource for late in self.late)

    def _begin(self, intent: Intent) -> None:
        """syncd is about to send this."""
        about = (intent.binding.resource, intent.binding.key)
        modified = intent.judged.fingerprint.modified
        if intent.creates and intent.binding.key in self.expected.gone_keys:
            self.violations.append(f"{intent.binding.key} was withdrawn, and is made again")
        latest, sent = self.begun.get(about, (modified, ""))
        self._see_online()
        # What was sent and never arrived is nothing that time could run back from.
        if not self.force and modified < latest and sent in self.shown.get(about[0], ()):
            self.violations.append(f"time runs backwards: {about}")
        self.begun[about] = modified, intent.judged.digest.sha1
        if intent.address:
            self._link_is_turned(intent)

    def _see_online(self) -> None:
        for record in self.house.resources():
            self.shown.setdefault(record.id, set()).add((record.checksum or {}).get("value", ""))

    def _link_is_turned(self, intent: Intent) -> None:
        """syncd is about to tell the portal of an address."""
        statistics["links turned"] += 1
        sent, online = intent.judged.digest, self.house.online(intent.binding.resource)
        if self.house.body_at(intent.address) == GONE:
            self.violations.append("a link that leads to nothing is told")
        if (online.link, (online.checksum or {}).get("value")) == (intent.address, sent.sha1):
            self.violations.append(f"the same link is told again of {online.title}")
        if not self.force and sent.size == 0:
            self.violations.append("an empty file is told")

    def _met(self, method: str, path: str) -> Fault | None:
        """A request arrives at the portal. In the server's threads."""
        fault = self._meet(method, path)
        if fault is not None:
            statistics["faults met"] += 1
        found = UPLOAD.search(path)
        if found and method == "POST":
            self._upload_arrives(found.group(1) or "", fault)
        return fault

    def _upload_arrives(self, resource: str, fault: Fault | None) -> None:
        statistics["uploads"] += 1
        sent, size = self.house.sending
        now = self.house.now()
        online = next((r for r in self.house.resources() if r.id == resource), None)
        surprised = any(late.resource == resource for late in self.arrived)
        if online is not None and online.checksum and not surprised:
            if online.checksum["value"] == sent:
                self.violations.append(f"the same bytes are sent to {online.title}")
            if not self.force and online.filesize and size < online.filesize / 2:
                self.violations.append(f"{online.filesize} bytes are replaced by {size}")
        if not self.force and size == 0:
            self.violations.append("an empty file is sent")
        for late in self.late:
            window = SETTLE + UdataUploads().busy_with(late.size)
            once = late.fault.status is None or not resource  # else there is no harm in two
            if once and (late.resource, late.sha1) == (resource, sent) and now < late.at + window:
                self.violations.append("sent twice inside the settle window")
        if fault is None:
            return
        if fault.corrupt and resource:
            self.expected.wrong.add(resource)
        elif fault.corrupt:
            self.expected.wrong.add(sent)
        if fault.commits_late:
            self.late.append(Late(fault, resource, sent, size, now))

    def _let_arrive(self) -> None:
        """The server commits what it was busy with."""
        for late in self.late:
            assert late.fault.gate is not None
            late.fault.gate.set()
            assert late.fault.done.wait(10)
            statistics["late commits"] += 1
            self.arrived.append(late)
            if late.resource:
                self.expected.touched.add(late.resource)
        self.late.clear()

    # -- producers -------------------------------------------------------------------------------

    @rule(key=st.sampled_from(KEYS), lines=st.sampled_from([30, 31, 40, 20, 3]))
    def put(self, key: str, lines: int) -> None:
        """New bytes; mostly later than what was there."""
        self.house.pass_time(1)
        self._put(key, self._body(lines))

    @rule(key=st.sampled_from(KEYS))
    def put_empty(self, key: str) -> None:
        self.house.pass_time(1)
        self._put(key, b"")

    @rule(key=st.sampled_from(KEYS), seconds=st.integers(0, 1))
    def put_same(self, key: str, seconds: int) -> None:
        self.house.pass_time(seconds)
        if key in self.bucket.objects:
            self._put(key, self.bucket.objects[key].body)

    @rule(key=st.sampled_from(KEYS), other=st.sampled_from(KEYS), back=st.integers(0, 2))
    def put_older(self, key: str, other: str, back: int) -> None:
        """Bytes that were there, or elsewhere, once before."""
        older = self.expected.puts.get(other, [])
        if older:
            self._put(key, older[-1 - back % len(older)])

    @rule(key=st.sampled_from(KEYS), seconds=st.sampled_from([60, DAY, 10 * DAY]))
    def put_with_an_older_date(self, key: str, seconds: int) -> None:
        self._put(key, self._body(30), self.house.now() - timedelta(seconds=seconds))

    @rule(key=st.sampled_from(KEYS))
    def delete(self, key: str) -> None:
        if key in self.bucket.objects:
            self.bucket.delete(key)

    def _put(self, key: str, body: bytes, at: datetime | None = None) -> None:
        self.expected.puts.setdefault(key, []).append(body)
        self.bucket.put(key, body, at=(at or self.house.now()).replace(microsecond=0))

    @rule(key=st.sampled_from(KEYS))
    def overwrite_while_it_is_read(self, key: str) -> None:
        def overwrite(read: str) -> None:
            if read == key:
                self.bucket.before_open = lambda _key: None
                self.house.pass_time(1)
                self._put(key, self._body(33))

        self.bucket.before_open = overwrite

    # -- people on the portal --------------------------------------------------------------------

    @rule(number=st.integers(0, 9))
    def retitle(self, number: int) -> None:
        resource = self._pick(number)
        if resource:
            self._retitle(resource)

    def _retitle(self, resource: str, *, raced: bool = False) -> None:
        self.count += 1
        title = f"Mon titre {self.count}"
        self.store.retitle(self.house.dataset, resource, title)
        words = self.expected.words.get(resource)
        if words is None:
            return  # made a moment ago; its words are looked at when the rule ends
        if self._pending_on(resource) or raced:
            words.titles.add(title)  # the portal itself may write the old one back
        else:
            words.titles, words.excused = {title}, False

    @rule(number=st.integers(0, 9))
    def describe(self, number: int) -> None:
        resource = self._pick(number)
        if resource:
            self.count += 1
            text = f"Ma description {self.count}"
            self.store.edit(self.house.dataset, resource, {"description": text})
            words = self.expected.words[resource]
            words.description = {text, *(words.description if self._pending_on(resource) else ())}

    @rule(number=st.integers(0, 9), titled=st.booleans())
    def replace_by_hand(self, number: int, titled: bool) -> None:
        resource = self._pick(number)
        if not resource:
            return
        body = self._body(35)
        self.house.pass_time(2)
        self.store.replace_file(self.house.dataset, resource, "a-la-main.csv", body)
        self.expected.by_hand.setdefault(resource, set()).add(body)
        self.expected.touched.add(resource)
        words = self.expected.words[resource]
        words.titles.add("a-la-main.csv")  # until syncd looks, and knows the one before
        if titled:
            self._retitle(resource)

    @rule(place=st.integers(4, 5), said=st.sampled_from(["kept", "none", "another"]))
    def link_elsewhere(self, place: int, said: str) -> None:
        """A person gives a link another address; the site keeps what is said of the file."""
        resource = self.entries[place].resource
        if resource not in self._alive():
            return
        self.count += 1
        fields: dict[str, Any] = {
            "link": f"https://ailleurs.example.org/{self.count}.csv",
            "stored": None,
        }
        if said != "kept":
            other = {"type": "sha1", "value": sha1(b"%d" % self.count)}
            fields["checksum"] = other if said == "another" else None
        self.store.edit(self.house.dataset, resource, fields)
        self.expected.touched.add(resource)

    @rule(number=st.integers(0, 9))
    def withdraw(self, number: int) -> None:
        resource = self._pick(number)
        if not resource or len(self._alive()) < 3:
            return
        known = [row.binding for row in self.house.rows()]
        known += [intent.binding for intent in self.house.all_intents()]
        self.store.withdraw(self.house.dataset, resource)
        self.expected.order.remove(resource)
        self.expected.gone_keys |= {b.key for b in known if b.resource == resource} & set(EACH)
        self.expected.touched.add(resource)

    @rule(year=st.sampled_from(YEARS), same_bytes=st.booleans())
    def add_by_hand(self, year: int, same_bytes: bool) -> None:
        """Somebody publishes the festivals of a year before syncd does."""
        if len(self._alive()) > 9:
            return
        body = self._body(30)
        if same_bytes and f"f/f_{year}.csv" in self.bucket.objects:
            body = self.bucket.objects[f"f/f_{year}.csv"].body
        self._person_makes(f"Festivals {year}", "main.csv", body)
        self._write_manifest()

    @rule()
    def archive_or_bring_back(self) -> None:
        record = self.store.dataset(self.house.dataset)
        record.archived = None if record.archived else self.house.now()

    @rule()
    def reorder(self) -> None:
        with self.store.writing():
            self.store.dataset(self.house.dataset).resources.reverse()
        self.expected.order.reverse()

    # -- ops staff -------------------------------------------------------------------------------

    @rule(times=st.integers(1, 3))
    def public_trouble(self, times: int) -> None:
        self.house.web_trouble = times

    @rule(place=st.integers(0, 5))
    def pause_or_go_on(self, place: int) -> None:
        self.entries[place].paused = not self.entries[place].paused
        self._write_manifest()

    @rule(place=st.integers(0, 5))
    def change_drift_policy(self, place: int) -> None:
        self.entries[place].drift = not self.entries[place].drift
        self._write_manifest()

    @rule(place=st.integers(0, 1), key=st.sampled_from(FILES))
    def feed_from_another_object(self, place: int, key: str) -> None:
        mine, other = self.entries[place], self.entries[1 - place]
        if other.fields["object"] == key:
            other.fields["object"] = mine.fields["object"]
        mine.fields["object"] = key
        self._write_manifest()

    @rule(place=st.integers(0, 2), other=st.integers(0, 2))
    def swap_resources(self, place: int, other: int) -> None:
        one, two = self.entries[place].fields, self.entries[other].fields
        one["resource"], two["resource"] = two["resource"], one["resource"]
        self._write_manifest()

    @rule(place=st.integers(0, 2), number=st.integers(0, 9))
    def feed_another_resource(self, place: int, number: int) -> None:
        resource = self._pick(number)
        stated = {e.resource for e in self.entries} | {self.known}
        if resource and resource not in stated:
            self.entries[place].fields["resource"] = resource
            self._write_manifest()

    @rule(year=st.sampled_from(YEARS), on=st.booleans())
    def state_a_known_resource(self, year: int, on: bool) -> None:
        self.entries[3].fields["known"] = {str(year): self.known} if on else {}
        if not on:
            del self.entries[3].fields["known"]
        self._write_manifest()

    @rule()
    def allow_creation_or_not(self) -> None:
        self.entries[3].fields["create"] = not self.entries[3].fields["create"]
        self._write_manifest()

    # -- trouble ---------------------------------------------------------------------------------

    @rule(
        way=st.sampled_from(sorted(WAYS)),
        where=st.sampled_from(sorted(WHERE)),
        after=st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 6, 9]),
        times=st.sampled_from([1, 1, 1, 2, 4, 8]),
    )
    def go_wrong(self, way: str, where: str, after: int, times: int) -> None:
        statistics[f"fault armed: {way}"] += 1
        self.simulator.faults.add(after=after, times=times, **WHERE[where], **WAYS[way])

    @rule(after=st.integers(0, 2), status=st.sampled_from([None, None, *REFUSING]))
    def commit_late(self, after: int, status: int | None) -> None:
        """An upload is cut, or refused, and committed when `late_uploads_arrive`, or while syncd
        waits."""
        statistics[f"fault armed: late commit after {status or 'a cut'}"] += 1
        gate = threading.Event()
        fault = self.simulator.faults.add(method="POST", after=after, status=status, gate=gate)
        self.gates.append(fault)

    @rule(seconds=st.integers(1, 30))
    def arrive_while_syncd_waits(self, seconds: int) -> None:
        end = self.house.now() + timedelta(seconds=seconds)

        def look(_seconds: float) -> None:
            if self.house.now() >= end and self.late:
                self._let_arrive()

        self.house.on_wait = look

    @precondition(lambda self: self.late)
    @rule()
    def late_uploads_arrive(self) -> None:
        self._let_arrive()

    @rule(
        where=st.sampled_from(sorted(set(WHERE) - {"any"})),
        after=st.integers(0, 3),
        number=st.integers(0, 9),
    )
    def edit_during_the_cycle(self, where: str, after: int, number: int) -> None:
        """A person edits a title just after the portal did what it was asked."""

        def edit() -> None:
            resource = self._pick(number)
            if resource:  # between syncd's reading of a title and its use, milliseconds are lost
                self._retitle(resource, raced=where == "resource")

        self.simulator.faults.add(after=after, hook=edit, **WHERE[where])

    @rule(
        port=st.sampled_from(PORTS),
        at=st.integers(0, 8),
        done=st.booleans(),
        error=st.booleans(),
    )
    def crash(self, port: str, at: int, done: bool, error: bool) -> None:
        self.house.crash = Crash(port, at, done, error and port == "ledger")

    @rule()
    def lose_the_ledger(self) -> None:
        statistics["ledgers lost"] += 1
        intents = self.house.all_intents()
        self.ledger.forget()
        self._forget_with_it(intents)

    @rule()
    def back_up(self) -> None:
        self.backup = self.ledger.everything(), self.house.now()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        """What came online since the backup is neither blamed on somebody nor undone."""
        assert self.backup is not None
        statistics["ledgers restored"] += 1
        intents = self.house.all_intents()
        self.ledger.put_back(*self.backup, self.house.now())
        self.expected.forgotten |= set(self.expected.order)
        self._forget_with_it([*intents, *self.house.all_intents()])

    def _forget_with_it(self, intents: Sequence[Intent]) -> None:
        self.house.pass_time(2)
        for intent in intents:  # docs/reference/service.md: the title may be lost
            if intent.binding.resource in self.expected.words:
                self.expected.words[intent.binding.resource].excused = True
                self.expected.forgotten.add(intent.binding.resource)
            if intent.creates:
                self.expected.doubled.add(intent.binding.key)
        for late in self.late:
            if late.resource in self.expected.words:
                self.expected.words[late.resource].excused = True
            self.expected.forgotten.add(late.resource)
            late.at = START  # nobody can know of it any more
        self.expected.gone_keys.clear()
        self.begun.clear()

    # -- time and syncd --------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 15, 60, 3600, DAY, 8 * DAY]))
    def wait(self, seconds: int) -> None:
        self.house.pass_time(seconds)
        for _ in self.windows.take(self.house.now().timestamp()):
            statistics["cycles that were hinted at"] += 1
            self._cycle(self.house.sync)

    @rule(key=st.sampled_from((*KEYS, "a%2Ecsv", "ailleurs.csv")), times=st.integers(1, 3))
    def event(self, key: str, times: int) -> None:
        """Somebody tells of an object: true or not, late, or more than once."""
        manifest, now = self.house.manifest, self.house.now().timestamp()
        bucket = manifest.sources["depot"].bucket
        whole = WholeManifest(manifest.datasets)
        for deposit in read(event_message(*[aws(key, bucket)] * times)).deposits:
            hinted = claimed_by(whole, manifest.sources, "depot", deposit)
            for dataset, settle in hinted:
                self.windows.hint(dataset, settle, now)

    @rule(key=st.sampled_from(KEYS))
    def put_and_tell(self, key: str) -> None:
        self.put(key, 30)
        self.event(key, 1)
        self.wait(5)

    @rule(force=st.sampled_from([False] * 9 + [True]), ask=st.booleans())
    def sync(self, force: bool, ask: bool) -> None:
        self._cycle(lambda: self.house.sync(force=force, ask=ask), force=force)

    @rule(
        way=st.sampled_from(sorted(WAYS)),
        after=st.integers(0, 12),
        times=st.sampled_from([1, 1, 1, 2, 4, 8]),
        key=st.sampled_from(KEYS),
    )
    def sync_in_trouble(self, way: str, after: int, times: int, key: str) -> None:
        self.put(key, 32)
        self.go_wrong(way, "any", after, times)
        self.sync(force=False, ask=False)

    @rule(
        port=st.sampled_from(PORTS),
        at=st.integers(0, 8),
        done=st.booleans(),
        key=st.sampled_from(KEYS),
    )
    def sync_and_crash(self, port: str, at: int, done: bool, key: str) -> None:
        if port == "bucket":  # of which there are one or two calls at most
            key, at = COPIED, at % 2
        self.put(key, 32)
        self.crash(port, at, done, error=False)
        self.sync(force=False, ask=False)

    @rule(key=st.sampled_from(KEYS))
    def put_and_sync(self, key: str) -> None:
        self.put(key, 30)
        self.sync(force=False, ask=False)

    @rule()
    def sync_again(self) -> None:
        self._cycle(self.house.sync)
        self._cycle(self.house.sync)

    @rule()
    def check(self) -> None:
        before = statistics["uploads"]
        self._cycle(self.house.check)
        assert statistics["uploads"] == before, "a look at the portal uploads"

    def _cycle(self, work: Callable[[], Report], *, force: bool = False) -> Report | None:
        statistics["cycles"] += 1
        self.force, self.house.watching = force, True
        armed = self.house.crash
        self.arrived.clear()
        report = None
        try:
            report = work()
        except Killed:
            statistics["cycles killed"] += 1
        except LedgerError:
            assert armed is not None
            assert armed.error
        finally:
            self.force = self.house.watching = False
            self.house.crash = None
            self.house.on_wait = lambda _seconds: None
            self.bucket.before_open = lambda _key: None
            self.simulator.faults.clear()
            self.house.waited.clear()
        self._take_in_what_was_made()
        if report is not None:
            self._believe(report)
        assert self.house.spool_is_empty(), "files are left in the spool"
        return report

    def _take_in_what_was_made(self) -> None:
        for record in reversed(self.house.resources()):
            if record.id in self.expected.words:
                continue
            year = re.search(r"20\d\d", str(record.stored).rsplit("/", 1)[-1])
            assert year, f"an unknown resource: {record}"
            key = f"f/f_{year.group()}.csv"
            statistics["resources made"] += 1
            self.expected.made[record.id] = key
            titles = {f"Festivals {year.group()}", record.title}
            if record.title == f"f-{year.group()}.csv":
                titles.remove(record.title)
            self.expected.words[record.id] = Words(titles, {None}, {})
            self.expected.order.insert(0, record.id)
            self.expected.feeds[record.id] = set(EACH)
            for late in self.arrived:
                if late.sha1 == (record.checksum or {}).get("value") and not late.resource:
                    self.expected.doubled.add(key)

    def _believe(self, report: Report) -> None:
        """What syncd says must be so, as far as it could know."""
        outcomes = {result.outcome for result in report.results}
        wanted = PERSON
        if Outcome.FAILED in outcomes:
            wanted = FAILED
        elif all(outcome.is_well for outcome in outcomes):
            wanted = OK
        assert report.exit_code == wanted
        for result in report.results:
            statistics[f"outcome: {result.outcome}"] += 1
            stored = self.bucket.objects.get(result.object)
            if not result.outcome.is_well or stored is None or result.resource is None:
                continue
            if result.outcome is Outcome.PINNED:
                continue
            if result.resource in self.expected.touched:
                continue
            online = self.house.bytes_online(result.resource)
            if result.sha1 is not None and self.bucket.reads is not None:
                assert sha1(online) == result.sha1, f"other bytes are online: {result}"
            if result.outcome in {Outcome.REPLACED, Outcome.CREATED}:
                self._title_is_right(result.resource)

    def _title_is_right(self, resource: str) -> None:
        words = self.expected.words[resource]
        title = self.house.online(resource).title
        assert words.excused or title in words.titles, f"title lost: {title!r}, not {words.titles}"

    # -- promises --------------------------------------------------------------------------------

    @invariant()
    def promises(self) -> None:
        statistics["steps"] += 1
        assert not self.violations, self.violations
        self._see_online()
        for asked in self.simulator.journal.all():
            allowed = asked.method == "GET" or any(
                asked.method == method and path.search(asked.path) for method, path in MAY_WRITE
            )
            assert allowed, f"syncd asks {asked.method} {asked.path}"
        self.simulator.journal.clear()
        self._take_in_what_was_made()
        assert self._alive() == self.expected.order, "resources were deleted, moved or doubled"
        for record in self.house.resources():
            words = self.expected.words[record.id]
            extras = {k: v for k, v in record.extras.items() if k not in {MARK, pins.MARK}}
            assert extras == words.extras
            assert MARK not in record.extras or record.id in self.expected.made
            assert record.description in words.description, "a description was changed"
            self._bytes_are_known(record.id)
            self._links_lead_to_what_they_say(record)
        assert set(self.house.public.removed) <= set(self.house.public.published)
        made = Counter(key for i, key in self.expected.made.items() if i in self.expected.order)
        for key, count in made.items():
            assert count == 1 or key in self.expected.doubled, f"{count} resources for {key}"

    def _links_lead_to_what_they_say(self, record: ResourceRecord) -> None:
        """What is copied is there for as long as anything leads to it, and never other bytes."""
        link = record.link or ""
        if record.stored or not link.startswith(OPEN):
            return
        said = (record.checksum or {}).get("value")
        if "/public/" in link:
            assert sha1(self.house.body_at(link)) == said, f"another file at {link}"
        else:
            assert said in {sha1(body) for body in self._puts(LINKED)}

    def _bytes_are_known(self, resource: str) -> None:
        online = self.house.bytes_online(resource)
        known = {body for key in self.expected.feeds[resource] for body in self._puts(key)}
        known |= self.expected.by_hand.get(resource, set())
        if online == GONE and f"{OPEN}/depot/" in str(self.house.online(resource).link):
            return  # the producer took away what the link leads to
        if online not in known:
            was_wrong = resource in self.expected.wrong or resource in self.expected.made
            assert was_wrong, f"nobody ever put these bytes: {online[:40]!r}"

    def _puts(self, key: str) -> list[bytes]:
        return self.expected.puts.get(key, [])

    # -- the end of all trouble ------------------------------------------------------------------

    @rule()
    def calm(self) -> None:
        """Trouble ends, time passes: two syncs later everything is as if nothing had happened."""
        statistics["calms"] += 1
        self.simulator.faults.clear()
        self.house.crash = None
        self.house.web_trouble = 0
        self.bucket.before_open = lambda _key: None
        self.store.dataset(self.house.dataset).archived = None
        if all(entry.paused for entry in self.entries):  # a dataset that is left alone stays as is
            self.entries[0].paused = False
            self._write_manifest()
        self._let_arrive()
        self._take_in_what_was_made()  # each cycle forgets what had arrived before it
        for pause in (60, DAY, 60):
            self.house.pass_time(pause)
            self._cycle(self.house.sync)
            self.promises()
        self.expected.touched.clear()
        before = statistics["uploads"]
        report = self._cycle(self.house.sync)
        assert report is not None
        assert statistics["uploads"] == before, f"it does not come to rest: {report.results}"
        self.promises()
        assert not self.house.open_intents(), "an intent stays open"
        for resource in self.expected.order:
            key = self.expected.made.get(resource)
            if key not in self.expected.doubled:
                self._title_is_right(resource)
        for result in report.results:
            if result.object not in self.expected.doubled:
                self._explained(result)
        wrong = {r.resource for r in report.results if not r.outcome.is_well}
        active = {r.resource for r in report.results} - wrong
        self.expected.wrong -= {r for r in active if r}

    def _explained(self, result: Any) -> None:
        """Each outcome has its cause in the world."""
        stored = self.bucket.objects.get(result.object)
        resource = result.resource
        alive = resource in self.expected.order
        code = result.reason.code
        if result.outcome is Outcome.PINNED:  # the ledger was lost, and its mark was not
            assert code in {"pinned_marked", "pinned_after_backup"}, result
            assert self._is_by_hand(resource), result
            return
        if result.outcome.is_well:
            assert alive, result
            assert stored is not None, result
            assert self.house.bytes_online(resource) == stored.body, result
            return
        match result.outcome:
            case Outcome.MISSING:
                explained = stored is None
            case Outcome.AMBIGUOUS:
                found = [o for k, o in self.bucket.objects.items() if k in EXPORTS]
                dates = [o.fingerprint.modified for o in found]
                explained = dates.count(max(dates)) > 1
            case Outcome.REFUSED:
                is_link = code == "resource_remote" and self.house.online(resource).filetype
                explained = resource is not None and (not alive or is_link == "remote")
            case Outcome.DRIFTED:
                explained = self._is_by_hand(resource)
            case Outcome.HELD if code == "conflict":
                explained = self._is_by_hand(resource)
            case Outcome.HELD if code == "guard_empty":
                explained = stored is not None and not stored.body
            case Outcome.HELD if code == "guard_shrink":
                online = self.house.bytes_online(resource)
                explained = stored is not None and len(stored.body) < len(online) / 2
            case Outcome.HELD if code == "guard_rows":
                online = self.house.bytes_online(resource)
                explained = stored is not None and _rows(stored.body) < _rows(online) / 2
            case Outcome.HELD if code in {"guard_older_date", "guard_older_name"}:
                explained = True  # its rule is held in `_begin`
            case Outcome.HELD if code == "to_be_created":
                explained = not self.entries[3].fields["create"]
            case Outcome.HELD if code == "adopt_it":
                explained = self._has_a_double(result)
            case Outcome.HELD if code == "given_away":
                explained = True
            case _:
                explained = False
        assert explained, f"without a cause: {result}"

    def _is_by_hand(self, resource: str) -> bool:
        body = self.house.bytes_online(resource)
        return resource in self.expected.forgotten or body in self.expected.by_hand.get(
            resource, set()
        )

    def _has_a_double(self, result: Any) -> bool:
        """A resource that may be meant: the same title or file name, or the same bytes."""
        body = self.bucket.objects[result.object].body
        name = result.object.rsplit("/", 1)[-1].replace("_", "-")
        return any(
            record.title.strip() == result.title
            or str(record.stored).endswith(name)
            or self.house.bytes_online(record.id) == body
            for record in self.house.resources()
        )


def _rows(body: bytes) -> int:
    """Of data: one line is the header."""
    return body.count(b"\n") - 1


@functools.lru_cache(1000)
def _loaded(text: str) -> LoadedManifest:
    return loads(text, "manifest.yaml")


def fast_disk() -> str | None:
    """Memory, where there is such a disk: nothing of a test must outlive the machine."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
