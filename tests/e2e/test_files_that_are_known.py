"""What a file holds, told in French by the installed command.

A wrong mapping is seen and corrected, a schema fails, an export that is saved anew each night stays
where it is.
"""

from __future__ import annotations

import json
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.support.cli_harness import Office
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket
from tests.support.schema_builders import MUSEUMS
from tools.french_catalogue import in_english

VISITS = b"id;musee;commune;entrees\n" + b"".join(
    f"{n};Musée {n};Lyon {n % 9};{n * 137}\n".encode() for n in range(1, 200)
)
SHOWS = b"salle;piece;date;jauge\n" + b"".join(
    f"Salle {n % 7};Pièce {n};2026-03-{n % 28 + 1:02};{n % 300}\n".encode() for n in range(1, 150)
)


@pytest.fixture
def bureau(portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    office = Office(portal_server, seaweed_bucket, tmp_path)
    office.settings["SYNCD_LANG"] = "fr"
    return office


def words(said: str) -> str:
    """What a person reads: without the log, on one line."""
    lines = (line for line in said.splitlines() if not line.startswith("{"))
    return " ".join(" ".join(lines).split())


def test_a_wrong_mapping_is_held_at_its_first_cycle_seen_and_corrected(bureau: Office) -> None:
    museums = bureau.resource("Fréquentation des musées", content=VISITS)
    theatres = bureau.resource("Spectacles", content=SHOWS)
    newer = SHOWS + "Salle 3;Pièce 150;2026-04-01;120\n".encode()
    bureau.bucket.put("spectacles.csv", newer)
    bureau.entry(resource=museums, object="spectacles.csv")

    first = bureau.run("sync")
    assert first.code == 3, first.all
    assert "4 colonnes du fichier publié manquent : « id », « musee », « commune »" in words(
        first.out
    )
    assert bureau.permanent_link(museums) == VISITS
    shown = bureau.run("diff", "spectacles.csv")
    assert shown.code == 0, shown.all
    told = words(shown.out)
    assert "En ligne : 5,30 ko, 4 colonnes, 199 lignes, csv" in told
    assert "Retenu : 4,91 ko, 4 colonnes, 150 lignes, csv" in told
    assert "les deux tables n’ont aucune colonne en commun" in told
    assert not in_english(words(first.out) + told)

    bureau.entries[bureau.dataset] = []
    bureau.entry(resource=theatres, object="spectacles.csv")
    second = bureau.run("sync")
    assert second.code == 0, second.all
    assert bureau.permanent_link(theatres) == newer
    assert bureau.permanent_link(museums) == VISITS
    assert bureau.online(theatres)["title"] == "Spectacles"


def test_a_file_that_fails_its_schema_is_held_where_that_is_asked(bureau: Office) -> None:
    (bureau.folder / "musees.json").write_text(json.dumps(MUSEUMS))
    good = b"id,nom,ouverture\n" + b"".join(
        f"{n},Musee {n},2020-01-{n:02}\n".encode() for n in range(1, 29)
    )
    bad = good.replace(b"2020-01-07", b"7 janvier").replace(b"12,Musee 12", b"11,Musee 12")
    resource = bureau.resource("Musées", content=good)
    bureau.bucket.put("musees.csv", good)
    bureau.entry(
        resource=resource, object="musees.csv", schema="./musees.json", guards={"schema": "hold"}
    )
    assert bureau.run("sync").code == 0
    bureau.bucket.put("musees.csv", bad)

    held = bureau.run("sync")

    assert held.code == 3, held.all
    said = words(held.out)
    assert "Selon le schéma ./musees.json, 2 sortes d’erreurs sont nouvelles" in said
    assert "« id » unique ×1 (13); « ouverture » type date ×1 (8)" in said
    assert "7 janvier" not in held.all
    assert bureau.permanent_link(resource) == good
    assert "respecte son schéma ./musees.json" in words(bureau.run("history", "musees.csv").out)
    assert not in_english(said)


def test_a_workbook_that_is_saved_anew_each_night_is_not_sent(bureau: Office) -> None:
    resource = bureau.resource("Musées", "musees.xlsx", content=workbook(1))
    bureau.entry(resource=resource, object="musees.xlsx", unchanged="content")
    bureau.bucket.put("musees.xlsx", workbook(1))
    assert bureau.run("sync").code == 0
    before = bureau.online(resource)
    for night in (2, 3):
        bureau.bucket.put("musees.xlsx", workbook(night))
        same = bureau.sync()
        assert (same.code, same.outcomes) == (0, {"musees.xlsx": "unchanged"}), same.all
        assert "contenu" in same.reasons["musees.xlsx"]
    assert bureau.online(resource) == before

    other = workbook(4, entries=8)
    bureau.bucket.put("musees.xlsx", other)
    assert bureau.run("sync").code == 0
    assert bureau.permanent_link(resource) == other


def workbook(night: int, entries: int = 7) -> bytes:
    """The same cells, saved in another night."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [("id", "nom", "entrees"), (1, "Musée", entries), (2, "Théâtre", 9)]:
        sheet.append(row)
    book.properties.created = book.properties.modified = datetime(2026, 11, night)  # noqa: DTZ001  as openpyxl wants it
    written = BytesIO()
    book.save(written)
    return written.getvalue()
