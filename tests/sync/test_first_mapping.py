"""What a first mapping would replace is looked into: a file of another kind does not take its
place unseen."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from syncd.adapters.disk.archive import Archive
from syncd.core.errors import ReaderKilled
from syncd.core.ports import Following, SpooledFile
from syncd.core.records import Act, Outcome
from syncd.core.results import Result, Shape, Shapes
from syncd.guards import OF_CHANGES
from syncd.guards.content import reading
from tests.support import sync_harness
from tests.support.corpus import xlsx
from tests.support.shared_reader import READER, read_here
from tests.support.sync_harness import House

MUSEUMS = b"id;musee;commune\n" + b"".join(b"%d;Beaux-Arts;Lyon\n" % n for n in range(40))
MANY_MUSEUMS = b"id;musee;commune\n" + b"".join(b"%d;Beaux-Arts;Lyon\n" % n for n in range(360))
MORE_MUSEUMS = MUSEUMS + b"40;Louvre;Paris\n41;Orsay;Paris\n"
THEATRES = b"salle,jauge,adresse,gestionnaire\n" + b"".join(
    b"Odeon %d,800,Paris,Etat\n" % n for n in range(40)
)
STREETS = b"id;musee;commune\n" + b"1;Beaux-Arts;Lyon\n" * 4 + b" " * 900 + b"\n"  # another grain
JSON = b'[{"id": 1, "musee": "Beaux-Arts"}, {"id": 2, "musee": "Louvre"}]' + b" " * 700
DOWNLOAD = r"/s/resources/"


def mapped(house: House, online: bytes, new: bytes, name: str = "vieux.csv", **options: Any) -> str:
    resource = house.resource("Musées", name, online)
    house.target(resource, "m/nouveau.csv", **options)
    house.bucket.put("m/nouveau.csv", new)
    return resource


NAMES_OF_BOOK = ["Identifiant", "Nom du musée", "Ville", "Entrées"]


def book(columns: list[str], *sheets: str) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name in sheets:
        sheet = made.create_sheet(name)
        for row in [columns, *([n, f"{name} {n}", "Lyon", n * 7] for n in range(12))]:
            sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def downloads(house: House) -> int:
    return sum(DOWNLOAD in one.path for one in house.portal.requests)


def keep_nothing(house: House) -> None:
    house.archive = Archive(house.state / "archive", 0, 10**9)


def codes(result: Result) -> list[str]:
    return [warning.code for warning in result.warnings]


def both(house: House) -> Result:
    """What the sync did, which is what the plan before it said."""
    planned = house.plan_one()
    result = house.sync_one()
    said = (planned.outcome, planned.reason, planned.shapes)
    assert said == (result.outcome, result.reason, result.shapes)
    return result


# -- held --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "new", "code"),
    [
        ("theatres.csv", THEATRES, "guard_columns"),
        ("musees.json", JSON, "guard_other_format"),
        ("musees.xlsx", xlsx([["id", "musee", "commune"], [1, "Beaux-Arts", "Lyon"]]), None),
        ("communes.csv", STREETS, "guard_rows"),
    ],
)
def test_a_file_that_cannot_belong_there_is_held_on_a_first_mapping(
    house: House, key: str, new: bytes, code: str | None
) -> None:
    resource = house.resource("Musées", content=MUSEUMS)
    house.target(resource, key)
    house.bucket.put(key, new)

    result = both(house)

    assert (result.outcome, result.reason.code) == (Outcome.HELD, code or "guard_other_format")
    assert house.bytes_online(resource) == MUSEUMS
    assert house.uploads() == 0


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        (["Salle", "Nom de la salle", "Lieu", "Jauge"], Outcome.HELD),
        (["Salle", "Nom de la salle", "Ville", "Jauge"], Outcome.REPLACED),
    ],
)
def test_a_workbook_without_a_sheet_or_a_column_of_the_one_online_is_held(
    house: House, columns: list[str], outcome: Outcome
) -> None:
    resource = house.resource("Musées", "vieux.xlsx", book(NAMES_OF_BOOK, "musées", "notes"))
    house.target(resource, "m/nouveau.xlsx", guards={"shrink": "off"})
    house.bucket.put("m/nouveau.xlsx", book(columns, "salles", "lieux"))

    result = both(house)

    assert result.outcome is outcome
    assert outcome is not Outcome.HELD or result.reason.code == "guard_columns"


def test_a_held_first_mapping_shows_columns_and_rows_of_both(house: House) -> None:
    mapped(house, MUSEUMS, THEATRES)

    assert both(house).shapes == Shapes(Shape(3, 40), Shape(4, 40))


def test_what_is_held_is_not_read_again_in_each_cycle(house: House) -> None:
    mapped(house, MUSEUMS, THEATRES)

    assert [house.sync_one().outcome for _ in range(3)] == [Outcome.HELD] * 3
    assert house.plan_one().outcome is Outcome.HELD
    assert (downloads(house), house.bucket.reads) == (1, ["m/nouveau.csv"])


def test_what_is_held_is_judged_anew_when_another_file_is_put_online(house: House) -> None:
    resource = mapped(house, MUSEUMS, THEATRES)
    assert house.sync_one().outcome is Outcome.HELD
    house.pass_time(2)
    house.portal.store.replace_file(house.dataset, resource, "main.csv", THEATRES + b"A,1,B,C\n")

    assert both(house).outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == THEATRES


def test_another_file_online_that_does_not_fit_either_keeps_it_held(house: House) -> None:
    resource = mapped(house, MUSEUMS, THEATRES)
    assert house.sync_one().outcome is Outcome.HELD
    house.pass_time(2)
    house.portal.store.replace_file(house.dataset, resource, "main.csv", MORE_MUSEUMS)

    assert [both(house).reason.code for _ in range(3)] == ["guard_columns"] * 3
    assert house.uploads() == 0


def test_a_person_who_looked_at_it_lets_it_through(house: House) -> None:
    resource = mapped(house, MUSEUMS, THEATRES)
    house.sync_one()

    (released,) = house.release(resource).results

    assert released.outcome is Outcome.REPLACED
    assert codes(released) == ["guard_columns", "guard_delimiter"]
    lifted = [reason.code for reason in house.history(resource)[-1].lifted]
    assert (lifted, house.bytes_online(resource)) == (["guard_columns"], THEATRES)


def test_force_says_what_it_lifted(house: House) -> None:
    resource = mapped(house, MUSEUMS, THEATRES)

    result = house.sync_one(force=True, only=resource)

    assert result.outcome is Outcome.REPLACED
    assert codes(result) == ["guard_columns", "guard_delimiter"]


LATIN = MUSEUMS.replace(b"id;", b"id_;").replace(b"Beaux-Arts", "Musée".encode("cp1252"))
UTF_8 = LATIN.decode("cp1252").encode()
WIDE = UTF_8.decode().encode("utf-16")
NAMES = "N° d'entrée;Musée;Code postal\n".encode() + b"1;Orsay;75007\n" * 9
PLAIN_NAMES = b"n_d_entree;musee;code_postal;x\n" + b"1;Orsay;75007;a\n" * 9
FEWER_NAMES = b"musee;code_postal\n" + b"Orsay;75007\n" * 9
INDENTED = json.dumps([{"id": n, "nom": "Orsay"} for n in range(40)], indent=16).encode()


@pytest.mark.parametrize(
    ("online", "new", "name", "told"),
    [
        (LATIN, UTF_8, "m.csv", ["guard_encoding_mended"]),
        (WIDE, UTF_8, "m.csv", ["guard_encoding_mended"]),
        (MUSEUMS.decode().encode("utf-16"), MUSEUMS, "m.csv",
         ["guard_shrink_packed", "guard_encoding_mended"]),
        (b"N\xb0;Ville\n" + b"1;Lyon\n" * 9, "\ufeffN°,Ville\n".encode() + b"1,Lyon\n" * 9, "m.csv",
         ["guard_encoding_mended", "guard_delimiter", "guard_name_style"]),
        (NAMES, PLAIN_NAMES, "m.csv", ["guard_columns_spelled"]),
        (INDENTED, json.dumps(json.loads(INDENTED)).encode(), "m.json", ["guard_shrink_packed"]),
    ],
    ids=["windows-1252", "utf-16", "half as many bytes", "all at once", "spelling", "blanks"],
)  # fmt: skip
def test_another_export_of_the_same_data_is_only_told(
    house: House, online: bytes, new: bytes, name: str, told: list[str]
) -> None:
    resource = house.resource("Musées", f"old-{name}", online)
    house.target(resource, f"m/{name}")
    house.bucket.put(f"m/{name}", new)

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, told)
    assert house.bytes_online(resource) == new


@pytest.mark.parametrize(
    ("online", "new", "code"),
    [
        (UTF_8, LATIN, "guard_encoding_changed"),
        (UTF_8, WIDE, "guard_encoding_changed"),
        (NAMES, FEWER_NAMES, "guard_columns"),
        (MUSEUMS, b"id;musee;commune\n" + b"1;a;b\n" * 40, "guard_shrink"),
        (WIDE, UTF_8[: len(UTF_8) // 3].rpartition(b"\n")[0] + b"\n", "guard_shrink"),
    ],
    ids=["windows-1252", "utf-16", "a column gone", "cells gone", "rows gone"],
)  # fmt: skip
def test_what_is_worse_than_what_is_online_is_held_on_a_first_mapping(
    house: House, online: bytes, new: bytes, code: str
) -> None:
    mapped(house, online, new)

    result = both(house)

    assert (result.outcome, result.reason.code) == (Outcome.HELD, code)
    assert [house.sync_one().reason.code for _ in range(2)] == [code] * 2
    assert (downloads(house), house.bucket.reads) == (2, ["m/nouveau.csv"] * 2)  # plan and sync


def test_fewer_bytes_for_as_many_rows_are_published_after_an_upload_that_failed(
    house: House,
) -> None:
    resource = house.resource("Musées", "m.json", INDENTED)
    house.target(resource, "m/nouveau.json")
    house.bucket.put("m/nouveau.json", compact := json.dumps(json.loads(INDENTED)).encode())
    house.portal.faults.add(method="POST", path=r"/upload/$", times=None, status=503)
    assert house.sync_one().outcome is Outcome.FAILED
    house.portal.faults.clear()
    house.pass_time(3600)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == compact


def test_an_encoding_that_changes_later_is_held_also_to_utf_8(house: House) -> None:
    mapped(house, LATIN, LATIN + b"41;Orsay;Paris\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    house.bucket.put("m/nouveau.csv", UTF_8)

    assert both(house).reason.code == "guard_encoding_changed"


# -- published as before -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "new",
    [
        MORE_MUSEUMS,
        b"\n".join([MUSEUMS.split(b"\n")[0], *reversed(MUSEUMS.split(b"\n")[1:-1]), b""]),
        MUSEUMS.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + MORE_MUSEUMS,
        MUSEUMS.replace(b"Beaux-Arts", b'"Beaux-Arts"'),
        MUSEUMS.replace(b"Lyon", b"Lyon;69").replace(b"commune", b"commune;departement"),
        b"".join(b";".join(r.split(b";")[::-1]) + b"\n" for r in MUSEUMS.splitlines()),
    ],
    ids=["more rows", "shuffled", "line ends", "mark", "quoted", "a column more", "turned round"],
)
def test_a_file_that_fits_is_published_with_one_download(house: House, new: bytes) -> None:
    resource = mapped(house, MUSEUMS, new)

    result = house.sync_one()

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, [])
    assert (house.bytes_online(resource), downloads(house)) == (new, 1)
    found, replaced = house.history(resource)
    assert (found.act, replaced.act) == (Act.FOUND, Act.REPLACED)
    assert isinstance(found.profile, str)


def test_a_fault_that_is_online_already_holds_nothing(house: House) -> None:
    """Rows of another number of cells: no worse than before."""
    uneven = MUSEUMS + b"40;Louvre;Paris;75\n"
    mapped(house, uneven, uneven + b"41;Orsay;Paris\n")

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["guard_uneven_known"])


def test_a_fault_that_is_new_is_held_on_a_first_mapping(house: House) -> None:
    mapped(house, MUSEUMS, MUSEUMS + b"40;Louvre;Paris;75\n")

    assert both(house).reason.code == "guard_uneven"


PAGE = b"<!DOCTYPE html>\n<html><body>404</body></html>\n"


@pytest.mark.parametrize(
    ("name", "online"),
    [("vide.csv", b""), ("page.csv", PAGE), ("lisezmoi.txt", b"A venir.\n"), ("zeros.csv", b"\0a")],
)
def test_what_lies_online_by_mistake_is_replaced_as_before(
    house: House, name: str, online: bytes
) -> None:
    resource = mapped(house, online, MUSEUMS, name)

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, [])
    assert house.bytes_online(resource) == MUSEUMS


def test_a_damaged_file_online_is_replaced_and_that_is_told(house: House) -> None:
    damaged = xlsx([["id"], [1]])[:-100]
    resource = house.resource("Musées", "vieux.xlsx", damaged)
    house.target(resource, "m/nouveau.csv")
    house.bucket.put("m/nouveau.csv", MANY_MUSEUMS)

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["online_not_compared"])


@pytest.mark.parametrize(
    "fault", [{"status": 404}, {"status": 500}, {"cut": "after"}, {"status": 200, "body": b"else"}]
)
def test_a_file_online_that_cannot_be_had_is_replaced_and_that_is_told_once(
    house: House, fault: dict[str, Any]
) -> None:
    resource = mapped(house, MUSEUMS, THEATRES)
    house.portal.faults.add(method="GET", path=DOWNLOAD, times=None, **fault)

    planned = house.plan_one()
    result = house.sync_one()

    assert (planned.outcome, codes(planned)) == (Outcome.REPLACED, ["online_not_compared"])
    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["online_not_kept"])
    assert house.bytes_online(resource) == THEATRES


def test_where_nothing_is_kept_a_file_that_cannot_be_had_is_told_too(house: House) -> None:
    keep_nothing(house)
    mapped(house, MUSEUMS, THEATRES)
    house.portal.faults.add(method="GET", path=DOWNLOAD, times=None, status=404)

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["online_not_compared"])


class Here:
    """A reader without a process of its own."""

    def read(
        self,
        file: SpooledFile,
        name: str,
        on_open: Callable[[], None],
        schema: str = "",
        *,
        with_content: bool = False,
        following: Following | None = None,
    ) -> str:
        assert not schema
        assert following is None
        assert not with_content
        on_open()
        return read_here(file.path, name).to_json()


def test_a_file_online_that_cannot_be_had_and_would_not_be_kept_is_told_once(house: House) -> None:
    """What is too large for the one is too large for the other."""
    house.archive = Archive(house.state / "archive", 2, len(MUSEUMS) - 1)
    mapped(house, MUSEUMS, b"".join(MUSEUMS.splitlines(keepends=True)[:30]))
    house.portal.faults.add(method="GET", path=DOWNLOAD, times=None, status=404)

    planned, result = house.plan_one(), house.sync_one()

    assert (planned.outcome, codes(planned)) == (Outcome.REPLACED, ["online_not_compared"])
    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["online_not_kept"])


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (xlsx([["id"], [1], [2]]), ["online_not_compared"]),
        (xlsx([["id"], *([n] for n in range(900))]), ["guard_unseen"]),
    ],
    ids=["the old one", "both"],
)
def test_a_file_online_that_is_too_large_to_be_looked_at_is_told_once(
    house: House, monkeypatch: pytest.MonkeyPatch, new: bytes, told: list[str]
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 20_000)
    monkeypatch.setattr(sync_harness, "READER", Here())
    resource = house.resource("Musées", "old.xlsx", xlsx([["id"], *([n] for n in range(901))]))
    house.target(resource, "m/m.xlsx", guards={"shrink": "off"})
    house.bucket.put("m/m.xlsx", new)

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, told)


def test_a_file_online_that_ends_its_reader_stops_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadly:
        def read(
            self,
            file: SpooledFile,
            name: str,
            on_open: Callable[[], None],
            *more: Any,
            **other: Any,
        ) -> str:
            if file.path.read_bytes() == MUSEUMS:
                on_open()
                raise ReaderKilled("reader_killed", key=name)
            return READER.read(file, name, on_open, *more, **other)

    monkeypatch.setattr(sync_harness, "READER", Deadly())
    mapped(house, MUSEUMS, MORE_MUSEUMS)

    result = both(house)

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["online_not_compared"])


# -- where nothing is downloaded ---------------------------------------------------------------


def test_without_guards_that_compare_nothing_is_downloaded_for_a_plan(house: House) -> None:
    keep_nothing(house)
    mapped(house, MUSEUMS, THEATRES, guards="off")

    assert both(house).outcome is Outcome.REPLACED
    assert downloads(house) == 0


def test_where_only_the_schema_is_looked_at_nothing_is_downloaded_for_a_plan(house: House) -> None:
    keep_nothing(house)
    others = dict.fromkeys(OF_CHANGES, "off")
    mapped(house, MUSEUMS, THEATRES, guards={**others, "schema": "hold"})

    assert both(house).outcome is Outcome.REPLACED
    assert downloads(house) == 0


def test_the_same_bytes_are_adopted_without_a_download(house: House) -> None:
    mapped(house, MUSEUMS, MUSEUMS)

    assert both(house).outcome is Outcome.ADOPTED
    assert downloads(house) == 0


def test_a_file_that_syncd_knows_is_not_downloaded_to_compare(house: House) -> None:
    mapped(house, MUSEUMS, MORE_MUSEUMS)
    house.sync_one()
    seen = downloads(house)
    house.bucket.put("m/nouveau.csv", MORE_MUSEUMS + b"42;Rodin;Paris\n")

    result = both(house)

    assert result.shapes == Shapes(Shape(3, 42), Shape(3, 43))
    assert (result.outcome, downloads(house)) == (Outcome.REPLACED, seen)


def test_bytes_of_an_upload_that_went_wrong_are_not_compared_with(house: House) -> None:
    """They are nobody's file."""
    resource = mapped(house, MUSEUMS, MORE_MUSEUMS)
    house.portal.faults.add(method="POST", path=r"/upload/$", times=None, corrupt=True)
    assert house.sync_one().outcome is Outcome.FAILED
    house.portal.faults.clear()
    house.pass_time(3600)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == MORE_MUSEUMS


def test_a_plan_leaves_nothing_behind(house: House) -> None:
    mapped(house, MUSEUMS, THEATRES)

    house.plan()

    assert house.spool_is_empty()
    assert not house.state.exists()


# -- a person's push ---------------------------------------------------------------------------


def test_a_pushed_file_is_compared_as_well(house: House) -> None:
    resource = house.resource("Musées", content=MUSEUMS)
    request = house.request("theatres.csv", THEATRES, resource=resource)

    planned, result = house.plan_push(request), house.push(request)

    assert planned.reason == result.reason
    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_columns")
    assert planned.shapes == Shapes(Shape(3, 40), Shape(4, 40))
    assert house.bytes_online(resource) == MUSEUMS


def test_a_pushed_file_that_fits_goes_online_with_one_download(house: House) -> None:
    resource = house.resource("Musées", content=MUSEUMS)

    result = house.push(house.request("musees.csv", MORE_MUSEUMS, resource=resource))

    assert (result.outcome, downloads(house)) == (Outcome.REPLACED, 1)
