"""Several replicas, and everything that may happen to them at once. The full form, ten minutes on
the real portal: `SYNCD_TEST_HAMMER=1`."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.stress.hammer import Form, Stage, hammer, what_was_stored
from tests.support import changed_locks
from tests.support.cli_harness import PATIENCE
from tests.support.portal_servers import PortalServer
from tests.support.postgres_servers import Postgres, running
from tests.support.s3_servers import Server

pytestmark = [pytest.mark.stress, pytest.mark.timeout(900)]  # on a busy machine

FULL = os.environ.get("SYNCD_TEST_HAMMER") == "1"
MINUTES = float(os.environ.get("SYNCD_TEST_HAMMER_MINUTES", "10"))
SEED = int(os.environ.get("SYNCD_TEST_SEED", "20261130"))
RESUMES = 15.0 if FULL else PATIENCE  # seconds; the short form runs beside other tests
NEVER = (1e6, 1e6)
NO_FENCE = f"{changed_locks.__name__}:no_fence"
NO_LOCKS = f"{changed_locks.__name__}:no_locks"
SHORT_LEASE = f"{changed_locks.__name__}:short_lease"


@pytest.fixture
def server() -> Iterator[Postgres]:
    """One that is restarted."""
    with running() as made:
        yield made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as open_ones:
        yield open_ones


@pytest.fixture
def staged(
    seaweed: Server, server: Postgres, tmp_path: Path, stack: ExitStack
) -> Callable[..., Stage]:
    def make(form: Form, portal: PortalServer | None = None) -> Stage:
        return Stage(stack, portal, seaweed, server, tmp_path, form, SEED)

    return make


def test_struck_at_any_time_replicas_publish_each_file_once(
    staged: Callable[..., Stage], capfd: pytest.CaptureFixture[str]
) -> None:
    form = Form(4, 12, seconds=25, gap=(1, 4), asleep=(8, 12), restarts=1, change=SHORT_LEASE)
    stage = staged(form)
    wrong = hammer(stage, SEED)
    tell(capfd, stage, wrong)
    assert not wrong, "\n".join(wrong)
    assert stage.figures.uploads >= 20


# On a busy machine they do not always meet within the minute.
@pytest.mark.skipif(not FULL, reason="needs SYNCD_TEST_HAMMER=1")
def test_without_their_locks_they_publish_files_twice_and_at_once(
    staged: Callable[..., Stage], capfd: pytest.CaptureFixture[str]
) -> None:
    """The control: nothing happens to them, and what keeps them off each other is away."""
    stage = staged(Form(3, 8, seconds=60, gap=NEVER, asleep=NEVER, change=NO_LOCKS))
    until = time.monotonic() + stage.form.seconds
    wrong: list[str] = []

    def is_shown() -> bool:
        wrong[:] = what_was_stored(stage.witness.stored, stage.depositor.streams)
        return all(any(words in one for one in wrong) for words in ("was sent", "at once"))

    stage.start()
    stage.depositor.until(lambda: is_shown() or time.monotonic() > until)
    tell(capfd, stage, wrong)
    assert is_shown(), wrong


@pytest.mark.parametrize("change", [SHORT_LEASE, NO_FENCE])
def test_whoever_sleeps_in_an_upload_ends_it_only_without_the_fence(
    staged: Callable[..., Stage], change: str
) -> None:
    stage = staged(Form(2, 8, 0, gap=NEVER, asleep=NEVER, change=change))
    depositor, witness = stage.depositor, stage.witness
    heavy, asleep = depositor.streams[-1], threading.Event()

    def suspend(dataset: str) -> None:
        stage.suspend(dataset)
        asleep.set()

    stage.start()
    assert depositor.drain(stage.form.drained, stage.see) == []
    witness.strike_at("begun", suspend)
    old = depositor.replace(heavy)
    depositor.ask()
    assert asleep.wait(PATIENCE)
    new = depositor.replace(heavy)
    assert depositor.drain(stage.form.drained, stage.see) == []
    assert not witness.knows(old)  # else nobody slept in its upload
    for machine in stage.machines:
        machine.wake()
    with witness.news:
        assert witness.news.wait_for(lambda: witness.given_up or witness.knows(old), PATIENCE)
    assert witness.came_after(old, new) is (change == NO_FENCE)


@pytest.mark.skipif(not FULL, reason="needs SYNCD_TEST_HAMMER=1 and a quarter of an hour")
@pytest.mark.udata
@pytest.mark.timeout(3600)
def test_for_ten_minutes_on_the_real_portal(
    udata: PortalServer, staged: Callable[..., Stage], capfd: pytest.CaptureFixture[str]
) -> None:
    form = Form(4, 64, seconds=60 * MINUTES, gap=(10, 30), asleep=(25, 45))
    stage = staged(form, udata)
    wrong = hammer(stage, SEED)
    tell(capfd, stage, wrong)
    assert not wrong, "\n".join(wrong)


def test_a_database_that_is_away_ends_no_process_and_delays_work_by_seconds(
    staged: Callable[..., Stage], capfd: pytest.CaptureFixture[str]
) -> None:
    form = Form(3, 8, 0, gap=NEVER, asleep=NEVER, change="" if FULL else SHORT_LEASE)
    stage = staged(form)
    stage.start()
    resumed = [away_for(stage, seconds) for seconds in ((1, 15, 40, 120) if FULL else (1, 5))]
    stage.end()
    wrong = [*stage.check(), *stage.check_history()]
    tell(capfd, stage, wrong, f"work went on {', '.join(f'{n:.1f}' for n in resumed)} s after")
    assert not wrong, "\n".join(wrong)
    assert max(resumed) < RESUMES


def away_for(stage: Stage, seconds: float) -> float:
    """It goes in the middle of an upload. The seconds after its return until a file is online."""
    gone = threading.Event()

    def stop(_dataset: str) -> None:
        stage.server.stop()
        gone.set()

    stage.witness.strike_at("begun", stop)
    stage.depositor.until(gone.is_set)
    until = time.monotonic() + seconds
    stage.depositor.until(lambda: time.monotonic() > until)
    stage.server.start()
    back = time.monotonic()

    def goes_on() -> bool:
        online = [one for one in stage.witness.stored[-1:] if one.ended > back]
        return bool(online) or time.monotonic() > back + 4 * RESUMES

    stage.depositor.until(goes_on)
    stage.see()
    stage.figures.strokes[f"{seconds} s without a database"] += 1
    return time.monotonic() - back


@pytest.mark.skipif(not FULL, reason="needs SYNCD_TEST_HAMMER=1, and a minute")
def test_on_an_older_ledger_from_a_backup_nothing_is_lost_and_nothing_sent_twice(
    staged: Callable[..., Stage], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The backup is made while an upload has no title yet, and no end in the ledger."""
    stage = staged(Form(2, 6, 0, gap=NEVER, asleep=NEVER, change=SHORT_LEASE))
    backup, kept = tmp_path / "backup", threading.Event()

    def keep(_dataset: str) -> None:
        stage.server.dump(stage.database, backup)
        kept.set()

    stage.start()
    stage.depositor.until(lambda: len(stage.witness.stored) > 10)
    stage.witness.strike_at("stored", keep)
    stage.depositor.until(kept.is_set)
    later = len(stage.witness.stored) + 15
    stage.depositor.until(lambda: len(stage.witness.stored) > later)
    stage.end()

    stage.server.restore(stage.database, backup)
    # Before new files come: one that meets an older ledger is held, as somebody else's would be.
    first = stage.office.sync()
    recovered = {"created", "replaced"}  # of the uploads that the backup knows without their end
    assert first.code == 0, first.all
    assert set(first.document["summary"]) <= {"unchanged", "adopted", *recovered}, first.all
    assert "upload.sent" not in first.err
    stage.start()
    later = len(stage.witness.stored) + 5
    stage.depositor.until(lambda: len(stage.witness.stored) > later)
    stage.end()

    wrong = stage.check()
    tell(capfd, stage, wrong)
    assert not wrong, "\n".join(wrong)


def tell(capfd: pytest.CaptureFixture[str], stage: Stage, wrong: list[str], more: str = "") -> None:
    stage.figures.uploads = len(stage.witness.stored)
    with capfd.disabled():
        sys.stderr.write(
            f"\nseed {SEED}, {stage.form}: {stage.figures}; {len(wrong)} things wrong {more}\n"
        )
