"""`syncd run` and a ledger that is not what syncd wrote: at the start, and under its hands."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli_harness import Office, Running, asked, ended
from tests.support.damaged_ledgers import FILES, by_sql

OLD, NEW = b"id\n1\n", b"id\n1\n2\n"


@pytest.fixture
def synced(office: Office) -> Office:
    office.target("Liste", "a.csv", OLD)
    assert office.sync().code == 0
    return office


@contextmanager
def service(office: Office) -> Iterator[Running]:
    office.defaults = "schedule: {every: 1d}"
    with office.start("run", SYNCD_HTTP_ADDRESS="127.0.0.1:0", SYNCD_STOP_GRACE="20") as running:
        yield running


@pytest.mark.parametrize("kind", ["no database", "half of it", "a newer one", "a table is gone"])
def test_a_service_does_not_start_on_such_a_ledger_and_says_why(synced: Office, kind: str) -> None:
    ledger = synced.state / "ledger.sqlite"
    FILES[kind](ledger)
    before = ledger.read_bytes()

    with service(synced) as running:
        done = running.finish()

    assert done.code == 1, done.all
    assert len(done.said) == 1, done.err
    assert "ledger" in done.said[0]
    assert "Traceback" not in done.all
    if kind != "a table is gone":  # there, what is not damaged goes on
        assert ledger.read_bytes() == before


UNDER_WAY: dict[str, Callable[[Path], None]] = {
    "an impossible value": by_sql("UPDATE bindings SET state = 'elsewhere'"),
    "an impossible instant": by_sql("UPDATE datasets SET checked_at = 'yesterday'"),
    "a table is gone": by_sql("DROP TABLE requests"),
    "noise": FILES["noise"],
}


@pytest.mark.parametrize("kind", UNDER_WAY)
def test_a_ledger_that_is_damaged_under_a_service_is_said_and_stops_nothing(
    synced: Office, kind: str
) -> None:
    with service(synced) as running:
        address = running.wait_for("service.started")["http"]
        running.wait_for("cycle.done")
        UNDER_WAY[kind](synced.state / "ledger.sqlite")
        if kind == "a table is gone":  # it is looked into once a second
            running.wait_for("service.trouble")
        synced.bucket.put("a.csv", NEW)
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("cycle.done")

        assert asked(f"http://{address}/healthz").status_code == 200
        done = ended(running)

    assert [line for line in done.events if "exception" in line] == []
    assert "Traceback" not in done.all
    if kind != "noise":  # what SQLite remembers, it does not read again
        assert [line for line in done.events if "ledger_" in line.get("why", "")], done.err
