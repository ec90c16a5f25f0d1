"""Replicas on one ledger: the one that works is killed in an upload, or put to sleep before it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from syncd.adapters.ledger.locks import LEASE
from tests.support.cli_harness import PATIENCE, Office, Running, ended, sha1
from tests.support.network.listener import Listener
from tests.support.preforked_cli import Prefork

pytestmark = pytest.mark.stress

OLD, NEW, NEWER = b"id\n1\n", b"id\n1\n2\n", b"id\n1\n2\n3\n"
TAKEN_OVER = LEASE.total_seconds() + PATIENCE  # seconds


@pytest.fixture
def shared(office: Office, database: str) -> Office:
    office.settings |= {
        "SYNCD_DATABASE_URL": database,
        "SYNCD_HTTP_ADDRESS": "off",
        "SYNCD_SETTLE_WINDOW": "3",
    }
    office.defaults = "schedule: {every: 1d}"
    return office


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as open_ones:
        yield open_ones


def _replica(
    shared: Office, name: str, stack: ExitStack, prefork: Prefork | None = None
) -> Running:
    environment = {**shared.environment, "SYNCD_STATE_DIR": str(shared.folder / name)}
    shared.write_manifest()
    running = Running(("run",), environment, shared.folder, prefork=prefork)
    return stack.enter_context(running)


def _two_run(shared: Office, stack: ExitStack) -> tuple[Running, Running]:
    """The first leads."""
    one = _replica(shared, "one", stack)
    one.wait_for("cycle.done")
    two = _replica(shared, "two", stack)
    two.wait_for("replica.stands_by")
    return one, two


def _held(shared: Office, method: str, path: str) -> tuple[threading.Event, threading.Event]:
    """The next such request is worked on only when the second event is set; the first says that it
    is there."""
    there, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        there.set()
        assert go_on.wait(TAKEN_OVER * 4)

    shared.simulator.faults.add(method=method, path=path, hook=hold)
    return there, go_on


def _is_right(shared: Office, resource: str, content: bytes) -> None:
    online = shared.online(resource)
    assert online["checksum"]["value"] == sha1(content)
    assert online["title"] == "Liste"
    assert len(shared.order()) == 1


def test_where_the_leader_is_killed_in_an_upload_another_ends_it(
    shared: Office, stack: ExitStack
) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    one, two = _two_run(shared, stack)
    shared.bucket.put("a.csv", NEW)
    there, go_on = _held(shared, "POST", r"/upload/$")
    one.process.send_signal(signal.SIGUSR1)
    assert there.wait(TAKEN_OVER)
    one.kill()
    go_on.set()  # the portal had all of it

    two.wait_for("service.started", TAKEN_OVER)
    two.wait_for("cycle.done", TAKEN_OVER)

    _is_right(shared, resource, NEW)
    assert shared.uploads() == 2  # the first, and the one that was not lost
    assert shared.simulator.journal.overlapping_uploads() == []
    ended(two)


def test_a_leader_that_slept_through_its_lease_changes_nothing_more(
    shared: Office, stack: ExitStack
) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    one, two = _two_run(shared, stack)
    there, go_on = _held(shared, "GET", rf"/api/1/datasets/{shared.dataset}/$")
    shared.bucket.put("a.csv", NEW)
    one.process.send_signal(signal.SIGUSR1)
    assert there.wait(TAKEN_OVER)
    one.process.send_signal(signal.SIGSTOP)
    two.wait_for("service.started", TAKEN_OVER)
    shared.bucket.put("a.csv", NEWER)
    two.wait_for("cycle.done", TAKEN_OVER)
    two.process.send_signal(signal.SIGUSR1)
    two.wait_for("cycle.done", TAKEN_OVER)
    _is_right(shared, resource, NEWER)
    uploads = shared.uploads()

    go_on.set()
    one.process.send_signal(signal.SIGCONT)
    one.wait_for("replica.deposed", TAKEN_OVER)
    one.wait_for("replica.stands_by", TAKEN_OVER)

    _is_right(shared, resource, NEWER)
    assert shared.uploads() == uploads
    assert shared.run("status", "--json").document["troubles"] == []
    ended(one)
    ended(two)


def test_one_that_cannot_write_yet_leads_later(
    shared: Office, stack: ExitStack, database: str
) -> None:
    """Whoever led before sleeps in the middle of a transaction."""
    shared.target("Liste", "a.csv", OLD)
    with psycopg.connect(database) as asleep:
        asleep.execute("SELECT pg_advisory_xact_lock(hashtextextended('syncd.ledger', 0))")
        one = _replica(shared, "one", stack)
        assert "ledger_database_busy" in one.wait_for("replica.trouble")["why"]
        asleep.rollback()
        one.wait_for("service.started")
        one.wait_for("cycle.done")
    ended(one)


def test_six_news_are_six_messages_although_the_leader_dies_before_one_is_told(
    shared: Office, stack: ExitStack
) -> None:
    listener = stack.enter_context(Listener())
    shared.settings["SYNCD_NOTIFY_URLS"] = f"json://{listener.place}/ops"
    for number in range(6):
        shared.target(f"Liste {number}", f"{number}.csv", OLD)
    living = [_replica(shared, "one", stack)]
    living[0].wait_for("cycle.done")
    living += [_replica(shared, name, stack) for name in ("two", "three")]

    def lost_with_the_leader() -> bool:
        replicas = shared.run("status", "--json").document["replicas"]
        (leader,) = [one["pid"] for one in replicas if one["leads"]]
        (dies,) = [one for one in living if one.process.pid == leader]
        dies.kill()
        living.remove(dies)
        listener.takes = lambda: True
        return False

    for number in range(6):
        if number in {2, 4}:
            listener.takes = lost_with_the_leader
        shared.bucket.put(f"{number}.csv", b"")
        assert shared.run("trigger").code == 0
        told = listener.posted.get(timeout=PATIENCE)
        assert f"Liste {number}" in told["message"]
    (last,) = living
    ended(last)
    assert listener.posted.empty()
