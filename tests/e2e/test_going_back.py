"""Holds, releases, the history and going back, by the installed command, on both portals."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support import terminals
from tests.support.cli_harness import Done, Office, sha1
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 100
CUT = b"id\n" + b"1\n" * 10
NEW = b"id\n" + b"2\n" * 120
TITLE = "Écoles à la rentrée"

HOLD = {
    "dataset", "dataset_title", "resource", "title", "object", "size", "sha1", "deposited_at",
    "checked_at", "reason", "code", "link", "releasable", "schema",
}  # fmt: skip
LINE = {
    "number", "dataset", "resource", "title", "object", "act", "begun_at", "answered_at", "done_at",
    "size", "sha1", "etag", "deposited_at", "version_id", "trigger", "by", "note", "manifest",
    "warnings", "kept", "link", "receipt", "lifted", "loosened", "schema",
}  # fmt: skip


@pytest.fixture
def either(portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    return Office(portal_server, seaweed_bucket, tmp_path)


def school(office: Office, content: bytes, **options: Any) -> str:
    """A target whose file online is OLD."""
    resource = office.resource(TITLE, content=OLD)
    office.bucket.put("ecoles.csv", content)
    office.entry(resource=resource, object="ecoles.csv", **options)
    return resource


def outcome(done: Done) -> str:
    (one,) = done.document["outcomes"]
    found: str = one["outcome"]
    return found


def test_a_held_file_is_listed_released_by_name_and_goes_online_as_it_was(either: Office) -> None:
    resource = school(either, CUT)
    assert either.sync().code == 3
    (hold,) = either.run("holds", "--json").document["holds"]
    assert set(hold) == HOLD
    assert (hold["resource"], hold["sha1"], hold["releasable"]) == (resource, sha1(CUT), True)
    assert "limit 50 %" in hold["reason"]
    assert either.permanent_link(resource) == OLD

    done = either.run(
        "release", resource[:8], "--by", "Léa Martin", "--note", "vu avec eux", "--json"
    )

    assert (done.code, outcome(done)) == (0, "replaced")
    assert either.permanent_link(resource) == CUT
    assert either.online(resource)["title"] == TITLE
    found, line = either.run("history", resource, "--json").document["publications"]
    assert set(found) == set(line) == LINE
    assert (found["act"], found["sha1"], found["kept"]) == ("found", sha1(OLD), "archive")
    assert (line["trigger"], line["by"], line["note"]) == ("release", "Léa Martin", "vu avec eux")
    assert line["receipt"]["answer"]["sha1"] == sha1(CUT)
    assert len(line["manifest"]) == 64
    assert either.run("holds", "--json").document == {"holds": []}


def test_a_release_of_a_file_that_changed_publishes_nothing(either: Office) -> None:
    resource = school(either, CUT)
    either.sync()
    either.bucket.put("ecoles.csv", GOOD)

    done = either.run("release", "ecoles.csv", "--by", "Léa", "--json")

    assert (done.code, outcome(done)) == (3, "refused")
    assert "has changed since it was held" in done.document["outcomes"][0]["reason"]
    assert either.permanent_link(resource) == OLD
    assert either.online(resource)["title"] == TITLE


def test_a_lost_state_folder_does_not_undo_an_undo(either: Office) -> None:
    resource = school(either, GOOD, guards="off")
    either.sync()
    either.bucket.put("ecoles.csv", CUT)
    either.sync()
    assert either.run("undo", resource, "--by", "Léa").code == 0
    before = either.online(resource)
    shutil.rmtree(either.state)

    plan = either.run("plan")
    assert (plan.code, "syncd unpin" in plan.out) == (0, True), plan.all
    assert not either.state.exists()
    assert outcome(either.sync()) == "pinned"
    assert either.permanent_link(resource) == GOOD
    assert either.online(resource) == before
    assert either.run("unpin", resource, "--by", "Léa").code == 0
    assert outcome(either.sync()) == "replaced"
    assert either.permanent_link(resource) == CUT
    assert "syncd:pinned" not in either.online(resource)["extras"]


def test_good_then_bad_then_undo_stays_good_until_a_new_deposit(either: Office) -> None:
    resource = school(either, GOOD, guards="off")
    either.sync()
    either.bucket.put("ecoles.csv", CUT)
    assert outcome(either.sync()) == "replaced"
    assert either.permanent_link(resource) == CUT

    done = either.run("undo", resource, "--by", "Léa", "--note", "tronqué", "--json")

    assert (done.code, outcome(done)) == (0, "pinned")
    for _ in range(3):
        again = either.sync()
        assert (again.code, outcome(again)) == (0, "pinned")
        assert either.permanent_link(resource) == GOOD
        assert either.online(resource)["title"] == TITLE
    assert either.run("verify").code == 0
    (state,) = either.run("status", "--json").document["targets"]
    assert state["state"] == "pinned"
    assert "Léa went back" in state["reason"]

    either.bucket.put("ecoles.csv", NEW)

    assert outcome(either.sync()) == "replaced"
    assert either.permanent_link(resource) == NEW
    assert either.online(resource)["title"] == TITLE


def test_unpin_lets_the_buckets_file_go_online_again(office: Office) -> None:
    resource = school(office, GOOD, guards="off")
    office.sync()
    office.bucket.put("ecoles.csv", CUT)
    office.sync()
    office.run("undo", resource, "--by", "Léa")

    done = office.run_with("unpin", resource, SYNCD_BY="Paul")

    assert done.code == 0
    assert done.out.startswith("Paul let go of the pin")
    assert outcome(office.sync()) == "replaced"
    assert office.permanent_link(resource) == CUT


def test_a_held_file_is_left_where_it_is_until_the_next_deposit(office: Office) -> None:
    resource = school(office, CUT)
    office.sync()

    done = office.run("leave", resource, "--by", "Léa", "--note", "export coupé")

    assert (done.code, "pinned" in done.out) == (0, True), done.all
    assert office.run("holds").out == "Nothing is held.\n"
    assert (outcome(office.sync()), office.permanent_link(resource)) == ("pinned", OLD)
    event = office.run("history", "--json").document["events"][-1]
    assert (event["kind"], event["by"], event["note"]) == ("pinned", "Léa", "export coupé")
    again = office.run("leave", resource, "--by", "Léa")
    assert (again.code, "There is nothing to leave as it is." in again.all) == (2, True)

    office.bucket.put("ecoles.csv", NEW)
    assert (outcome(office.sync()), office.permanent_link(resource)) == ("replaced", NEW)


def test_holds_and_the_history_read_well(office: Office) -> None:
    resource = school(office, CUT)
    office.sync()

    holds = office.run("holds").out
    assert f"{TITLE}  ecoles.csv  deposited 20" in holds
    assert "90 % less" in holds or "limit 50 %" in holds
    assert f"syncd release {resource} --by NAME" in holds

    office.run("release", resource, "--by", "Léa Martin", "--note", "vu avec eux")
    office.run("undo", resource, "--by", "Paul")
    history = office.run("history", resource).out
    assert "released by Léa Martin “vu avec eux”" in history
    assert "undone by Paul" in history
    assert f"kept in the archive; sha1 {sha1(CUT)}" in history
    assert office.run("holds").out == "Nothing is held.\n"
    assert office.run("unpin", resource, "--by", "Paul").code == 0
    assert office.run("unpin", resource, "--by", "Paul").said == [
        f"“{TITLE}” ({resource}) is not pinned: it is unchanged."
    ]


def test_nobody_is_guessed(office: Office) -> None:
    resource = school(office, CUT)
    office.sync()
    for command in ("release", "leave", "undo", "unpin"):
        done = office.run(command, resource)
        assert done.code == 2, command
        assert any("--by NAME" in line for line in done.said)
    assert office.permanent_link(resource) == OLD


def answered(office: Office, words: str, *arguments: str) -> str:
    return terminals.typed(arguments, office.environment, office.folder, words=words)


def test_on_a_terminal_the_name_is_asked_for_and_the_purge_confirmed(office: Office) -> None:
    resource = school(office, CUT)
    office.sync()

    seen = answered(office, "Zoé\n", "release", resource)

    assert "Your name, for the history" in seen
    assert office.permanent_link(resource) == CUT
    assert office.run("history", "--json").document["publications"][-1]["by"] == "Zoé"
    assert "Nothing was removed." in answered(office, "n\n", "purge", resource)
    assert "2 kept files" in answered(office, "y\nZoé\n", "purge", resource)


def test_the_history_as_csv_is_one_line_for_each_publication_and_event(office: Office) -> None:
    school(office, GOOD)
    office.sync()

    done = office.run("history", "--csv")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["act"] for row in rows if row["number"]] == ["found", "replaced"]
    assert [row["event"] for row in rows if not row["number"]] == ["manifest"]
    assert set(rows[0]) == LINE - {"receipt", "schema"} | {"event", "line", "facts"}
    assert office.run("history", "--csv", "--json").code == 2
    by_key = office.run("history", "ecoles.csv", "--json").document["publications"]
    assert [line["act"] for line in by_key] == ["found", "replaced"]
    assert office.run("history", "jamais.csv").code == 2


def test_verify_finds_what_was_put_online_by_hand(office: Office) -> None:
    resource = school(office, GOOD)
    office.sync()
    office.portal.replace(office.dataset, resource, "main.csv", b"a la main\n")

    done = office.run("verify", "ecoles.csv")

    assert done.code == 3
    assert sha1(b"a la main\n") in done.out


def test_purge_asks_and_removes(office: Office) -> None:
    resource = school(office, GOOD)
    office.sync()
    kept = [path for path in (office.state / "archive").iterdir() if len(path.name) == 40]
    assert len(kept) == 2

    assert office.run("purge", resource).code == 2  # nobody is there to answer
    assert all(path.exists() for path in kept)
    done = office.run("purge", resource, "--yes")

    assert (done.code, "2 kept files" in done.out) == (0, True)
    assert not any(path.exists() for path in kept)
    assert office.run("undo", resource, "--by", "Léa").code == 2


def test_a_running_service_leaves_a_pinned_target_alone(office: Office) -> None:
    resource = school(
        office,
        GOOD,
        guards="off",
    )
    office.defaults = "schedule: {every: 10s}"
    office.sync()
    office.bucket.put("ecoles.csv", CUT)
    with office.start("run", SYNCD_HTTP_ADDRESS="off") as service:
        service.wait_for("cycle.done")
        assert office.permanent_link(resource) == CUT
        with office.running("undo", resource, "--by", "Léa", "--json") as undo:
            assert outcome(undo.finish()) == "pinned"
        with office.running("trigger") as trigger:
            assert trigger.finish().code == 0
        while service.wait_for("cycle.done")["outcomes"] != {"pinned": 1}:
            pass
        assert office.permanent_link(resource) == GOOD
