"""The monthly report by the installed command."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.cli_harness import Office

OLD, NEW = b"id\n" + b"0\n" * 100, b"id\n" + b"1\n" * 100
PAGE = b"<!doctype html><html><body>Erreur 503</body></html>\n" * 9


@pytest.fixture
def busy(office: Office) -> Office:
    """A file online, one that is held and undone, and the report's language."""
    office.target("Musées", "musees.csv", NEW)
    bad = office.resource("Écoles", content=OLD)
    office.bucket.put("ecoles.csv", PAGE)
    office.entry(resource=bad, object="ecoles.csv")
    office.settings["SYNCD_LANG"] = "fr"
    assert office.sync().code == 3
    assert office.run("undo", "musees.csv", "--by", "Camille").code == 0
    return office


def this_month() -> str:
    return datetime.now(ZoneInfo("Europe/Paris")).strftime("%Y-%m")


def test_a_month_is_told_on_the_screen_as_a_document_a_page_and_a_table(busy: Office) -> None:
    month = this_month()
    done = busy.run("report", "--month", month)
    assert done.code == 0, done.all
    assert done.out.startswith("Rapport\xa0: ")
    assert "À regarder aujourd’hui : retenu" in done.out.replace("\xa0", " ")

    document = busy.run("report", "--month", month, "--json").document
    (one,) = document["datasets"]
    counts = {name: one[name] for name in ("published", "undone", "held", "released")}
    assert counts == {"published": 1, "undone": 1, "held": 1, "released": 0}

    page, table = busy.folder / "rapport.html", busy.folder / "rapport.csv"
    done = busy.run("report", "--month", month, "--html", str(page))
    assert (done.code, done.out) == (0, "")
    assert "<script" not in page.read_text("utf-8")
    assert str(page) in done.err
    for _ in range(2):  # the second takes the place of the first
        assert busy.run("report", "--month", month, "--csv", str(table)).code == 0
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig")), delimiter=";"))
    assert [(row["Mois"], row["Fichiers publiés"], row["Annulés ou figés"]) for row in rows] == [
        (month, "1", "1")
    ]
    assert sorted(p.name for p in busy.folder.iterdir() if "rapport" in p.name) == [
        "rapport.csv",
        "rapport.html",
    ]


def test_without_a_month_the_last_one_that_is_over_is_meant(office: Office) -> None:
    office.target("Musées", "musees.csv", NEW)
    assert office.sync().code == 0
    document = office.run("report", "--json").document
    assert document["month"] < this_month()
    assert (document["is_over"], document["datasets"][0]["published"]) == (True, 0)
    assert document["history_from"] is not None


def test_what_cannot_be_asked_ends_with_2_and_writes_nothing(office: Office) -> None:
    office.target("Musées", "musees.csv", None)
    for asked, said in (
        (("--month", "novembre"), "novembre"),
        (("--month", "9000-01"), "9000-01"),
        (("--csv", "a.csv", "--json"), "--csv"),
        (("--html", "a.html", "--csv", "a.csv"), "--html"),
    ):
        done = office.run("report", *asked)
        assert (done.code, said in done.err) == (2, True), done.all
    office.sync()
    done = office.run("report", "--html", str(office.folder / "nulle" / "part.html"))
    assert (done.code, "part.html" in done.err) == (2, True), done.all
    assert [p.name for p in office.folder.iterdir() if p.name.startswith("a.")] == []
