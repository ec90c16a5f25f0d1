"""`check --online --notify-test`: does what syncd would tell arrive, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.cli_harness import Done, Office
from tests.support.network.listener import Listener
from tests.support.one_move import put

SECRET = "geheim-genug-7"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as made:
        yield made


@pytest.fixture
def told(office: Office, listener: Listener) -> Office:
    """A dataset with a contact; of the operators' two addresses one takes nothing."""
    office.target("Liste", "a.csv", b"id\n1\n")
    office.settings = {
        "SYNCD_NOTIFY_URLS": f"json://{listener.place}/ops json://robot:{SECRET}@127.0.0.1:9/{SECRET}",
        "SYNCD_CONTACT_URL": f"json://{listener.place}/contact/{{contact}}?-token={SECRET}",
    }
    manifest = office.text.replace(
        f"dataset: {office.dataset}\n",
        f"dataset: {office.dataset}\n    contact: musees@example.fr\n",
    )
    put(office.manifest, manifest)
    return office


def check(office: Office, *arguments: str) -> Done:
    with office.running("check", "--online", *arguments) as running:
        done = running.finish()
    assert SECRET not in done.all
    return done


def posted(listener: Listener) -> list[str]:
    found = []
    while not listener.posted.empty():
        one = listener.posted.get()
        assert (one["title"], one["type"]) == ("syncd: a test message", "info")
        found.append(one["path"])
    return sorted(found)


def test_each_operators_address_is_written_to_and_one_that_fails_is_said(
    told: Office, listener: Listener
) -> None:
    done = check(told, "--notify-test", "--json")

    assert done.code == 1
    checks = [one for one in done.document["online"]["checks"] if one["check"] == "notify"]
    assert [one["result"] for one in checks] == ["ok", "problem", "ok"]
    assert "number 1 in SYNCD_NOTIFY_URLS" in checks[0]["message"]
    assert checks[1]["message"].startswith(
        "json://127.0.0.1:9 did not take a test message (connection refused): number 2 in"
    )
    left = "musees@example.fr is the contact of 1 dataset, and was not written to"
    assert left in checks[2]["message"]
    assert posted(listener) == ["/ops"]


def test_contacts_are_written_to_where_that_is_asked_for(told: Office, listener: Listener) -> None:
    told.settings["SYNCD_NOTIFY_URLS"] = told.settings["SYNCD_NOTIFY_URLS"].split()[0]

    done = check(told, "--notify-test=contacts")

    assert done.code == 0
    assert "musees@example.fr took a test message: the contact of 1 dataset." in done.out
    ops = [path for path in posted(listener) if not path.startswith("/ops")]
    assert len(ops) == 1
    assert ops[0].startswith("/contact/musees")


def test_nothing_is_sent_unless_it_is_asked_for(told: Office, listener: Listener) -> None:
    assert check(told).code == 0
    assert posted(listener) == []


def test_that_nobody_would_be_told_is_a_warning(told: Office) -> None:
    told.settings = {}
    done = check(told, "--notify-test")
    assert done.code == 0
    assert "SYNCD_NOTIFY_URLS is not set" in done.out
    assert "SYNCD_CONTACT_URL is not set" in done.out


def test_it_is_a_part_of_the_online_check(told: Office, listener: Listener) -> None:
    with told.running("check", "--notify-test") as running:
        done = running.finish()
    assert (done.code, "syncd check --online --notify-test" in done.err) == (2, True)
    assert posted(listener) == []


def test_it_is_french_where_the_reader_is(told: Office) -> None:
    told.settings["SYNCD_LANG"] = "fr"
    done = check(told, "--notify-test")
    assert "n’a pas accepté de message d’essai (connexion refusée)" in done.out
