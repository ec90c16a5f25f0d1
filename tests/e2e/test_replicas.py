"""Two `syncd run` with state folders of their own, on one ledger of a PostgreSQL server."""

from __future__ import annotations

import signal

import pytest

from tests.support.cli_harness import PATIENCE, Office, asked, ended, sha1
from tests.support.replicas import replica, sharing

OLD, NEW = b"id\n1\n", b"id\n1\n2\n"


@pytest.fixture
def shared(office: Office, database: str) -> Office:
    return sharing(office, database)


def test_one_leads_and_another_takes_over_where_it_ends(shared: Office) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    with replica(shared, "one") as one:
        one.wait_for("cycle.done")
        with replica(shared, "two", SYNCD_HTTP_ADDRESS="127.0.0.1:0") as two:
            two.wait_for("replica.stands_by")
            address = two.wait_for("http.listening")["http"]
            assert asked(f"http://{address}/healthz").status_code == 200
            assert asked(f"http://{address}/readyz").status_code == 200

            looked = shared.run("status", "--json")
            assert looked.code == 0, looked.all
            found = looked.document["replicas"]
            assert [one["leads"] for one in found] == [True, False]
            assert {one["pid"] for one in found} == {one.process.pid, two.process.pid}
            assert "1 other works as well" in shared.run("status").out

            ended(one)
            two.wait_for("service.started")
            two.wait_for("cycle.done")
            shared.bucket.put("a.csv", NEW)
            trigger = shared.run_with("trigger", SYNCD_STATE_DIR=str(shared.folder / "third"))
            assert trigger.code == 0, trigger.all
            two.wait_for("publication.done")
            ended(two)
    assert shared.online(resource)["checksum"]["value"] == sha1(NEW)
    assert shared.online(resource)["title"] == "Liste"
    alone = shared.run("trigger")
    assert alone.code == 1
    assert "syncd run" in alone.err


def test_a_signal_to_one_that_stands_by_reaches_the_one_that_leads(shared: Office) -> None:
    shared.target("Liste", "a.csv", OLD)
    with replica(shared, "one") as one:
        one.wait_for("cycle.done")
        with replica(shared, "two") as two:
            two.wait_for("replica.stands_by")
            two.process.send_signal(signal.SIGUSR1)
            assert one.wait_for("service.asked")["why"] == "signal"
            ended(two)
        ended(one)


def test_a_persons_trigger_does_not_wait_for_the_retry_that_is_set(shared: Office) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    failing = rf"/api/1/datasets/{shared.dataset}/$"
    shared.simulator.faults.add(method="GET", path=failing, times=None, status=200, body="{}")
    with replica(shared, "one") as one:
        assert one.wait_for("cycle.done")["exit_code"] == 1  # again in a quarter of an hour
        with replica(shared, "two") as two:
            shared.simulator.faults.clear()
            sent = shared.simulator.faults.add(method="POST", path=r"/upload/$")
            elsewhere = {"SYNCD_STATE_DIR": str(shared.folder / "third")}
            trigger = shared.run_with("trigger", "--dataset", shared.dataset, **elsewhere)
            assert trigger.code == 0, trigger.all
            assert sent.reached.wait(PATIENCE)
            ended(two)
        ended(one)
    assert shared.online(resource)["checksum"]["value"] == sha1(OLD)
    assert shared.online(resource)["title"] == "Liste"


def test_a_typed_command_waits_for_the_dataset_of_another_machine(shared: Office) -> None:
    shared.target("Liste", "a.csv", OLD)
    held: list[str] = []

    def look() -> None:
        if held:
            return
        held.append("")
        other = {"SYNCD_STATE_DIR": str(shared.folder / "two")}
        held[0] = shared.run_with("sync", "--wait", "0s", **other).all

    shared.simulator.faults.add(method="POST", path=r"/upload/$", hook=look)
    assert shared.sync().code == 0
    assert "works on the dataset" in held[0]
    assert shared.uploads() == 1


def test_a_server_that_is_not_there_is_a_sentence_without_its_password(office: Office) -> None:
    office.target("Liste", "a.csv", OLD)
    url = "postgresql://syncd:tres-secret-1@127.0.0.1:9/ministere?connect_timeout=1"
    for command in (["status"], ["sync", "--wait", "1s"]):
        done = office.run_with(*command, SYNCD_DATABASE_URL=url)
        assert done.code == 1, done.all
        assert "ministere" in done.all
        assert "127.0.0.1:9" in done.all
        assert "tres-secret-1" not in done.all
        assert "Traceback" not in done.all
