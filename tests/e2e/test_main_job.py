"""The main job on the real portal software and a real S3 server, by the installed command."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from syncd.sync import pins
from tests.support.cli_harness import Office, sha1
from tests.support.portal_servers import PortalServer
from tests.support.recording_proxy import Doorway
from tests.support.s3_servers import PART, Bucket

pytestmark = pytest.mark.udata

# What a person wrote or others rely on; the file's own fields are left out.
KEPT = ("id", "title", "description", "type", "extras", "latest", "filetype", "created_at")


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["musee", "entrees"])
    sheet.append(["Louvre", 8_700_000])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("lisez-moi.txt", "Des données")
    return out.getvalue()


GEOJSON = json.dumps({"type": "FeatureCollection", "features": []}).encode()
FILES = {  # what the services dropped, by key, with the title on the portal
    "musees/liste des musées.csv": ("Liste des musées de France", b"id,nom\n1,Louvre\n"),
    "musees/fréquentation+2024.csv": ("Fréquentation des musées", b"id,entrees\n1,8700000\n"),
    "theatres.csv": ("Théâtres", "id,nom\n1,Comédie-Française\n".encode()),
    "cartes/musees.geojson": ("Carte des musées", GEOJSON),
    "tableaux/budget.xlsx": ("Budget", workbook()),
    "archives/tout.zip": ("Archive complète", archive()),
}
NEWEST = ("expositions/expos_2026-11.csv", "Expositions du mois", b"titre\nMatisse\n")
YEARS = {year: f"nom,annee\nAvignon,{year}\n".encode() for year in (2023, 2024, 2025)}


class Town:
    """The whole example of the manifest's documentation, set up once for this module."""

    def __init__(self, office: Office, doorway: Doorway) -> None:
        self.office = office
        self.doorway = doorway
        self.bytes: dict[str, bytes] = {}  # by resource id
        for key, (title, content) in FILES.items():
            self.bytes[office.target(title, key, content)] = content
        key, title, content = NEWEST
        office.bucket.put("expositions/expos_2026-10.csv", b"titre\nCaravage\n")
        office.bucket.put(key, content)
        newest = office.resource(title)
        office.entry(resource=newest, newest="expositions/expos_*.csv", by="name")
        self.bytes[newest] = content
        for year, content in YEARS.items():
            office.bucket.put(f"festivals/festivals_{year}.csv", content)
        office.entry(
            each="festivals/festivals_{annee:yyyy}.csv", title="Festivals {annee}", create=True
        )
        self.before = self.shown()
        self.order = office.order()
        self.first = office.sync()

    def shown(self) -> dict[str, dict[str, Any]]:
        """Every resource of the dataset, by id."""
        listed = self.office.portal.dataset(self.office.dataset)["resources"]
        return {one["id"]: one for one in listed}

    def dates(self) -> dict[str, str]:
        """Every date that the public sees."""
        dataset = self.office.portal.dataset(self.office.dataset)
        found = {one["id"]: one["last_modified"] for one in dataset["resources"]}
        return {**found, "updated": dataset["last_update"], "modified": dataset["last_modified"]}


@pytest.fixture(scope="module")
def town(
    udata: PortalServer, seaweed: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    from tests.support.s3_servers import fresh_bucket

    folder: Path = tmp_path_factory.mktemp("town")
    bucket: Bucket = fresh_bucket(seaweed)
    with Doorway(udata.url) as doorway:
        yield Town(Office(udata, bucket, folder, url=doorway.url), doorway)


def test_the_first_sync_publishes_every_file(town: Town) -> None:
    assert town.first.code == 0, town.first.all
    assert town.first.document["summary"] == {"created": 3, "replaced": 7}
    shown = town.shown()
    made = {r["title"]: r for r in shown.values() if r["id"] not in town.bytes}
    assert set(made) == {f"Festivals {year}" for year in YEARS}
    expected = {**town.bytes, **{made[f"Festivals {y}"]["id"]: b for y, b in YEARS.items()}}
    for resource, content in expected.items():
        assert shown[resource]["checksum"] == {"type": "sha1", "value": sha1(content)}
        assert shown[resource]["filesize"] == len(content)
        assert town.office.permanent_link(resource) == content


def test_the_first_sync_changes_no_word_no_id_no_link_and_no_position(town: Town) -> None:
    shown = town.shown()
    for resource, before in town.before.items():
        kept = {name: shown[resource][name] for name in KEPT}
        assert kept == {name: before[name] for name in KEPT}
    assert [r for r in town.office.order() if r in town.before] == town.order


def test_the_report_names_what_is_online(town: Town) -> None:
    shown = town.shown()
    for one in town.first.document["outcomes"]:
        online = shown[one["resource"]]
        assert one["sha1"] == online["checksum"]["value"]
        assert one["size"] == online["filesize"]
        assert one["title"] == online["title"]
        assert one["link"] == f"{town.doorway.url}/api/1/datasets/r/{one['resource']}"


def test_a_second_sync_asks_the_portal_nothing(town: Town) -> None:
    town.doorway.asked.clear()

    again = town.office.sync()

    assert again.code == 0
    assert again.document["summary"] == {"unchanged": 10}
    assert town.doorway.asked == []


def test_without_its_ledger_sync_adopts_everything_and_sends_nothing(town: Town) -> None:
    dates, count = town.dates(), len(town.shown())
    for file in town.office.state.glob("ledger.sqlite*"):
        file.unlink()
    town.doorway.asked.clear()

    third = town.office.sync()

    assert third.code == 0
    assert third.document["summary"] == {"adopted": 10}
    assert {method for method, _, _ in town.doorway.asked} == {"GET"}
    assert len(town.shown()) == count
    assert town.dates() == dates


def test_the_same_bytes_deposited_again_in_parts_move_no_date(town: Town) -> None:
    """A multipart ETag is opaque: it differs from the former one though no byte does."""
    key = "theatres.csv"
    town.office.sync()
    dates, client = town.dates(), town.office.bucket.client
    former = client.head_object(Bucket=town.office.bucket.bucket, Key=key)["ETag"]
    assert town.office.bucket.put_multipart(key, FILES[key][1]) != former
    town.doorway.asked.clear()

    done = town.office.sync()

    assert (done.code, done.outcomes[key]) == (0, "unchanged")
    assert "same bytes" in done.reasons[key]
    assert {method for method, _, _ in town.doorway.asked} <= {"GET"}
    assert town.dates() == dates


def test_a_big_object_of_many_parts_is_published_whole(real: Office) -> None:
    content = b"id\n" + b"".join(b"%015d\n" % n for n in range((2 * PART + 1024) // 16))
    resource = real.target("En parts", "gros.csv", None)
    real.bucket.put_multipart("gros.csv", content)

    assert real.sync().outcomes == {"gros.csv": "replaced"}
    assert real.online(resource)["checksum"]["value"] == sha1(content)


def test_a_deleted_object_is_missing_and_the_portal_is_left_alone(real: Office) -> None:
    resource = real.target("Disparu", "a.csv", b"id\n1\n")
    real.target("Resté", "b.csv", b"id\n1\n")
    assert real.sync().code == 0
    before = real.portal.dataset(real.dataset)
    real.bucket.delete("a.csv")

    done = real.sync()

    assert done.code == 3
    assert done.outcomes == {"a.csv": "missing", "b.csv": "unchanged"}
    assert "Deposit the object again" in done.reasons["a.csv"]
    assert real.portal.dataset(real.dataset) == before
    assert real.permanent_link(resource) == b"id\n1\n"


def test_only_the_wrong_targets_are_refused_and_the_others_are_published(real: Office) -> None:
    good = real.target("Bon", "bon.csv", b"id\n1\n")
    nowhere = "00000000-0000-4000-8000-000000000000"
    real.entry(resource=nowhere, object="nulle-part.csv")
    real.bucket.put("nulle-part.csv", b"id\n2\n")
    theirs = real.portal.call(
        "POST", "/api/1/datasets/", "stranger", json={"title": "À d'autres", "description": "…"}
    ).json()["id"]
    made = real.portal.call(
        "POST",
        f"/api/1/datasets/{theirs}/upload/",
        "stranger",
        files={"file": ("leur.csv", b"0\n")},
    ).json()
    real.entry(dataset=theirs, resource=made["id"], object="leur.csv")
    real.bucket.put("leur.csv", b"id\n3\n")

    done = real.sync()

    assert done.code == 3
    assert done.outcomes == {
        "bon.csv": "replaced",
        "nulle-part.csv": "refused",
        "leur.csv": "refused",
    }
    assert "Correct the id in the manifest" in done.reasons["nulle-part.csv"]
    assert "an editor of the organisation" in done.reasons["leur.csv"].replace("’", "'")
    assert real.permanent_link(good) == b"id\n1\n"
    assert real.permanent_link(made["id"]) == b"0\n"


def remote(office: Office) -> str:
    made = office.portal.call(
        "POST",
        f"/api/1/datasets/{office.dataset}/resources/",
        json={"title": "Ailleurs", "url": "https://www.example.org/a.csv", "filetype": "remote"},
    )
    assert made.status_code == 201, made.text
    identifier: str = made.json()["id"]
    return identifier


def harvested(office: Office) -> str:
    found = office.resource("Moissonné")
    office.portal.lab("harvest", {"dataset": office.dataset, "resource": found})
    return found


def of_a_harvested_dataset(office: Office) -> str:
    found = office.resource("Dans un jeu moissonné")
    office.portal.lab("harvest", {"dataset": office.dataset, "resource": None})
    return found


def of_a_deleted_dataset(office: Office) -> str:
    found = office.resource("Dans un jeu supprimé")
    deleted = office.portal.call("DELETE", f"/api/1/datasets/{office.dataset}/", "orgadmin")
    assert deleted.status_code == 204
    assert office.portal.call("GET", f"/api/1/datasets/{office.dataset}/").status_code == 200
    return found


def of_an_archived_dataset(office: Office) -> str:
    found = office.resource("Dans un jeu archivé")
    office.portal.lab("archive", {"dataset": office.dataset})
    return found


@pytest.mark.parametrize(
    ("prepare", "advice"),
    [
        (remote, "Make a new resource with a file"),
        (harvested, "Take it out of the manifest"),
        (of_a_harvested_dataset, "stop the harvester"),
        (of_a_deleted_dataset, "Restore it"),
        (of_an_archived_dataset, "Unarchive it"),
    ],
)
def test_what_must_not_be_replaced_is_refused_with_advice(
    real: Office, prepare: Any, advice: str
) -> None:
    resource = prepare(real)
    real.entry(resource=resource, object="a.csv")
    real.bucket.put("a.csv", b"id\n1\n")
    before = real.online(resource)

    done = real.sync()

    assert (done.code, done.outcomes) == (3, {"a.csv": "refused"})
    assert advice in done.reasons["a.csv"]
    assert real.online(resource) == before


def test_a_resource_withdrawn_by_hand_is_refused_and_not_made_again(real: Office) -> None:
    resource = real.target("Retiré", "a.csv", b"id\n1\n")
    real.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    real.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    assert real.sync().code == 0
    for one in real.order():
        path = f"/api/1/datasets/{real.dataset}/resources/{one}/"
        assert real.portal.call("DELETE", path).status_code == 204
    real.bucket.put("a.csv", b"id\n1\n2\n")
    real.bucket.put("f/f_2024.csv", b"annee\n2024\n2024\n")

    done = real.sync()

    assert (done.code, set(done.outcomes.values())) == (3, {"refused"})
    assert "does not make it again" in done.reasons["a.csv"]
    assert resource in done.reasons["a.csv"]
    assert real.order() == []


def test_a_file_replaced_by_hand_is_drifted_and_with_a_new_object_held(real: Office) -> None:
    resource = real.target("Remplacé", "a.csv", b"id\n1\n")
    assert real.sync().code == 0
    real.portal.replace(real.dataset, resource, "a la main.csv", b"id\n9\n")
    before = real.online(resource)

    drifted = real.run("check", "--online", "--json")
    real.bucket.put("a.csv", b"id\n1\n2\n")
    held = real.sync()

    assert (drifted.code, drifted.actions) == (3, {"a.csv": "drifted"})
    assert (held.code, held.outcomes) == (3, {"a.csv": "held"})
    assert "syncd release" in held.reasons["a.csv"]
    assert "its title is “Remplacé” again" in held.reasons["a.csv"]
    after = real.online(resource)
    assert (before["title"], after["title"]) == ("a-la-main.csv", "Remplacé")
    dated = {"title", "last_modified", "internal"}  # what the one write of the title changes
    same = [{n: v for n, v in one.items() if n not in dated} for one in (before, after)]
    mark = {pins.MARK: after["extras"][pins.MARK]}  # that it stays, should the ledger be lost
    assert same[1] == {**same[0], "extras": {**before["extras"], **mark}}
    assert real.sync().code == 3
    assert real.online(resource) == after
