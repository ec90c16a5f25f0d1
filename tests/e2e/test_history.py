"""The history by the installed command: who let what pass, and whether anybody changed it since."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest

from tests.support.cli_harness import Office, ended

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 100
PAGE = b"<!doctype html><html><body>Erreur 503</body></html>\n" * 9


@pytest.fixture
def held(office: Office) -> str:
    """A resource whose new file is a web page."""
    resource = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", PAGE)
    office.entry(resource=resource, object="ecoles.csv")
    assert office.sync().code == 3
    return resource


def history(office: Office, *target: str) -> dict[str, Any]:
    document: dict[str, Any] = office.run("history", *target, "--json").document
    return document


def by_hand(office: Office, statement: str) -> None:
    with closing(sqlite3.connect(office.state / "ledger.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


# -- force asks who ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", [("sync", "--force", "--resource", "ecoles.csv"), ("sync", "--force", "--by", " ")]
)
def test_nobody_forces_a_file_without_a_name(
    office: Office, held: str, asked: tuple[str, ...]
) -> None:
    more = () if "--resource" in asked else ("--resource", held)
    done = office.run(*asked, *more)
    assert done.code == 2
    assert "Say who you are with `--by NAME`, or set SYNCD_BY" in done.err
    assert office.permanent_link(held) == OLD


def test_who_forced_what_is_in_every_form_of_the_history(office: Office, held: str) -> None:
    done = office.run(
        "sync", "--force", "--resource", held, "--by", "Léa Martin", "--note", "vu avec eux"
    )
    assert done.code == 0, done.all
    assert office.permanent_link(held) == PAGE

    line = history(office)["publications"][-1]
    assert (line["trigger"], line["by"], line["note"]) == ("sync", "Léa Martin", "vu avec eux")
    assert any("web page" in one for one in line["lifted"])
    assert set(line["lifted"]) <= set(line["warnings"])
    assert (line["receipt"]["trigger"], line["receipt"]["by"]) == ("sync", "Léa Martin")
    assert "guard_html" in [one["code"] for one in line["receipt"]["lifted"]]
    rows = csv.DictReader(io.StringIO(office.run("history", "--csv").out))
    row = [row for row in rows if row["number"]][-1]
    assert row["by"] == "Léa Martin"
    assert "web page" in row["lifted"]
    shown = office.run("history").out
    assert "asked for by Léa Martin “vu avec eux”" in shown
    assert "Let pass: " in shown


def test_the_name_may_stand_in_the_settings(office: Office, held: str) -> None:
    assert office.run_with("sync", "--force", "--resource", held, SYNCD_BY="Zoé").code == 0
    assert history(office)["publications"][-1]["by"] == "Zoé"


def test_a_sync_without_force_is_nobodys(office: Office) -> None:
    resource = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", GOOD)
    office.entry(resource=resource, object="ecoles.csv")
    assert office.run_with("sync", SYNCD_BY="Zoé").code == 0
    assert history(office)["publications"][-1]["by"] is None


# -- manifests ---------------------------------------------------------------------------------


def test_the_manifest_that_was_in_force_is_printed_as_it_was(office: Office) -> None:
    resource = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", PAGE)
    office.entry(resource=resource, object="ecoles.csv", guards="off")
    assert office.sync().code == 0
    loose = office.manifest.read_bytes()
    office.entries[office.dataset].clear()
    office.entry(resource=resource, object="ecoles.csv")
    office.sync()

    document = history(office)
    line = document["publications"][-1]
    assert line["manifest"] == sha256(loose).hexdigest()
    assert set(line["loosened"].values()) == {"off"}
    found = [one for one in document["events"] if one["kind"] == "manifest"]
    assert [one["facts"]["manifest"] for one in found] == [
        line["manifest"],
        sha256(office.manifest.read_bytes()).hexdigest(),
    ]
    assert [len(one["facts"]["looser"]) for one in found] == [1, 0]
    for digest in (line["manifest"], line["manifest"][:12]):
        assert office.run("history", "--manifest", digest).out.encode() == loose
    shown = office.run("history").out
    assert "Guards that the manifest lifts: all of them" in shown
    assert "Looser guards for 1 target: all of them" in shown
    assert office.run("history", "--manifest", line["manifest"], "--json").code == 2
    for wrong in ("0" * 64, "g" * 64, "abc"):
        assert office.run("history", "--manifest", wrong).code == 2


def test_a_reload_with_looser_guards_is_a_line(office: Office) -> None:
    resource = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", OLD)
    office.entry(resource=resource, object="ecoles.csv")
    with office.start("run") as running:
        running.wait_for("cycle.done")
        office.entries[office.dataset].clear()
        office.entry(resource=resource, object="ecoles.csv", guards={"html": "off"})
        office.write_manifest()
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("manifest.in_force")
        events = history(office)["events"]
        assert ended(running).code == 0
    assert [one["kind"] for one in events] == ["manifest", "manifest"]
    (looser,) = events[-1]["facts"]["looser"]
    assert looser == {"guards": {"html": "off"}, "targets": [f"{office.dataset} {resource}"]}


# -- verify --history --------------------------------------------------------------------------


def test_the_whole_history_is_checked_and_a_change_by_sql_is_said(office: Office) -> None:
    resource = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", GOOD)
    office.entry(resource=resource, object="ecoles.csv")
    office.sync()

    done = office.run("verify", "--history")
    assert done.code == 0, done.all
    document = office.run("verify", "--history", "--json").document
    assert document["breaks"] == []
    assert f"Last line: {document['lines']}, hash {document['head']}" in " ".join(done.out.split())
    office.bucket.put("ecoles.csv", GOOD + b"2\n")
    office.sync()
    again = office.run("verify", "--head", document["head"][:16], "--json")
    assert (again.code, again.document["noted"]) == (0, document["lines"])

    by_hand(office, "UPDATE publications SET title = 'Autre' WHERE act = 'replaced'")

    done = office.run("verify", "--history")
    assert done.code == 3
    assert "its title is “Autre” now, and was “Écoles” when it was written" in " ".join(
        done.out.split()
    )
    (first, _) = office.run("verify", "--history", "--json").document["breaks"]
    assert (first["code"], first["expected"], first["found"]) == (
        "history_publication_changed",
        "Écoles",
        "Autre",
    )
    assert office.run("verify", "--head", "0" * 64).code == 3
    assert office.run("verify", "--history", "ecoles.csv").code == 2
    assert office.run("verify", "--head", "abc").code == 2


# -- purge and forget --------------------------------------------------------------------------


def test_a_purge_and_a_forgotten_name_are_lines_and_the_history_stays_whole(
    office: Office, held: str
) -> None:
    office.run("release", held, "--by", "Léa Martin", "--note", "vu")
    assert office.run("purge", held, "--yes", "--by", "Zoé", "--note", "place").code == 0
    purged = history(office)["events"][-1]
    assert (purged["kind"], purged["by"], purged["note"]) == ("purged", "Zoé", "place")
    assert (purged["resource"], purged["title"]) == (held, "Écoles")
    assert office.run("forget", "Léa Martin").code == 2  # who asks is asked

    done = office.run("forget", "Léa Martin", "--by", "Zoé")

    assert done.code == 0, done.all
    assert "person-1" in done.out
    document = history(office)
    assert "Léa Martin" not in json.dumps(document, ensure_ascii=False)
    assert document["publications"][-1]["by"] == "person-1"
    assert document["publications"][-1]["receipt"]["by"] == "person-1"
    assert office.run("verify", "--history").code == 0
    assert office.run("forget", "Léa Martin", "--by", "Zoé").code == 2
    assert "let pass" in office.run("history", held).out


def test_a_history_that_is_not_there_is_not_whole(office: Office) -> None:
    office.target("Titre", "a.csv", GOOD)
    done = office.run("verify", "--history")
    assert done.code == 3
    assert str(office.state) in done.out
    assert "nothing was verified" in done.out


@pytest.mark.parametrize("noted", ["", "abc"])
def test_a_head_that_is_none_is_not_compared(office: Office, noted: str) -> None:
    office.target("Titre", "a.csv", GOOD)
    assert office.run("verify", "--history", "--head", noted).code == 2


@pytest.mark.parametrize("typed", ["Le\u0301a\u00a0 Martin", "Léa\u200b Martin"])
def test_a_name_is_kept_as_it_is_shown_so_that_it_can_be_forgotten(
    office: Office, held: str, typed: str
) -> None:
    assert office.run("sync", "--force", "--resource", held, "--by", typed).code == 0
    (line,) = [one for one in history(office)["publications"] if one["by"]]
    assert office.run("forget", line["by"], "--by", "Paul Petit").code == 0
    assert line["by"] in office.run("forget", line["by"], "--by", "Paul Petit").all
    assert "Martin" not in office.run("history").out


def test_a_script_that_purges_without_a_name_goes_on(office: Office, held: str) -> None:
    office.run("release", held, "--by", "Léa")
    assert office.run("purge", held, "--yes").code == 0
    assert history(office)["events"][-1]["by"] is None


def test_a_note_without_a_name_is_shown_too(office: Office, held: str) -> None:
    office.run("release", held, "--by", "Léa")
    assert office.run("purge", held, "--yes", "--note", "plus de place").code == 0
    assert history(office)["events"][-1]["note"] == "plus de place"
    *_, purged, said = office.run("history").out.splitlines()
    assert "removed" in purged
    assert said == "      “plus de place”"


def test_the_csv_has_the_events_that_the_document_has(office: Office, held: str) -> None:
    office.run("release", held, "--by", "Léa Martin", "--note", "=1+1")
    office.run("purge", held, "--yes", "--by", "Zoé")
    office.run("forget", "Léa Martin", "--by", "Zoé")
    document = history(office)
    rows = list(csv.DictReader(io.StringIO(office.run("history", "--csv").out)))
    events = [row for row in rows if row["event"]]
    same = [("event", "kind"), ("resource", "resource"), ("by", "by")]
    instants = [datetime.fromisoformat(row["done_at"]) for row in events]
    assert instants == [datetime.fromisoformat(one["at"]) for one in document["events"]]
    for csv_name, name in same:
        assert [row[csv_name] for row in events] == [one[name] or "" for one in document["events"]]
    assert [row["line"] for row in events] == [str(one["line"]) for one in document["events"]]
    facts = [json.loads(row["facts"] or "{}") for row in events]
    assert facts == [one["facts"] for one in document["events"]]
    assert {"manifest", "released", "purged", "forgotten"} <= {row["event"] for row in events}
    assert not any(row["number"] or row["act"] for row in events)
    numbers = [int(row["number"]) for row in rows if row["number"]]
    assert numbers == [one["number"] for one in document["publications"]]


def test_a_service_forgets_names_after_their_days(office: Office, held: str) -> None:
    office.run("release", held, "--by", "Léa Martin")
    old = "2020-01-01T00:00:00.000000+00:00"
    by_hand(office, f"UPDATE publications SET titled_at = '{old}' WHERE act = 'replaced'")
    by_hand(office, f"UPDATE history SET at = '{old}' WHERE name IS NOT NULL")
    with office.start("run", SYNCD_KEEP_NAMES_DAYS="365") as running:
        running.wait_for("history.names_forgotten")
        assert ended(running).code == 0
    assert "Léa Martin" not in office.run("history", "--json").out
