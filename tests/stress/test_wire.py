"""Every fault of the wire at every request of a cycle, towards the portal and towards S3: syncd
ends with a code of its table and a sentence, and the next `sync` makes everything well. The full
form: `SYNCD_TEST_TORTURE=1`."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stress.rounds import Offices, Rounds, share_out
from tests.support.cli_harness import Done
from tests.support.network.faulty_proxy import AFTER_THE_WORK, BEFORE_THE_WORK, FAULTS
from tests.support.s3_servers import Server

pytestmark = pytest.mark.stress

FULL = os.environ.get("SYNCD_TEST_TORTURE") == "1"
SEED = int(os.environ.get("SYNCD_TEST_SEED", "20261126"))
BOX = 25.0  # seconds after which the short form starts nothing new
HARMLESS = {"delayed", "throttled"}
OF_THE_PORTAL = {**AFTER_THE_WORK, **BEFORE_THE_WORK}  # S3 is only read
COURSES = {**FAULTS, **OF_THE_PORTAL}
MUTE = {"stalled", "swallowed"}  # here syncd's patience is what is measured, and it is made short


@dataclass(frozen=True, slots=True)
class Trouble:
    side: str  # "portal" or "s3"
    nth: int
    fault: str
    rotation: int


def test_a_sample_of_faults_on_the_wire(
    seaweed: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if FULL:
        pytest.skip("the full form is the test below")
    torture(seaweed, tmp_path, capfd, most=40, box=BOX, least=3)


@pytest.mark.skipif(not FULL, reason="needs SYNCD_TEST_TORTURE=1 and a quarter of an hour")
@pytest.mark.timeout(3600)
def test_every_fault_at_every_request(
    seaweed: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    torture(seaweed, tmp_path, capfd, most=None, box=3000, least=300)


def torture(
    seaweed: Server,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    most: int | None,
    box: float,
    least: int,
) -> None:
    with Offices(None, seaweed, folder / "unharmed", hasty=True) as offices:
        portal, s3 = requests_of_a_cycle(offices.rounds())
    steps = [
        *(("portal", n) for n in range(1, portal + 1)),
        *(("s3", n) for n in range(1, s3 + 1)),
    ]
    rotations = itertools.cycle(range(3))
    troubles = [
        Trouble(side, nth, fault, next(rotations))
        for (side, nth), fault in itertools.product(steps, COURSES)
        if side == "portal" or fault not in OF_THE_PORTAL
    ]
    random.Random(SEED).shuffle(troubles)
    figures: Counter[str] = Counter()
    lock = threading.Lock()

    def work(rounds: Rounds, trouble: Trouble) -> None:
        told = met(rounds, trouble)
        with lock:
            figures[told] += 1

    started = time.monotonic()
    failures = share_out(troubles[:most], work, None, seaweed, folder, started + box, hasty=True)
    with capfd.disabled():
        seconds = time.monotonic() - started
        sys.stderr.write(
            f"\nseed {SEED}, {portal} requests to the portal and {s3} to S3, {seconds:.0f} s: "
            f"{figures.total()} faults, {dict(sorted(figures.items()))}; "
            f"{len(failures)} did not converge\n"
        )
    assert not failures, "\n\n".join(failures)
    assert figures.total() >= least


def requests_of_a_cycle(rounds: Rounds) -> tuple[int, int]:
    files = rounds.prepare(0)
    rounds.deposit(files)
    portal, s3 = rounds.counts()
    assert rounds.sync().code == 0
    portal, s3 = rounds.counts()[0] - portal, rounds.counts()[1] - s3
    rounds.check(files)
    return portal, s3


def met(rounds: Rounds, trouble: Trouble) -> str:
    """How the `sync` ended that met it; then all must become well."""
    files = rounds.prepare(trouble.rotation)
    rounds.deposit(files)
    wire = rounds.portal if trouble.side == "portal" else rounds.s3
    wire.arm(trouble.nth, COURSES[trouble.fault])
    patience = {"SYNCD_READ_TIMEOUT": "1.5"} if trouble.fault in MUTE else {}
    done = rounds.sync(**patience)
    assert wire.met.is_set(), done.all
    wire.disarm()
    wire.rest()
    check_words(done, harmless=trouble.fault in HARMLESS)

    again = _again(rounds, done)
    assert again.code == 0, f"{done.all}\n\n{again.all}"
    rounds.check(files)
    rounds.check_quiet()
    return f"exit code {done.code}"


def check_words(done: Done, *, harmless: bool) -> None:
    assert done.code in ({0} if harmless else {0, 1, 3}), done.all
    assert "Traceback" not in done.all
    assert done.said == []  # what there is to say is in the document
    for outcome in done.document["outcomes"]:
        assert outcome["reason"].endswith("."), outcome
        assert "internal" not in outcome["reason"], outcome


def _again(rounds: Rounds, done: Done) -> Done:
    """The next `sync`. What the portal would not have is sent once a day, or when it is forced."""
    refused = "refused" in done.outcomes.values()
    forced = ("--force", "--by", "Léa", "--dataset", rounds.office.dataset)
    return rounds.sync(*(forced if refused else ()))
