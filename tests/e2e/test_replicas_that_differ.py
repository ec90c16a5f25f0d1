"""`syncd run` on two machines that have not the same manifest, settings or program."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.cli_harness import Office, Running, asked, ended, first, sha1
from tests.support.one_move import put
from tests.support.replicas import sharing

OLD, NEW = b"id\n1\n", b"id\n1\n2\n"


@pytest.fixture
def shared(office: Office, database: str) -> Office:
    return sharing(office, database)


@pytest.fixture
def start(shared: Office) -> Iterator[Callable[..., Running]]:
    """`syncd run` of this name, with this manifest on a disk of its own."""
    with ExitStack() as stack:

        def started(name: str, text: str, **settings: str) -> Running:
            own = write(shared, name, text)
            given = {"SYNCD_MANIFEST": str(own), "SYNCD_STATE_DIR": str(shared.folder / name)}
            return stack.enter_context(shared.running("run", **given, **settings))

        yield started


def write(shared: Office, name: str, text: str) -> Path:
    own = shared.folder / f"{name}.yaml"
    put(own, text)
    return own


def killed(shared: Office, running: Running) -> None:
    """And as much time passes as its locks need."""
    running.kill()
    with psycopg.connect(shared.settings["SYNCD_DATABASE_URL"], autocommit=True) as connection:
        its = (running.process.pid,)
        connection.execute(
            "UPDATE locks SET expires_at = now() WHERE (holder::json->>'pid')::int = %s", its
        )


def replicas(shared: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shared.run("status", "--json").document["replicas"]
    return found


def until(shared: Office, **wanted: Any) -> dict[str, Any]:
    """The one that stands by, once it says so of itself; each look is a command of its own."""
    found: dict[str, Any] = {}
    for _ in range(60):
        found = next((one for one in replicas(shared) if not one["leads"]), {})
        if wanted.items() <= found.items():
            return found
    raise AssertionError(found)


def online(shared: Office, resource: str, content: bytes) -> None:
    """Until it is, under its title, whichever replica brings it there."""
    for _ in range(60):
        found = shared.online(resource)
        if (found["checksum"]["value"], found["title"]) == (sha1(content), "Liste"):
            return
        shared.run("status")  # a look takes its time
    raise AssertionError(found)


def manifests(shared: Office) -> int:
    """How often one came into force, by the history."""
    with psycopg.connect(shared.settings["SYNCD_DATABASE_URL"]) as connection:
        query = "SELECT count(*) FROM history WHERE kind = 'manifest'"
        return int(connection.execute(query).fetchall()[0][0])


def test_one_with_another_manifest_says_so_and_leads_by_it_only_when_it_is_alone(
    shared: Office, start: Callable[..., Running]
) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    shared.bucket.put("b.csv", NEW)
    former, later = shared.text, shared.text.replace("a.csv", "b.csv")
    one = start("one", former)
    one.wait_for("cycle.done")
    two = start("two", later, SYNCD_HTTP_ADDRESS="127.0.0.1:0")
    address = two.wait_for("http.listening")["http"]
    found = until(shared, other_manifest=True)
    assert found["can_lead"]
    assert asked(f"http://{address}/readyz").status_code == 200  # or no rollout would end
    assert "another manifest" in shared.run("status").out
    three = start("three", former)
    three.wait_for("replica.stands_by")

    killed(shared, one)
    three.wait_for("service.started")
    first("cycle.done", two, three)
    assert shared.online(resource)["checksum"]["value"] == sha1(OLD)
    assert shared.uploads() == 1  # not once more by another leader
    ended(three)

    two.wait_for("service.started")
    online(shared, resource, NEW)
    assert shared.uploads() == 2
    assert manifests(shared) == 2
    ended(two)


def test_one_that_a_change_did_not_reach_leads_by_the_manifest_in_force(
    shared: Office, start: Callable[..., Running]
) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    shared.bucket.put("b.csv", NEW)
    former, later = shared.text, shared.text.replace("a.csv", "b.csv")
    one = start("one", former)
    one.wait_for("cycle.done")
    two = start("two", former, SYNCD_HTTP_ADDRESS="127.0.0.1:0")
    two.wait_for("replica.stands_by")
    until(shared, other_manifest=False, can_lead=True)
    write(shared, "one", later)
    one.wait_for("manifest.in_force")
    one.process.send_signal(signal.SIGUSR1)
    first("publication.done", one, two)
    until(shared, other_manifest=True)

    killed(shared, one)
    two.wait_for("manifest.behind")
    two.wait_for("cycle.done")
    assert shared.online(resource)["checksum"]["value"] == sha1(NEW)  # and not back
    assert shared.uploads() == 2
    assert "older than the one in force" in shared.run("status").out
    write(shared, "two", later)
    two.wait_for("manifest.in_force")
    assert "older than the one in force" not in shared.run("status").out
    assert manifests(shared) == 2
    ended(two)


def test_what_was_in_force_long_ago_on_this_machine_holds_nothing_back(
    shared: Office, start: Callable[..., Running]
) -> None:
    """The last good one of its disk is not that of the others."""
    for n in range(4):
        shared.target(f"Liste {n}", f"{n}.csv", OLD)
    former = shared.text
    one = start("one", former)
    one.wait_for("cycle.done")
    two = start("two", former)
    two.wait_for("replica.stands_by")
    ended(one)
    two.wait_for("service.started")
    two.wait_for("manifest.in_force")
    shared.entries[shared.dataset][:] = shared.entries[shared.dataset][:1]
    write(shared, "two", shared.text)
    for _ in range(2):
        two.wait_for("manifest.held")
        two.process.send_signal(signal.SIGHUP)
    two.wait_for("manifest.in_force")

    again = start("one", shared.text)
    again.wait_for("replica.stands_by")
    until(shared, other_manifest=False)
    ended(two)
    again.wait_for("service.started")
    assert again.wait_for("manifest.in_force")["targets"] == 1
    ended(again)


def test_one_whose_manifest_is_broken_is_not_ready_until_it_is_mended(
    shared: Office, start: Callable[..., Running]
) -> None:
    shared.target("Liste", "a.csv", OLD)
    good, bad = shared.text, shared.text.replace("datasets:", "datensets:")
    one = start("one", good)
    one.wait_for("cycle.done")
    two = start("two", bad, SYNCD_HTTP_ADDRESS="127.0.0.1:0")
    assert "datensets" in two.wait_for("manifest.invalid")["problem"]
    address = two.wait_for("http.listening")["http"]
    answer = asked(f"http://{address}/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["manifest_invalid"])
    assert asked(f"http://{address}/healthz").status_code == 200
    until(shared, manifest=None, can_lead=True)  # by the last good one, which the ledger knows
    write(shared, "two", good)
    until(shared, other_manifest=False, can_lead=True)
    assert asked(f"http://{address}/readyz").status_code == 200
    ended(two)
    ended(one)


def test_alone_with_a_broken_manifest_it_ends_as_without_others(
    shared: Office, start: Callable[..., Running]
) -> None:
    shared.target("Liste", "a.csv", OLD)
    done = start("one", shared.text.replace("datasets:", "datensets:")).finish()
    assert done.code == 2
    assert "datensets" in done.err
    assert replicas(shared) == []


def test_a_key_that_changed_while_it_stood_by_is_the_one_that_it_leads_with(
    shared: Office, start: Callable[..., Running]
) -> None:
    resource = shared.target("Liste", "a.csv", OLD)
    secrets = shared.folder / "secrets"
    secrets.mkdir()
    put(secrets / "SYNCD_API_KEY", "no-key-of-this-portal")
    one = start("one", shared.text)
    one.wait_for("cycle.done")
    two = start("two", shared.text, SYNCD_API_KEY="", SYNCD_SECRETS_DIR=str(secrets))
    two.wait_for("replica.stands_by")
    put(secrets / "SYNCD_API_KEY", shared.portal.keys["editor"])
    two.wait_for("replica.read")
    ended(one)
    shared.bucket.put("a.csv", NEW)
    two.wait_for("publication.done")
    assert shared.online(resource)["checksum"]["value"] == sha1(NEW)
    ended(two)


def test_the_tables_can_be_made_before_a_rollout(shared: Office, empty_database: str) -> None:
    """By what has neither a manifest nor a key."""
    given = {"SYNCD_DATABASE_URL": empty_database, "SYNCD_API_KEY": ""}
    done = shared.run_with("run", "--migrate", **given)
    assert done.code == 0, done.all
    assert "has the tables of syncd" in done.out
    assert "Traceback" not in done.all
    again = shared.run_with("run", "--migrate", **given)
    assert again.code == 0, again.all
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)]
