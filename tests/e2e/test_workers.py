"""Who works on what the queue has: every replica, and as many processes of one as are wanted."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from select import select

import pytest

from tests.support.cli_harness import PATIENCE, Done, Office, ended, sha1
from tests.support.network import own_network
from tests.support.postgres_servers import Postgres
from tests.support.replicas import replica, sharing

OLD = b"id\n1\n"


def new(number: int) -> bytes:
    return b"id\n1\n%d\n" % (number + 2)


@pytest.fixture
def shared(office: Office, database: str) -> Office:
    return sharing(office, database, SYNCD_CONCURRENCY="1")


class Titles:
    """Counts what went online: each publication ends by putting its title back."""

    def __init__(self, office: Office) -> None:
        self._put = threading.Semaphore(0)
        faults = office.simulator.faults
        faults.add(method="PUT", path=r"/resources/", times=None, hook=self._put.release)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self._put.acquire(timeout=PATIENCE)


def datasets(office: Office, count: int) -> list[str]:
    """As many, with a file each; their resources."""
    found = []
    for number in range(count):
        dataset = office.portal.new_dataset()
        found.append(office.target(f"Liste {number}", f"{number}.csv", OLD, dataset=dataset))
    return found


def online(office: Office) -> dict[str, tuple[str, str]]:
    """Checksum and title of each resource."""
    return {
        one["id"]: (one["checksum"]["value"], one["title"])
        for dataset in office.entries
        for one in office.portal.dataset(dataset)["resources"]
    }


def is_all_online(office: Office, resources: list[str]) -> bool:
    wanted = {one: (sha1(new(at)), f"Liste {at}") for at, one in enumerate(resources)}
    return wanted.items() <= online(office).items()


def check_online(office: Office, resources: list[str]) -> None:
    assert is_all_online(office, resources), online(office)
    assert office.uploads() == 2 * len(resources)


def published(done: Done) -> int:
    return done.err.count('"event": "publication.done"')


def test_all_of_them_work(shared: Office) -> None:
    resources = datasets(shared, 8)
    titles = Titles(shared)
    with ExitStack() as stack:
        running = [stack.enter_context(replica(shared, name)) for name in ("one", "two", "three")]
        for one in running:
            one.wait_for("replica.works")
        titles.wait_for(len(resources))
        for number in range(len(resources)):
            shared.bucket.put(f"{number}.csv", new(number))
        # Each has one upload at a time, and here none ends before all have one.
        together = threading.Barrier(3, timeout=PATIENCE)
        shared.simulator.faults.add(
            method="POST", path=r"/upload/$", times=3, hook=lambda: together.wait() and None
        )
        assert shared.run("trigger").code == 0
        titles.wait_for(len(resources))
        counts = [published(ended(one)) for one in running]
    check_online(shared, resources)
    assert sum(counts) == 2 * len(resources)
    assert all(counts), counts


def test_several_processes_of_one_machine_work(shared: Office) -> None:
    resources = datasets(shared, 6)
    titles = Titles(shared)
    with replica(shared, "one", SYNCD_WORKERS="3") as one:
        workers = [one.wait_for("worker.started")["worker"] for _ in range(2)]
        titles.wait_for(len(resources))
        for number in range(len(resources)):
            shared.bucket.put(f"{number}.csv", new(number))
        assert shared.run_with("trigger", SYNCD_STATE_DIR=str(shared.folder / "other")).code == 0
        titles.wait_for(len(resources))
        found = shared.run("status", "--json").document["replicas"]
        assert [one["leads"] for one in found].count(True) == 1
        assert {one["pid"] for one in found} == {one.process.pid, *workers}

        os.kill(workers[0], signal.SIGKILL)  # one that dies is followed by another
        assert one.wait_for("worker.ended")["worker"] == workers[0]
        following = one.wait_for("worker.started")["worker"]
        done = ended(one)
    for worker in (workers[1], following):
        assert not Path(f"/proc/{worker}").exists()
    check_online(shared, resources)
    assert published(done) == 2 * len(resources)


@pytest.mark.timeout(400)
def test_workers_that_die_in_an_upload_leave_it_to_others(shared: Office) -> None:
    resources = datasets(shared, 6)
    titles = Titles(shared)
    with replica(shared, "one", SYNCD_WORKERS="3") as one:
        workers = [one.wait_for("worker.started")["worker"] for _ in range(2)]
        for _ in range(3):
            one.wait_for("replica.works")
        titles.wait_for(len(resources))
        for number in range(len(resources)):
            shared.bucket.put(f"{number}.csv", new(number))
        begun, killed = threading.Semaphore(0), threading.Event()

        def hold() -> None:
            begun.release()
            assert killed.wait(PATIENCE)

        faults = shared.simulator.faults
        faults.clear()
        upload = {"method": "POST", "path": r"/upload/$", "hook": hold, "delay": 0.01}
        faults.add(**upload, times=2)
        faults.add(**upload, times=1, after_work=True)  # it is online, and nobody was told
        titles = Titles(shared)
        assert shared.run_with("trigger", SYNCD_STATE_DIR=str(shared.folder / "other")).code == 0
        for _ in range(3):  # each of the three processes is at one
            assert begun.acquire(timeout=PATIENCE)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert {one.wait_for("worker.ended")["worker"] for _ in workers} == set(workers)
        killed.set()
        while not is_all_online(shared, resources):
            titles.wait_for(1)
        ended(one)
    check_online(shared, resources)


def test_a_machine_that_reaches_nobody_leaves_the_work_to_others(
    shared: Office, postgres: Postgres
) -> None:
    """It has the ledger, and neither portal nor bucket."""
    own_network.or_skip()
    resources = datasets(shared, 6)
    cut_off = postgres.local(shared.settings["SYNCD_DATABASE_URL"])
    with ExitStack() as stack:
        whole = stack.enter_context(replica(shared, "one"))
        titles = Titles(shared)
        titles.wait_for(len(resources))
        other = stack.enter_context(
            replica(shared, "two", setup=own_network.enter, SYNCD_DATABASE_URL=cut_off)
        )
        other.wait_for("replica.works")
        for number in range(len(resources)):
            shared.bucket.put(f"{number}.csv", new(number))
        tried = threading.Event()  # the other one has, some of it
        shared.simulator.faults.add(
            method="POST", path=r"/upload/$", hook=lambda: tried.wait(PATIENCE) and None
        )
        assert shared.run("trigger").code == 0
        other.wait_for("replica.cut_off")
        tried.set()
        while not is_all_online(shared, resources):
            titles.wait_for(1)
        status = shared.run("status", "--json").document
        assert [one for one in status["troubles"] if one["dataset"]] == []
        done = ended(whole), ended(other)
    check_online(shared, resources)
    assert [published(one) for one in done] == [2 * len(resources), 0]


def test_workers_end_with_a_service_that_is_killed(shared: Office) -> None:
    datasets(shared, 1)
    with replica(shared, "one", SYNCD_WORKERS="2") as one:
        worker = one.wait_for("worker.started")["worker"]
        one.wait_for("replica.works")
        one.wait_for("replica.works")
        end = os.pidfd_open(worker)
        try:
            one.process.kill()
            assert select([end], [], [], PATIENCE)[0]
        finally:
            os.close(end)


def test_several_processes_need_a_server(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    done = office.run_with("run", SYNCD_WORKERS="2")
    assert done.code == 2
    assert "SYNCD_WORKERS=2" in done.err
    assert "PostgreSQL" in done.err
    assert done.err.count("\n") <= 3
