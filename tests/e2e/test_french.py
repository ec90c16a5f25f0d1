"""A day with syncd in French: whatever it shows, nothing of it is English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.cli_harness import Done, Office
from tools.french_catalogue import in_english

OLD = b"id\n" + b"0\n" * 1000
GOOD = b"id\n" + b"1\n" * 1000
CUT = b"id\n" + b"2\n" * 10


@pytest.fixture
def bureau(office: Office) -> Office:
    office.settings["SYNCD_LANG"] = "fr"
    return office


def said(done: Done, code: int) -> str:
    """What a command showed, when it ended as it should and showed no English."""
    assert done.code == code, done.all
    assert in_english(done.all) == []
    return done.all.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_day_with_a_good_a_missing_and_a_bad_file_is_french(bureau: Office) -> None:
    bureau.target("Écoles", "ecoles.csv", GOOD)
    bureau.target("Musées", "musees.csv", CUT)
    bureau.target("Archives", "archives.csv", None)
    bureau.bucket.put("de-trop.csv", b"id\n1\n")

    assert "1 cible" not in said(bureau.run("check"), 0)
    assert "est valable : 1 jeu de données, 3 cibles." in said(bureau.run("check"), 0)
    online = said(bureau.run("check", "--online"), 3)
    assert "Le portail accepte" in online
    plan = said(bureau.run("plan"), 3)
    assert "à remplacer" in plan
    assert "Objets sans cible :" in plan
    assert "Déposez l’objet à nouveau" in plan
    sync = said(bureau.run("sync"), 3)
    assert "remplacé " in sync
    assert "Total : " in sync
    status = said(bureau.run("status"), 0)
    assert "Dernier passage : " in status
    assert "Aucun service n’est en marche" in status
    assert "Montre" in said(bureau.run("--help"), 0)


def test_a_held_file_is_listed_released_and_undone_in_french(bureau: Office) -> None:
    resource = bureau.resource("Écoles", content=OLD)
    bureau.bucket.put("ecoles.csv", CUT)
    bureau.entry(resource=resource, object="ecoles.csv")
    assert "retenu" in said(bureau.run("sync"), 3)
    holds = said(bureau.run("holds"), 0)
    assert "% de moins que celui en ligne" in holds
    assert "déposé le " in holds
    assert "Dites qui vous êtes" in said(bureau.run("release", resource), 2)
    assert "remplacé" in said(bureau.run("release", resource, "--by", "Léa"), 0)
    assert "le public reçoit" in said(bureau.run("verify"), 0).lower()
    assert "figé" in said(bureau.run("undo", resource, "--by", "Léa", "--note", "non"), 0)
    history = said(bureau.run("history"), 0)
    assert "libéré par Léa" in history
    assert "remis en ligne par Léa « non »" in history
    assert "n’est plus figé" in said(bureau.run("unpin", resource, "--by", "Léa"), 0)
    assert "répondez dans un terminal" in said(bureau.run("purge", resource), 2)
    assert "supprimé" in said(bureau.run("purge", resource, "--yes"), 0)


def test_an_audit_is_french_on_the_screen_and_on_its_page(bureau: Office, tmp_path: Path) -> None:
    bureau.target("export final.csv", "Depot/Liste Musées.csv", GOOD)
    bureau.sync()
    page = tmp_path / "audit.html"
    shown = said(bureau.run("audit", "--html", str(page)), 0)
    assert "Licence (un choix à faire) : Choisissez une licence." in shown
    assert "Le rapport est dans " in shown
    written = page.read_text(encoding="utf-8")
    assert '<html lang="fr">' in written
    assert in_english(re.sub(r"<style>.*?</style>|<[^>]*>", " ", written, flags=re.S)) == []


def test_a_renamed_object_is_told_in_french(bureau: Office) -> None:
    bureau.target("Écoles", "ecoles.csv", GOOD)
    bureau.sync()
    bureau.bucket.delete("ecoles.csv")
    bureau.bucket.put("ecoles-2026.csv", GOOD)
    assert "le même fichier s’y trouve sous le nom ecoles-2026.csv" in said(bureau.run("plan"), 3)


def test_the_documents_for_programs_keep_their_english_words(bureau: Office) -> None:
    resource = bureau.target("Écoles", "ecoles.csv", GOOD)
    sync = bureau.sync()
    assert sync.outcomes == {"ecoles.csv": "replaced"}
    assert "cycle.done" in {event["event"] for event in sync.events}
    (line,) = [
        one
        for one in bureau.run("history", "--json").document["publications"]
        if one["resource"] == resource and one["act"] != "found"
    ]
    assert line["act"] == "replaced"


def test_a_manifest_full_of_mistakes_is_answered_in_french(bureau: Office) -> None:
    bureau.entry(resource="r", objet="x.csv")
    bureau.entry(resource="r", object="/x*.csv", guards="peut-être")
    shown = said(bureau.run("check"), 2)
    assert "Écrivez :" in shown
    assert "Cela s’écrit ainsi :" in shown
    assert "problèmes ; rien n’a été fait." in shown


def test_bad_settings_are_answered_in_french(bureau: Office) -> None:
    done = bureau.run_with("check", SYNCD_TIMEOUT_READ="bientôt", SYNCD_WORKERS="0")
    assert "Les réglages ont 2 problèmes" in said(done, 2)


def test_a_language_that_does_not_exist_is_a_problem_of_the_settings(bureau: Office) -> None:
    done = bureau.run_with("check", SYNCD_LANG="klingon")
    assert done.code == 2
    assert "SYNCD_LANG is “klingon”; write one of fr, en." in done.all
