"""What a first mapping would replace is looked into: a file of another kind does not take its
place unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncd.adapters.disk.archive import Archive
from syncd.core.errors import ReaderKilled
from syncd.core.ports import SpooledFile
from syncd.core.records import Act, Outcome
from syncd.core.results import Result, Shape, Shapes
from tests.support import sync_harness
from tests.support.corpus import xlsx
from tests.support.shared_reader import READER
from tests.support.sync_harness import House

MUSEUMS = b"id;musee;commune\n" + b"".join(b"%d;Beaux-Arts;Lyon\n" % n for n in range(40))
MANY_MUSEUMS = b"id;musee;commune\n" + b"".join(b"%d;Beaux-Arts;Lyon\n" % n for n in range(360))
MORE_MUSEUMS = MUSEUMS + b"40;Louvre;Paris\n41;Orsay;Paris\n"
THEATRES = b"salle,jauge,adresse,gestionnaire\n" + b"Odeon,800,Paris,Etat\n" * 40
STREETS = b"id;musee;commune\n" + b"1;Beaux-Arts;Lyon\n" * 4 + b" " * 900 + b"\n"  # another grain
JSON = b'[{"id": 1, "musee": "Beaux-Arts"}, {"id": 2, "musee": "Louvre"}]' + b" " * 700
DOWNLOAD = r"/s/resources/"


def mapped(house: House, online: bytes, new: bytes, name: str = "vieux.csv", **options: Any) -> str:
    resource = house.resource("Musées", name, online)
    house.target(resource, "m/nouveau.csv", **options)
    house.bucket.put("m/nouveau.csv", new)
    return resource


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
