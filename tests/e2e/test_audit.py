"""`syncd audit` by the command: a poor dataset and a good one, on the real portal software."""

from __future__ import annotations

import hashlib
import html
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_harness import Done, Office
from tests.support.dataset_builders import GOOD, NINE, new_topic
from tools.french_catalogue import in_english

FINDING = {"criterion", "status", "advice", "link", "resource", "resource_title"}
FINDING |= {"effort", "scored"}
_numbers = itertools.count(1)


def site(office: Office, topic: str, **more: Any) -> None:
    one = {"name": "Culture", "address": "https://culture.example", "topic": topic, **more}
    office.more += f"thematic: {json.dumps([one])}\n"


def statuses(dataset: dict[str, Any]) -> dict[str, str]:
    """Status by criterion."""
    return {one["criterion"]: one["status"] for one in dataset["findings"]}


def audited(done: Done) -> dict[str, Any]:
    """Datasets by id."""
    return {one["dataset"]: one for one in done.document["datasets"]}


def traces(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha1(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix not in {".db-shm", ".db-wal"}
    }


@pytest.mark.udata
def test_a_poor_and_a_good_dataset_on_the_real_portal(real: Office, tmp_path: Path) -> None:
    poor = real.dataset
    bad_file = real.portal.upload(poor, "export final.csv", b"id\n0\n")["id"]
    real.entry(resource=bad_file, object="Depot/Liste Musées.csv")
    real.bucket.put("Depot/Liste Musées.csv", b"id\n1\n")
    good = real.portal.new_dataset(f"Musées {next(_numbers)}", **GOOD)
    file = real.resource("Musées en 2025", dataset=good)
    real.entry(dataset=good, resource=file, object="musees/liste_musees_2025.csv")
    real.bucket.put("musees/liste_musees_2025.csv", b"id,nom\n1,Louvre\n")
    topic = new_topic(real.portal, good)
    site(real, topic["slug"], tags=["musee", "cinema"], contact="opendata@culture.example")
    assert real.run("sync").code == 0

    done = real.run("audit", "--json", "--html", str(tmp_path / "audit.html"))

    assert done.code == 0, done
    found = audited(done)
    assert list(found) == [poor, good]  # where the easiest gain is
    assert found[good]["score"] == 1
    assert {criterion: statuses(found[good])[criterion] for criterion in NINE} == dict.fromkeys(
        NINE, "ok"
    )
    opened = [one for one in found[good]["findings"] if one["status"] in {"improve", "problem"}]
    assert opened == []
    assert [one["visible"] for one in found[good]["thematic"]] == ["yes"]
    assert found[poor]["score"] == pytest.approx(2 / 9, abs=0.001)
    said = statuses(found[poor])
    for criterion in ("license", "temporal_coverage", "spatial", "update_frequency", "tags"):
        assert said[criterion] == "improve"
    for criterion in ("resource_title", "resource_description", "file_name", "category_tags"):
        assert said[criterion] == "improve"
    assert [one["visible"] for one in found[poor]["thematic"]] == ["not_yet"]
    first = found[poor]["findings"][0]
    assert first["criterion"] == "license"
    assert first["link"] == f"{real.url}/admin/datasets/{poor}"
    named = next(one for one in found[poor]["findings"] if one["criterion"] == "file_name")
    assert named["link"].endswith(f"/files?resource_id={bad_file}")
    assert "Liste Musées.csv" in named["advice"]
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    assert "Musées en 2025" in page

    screen = real.run("audit")

    assert screen.code == 0
    assert screen.out.index("score 22 %") < screen.out.index("score 100 %")
    assert "Culture: visible. The dataset is on Culture." in screen.out


def test_the_audit_only_reads(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    assert office.run("sync").code == 0
    topic = new_topic(office.portal, office.dataset)
    site(office, topic["id"])
    before, asked = traces(office.state), len(office.simulator.journal.all())

    assert office.run("audit").code == 0

    requests = office.simulator.journal.all()[asked:]
    assert {one.method for one in requests} == {"GET"}
    assert traces(office.state) == before


def test_a_dataset_that_was_never_published_is_audited_without_a_ledger(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")

    done = office.run("audit", "--json")

    assert done.code == 0, done
    (found,) = done.document["datasets"]
    assert statuses(found)["column_names"] == "unknown"
    assert found["thematic"] == []
    assert not office.state.exists()


def test_one_datasets_trouble_is_said_and_the_others_go_on(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    office.entry(dataset="0" * 24, resource="8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11", object="b.csv")

    done = office.run("audit", "--json")
    screen = office.run("audit")

    assert (done.code, screen.code) == (1, 1)
    found = audited(done)
    assert found["0" * 24]["score"] is None
    (only,) = found["0" * 24]["findings"]
    assert (only["criterion"], only["status"]) == ("portal", "unknown")
    assert only["advice"] in screen.out
    assert statuses(found[office.dataset])["license"] == "improve"


def test_a_topic_that_cannot_be_read_leaves_visibility_unknown(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    site(office, "univers-inconnu")

    done = office.run("audit", "--json")

    assert done.code == 1
    (found,) = done.document["datasets"]
    (seen,) = found["thematic"]
    assert (seen["visible"], seen["site"]) == ("unknown", "Culture")
    assert "topic" in seen["reason"]
    assert statuses(found)["license"] == "improve"


def test_only_the_dataset_that_was_named_is_audited(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    other = office.portal.new_dataset()
    office.target("Deux", "b.csv", b"id\n1\n", dataset=other)

    done = office.run("audit", "--json", "--dataset", other)

    assert list(audited(done)) == [other]


def test_the_document_has_the_keys_of_the_readme(office: Office) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    site(office, new_topic(office.portal)["id"])

    document = office.run("audit", "--json").document

    assert set(document) == {"datasets"}
    (found,) = document["datasets"]
    assert set(found) == {"dataset", "title", "link", "score", "findings", "thematic"}
    assert {frozenset(one) for one in found["findings"]} == {frozenset(FINDING)}
    assert {one["status"] for one in found["findings"]} <= {"ok", "improve", "problem", "unknown"}
    (seen,) = found["thematic"]
    assert set(seen) == {"site", "visible", "reason", "address"}
    assert seen["visible"] in {"yes", "not_yet", "no", "unknown"}


def test_a_page_that_cannot_be_written_is_said(office: Office, tmp_path: Path) -> None:
    office.target("Un", "a.csv", b"id\n1\n")
    nowhere = office.run("audit", "--html", str(tmp_path / "nowhere" / "a.html"))
    assert nowhere.code == 2
    assert "nowhere" in nowhere.err
    (tmp_path / "a.html").mkdir()
    folder = office.run("audit", "--html", str(tmp_path / "a.html"))
    assert folder.code == 2
    assert "a.html" in folder.err
    assert list(tmp_path.glob(".a.html.part")) == []
    asked = len(office.simulator.journal.all())
    for unnamed in ("", "/"):
        assert office.run("audit", "--html", unnamed).code == 2
    assert len(office.simulator.journal.all()) == asked  # before anything is looked at


def test_screen_and_page_speak_french(office: Office, tmp_path: Path) -> None:
    office.target("export.csv", "Dépôt/Liste.csv", b"id\n1\n")
    site(office, new_topic(office.portal)["id"], tags=["musee"])
    page = tmp_path / "audit.html"

    done = office.run_with("audit", "--html", str(page), SYNCD_LANG="fr")

    assert done.code == 0, done
    written = page.read_text(encoding="utf-8")
    assert '<html lang="fr">' in written
    assert "Choisissez une licence." in done.out
    assert "Choisissez une licence." in written
    assert in_english(done.all) == in_english(html.unescape(written)) == []
