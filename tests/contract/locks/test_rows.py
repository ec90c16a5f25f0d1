"""What only a lock in a database can meet: it passes to another while its holder sleeps."""

from __future__ import annotations

import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from syncd.adapters.ledger import postgresql
from syncd.adapters.ledger.locks import LEASE, PRESENT, SERVICE, LockRows
from syncd.adapters.ledger.postgresql import PostgresDatabase
from syncd.adapters.ledger.tables import locks as lock_table
from syncd.adapters.ledger.tables import of_several
from syncd.adapters.locks import DatasetLocks
from syncd.core import fence
from syncd.core.errors import LedgerError, LockHeld, LockLost
from tests.contract.locks.conftest import DATASET, PORTAL, Kind
from tests.support.postgres_servers import running
from tests.support.waiting_clock import Clock


def test_what_another_took_over_is_lost(in_rows: Kind) -> None:
    with in_rows.locks.hold(PORTAL, DATASET, 0):
        in_rows.lapse()
        with in_rows.locks.hold(PORTAL, DATASET, 0):
            pass
        with pytest.raises(LockLost) as caught:
            fence.confirm()
    assert caught.value.reason.facts["dataset"] == DATASET


def test_who_lost_it_does_not_free_it_for_the_next_one(in_rows: Kind) -> None:
    late = in_rows.store.place(PORTAL, DATASET)
    assert late.take({"pid": 1, "host": "late"})
    in_rows.lapse()
    with in_rows.locks.hold(PORTAL, DATASET, 0):
        late.leave()
        fence.confirm()
        with pytest.raises(LockHeld), in_rows.locks.hold(PORTAL, DATASET, 0):
            pass


def test_what_nobody_took_meanwhile_is_ours_still(in_rows: Kind) -> None:
    with in_rows.locks.hold(PORTAL, DATASET, 0):
        in_rows.lapse()
        fence.confirm()
        with pytest.raises(LockHeld), in_rows.locks.hold(PORTAL, DATASET, 0):
            pass


def test_of_many_the_loss_of_one_is_the_loss_of_all(in_rows: Kind) -> None:
    with in_rows.locks.hold_free(PORTAL, ["a", "b", "c"]):
        in_rows.lapse()
        with in_rows.locks.hold(PORTAL, "b", 0):
            pass
        with pytest.raises(LockLost):
            fence.confirm()


def test_a_holder_that_sleeps_is_taken_over_only_after_its_lease(in_rows: Kind) -> None:
    with in_rows.held_elsewhere() as child:
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(LockHeld), in_rows.locks.hold(PORTAL, DATASET, LEASE.total_seconds()):
            pass  # the clock of this wait is not the server's
        in_rows.lapse()
        with in_rows.locks.hold(PORTAL, DATASET, 0):
            os.kill(child.pid, signal.SIGCONT)
            child.communicate(timeout=60)  # frees what it believes to have
            fence.confirm()


def test_nobody_takes_over_while_a_transaction_writes_for_the_holder(in_rows: Kind) -> None:
    engine = sa.create_engine(in_rows.where.replace("postgresql:", "postgresql+psycopg:"))
    next_one = in_rows.store.place(PORTAL, DATASET)
    with in_rows.locks.hold(PORTAL, DATASET, 0), ThreadPoolExecutor(1) as other:
        in_rows.lapse()
        with engine.begin() as connection:
            _refuse_lost(in_rows, connection)
            taking = other.submit(next_one.take, {"pid": 1, "host": "next"})
            assert _someone_waits(engine)
            assert not taking.done()
        assert taking.result(timeout=60)
        with pytest.raises(LockLost):
            fence.confirm()
    next_one.leave()
    engine.dispose()


def _refuse_lost(kind: Kind, connection: sa.Connection) -> None:
    assert isinstance(kind.store, LockRows)
    kind.store.refuse_lost(connection, fence.holds())


def _someone_waits(engine: sa.Engine) -> bool:
    asked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(10_000):
        with engine.connect() as connection:
            if connection.execute(asked).scalar():
                return True
    return False


def test_a_transaction_for_a_lost_lock_is_refused(in_rows: Kind) -> None:
    engine = sa.create_engine(in_rows.where.replace("postgresql:", "postgresql+psycopg:"))
    with in_rows.locks.hold(PORTAL, DATASET, 0):
        in_rows.lapse()
        with in_rows.locks.hold(PORTAL, DATASET, 0):
            pass
        with pytest.raises(LockLost), engine.begin() as connection:
            _refuse_lost(in_rows, connection)
    engine.dispose()


def test_of_who_had_it_no_name_stays(in_rows: Kind) -> None:
    with in_rows.locks.hold(PORTAL, DATASET, 0, "release", "Léa"):
        pass
    assert _rows(in_rows, lock_table.c.holder) == ["{}"]


def test_a_service_that_is_gone_leaves_no_row(in_rows: Kind) -> None:
    assert isinstance(in_rows.store, LockRows)
    well, killed = (in_rows.store.place(SERVICE, f"{PRESENT}{n}") for n in "12")
    assert well.take({"pid": 1, "host": "a", "version": "1"})
    assert killed.take({"pid": 2, "host": "b", "version": "1"})
    assert [one.host for one in in_rows.store.fleet().replicas] == ["a", "b"]
    well.leave()
    in_rows.lapse()
    assert in_rows.store.fleet().replicas == ()
    in_rows.store.drop_dead()  # by one that starts, before the others could say that they live
    assert killed.hold is not None
    killed.hold.confirm()
    assert [one.host for one in in_rows.store.fleet().replicas] == ["b"]
    in_rows.lapse("2 days")
    in_rows.store.drop_dead()
    assert _rows(in_rows, lock_table.c.dataset) == []


def test_of_each_service_it_is_known_what_it_works_on(in_rows: Kind) -> None:
    assert isinstance(in_rows.store, LockRows)
    for number, host in enumerate((socket.gethostname(), "elsewhere")):
        note = {"pid": os.getpid(), "host": host, "version": "1"}
        assert in_rows.store.place(SERVICE, f"{PRESENT}{number}").take(note)
    with in_rows.locks.hold(PORTAL, DATASET, 0):
        here, elsewhere = in_rows.store.replicas()
        assert (here.works_on, elsewhere.works_on) == ((DATASET,), ())
    assert in_rows.store.replicas()[0].works_on == ()


def test_a_hold_is_confirmed_once_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as server:
        naps = 0

        def nap(_: float) -> None:
            nonlocal naps
            naps += 1
            if naps == 3:
                server.start()

        monkeypatch.setattr(postgresql, "_sleep", nap)
        home = PostgresDatabase(server.url("postgres"), read_only=False, busy_seconds=30)
        home.starting(lambda: of_several.create_all(home.engine))
        rows = LockRows(home.begin_for_locks)
        with DatasetLocks(rows, clock=Clock(), wait=nap).hold(PORTAL, DATASET, 0):
            server.stop()
            fence.confirm()
        rows.close()
        home.close()
    assert naps == 3


@pytest.mark.stress
def test_one_whose_connection_hangs_in_the_middle_holds_up_nobody_for_long(in_rows: Kind) -> None:
    engine = sa.create_engine(in_rows.where.replace("postgresql:", "postgresql+psycopg:"))
    with in_rows.locks.hold(PORTAL, DATASET, 0):
        in_rows.lapse()
    hanging = engine.connect()
    hanging.execute(sa.select(lock_table).with_for_update())
    with pytest.raises(LedgerError), in_rows.locks.hold(PORTAL, DATASET, 0):
        pass
    hanging.close()
    engine.dispose()


def _rows(kind: Kind, column: sa.Column[Any]) -> list[object]:
    engine = sa.create_engine(kind.where.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found = list(connection.execute(sa.select(column)).scalars())
    engine.dispose()
    return found


def test_each_taking_counts(in_rows: Kind) -> None:
    for _ in range(3):
        with in_rows.locks.hold(PORTAL, DATASET, 0):
            pass
    engine = sa.create_engine(in_rows.where.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert connection.execute(sa.select(lock_table.c.epoch)).scalar() == 3
    engine.dispose()


def test_many_who_take_many_in_any_order_never_share_one(in_rows: Kind) -> None:
    datasets = [f"d{number}" for number in range(12)]
    at: dict[str, int] = dict.fromkeys(datasets, 0)
    counting = threading.Lock()
    twice: list[str] = []

    def work(number: int) -> int:
        server = PostgresDatabase(in_rows.where, read_only=False, busy_seconds=5)
        rows = LockRows(server.begin_for_locks)
        locks = DatasetLocks(rows, clock=in_rows.clock, wait=in_rows.clock.wait)
        got = 0
        for turn in range(20):
            shift = (number * 5 + turn) % len(datasets)
            asked = datasets[shift:] + datasets[:shift]
            with locks.hold_free(PORTAL, asked[:7][:: -1 if number % 2 else 1]) as held:
                with counting:
                    for one in held:
                        at[one] += 1
                        if at[one] > 1:
                            twice.append(one)
                fence.confirm()
                got += len(held)
                with counting:
                    for one in held:
                        at[one] -= 1
        rows.close()
        server.close()
        return got

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(work, range(6)))
    assert not twice
    assert sum(got) > 0
