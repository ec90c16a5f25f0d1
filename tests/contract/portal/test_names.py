"""What the portals make of a file's name. It becomes the title and the end of the URL."""

from __future__ import annotations

import pytest

from tests.support.portal_servers import PortalServer

NAMES = [
    ("liste_musees_2025.csv", "liste-musees-2025.csv"),
    ("Été à la Mer (v2)_final.csv.gz", "ete-a-la-mer-v2-final.csv.gz"),
    ("dossier/sous dossier/x.csv", "dossier-sous-dossier-x.csv"),
    ("DATA.CSV", "data.csv"),
    ("a%20b+c&d=e.csv", "a-20b-c-d-e.csv"),
    ("L'été d'Anna.csv", "lete-danna.csv"),
    ("L’été.csv", "lete.csv"),
    ('a `b´ "c" «d».csv', "a-b-c-d-.csv"),
    ("ÇA Œuvre ß ø Æsir.csv", "ca-oeuvre-ss-o-aesir.csv"),
    ("n°1 à 5 € – №2.csv", "ndeg1-a-5-eur-no.-2.csv"),
    ("__a__b__.csv", "a-b-.csv"),
    ("-x-.csv", "x-.csv"),
    ("a..b.csv", "a..b.csv"),
    ("…a–b—c.csv", "...a-b-c.csv"),
    ("a.b c.csv", "a.b-c.csv"),
    ("data_2024-01-02_v2.geojson", "data-2024-01-02-v2.geojson"),
    ("1.5Mo.csv", "1.5mo.csv"),
    ("m² × ½.csv", "m2-x-1-2.csv"),
    ("e\u0301te\u0301.csv", "ete.csv"),  # accents as characters of their own
    ("a" * 196 + ".csv", "a" * 196 + ".csv"),
    ("é" * 100 + ".csv", "e" * 100 + ".csv"),
]


@pytest.mark.parametrize(("name", "made"), NAMES)
def test_a_name_is_slugified(portal_server: PortalServer, name: str, made: str) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, name, b"1")
    assert resource["title"] == made
    assert resource["url"].rsplit("/", 1)[-1] == made


@pytest.mark.parametrize(
    ("name", "file_format", "mime"),
    [
        ("x.csv", "csv", "text/csv"),
        ("x.csv.gz", "csv.gz", "application/gzip"),
        ("x.unknown.gz", "gz", "application/gzip"),
        ("x.tar.gz", "tar.gz", "application/gzip"),
        ("x.geojson.zip", "geojson.zip", "application/zip"),
        ("x.geojson", "geojson", "application/geo+json"),
        ("x.json", "json", "application/json"),
        ("x.txt", "txt", "text/plain"),
        ("x.zip", "zip", "application/zip"),
        ("x.pdf", "pdf", "application/pdf"),
        (
            "x.xlsx",
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_format_and_mime_come_from_the_name(
    portal_server: PortalServer, name: str, file_format: str, mime: str
) -> None:
    resource = portal_server.upload(portal_server.new_dataset(), name, b"1")
    assert (resource["format"], resource["mime"]) == (file_format, mime)


@pytest.mark.parametrize(
    "name", ["README", ".csv", " .csv", "x.parquet", "x.HTML", "x.tsv", "x.csv.bak"]
)
def test_an_extension_that_is_not_allowed_is_refused(
    portal_server: PortalServer, name: str
) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "POST", f"/api/1/datasets/{dataset}/upload/", files={"file": (name, b"1")}
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "This file type is not allowed.The allowed file type list is available at "
        f"{portal_server.url}/api/1/datasets/extensions/"
    }
    assert portal_server.dataset(dataset)["resources"] == []


def test_a_name_of_300_characters_is_a_server_error(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answer = portal_server.call(
        "POST", f"/api/1/datasets/{dataset}/upload/", files={"file": ("a" * 296 + ".csv", b"1")}
    )
    assert answer.status_code == 500
    assert answer.json() == {"message": "Internal Server Error"}
