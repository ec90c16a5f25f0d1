"""Killed at every step and at any instant: the next cycles end as if nothing had happened
(docs/architecture.md, Promise 4). The full form: `SYNCD_TEST_TORTURE=1`."""

from __future__ import annotations

import itertools
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.stress.rounds import Offices, Published, Rounds, share_out
from tests.support.cli_harness import PATIENCE, Done, Running, ended
from tests.support.network.faulty_proxy import Course, Exchange, Wire
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Server

pytestmark = pytest.mark.stress

FULL = os.environ.get("SYNCD_TEST_TORTURE") == "1"
SEED = int(os.environ.get("SYNCD_TEST_SEED", "20261126"))
BOX = 25.0  # seconds after which the short form starts nothing new
LATE = 2.0  # seconds; long enough for the next sync to look first, and within its settle window

MOMENTS = ("unsent", "orphaned", "unanswered", "answered")


@dataclass(frozen=True, slots=True)
class Kill:
    """`where`: "portal" or "s3", at the `nth` request; "instant" of a sync, "service"."""

    where: str
    rotation: int  # which file has which size
    nth: int = 0
    moment: str = ""
    share: float = 0.0  # of the time that an unharmed cycle takes
    late: float = 0.0  # seconds by which the portal commits, or gets the request, later
    again: tuple[float, ...] = ()  # the syncs that follow are killed too, at such shares

    @property
    def kind(self) -> str:
        return f"{self.where} {self.moment}".strip()


@dataclass(frozen=True, slots=True)
class Unharmed:
    """What a cycle takes that nobody disturbs."""

    portal: int  # requests
    s3: int
    sync: float  # seconds
    service: float  # seconds of a cycle of the running service


@dataclass
class Figures:
    kills: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)  # it ended before it was killed
    recoveries: Counter[str] = field(default_factory=Counter)  # what the next cycle found and did

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({kinds}), {self.missed.total()} came too late, "
            f"in the cycles that followed: "
            f"{dict(sorted(self.recoveries.items()))}"
        )


def test_killed_anywhere_the_next_sync_converges(
    seaweed: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if FULL:
        pytest.skip("the full form is the test below")
    torture(None, seaweed, tmp_path, capfd, most=25, box=BOX, least=3)


@pytest.mark.skipif(not FULL, reason="needs SYNCD_TEST_TORTURE=1 and a quarter of an hour")
@pytest.mark.timeout(3600)
def test_killed_at_every_step_and_at_random_instants_every_next_sync_converges(
    seaweed: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    torture(None, seaweed, tmp_path, capfd, most=None, box=3000, least=300)


@pytest.mark.skipif(not FULL, reason="needs SYNCD_TEST_TORTURE=1")
@pytest.mark.udata
@pytest.mark.timeout(1200)
def test_a_sample_of_these_kills_on_the_real_portal(
    udata: PortalServer, seaweed: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    torture(udata, seaweed, tmp_path, capfd, most=30, box=1000, least=30)


def torture(
    portal: PortalServer | None,
    seaweed: Server,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    most: int | None,
    box: float,
    least: int,
) -> None:
    """`portal`: None for simulators. `most`: a sample of so many of all kills."""
    dice = random.Random(SEED)
    with Offices(portal, seaweed, folder / "unharmed") as offices:
        unharmed = measure(offices.rounds())
    kills = list(every_kill(unharmed, dice))
    dice.shuffle(kills)
    if most is not None:
        kills = kills[:most]
    started = time.monotonic()
    figures, lock = Figures(), threading.Lock()

    def work(rounds: Rounds, kill: Kill) -> None:
        Torment(rounds, kill, unharmed, figures, lock).carry_out()

    failures = share_out(kills, work, portal, seaweed, folder, started + box)
    with capfd.disabled():
        seconds = time.monotonic() - started
        where = portal.kind if portal else "simulator"
        sys.stderr.write(
            f"\n{where}, seed {SEED}, {unharmed}, {seconds:.0f} s: {figures}; "
            f"{len(failures)} did not converge\n"
        )
    assert not failures, "\n\n".join(failures)
    assert figures.kills.total() >= least


def measure(rounds: Rounds) -> Unharmed:
    """A round by `sync`, and one by the service, both left in peace."""
    files = rounds.prepare(0)
    rounds.deposit(files)
    portal, s3 = rounds.counts()  # so far
    started = time.monotonic()
    assert rounds.office.sync().code == 0
    seconds = time.monotonic() - started
    portal, s3 = rounds.counts()[0] - portal, rounds.counts()[1] - s3
    rounds.check(files)
    rounds.check_quiet()

    files = rounds.prepare(1)
    with service(rounds) as running:
        running.wait_for("cycle.done")
        rounds.deposit(files)
        asked_at = time.monotonic()
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("cycle.done")
        took = time.monotonic() - asked_at
        ended(running)
    rounds.check(files)
    return Unharmed(portal, s3, seconds, took)


def every_kill(unharmed: Unharmed, dice: random.Random) -> Iterator[Kill]:
    """Every step of a cycle, the portal's once more with late commits, and random instants. The
    sizes go round: each step is met by other ones."""
    steps = [
        *(("portal", n) for n in range(1, unharmed.portal + 1)),
        *(("s3", n) for n in range(1, unharmed.s3 + 1)),
    ]
    rotations = itertools.cycle(range(3))
    for (where, nth), moment in itertools.product(steps, MOMENTS):
        late = dice.uniform(0.0, LATE) if moment == "orphaned" else 0.0
        yield Kill(where, next(rotations), nth, moment, late=late, again=_again(dice))
    # An upload's steps are where the harm is: the portal's requests once more, committed late.
    for (where, nth), moment in itertools.product(steps, ("unanswered", "orphaned")):
        if where == "portal":
            late = dice.uniform(0.2, LATE)
            yield Kill(where, next(rotations), nth, moment, late=late)
    for number in range(72):
        late = dice.choice((0.0, dice.uniform(0.2, LATE)))
        where = "service" if number % 4 == 3 else "instant"
        yield Kill(where, next(rotations), 0, "", dice.random(), late, _again(dice))


def _again(dice: random.Random) -> tuple[float, ...]:
    """For every second kill: one or two more, of the syncs that mend what the first has left."""
    return tuple(dice.random() for _ in range(dice.choice((0, 0, 1, 2))))


# -- carrying them out -------------------------------------------------------------------------


class Torment:
    """One kill, what follows, and what must then be true."""

    def __init__(
        self,
        rounds: Rounds,
        kill: Kill,
        unharmed: Unharmed,
        figures: Figures,
        lock: threading.Lock,
    ) -> None:
        self._rounds, self._kill, self._unharmed = rounds, kill, unharmed
        self._figures, self._lock = figures, lock

    def carry_out(self) -> None:
        rounds, kill = self._rounds, self._kill
        files = rounds.prepare(kill.rotation)
        if kill.late and kill.moment != "orphaned" and rounds.office.portal.kind == "simulator":
            rounds.office.simulator.faults.add(
                method="POST", path=r"/upload/$", times=None, late=kill.late, answer="wait"
            )
        killed = self._service(files) if kill.where == "service" else self._sync(files)
        if rounds.office.portal.kind == "simulator":
            rounds.office.simulator.faults.clear()
        with self._lock:
            (self._figures.kills if killed else self._figures.missed)[kill.kind] += 1
        for share in kill.again:
            self._kill_again(share)
        if kill.where == "service":
            self._service_again()
        else:
            self._sync_again()
        rounds.check(files)
        rounds.check_quiet()

    # -- the command -----------------------------------------------------------------------------

    def _sync(self, files: Sequence[Published]) -> bool:
        kill, rounds = self._kill, self._rounds
        rounds.deposit(files)
        born: queue.SimpleQueue[Running] = queue.SimpleQueue()
        wire = self._wire()
        if wire is not None:
            wire.arm(kill.nth, _course(kill, lambda: born.get(timeout=PATIENCE).kill()))
        with rounds.office.start("sync", "--json") as running:
            born.put(running)
            if wire is None:
                return _kill_after(running, kill.share * self._unharmed.sync)
            running.finish()
        met = wire.met.is_set()
        wire.disarm()
        return met

    def _kill_again(self, share: float) -> None:
        with self._rounds.office.start("sync", "--json") as running:
            killed = _kill_after(running, share * self._unharmed.sync)
        with self._lock:
            (self._figures.kills if killed else self._figures.missed)["recovery"] += 1

    def _wire(self) -> Wire | None:
        return {"portal": self._rounds.portal, "s3": self._rounds.s3}.get(self._kill.where)

    def _sync_again(self) -> None:
        done = self._rounds.sync()
        assert done.code == 0, done.all
        self._note(done)

    # -- the service -----------------------------------------------------------------------------

    def _service(self, files: Sequence[Published]) -> bool:
        with service(self._rounds) as running:
            running.wait_for("cycle.done")
            self._rounds.deposit(files)
            running.process.send_signal(signal.SIGUSR1)
            return _kill_after(running, self._kill.share * self._unharmed.service)

    def _service_again(self) -> None:
        with service(self._rounds) as running:
            running.wait_for("cycle.done")
            self._note(ended(running))

    def _note(self, done: Done) -> None:
        told = {"recovery.arrived", "recovery.lost", "upload.sent", "publication.titled"}
        with self._lock:
            events = Counter(event["event"] for event in done.events)
            self._figures.recoveries.update({name: events[name] for name in told})
            self._figures.recoveries["cycles"] += 1


def service(rounds: Rounds) -> Running:
    rounds.office.defaults = "schedule: {every: 1d}"
    return rounds.office.start("run", cold=True, SYNCD_HTTP_ADDRESS="off")


def _kill_after(running: Running, seconds: float) -> bool:
    """False when it had ended before."""
    try:
        running.process.wait(seconds)
    except subprocess.TimeoutExpired:
        running.kill()
        return True
    return False


def _course(kill: Kill, strike: Callable[[], object]) -> Course:
    """What the wire does with the request at which the process dies."""

    def unsent(exchange: Exchange) -> None:
        exchange.take()
        strike()
        exchange.close()

    def orphaned(exchange: Exchange) -> None:
        """The client is dead before the server has seen its request."""
        exchange.take()
        strike()
        exchange.be_late(kill.late)
        exchange.forward()
        exchange.close()

    def unanswered(exchange: Exchange) -> None:
        exchange.forward()
        strike()
        exchange.close()

    def answered(exchange: Exchange) -> None:
        exchange.forward()
        exchange.answer()
        strike()
        exchange.close()

    return {f.__name__: f for f in (unsent, orphaned, unanswered, answered)}[kill.moment]
