"""Replicas on one ledger while everything happens to them that may: they are killed, put to sleep
for longer than their locks last and cut off from the database, and that is restarted.

Whoever is struck is found by the locks in the ledger: which replica works, and how many of them do,
is of no interest here.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import random
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from syncd.adapters.ledger import SqlLedger
from syncd.core.errors import LedgerError
from syncd.core.records import Act
from syncd.simulator import Simulator
from tests.support.cli_harness import PATIENCE, Office, Running, ended, sha1
from tests.support.network.cable import Cable
from tests.support.network.faulty_proxy import Asked, ClientGone, Exchange, Wire
from tests.support.portal_servers import PortalServer
from tests.support.postgres_servers import Postgres
from tests.support.preforked_cli import Prefork
from tests.support.processes import family
from tests.support.s3_servers import Bucket, Server, fresh_bucket

AT_ONCE = 12  # datasets for which a file waits
# Bytes. More than the kernel takes off an upload before anybody reads it: at most 4 MiB of it wait
# with the sender (net.ipv4.tcp_wmem), and `_WAIT` with the receiver.
HEAVY = 6_000_000
_WAIT = 65536
LONG = 60.0  # seconds
OVERTAKEN_AFTER = 4.0  # seconds after which a newer file may come before the old one is online
_UPLOAD = re.compile(r"/api/1/datasets/([^/]+)/(?:resources/[^/]+/)?upload/$")


@dataclass(frozen=True)
class Form:
    replicas: int
    datasets: int
    seconds: float
    gap: tuple[float, float]  # seconds from one stroke to the next
    asleep: tuple[float, float]  # seconds; longer than a lock lasts
    restarts: int = 2  # of the database
    change: str = ""  # see `Prefork`
    slow: float = 0.3  # seconds that the simulated portal takes to answer an upload
    drained: float = 240  # seconds in which all must be online when nothing happens any more


@dataclass(frozen=True)
class Stored:
    """A file that the portal put online. Instants are `time.monotonic()` seconds."""

    dataset: str
    sha1: str
    started: float
    ended: float


@dataclass
class Figures:
    strokes: Counter[str] = field(default_factory=Counter)
    wanted: int = 0
    overtaken: int = 0  # of these: a newer file came before they were online
    seconds: list[float] = field(default_factory=list)  # from the deposit of a file until online
    long: list[str] = field(default_factory=list)  # which took long, and when they were there
    uploads: int = 0
    given_up: int = 0  # uploads that did not come to their end
    led: int = 0  # how often a replica began to lead

    def __str__(self) -> str:
        happened = ", ".join(f"{count} {name}" for name, count in sorted(self.strokes.items()))
        ordered = sorted(self.seconds) or [0.0]
        return (
            f"{happened}; {self.wanted} files wanted, {self.overtaken} of them overtaken by a "
            f"newer one, {self.uploads} uploads, {self.given_up} given up on the way; "
            f"online after {ordered[len(ordered) // 2]:.1f} s (median), {ordered[-1]:.1f} s "
            f"(slowest); {self.led} times a replica took the lead"
        )


class Witness(Wire):
    """Before the portal: keeps what was put online, and strikes in the middle of an upload."""

    def __init__(self, portal: str) -> None:
        super().__init__(portal)
        self._listening.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WAIT)
        self.stored: list[Stored] = []
        self.given_up = 0
        self.news = threading.Condition()
        self._stroke: tuple[str, Callable[[str], None]] | None = None
        self.every(self._watch)

    def strike_at(self, moment: str, stroke: Callable[[str], None]) -> None:
        """`moment` of the next upload: "begun" or "stored". `stroke` is given its dataset."""
        with self.news:
            self._stroke = moment, stroke

    def cancel(self) -> None:
        with self.news:
            self._stroke = None

    def knows(self, sha1: str) -> bool:
        """Whether these bytes were put online."""
        with self.news:
            return any(one.sha1 == sha1 for one in self.stored)

    def came_after(self, old: str, new: str) -> bool:
        """Whether the old bytes went over the new ones."""
        with self.news:
            order = [one.sha1 for one in self.stored if one.sha1 in {old, new}]
        return order == [new, old]

    def note(self, asked: Asked) -> None:
        """Nothing is kept of other requests."""

    def _watch(self, exchange: Exchange) -> None:
        method, _, path = exchange.asked.partition(" ")
        found = _UPLOAD.search(path.partition("?")[0]) if method == "POST" else None
        if found is None:
            exchange.forward()
            exchange.answer()
            return
        dataset, started = found[1], time.monotonic()
        self._strike("begun", dataset)
        try:
            exchange.forward()
        except (ClientGone, OSError):
            with self.news:
                self.given_up += 1
                self.news.notify_all()
            raise
        stored = _sha1_of(exchange)
        if stored:
            with self.news:
                self.stored.append(Stored(dataset, stored, started, time.monotonic()))
                self.news.notify_all()
            self._strike("stored", dataset)
        exchange.answer()

    def _strike(self, moment: str, dataset: str) -> None:
        with self.news:
            if self._stroke is None or self._stroke[0] != moment:
                return
            stroke, self._stroke = self._stroke[1], None
        stroke(dataset)


def _sha1_of(exchange: Exchange) -> str:
    """What an upload put online; "" for a part, and for what was refused."""
    if exchange.status not in {200, 201}:
        return ""
    checksum = json.loads(exchange.content).get("checksum") or {}
    return str(checksum.get("value", ""))


class Machine:
    """One replica, with a state folder of its own."""

    def __init__(self, office: Office, name: str, database: str, prefork: Prefork) -> None:
        self.name = name
        self._office, self._prefork = office, prefork
        self._settings = {
            "SYNCD_DATABASE_URL": database,
            "SYNCD_STATE_DIR": str(office.folder / name),
        }
        self.runs: list[Running] = []
        self.is_up = False  # as far as we have done anything to it
        self.is_asleep = False
        self.died: list[str] = []

    @property
    def pid(self) -> int:
        return self.runs[-1].process.pid

    def start(self) -> None:
        environment = {**self._office.environment, **self._settings}
        running = Running(("run",), environment, self._office.folder, prefork=self._prefork)
        self.runs.append(running)
        self.is_up = True

    def see(self) -> None:
        """Notes an end that nobody ordered, and starts it again."""
        if self.is_up and self.runs[-1].process.poll() is not None:
            self.died.append(f"{self.name} ended by itself: {self.runs[-1].finish().all[-3000:]}")
            self.start()

    def family(self) -> list[int]:
        return family(self.pid) if self.is_up else []

    def kill(self, *, whole: bool) -> None:
        """`whole`: as when the machine loses its power; else what it started lives on, briefly."""
        pids = self.family() if whole else [self.pid]
        self.is_up = self.is_asleep = False
        for pid in pids:
            _send(pid, signal.SIGKILL)
        self.runs[-1].process.wait(PATIENCE)

    def suspend(self) -> None:
        self.is_asleep = True
        for pid in self.family():
            _send(pid, signal.SIGSTOP)

    def wake(self) -> None:
        if self.is_asleep:
            self.is_asleep = False
            for pid in self.family():
                _send(pid, signal.SIGCONT)

    def close(self) -> None:
        self.wake()
        if self.is_up:
            self.kill(whole=True)
        for running in self.runs:
            running.__exit__()


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


# -- files that come ---------------------------------------------------------------------------


@dataclass
class Stream:
    """Files of one dataset, one after the other: a resource that a person made is replaced, and new
    ones are created."""

    number: int
    dataset: str
    resource: str
    key: str
    online: dict[str, str] = field(default_factory=dict)  # in the end: sha1 by title
    waiting: list[str] = field(default_factory=list)  # sha1; the last one must come
    title: str = ""  # of what waits
    since: float = 0.0
    created: int = 0

    @property
    def known_title(self) -> str:
        return f"Données « {self.number} », relues"


class Depositor:
    """Puts files into the bucket, and asks for their datasets, until it is told to stop."""

    def __init__(
        self,
        office: Office,
        witness: Witness,
        ledger: SqlLedger,
        dice: random.Random,
        figures: Figures,
    ) -> None:
        self.streams: list[Stream] = []
        self._office, self._witness, self._ledger = office, witness, ledger
        self._dice, self._figures = dice, figures
        self._numbers = itertools.count(1)
        self._unasked: set[str] = set()
        self._seen = 0
        self._arrived: set[str] = set()

    def prepare(self, count: int) -> None:
        office = self._office
        for number in range(count):
            dataset = office.dataset if not number else office.portal.new_dataset()
            heavy = number % 8 == 7
            key = f"d{number}/a.{'txt' if heavy else 'csv'}"
            name = f"ancien-{number}.{'txt' if heavy else 'csv'}"
            title = f"Données « {number} », relues"
            resource = office.resource(title, name, dataset=dataset)
            office.entry(dataset=dataset, resource=resource, object=key)
            office.entry(
                dataset=dataset,
                each=f"d{number}/f_{{numero:int}}.csv",
                title="Festivals {numero}",
                create=True,
            )
            stream = Stream(number, dataset, resource, key)
            self.streams.append(stream)
        # Each entry has a first file: where there is none something is missing.
        for stream in self.streams:
            self.replace(stream)
            digest = sha1(first := self._content(heavy=False))
            office.bucket.put(f"d{stream.number}/f_0.csv", first)
            stream.online["Festivals 0"] = digest

    def _content(self, *, heavy: bool) -> bytes:
        number = next(self._numbers)
        line = f"{number} {self._dice.random()} 0123456789\n".encode()
        return b"releve\n" + line * (HEAVY // len(line) if heavy else 3)

    def replace(self, stream: Stream) -> str:
        """A new file for its first resource; the sha1."""
        return self._put(
            stream,
            stream.key,
            stream.known_title,
            self._content(heavy=stream.key.endswith(".txt")),
        )

    def _create(self, stream: Stream) -> None:
        stream.created += 1
        key, title = f"d{stream.number}/f_{stream.created}.csv", f"Festivals {stream.created}"
        self._put(stream, key, title, self._content(heavy=False))

    def _put(self, stream: Stream, key: str, title: str, content: bytes) -> str:
        digest = sha1(content)
        stream.title, stream.since = title, time.monotonic()
        stream.waiting.append(digest)
        stream.online[title] = digest
        self._figures.wanted += 1
        self._office.bucket.put(key, content)
        self._unasked.add(stream.dataset)
        return digest

    def until(self, stop: Callable[[], bool]) -> None:
        while not stop():
            self._look()
            waiting = [stream for stream in self.streams if stream.waiting]
            for stream in waiting:
                self._overtake(stream)
            free = [stream for stream in self.streams if not stream.waiting]
            self._dice.shuffle(free)
            for stream in free[: AT_ONCE - len(waiting)]:
                if stream.created < 8 and self._dice.random() < 0.3:
                    self._create(stream)
                else:
                    self.replace(stream)
            self.ask()
            self._wait(0.3)

    def drain(self, seconds: float, see: Callable[[], None]) -> Sequence[Stream]:
        """Those for which a file is missing still."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            see()
            self._look()
            self.ask()
            if not self._missing():
                break
            self._wait(1.0)
        return self._missing()

    def _missing(self) -> Sequence[Stream]:
        return [one for one in self.streams if not self._arrived.issuperset(one.online.values())]

    def _wait(self, seconds: float) -> None:
        with self._witness.news:
            if len(self._witness.stored) == self._seen:
                self._witness.news.wait(seconds)

    def _look(self) -> None:
        with self._witness.news:
            new = self._witness.stored[self._seen :]
            self._seen += len(new)
        self._arrived |= {one.sha1 for one in new}
        for stream in self.streams:
            if stream.waiting and stream.waiting[-1] in self._arrived:
                seconds = time.monotonic() - stream.since
                self._figures.seconds.append(seconds)
                if seconds > LONG:
                    now = datetime.now(UTC)
                    self._figures.long.append(f"{now:%H:%M:%S}: {stream.dataset}, {seconds:.0f} s")
                stream.waiting.clear()

    def _overtake(self, stream: Stream) -> None:
        late = time.monotonic() - stream.since > OVERTAKEN_AFTER
        if late and stream.title == stream.known_title and len(stream.waiting) < 2:
            self._figures.overtaken += 1
            self.replace(stream)

    def ask(self) -> None:
        """As `syncd trigger` does, on any machine."""
        with suppress(LedgerError):  # the database is away; soon again
            while self._unasked:
                dataset = next(iter(self._unasked))
                self._ledger.ask(dataset, datetime.now(UTC))
                self._unasked.discard(dataset)


# -- what happens to the machines --------------------------------------------------------------


class Fate:
    """Strikes one machine after the other until the time is over, and undoes what it did."""

    def __init__(self, stage: Stage, dice: random.Random) -> None:
        self._machines, self._witness, self._cable = stage.machines, stage.witness, stage.cable
        self._server, self._database = stage.server, stage.database
        self._form, self._dice, self._figures = stage.form, dice, stage.figures
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._is_cut = False

    def run(self) -> None:
        started = time.monotonic()
        until = started + self._form.seconds
        for number in range(self._form.restarts):
            at = started + self._form.seconds * (number + 1) / (self._form.restarts + 1)
            self._plan(at, self._restart_database)
        self._plan(started + self._dice.uniform(*self._form.gap), self._stroke)
        while (now := time.monotonic()) < until:
            with self._lock:
                for machine in self._machines:
                    machine.see()
                act = None
                if self._due and self._due[0][0] <= now:
                    act = heapq.heappop(self._due)[2]
            if act is not None:
                act()
                continue
            self._changed.wait(min(until - now, 0.2))
            self._changed.clear()
        self._witness.cancel()
        with self._lock:
            self._cable.mend()
            for machine in self._machines:
                machine.wake()
                if not machine.is_up:
                    machine.start()

    def _plan(self, at: float, act: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._due, (at, next(self._order), act))
        self._changed.set()

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        self._plan(time.monotonic() + seconds, act)

    def _stroke(self) -> None:
        self._in(self._dice.uniform(*self._form.gap), self._stroke)
        kind = self._dice.choices(("kill", "sleep", "cut"), (6, 3, 1))[0]
        if kind == "cut":
            self._cut()
            return
        if self._dice.random() < 0.3:
            with self._lock:
                awake = [one for one in self._machines if one.is_up and not one.is_asleep]
                if awake:
                    self._hit(kind, self._dice.choice(awake), "any time")
            return
        moment = self._dice.choice(("begun", "stored"))
        self._witness.strike_at(moment, lambda dataset: self._strike_at_work(kind, dataset, moment))

    def _strike_at_work(self, kind: str, dataset: str, moment: str) -> None:
        """In the thread of the request: it goes on when this is done."""
        pid = _holder(self._server, self._database, dataset)
        with self._lock:
            for machine in self._machines:
                if pid in machine.family() and not machine.is_asleep:
                    self._hit(kind, machine, f"upload {moment}", pid)

    def _hit(self, kind: str, machine: Machine, when: str, pid: int = 0) -> None:
        if kind == "sleep":
            machine.suspend()
            self._in(self._dice.uniform(*self._form.asleep), lambda: self._wake(machine))
        elif pid not in {0, machine.pid} and self._dice.random() < 0.3:
            kind = "kill of a worker"
            _send(pid, signal.SIGKILL)
        else:
            whole = self._dice.random() < 0.7
            kind = "kill" if whole else "kill of the main process"
            machine.kill(whole=whole)
            self._in(self._dice.uniform(0, 4), lambda: self._start(machine))
        self._figures.strokes[f"{kind} ({when})"] += 1

    def _wake(self, machine: Machine) -> None:
        with self._lock:
            machine.wake()

    def _start(self, machine: Machine) -> None:
        with self._lock:
            if not machine.is_up:
                machine.start()

    def _cut(self) -> None:
        if not self._is_cut:
            self._is_cut = True
            self._figures.strokes["cut from the database"] += 1
            self._cable.pull()
            self._in(self._dice.uniform(*self._form.asleep), self._mend)

    def _mend(self) -> None:
        self._is_cut = False
        self._cable.mend()

    def _restart_database(self) -> None:
        self._figures.strokes["restart of the database"] += 1
        self._server.stop()
        self._server.start()


def _holder(server: Postgres, database: str, dataset: str) -> int:
    """The process that has the dataset's lock; 0 where that cannot be known."""
    with suppress(psycopg.Error), psycopg.connect(server.url(database), connect_timeout=2) as link:
        row = link.execute(
            "SELECT holder FROM locks WHERE dataset = %s AND expires_at > clock_timestamp()",
            (dataset,),
        ).fetchone()
        if row is not None:
            return int(json.loads(row[0]).get("pid", 0))
    return 0


# -- all of it ---------------------------------------------------------------------------------


@contextmanager
def _office(
    portal: PortalServer | None, seaweed: Server, folder: Path
) -> Iterator[tuple[Office, Witness]]:
    with ExitStack() as stack:
        simulator = None
        if portal is None:
            simulator = stack.enter_context(Simulator())
            portal = stack.enter_context(PortalServer("simulator", simulator.facts()))
        witness = stack.enter_context(Witness(portal.url))
        bucket = fresh_bucket(seaweed)
        yield Office(portal, bucket, folder, url=witness.url, simulator=simulator), witness


class Stage:
    """An office, replicas, and files that come."""

    def __init__(
        self,
        stack: ExitStack,
        portal: PortalServer | None,
        seaweed: Server,
        server: Postgres,
        folder: Path,
        form: Form,
        seed: int,
    ) -> None:
        """`portal`: None for a simulator."""
        self.form, self.server, self.database = form, server, "hammer"
        self.figures = Figures()
        self.wrong: list[str] = []
        server.execute(f"CREATE DATABASE {self.database}")
        url = server.url(self.database)
        self.office, self.witness = stack.enter_context(_office(portal, seaweed, folder))
        if portal is None:
            faults = self.office.simulator.faults
            faults.add(path=r"/upload/$", times=None, delay=form.slow)
        self.office.defaults = "schedule: {every: 1m}"
        self.office.settings = _settings(url, fresh_bucket(seaweed))
        self.cable = stack.enter_context(Cable(server.port))
        through = replace(server, port=self.cable.port).url(self.database)
        prefork = Prefork(change=form.change)
        stack.callback(prefork.close)
        self.machines = [
            Machine(self.office, f"machine-{n}", through if not n else url, prefork)
            for n in range(form.replicas)
        ]
        for machine in self.machines:
            stack.callback(machine.close)
        ledger = SqlLedger(url, folder / "test", away_seconds=1.0)
        stack.callback(ledger.close)
        self.depositor = Depositor(
            self.office, self.witness, ledger, random.Random(seed), self.figures
        )
        self.depositor.prepare(form.datasets)
        self.office.write_manifest()

    def start(self) -> None:
        for machine in self.machines:
            machine.start()

    def see(self) -> None:
        for machine in self.machines:
            machine.see()

    def suspend(self, dataset: str) -> None:
        """Whoever has this dataset's lock."""
        pid = _holder(self.server, self.database, dataset)
        (machine,) = [one for one in self.machines if pid in one.family()]
        machine.suspend()

    def end(self) -> None:
        """When all is online that was wanted: every replica ends well."""
        missing = self.depositor.drain(self.form.drained, self.see)
        self.wrong += [f"{one.key}: {one.title} is not online" for one in missing]
        for machine in self.machines:
            ended(machine.runs[-1])
            machine.is_up = False
        self.witness.rest()

    def check(self) -> list[str]:
        """What is not as it must be in the end."""
        wrong, stored = self.wrong, self.witness.stored
        wrong += [one for machine in self.machines for one in machine.died]
        before = len(stored)
        wrong += _last_look(self.office)
        wrong += [f"{one} is sent at last" for one in stored[before:]]
        wrong += _what_is_online(self.office, self.depositor.streams)
        wrong += what_was_stored(stored, self.depositor.streams)
        open_ones = self.server.execute(
            "SELECT key FROM intents WHERE state = 'open'", self.database
        )
        wrong += [f"an upload of {key} has no end" for (key,) in open_ones]
        self.figures.given_up = self.witness.given_up
        for machine, number, running in self._runs():
            said = running.finish().err
            (self.office.folder / f"{machine}-{number}.log").write_text(said, encoding="utf-8")
            self.figures.led += said.count('"event": "service.started"')
            if "Traceback" in said:
                at = said.index("Traceback")
                wrong.append(f"a fault of its own: {said[max(0, at - 1500) : at + 3000]}")
        return wrong

    def _runs(self) -> Iterator[tuple[str, int, Running]]:
        for machine in self.machines:
            for number, running in enumerate(machine.runs):
                yield machine.name, number, running

    def check_history(self) -> list[str]:
        """It has each file that went online, once."""
        sent = (
            f"SELECT judged_sha1 FROM publications WHERE act IN ('{Act.REPLACED}', '{Act.CREATED}')"
        )
        rows: list[tuple[Any, ...]] = self.server.execute(sent, self.database)
        times = Counter(str(sha) for (sha,) in rows)
        known = {one.sha1 for one in self.witness.stored}
        return [
            *(f"{sha} is {n} times in the history" for sha, n in times.items() if n > 1),
            *(f"{sha} is not in the history" for sha in known - set(times)),
            *(f"{sha} is in the history, and was never sent" for sha in set(times) - known),
        ]


def _settings(url: str, kept: Bucket) -> dict[str, str]:
    return {
        "SYNCD_DATABASE_URL": url,
        "SYNCD_HTTP_ADDRESS": "off",
        "SYNCD_SETTLE_WINDOW": "3",
        "SYNCD_ARCHIVE": f"s3://{kept.bucket}/gardes",
        "SYNCD_ARCHIVE_ENDPOINT": kept.endpoint,
        "SYNCD_ARCHIVE_ADDRESSING": "path",
        "SYNCD_ARCHIVE_ACCESS_KEY_ID": kept.access_key,
        "SYNCD_ARCHIVE_SECRET_ACCESS_KEY": kept.secret_key,
    }


def hammer(stage: Stage, seed: int) -> list[str]:
    """What should not have happened."""
    stage.start()
    fate = Fate(stage, random.Random(seed + 1))
    storm = threading.Thread(target=fate.run)
    storm.start()
    stage.depositor.until(lambda: not storm.is_alive())
    storm.join()
    stage.end()
    return [*stage.check(), *stage.check_history()]


def _last_look(office: Office) -> list[str]:
    """A command that somebody types: it finds nothing to do, and the history whole."""
    wrong = []
    done = office.sync()
    if done.code != 0 or set(done.document["summary"]) != {"unchanged"}:
        odd = [one for one in done.document["outcomes"] if one["outcome"] != "unchanged"]
        wrong.append(f"sync ends with {done.code}: {done.document['summary']} {odd[:4]}")
    verified = office.run("verify", "--history")
    if verified.code != 0:
        wrong.append(f"the history: {verified.all}")
    return wrong


def _what_is_online(office: Office, streams: Sequence[Stream]) -> list[str]:
    wrong = []
    for stream in streams:
        shown = office.portal.dataset(stream.dataset)["resources"]
        found = sorted((str(one["title"]), str(one["checksum"]["value"])) for one in shown)
        if found != sorted(stream.online.items()):
            wrong.append(f"{stream.key}: online {found}, wanted {sorted(stream.online.items())}")
        if stream.resource not in {one["id"] for one in shown}:
            wrong.append(f"{stream.key}: its resource is another one")
    return wrong


def what_was_stored(stored: Sequence[Stored], streams: Sequence[Stream]) -> list[str]:
    """Of two files at once in one dataset, and of one file twice."""
    names = {stream.dataset: stream.key for stream in streams}
    wrong = [
        f"{names.get(dataset, dataset)}: uploads at once, {one} {other}"
        for dataset in {one.dataset for one in stored}
        for one, other in itertools.combinations([s for s in stored if s.dataset == dataset], 2)
        if one.started < other.ended and other.started < one.ended
    ]
    times = Counter(one.sha1 for one in stored)
    for one in stored:
        if times[one.sha1] > 1:
            wrong.append(f"{names.get(one.dataset)}: {one.sha1} was sent {times[one.sha1]} times")
    return wrong
