"""The lead among replicas that differ in manifest or program, over time, on a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from structlog.testing import capture_logs

from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.tables import locks
from syncd.bootstrap import job_queue
from syncd.config.settings import Settings
from syncd.core.errors import LedgerError
from syncd.core.service_records import Fleet
from syncd.service import assembly
from syncd.service.replica import COURTESY, LASTS, SEEN_AGAIN, Replica
from syncd.service.signals import STOP, SignalQueue
from tests.support.postgres_servers import CutOff, Postgres
from tests.support.waiting_clock import Clock

OLD, NEW = "0" * 64, "1" * 64


@dataclass
class One:
    """A replica with a connection of its own; its renewing ends with `dies`."""

    replica: Replica
    ledger: SqlLedger
    signals: SignalQueue
    manifest: str

    def turn(self) -> bool:
        """As each two seconds of one that stands by; whether it leads from now on."""
        may = self.replica.may_lead(self.manifest, has_any=bool(self.manifest))
        return may and self.replica.tries()

    def leads(self) -> None:
        """As each five seconds of the one that leads."""
        self.replica.works_by = self.manifest
        self.replica.confirm()

    def dies(self) -> None:
        assert self.ledger.locks is not None
        self.ledger.locks.close()
        mine = locks.c.holder.cast(sa.String).contains(self.replica._id)
        with self.ledger._begin() as connection:
            connection.execute(sa.update(locks).where(mine).values(expires_at=sa.func.now()))

    @property
    def fleet(self) -> Fleet:
        assert self.ledger.locks is not None
        return self.ledger.locks.fleet()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(database: str, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., One]]:
    with ExitStack() as stack:

        def started(manifest: str = OLD, version: str = "1.0.0") -> One:
            ledger = stack.enter_context(closing(SqlLedger(database, tmp_path)))
            assert ledger.locks is not None
            signals = SignalQueue()
            replica = Replica(ledger, ledger.locks, signals, version=version, clock=clock)
            stack.enter_context(replica.present())
            return One(replica, ledger, signals, manifest)

        yield started


@contextmanager
def newer_tables(ledger: SqlLedger) -> Iterator[None]:
    """As a newer program leaves them."""
    with ledger._begin() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    yield
    with ledger._begin() as connection:
        back = sa.text("UPDATE alembic_version SET version_num = :found")
        connection.execute(back, {"found": found})


def _is_up(database: str, folder: Path, cutting: AbstractContextManager[object]) -> bool:
    """Starts, as a service does up to the moment where it stands by; whether others see it."""
    with ExitStack() as stack:
        with cutting:
            ledger = stack.enter_context(closing(SqlLedger(database, folder)))
            assert ledger.locks is not None
            replica = Replica(ledger, ledger.locks, SignalQueue())
            stack.enter_context(replica.present())
        return replica._id in {one.id for one in ledger.locks.fleet().replicas}


def test_a_start_that_is_cut_off_at_any_statement_goes_on(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    whole = CutOff(postgres)
    assert _is_up(database, tmp_path, whole)
    assert len(whole.asked) > 5
    for at, statement in enumerate(whole.asked):
        cut = CutOff(postgres, at)
        assert _is_up(database, tmp_path, cut), statement
        assert len(cut.asked) > at


MANIFEST = """\
version: 1
portal: https://demo.data.gouv.fr
sources: {depot: {endpoint: "https://s3.example.fr", bucket: depot}}
defaults: {source: depot}
datasets:
  - dataset: 5d2c4f6e8b4c4110c5a1b2c3
    resources:
      - {resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975, object: a.csv}
"""


def test_who_is_cut_off_as_it_begins_to_lead_leaves_nothing_that_goes_on(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what became of jobs is read by one who does not lead."""
    file = tmp_path / "manifest.yaml"
    file.write_text(MANIFEST)
    settings = Settings(
        manifest=file,
        state_dir=tmp_path,
        api_key=SecretStr("k"),
        database_url=SecretStr(database),
        http_address="off",
    )
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(SqlLedger(database, tmp_path)))
        assert ledger.locks is not None
        queue = stack.enter_context(closing(job_queue(ledger)))
        hands: Any = SimpleNamespace(queue=queue, tell_retries_to=lambda _: None, runtime=None)
        replica = Replica(ledger, ledger.locks, SignalQueue())
        for name in ("drop_services", "release_requests", "runs"):
            begun = assembly.assembled(settings, SignalQueue(), replica, hands)
            with monkeypatch.context() as cutting:
                cutting.setattr(SqlLedger, name, _away)
                with pytest.raises(LedgerError):
                    stack.enter_context(begun)
            here = {thread.name for thread in threading.enumerate()}
            assert here.isdisjoint({"planned", "looking", "notifications"}), name


def _away(*_: object) -> None:
    raise LedgerError("ledger_database_away", host="db", database="syncd", detail="cut")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
def test_a_start_that_is_cut_off_while_it_makes_tables_makes_them_anew(
    postgres: Postgres, empty_database: str, tmp_path: Path, part: float
) -> None:
    whole = CutOff(postgres)
    assert _is_up(empty_database, tmp_path, whole)
    name = empty_database.rpartition("/")[2]
    postgres.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public", name)
    cut = CutOff(postgres, int(part * len(whole.asked)))
    assert _is_up(empty_database, tmp_path, cut)
    assert len(cut.asked) > len(whole.asked)


def codes(logged: list[Any]) -> list[str]:
    return [one["code"] for one in logged if one["event"] == "replica.differs"]


def test_the_lead_passes_to_who_has_the_manifest_in_force(start: Callable[..., One]) -> None:
    first, other, same = start(), start(NEW), start()
    assert first.turn()
    first.leads()
    assert not same.turn()
    assert not other.turn()
    first.dies()
    for _ in range(3):
        assert not other.turn()
    assert same.turn()


def test_the_other_manifest_comes_into_force_where_nobody_has_the_former(
    start: Callable[..., One], clock: Clock
) -> None:
    first, other = start(), start(NEW)
    assert first.turn()
    first.leads()
    assert not other.turn()
    first.dies()
    assert not other.turn()  # somebody who could not reach the server may come back
    clock.now += SEEN_AGAIN
    assert other.turn()
    assert other.fleet.manifest == OLD  # until it took its own
    other.leads()
    assert other.fleet.manifest == NEW


def test_after_an_outage_the_lead_waits_for_who_has_the_manifest_in_force(
    start: Callable[..., One], clock: Clock
) -> None:
    first, other, same = start(), start(NEW), start()
    assert first.turn()
    first.leads()
    assert not other.turn()
    assert not same.turn()
    first.dies()
    with first.ledger._begin() as connection:  # as after a time without the server
        connection.execute(sa.update(locks).values(expires_at=sa.func.now()))
    assert not other.turn()
    clock.now += 2
    assert not other.turn()
    assert same.turn()


def test_one_that_starts_alone_with_another_manifest_leads_at_once(
    start: Callable[..., One],
) -> None:
    first = start()
    assert first.turn()
    first.leads()
    first.dies()
    assert start(NEW).turn()


def test_what_was_in_force_is_known_after_an_orderly_end(start: Callable[..., One]) -> None:
    first, other, same = start(), start(NEW), start()
    assert first.turn()
    first.leads()
    assert not same.turn()
    first.replica.leave()
    assert (other.fleet.is_led, other.fleet.manifest) == (False, OLD)
    start()  # drops what the dead left
    assert not other.turn()
    assert same.turn()


def test_who_should_rather_lead_and_does_not_is_waited_for_some_seconds(
    start: Callable[..., One], clock: Clock
) -> None:
    first, other, hangs = start(), start(NEW), start()
    assert first.turn()
    first.leads()
    assert not hangs.turn()
    first.dies()
    assert not other.turn()
    clock.now += COURTESY - 1
    assert not other.turn()
    clock.now += 2
    assert other.turn()


def test_of_two_programs_the_newer_one_leads_next(start: Callable[..., One]) -> None:
    first, older, newer = start(), start(), start(version="1.1.0")
    assert first.turn()
    first.leads()
    assert not newer.turn()
    first.dies()
    assert not older.turn()
    assert newer.turn()


def test_a_change_that_did_not_reach_a_machine_is_told_from_one_that_came_first(
    start: Callable[..., One],
) -> None:
    first, second = start(), start()
    assert first.turn()
    first.leads()
    assert not second.turn()
    first.manifest = NEW
    first.leads()
    assert not second.turn()
    assert second.replica.is_behind
    second.manifest = "2" * 64  # somebody changed it here
    assert not second.turn()
    assert not second.replica.is_behind
    second.manifest = NEW
    assert not second.turn()
    second.manifest = OLD  # on purpose, back
    assert not second.turn()
    assert not second.replica.is_behind


def test_who_led_and_slept_through_a_change_is_behind(start: Callable[..., One]) -> None:
    first, second = start(), start(NEW)
    assert first.turn()
    first.leads()
    first.dies()
    assert second.turn()
    second.leads()
    first.replica.confirm()
    assert first.replica.was_deposed
    assert not first.turn()
    assert first.replica.is_behind


def test_a_difference_is_told_once_and_only_where_it_lasts(
    start: Callable[..., One], clock: Clock
) -> None:
    first, second = start(), start()
    assert first.turn()
    first.leads()
    assert not second.turn()
    second.manifest = NEW
    with capture_logs() as logged:
        assert not second.turn()
        clock.now += LASTS / 2
        assert not second.turn()
        assert codes(logged) == []
        clock.now += LASTS
        for _ in range(3):
            assert not second.turn()
        assert codes(logged) == ["replica_other_manifest"]
        first.manifest = NEW
        first.leads()
        assert not second.turn()
    assert [one["event"] for one in logged][-1] == "replica.agrees"


def test_others_see_what_differs(start: Callable[..., One]) -> None:
    first, other, broken = start(), start(NEW, "1.1.0"), start("")
    assert first.turn()
    first.leads()
    assert not other.turn()
    assert not broken.turn()
    seen = {one.id: one for one in first.ledger.replicas()}
    one, two, three = (seen[each.replica._id] for each in (first, other, broken))
    assert (one.leads, one.manifest, one.other_manifest, one.other_version) == (
        True, OLD, False, False,
    )  # fmt: skip
    assert (two.other_manifest, two.other_version, two.able) == (True, True, True)
    assert (three.manifest, three.other_manifest, three.able) == ("", True, False)


def test_an_older_program_does_not_lead_over_newer_tables(start: Callable[..., One]) -> None:
    first, older = start(), start()
    assert first.turn()
    first.leads()
    with newer_tables(first.ledger):
        first.dies()
        assert not older.turn()
        assert older.replica.is_outdated
    assert older.turn()


def test_a_leader_steps_down_for_a_newer_program_that_changed_the_tables(
    start: Callable[..., One],
) -> None:
    first, newer = start(), start(version="1.1.0")
    assert first.turn()
    first.leads()
    newer.replica._said = {}
    with newer_tables(first.ledger):
        first.leads()
        assert not first.replica.was_deposed  # nobody is there who could go on
        newer.replica._say({"manifest": OLD, "able": True})  # to it they are no newer ones
        first.leads()
        assert first.replica.was_deposed
        assert first.signals.next(0) == STOP
        first.replica.leave()
        assert not first.turn()
