"""What can be seen of each file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from syncd.audit import Finding, Mapped, Rating, files
from syncd.audit.naming import faults, has_number, is_file_name, needs_date, series
from syncd.guards.preview import LIMITS
from syncd.guards.profile import Profile
from tests.support.audit_builders import entry, file, found, mapped, said, subject
from tests.support.builders import OTHER, RESOURCE, digest

OK = (Rating.OK, "audit_ok")


def look(*mine: Mapped, **fields: Any) -> list[Finding]:
    return list(files.findings(subject(*mine, **fields)))


def test_a_file_as_it_should_be() -> None:
    assert {one.status for one in look(mapped())} == {Rating.OK}


def test_a_resource_that_is_gone_is_all_that_is_said_of_it() -> None:
    (only,) = look(replace(mapped(), file=None))
    assert (only.criterion, only.status) == ("resource", Rating.PROBLEM)
    assert only.reason.facts["resource"] == RESOURCE


def test_a_link_to_elsewhere_is_no_file() -> None:
    (only,) = look(mapped(file(filetype="remote")))
    assert (only.status, only.reason.code) == (Rating.PROBLEM, "audit_resource_remote")


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("Liste des musées", Rating.OK),
        ("Données de culture.gouv.fr", Rating.OK),
        ("culture.gouv.fr", Rating.OK),
        ("Liste des musées au format csv", Rating.OK),
        ("export final.csv", Rating.IMPROVE),
        ("musees.csv", Rating.IMPROVE),  # as the portal made it
        ("export-final.csv.gz", Rating.IMPROVE),  # as it made it at an earlier upload
        ("LISTE.XLSX", Rating.IMPROVE),
        ("", Rating.IMPROVE),
        ("  ", Rating.IMPROVE),
    ],
)
def test_a_title_is_no_file_name(title: str, status: Rating) -> None:
    assert found(look(mapped(file(title=title))), "resource_title").status is status


def test_a_title_that_an_upload_made_is_found_whatever_its_extension() -> None:
    made = file(title="musees.odp", url="https://portal.example/files/1/musees.odp")
    assert not is_file_name("musees.odp")
    assert found(look(mapped(made)), "resource_title").status is Rating.IMPROVE


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"description": "Une ligne par musée."}, Rating.OK),
        ({"description": " \n"}, Rating.IMPROVE),
        ({"description": "", "type": "documentation"}, Rating.OK),
    ],
)
def test_a_file_is_described_or_describes_others(fields: dict[str, str], status: Rating) -> None:
    assert found(look(mapped(file(**fields))), "resource_description").status is status


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("liste_musees_2025.csv", ()),
        ("liste-musees.csv.gz", ()),
        ("2025.csv", ()),
        ("Liste.csv", ("capitals",)),
        ("LISTE.CSV", ("capitals",)),
        ("musées.csv", ("accents",)),
        ("liste musees.csv", ("spaces",)),
        ("liste\u00a0musees.csv", ("spaces",)),
        ("liste(1).csv", ("signs",)),
        ("l'été à Paris.csv", ("capitals", "accents", "spaces", "signs")),
        ("_liste.csv", ("signs",)),
        ("été.csv", ("accents",)),
        ("日本.csv", ("signs",)),
    ],
)
def test_what_is_wrong_with_a_name(name: str, expected: tuple[str, ...]) -> None:
    assert faults(name) == expected


def test_the_objects_name_is_judged_not_the_portals_address() -> None:
    shown = file(url="https://portal.example/files/1/liste-musees-2025.csv")
    assert said(look(mapped(shown, name="liste_musees_2025.csv")), "file_name") == OK
    wrong = found(look(mapped(shown, name="Liste Musées 2025.csv")), "file_name")
    assert wrong.reason.facts["faults"] == "capitals, accents, spaces"


def test_a_name_that_is_not_known_yet_is_not_judged() -> None:
    assert said(look(mapped(name="")), "file_name") == (Rating.UNKNOWN, "audit_never_looked")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("liste_musees_2024.csv", "liste musees"),
        ("liste-musees.2025-03.csv.gz", "liste musees"),
        ("musees2024.csv", "musees"),
        ("20240131.csv", ""),
    ],
)
def test_files_of_one_series_have_one_name_but_for_numbers(name: str, key: str) -> None:
    assert series(name) == key


def test_only_files_of_a_series_need_a_date() -> None:
    assert not needs_date("musees.csv", ["communes.csv"], in_series=False)
    assert needs_date("musees.csv", ["musees_2024.csv"], in_series=False)
    assert not needs_date("musees_2025.csv", ["musees_2024.csv"], in_series=False)
    assert needs_date("musees.csv", [], in_series=True)
    assert not has_number("musees.mp3")  # the extension's number is no date


def test_a_file_without_a_date_beside_its_series_is_said() -> None:
    older = mapped(file("older", id=OTHER), name="musees_2024.csv")
    findings = look(mapped(name="musees.csv"), older)
    mine = [one for one in findings if one.resource == RESOURCE]
    assert said(mine, "file_name") == (Rating.IMPROVE, "audit_name_date")


def test_two_resources_of_one_object_are_not_a_series_for_lack_of_a_name() -> None:
    unnamed = mapped(file("older", id=OTHER), name="")
    mine = [one for one in look(mapped(name="2025.csv"), unnamed) if one.resource == RESOURCE]
    assert said(mine, "file_name") == OK


# -- years, bytes, sizes, columns ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name", "status"),
    [
        ("Musées 2024", "musees_2025.csv", Rating.PROBLEM),
        ("Musées 2024-2025", "musees_2025.csv", Rating.OK),
        ("Musées", "musees_2025.csv", Rating.OK),
        ("Musées 2024", "musees.csv", Rating.OK),
        ("Musées 2024", "", Rating.OK),
    ],
)
def test_the_titles_year_is_the_files(title: str, name: str, status: Rating) -> None:
    assert found(look(mapped(file(title=title), name=name)), "file_year").status is status


def test_the_same_bytes_twice_are_said_with_the_other_title() -> None:
    mine, twin = file("same"), file("same", id=OTHER, title="Communes")
    one = found(look(mapped(mine), of=entry(mine, twin)), "same_bytes")
    assert (one.status, one.reason.facts["title"]) == (Rating.PROBLEM, "Communes")


@pytest.mark.parametrize("word", [None, ""])
def test_bytes_that_are_unknown_or_none_are_nobodys_twin(word: str | None) -> None:
    mine, other = file(word), file(word, id=OTHER)
    assert said(look(mapped(mine), of=entry(mine, other)), "same_bytes") == OK


@pytest.mark.parametrize(("more", "status"), [(0, Rating.OK), (1, Rating.IMPROVE)])
@pytest.mark.parametrize("ending", sorted(LIMITS))
def test_a_file_above_the_preview_is_said(ending: str, more: int, status: Rating) -> None:
    shown = file(size=LIMITS[ending] + more, sha1=digest("x").sha1)
    assert found(look(mapped(shown, name=f"a.{ending}")), "preview").status is status


def test_without_an_object_the_portals_name_tells_the_format() -> None:
    shown = file(size=LIMITS["csv"] + 1)
    assert found(look(mapped(shown, name="")), "preview").status is Rating.IMPROVE


def test_a_file_without_a_preview_or_size_has_none_to_lose() -> None:
    assert said(look(mapped(file(size=10**12), name="a.zip")), "preview") == OK
    assert said(look(mapped(file(size=None))), "preview") == OK


def table(*names: str, **fields: Any) -> Profile:
    return Profile(format="csv", header=names, **fields)


@pytest.mark.parametrize(
    ("profile", "status"),
    [
        (table("a" * 63), Rating.OK),
        (table("id", "b" * 64, "c" * 99), Rating.IMPROVE),
        (table("b" * 64, headless=True), Rating.OK),
        (Profile(format="pdf"), Rating.OK),
        (None, Rating.UNKNOWN),
    ],
)
def test_long_names_of_columns_are_said(profile: Profile | None, status: Rating) -> None:
    assert found(look(mapped(profile=profile)), "column_names").status is status


def test_a_column_is_named_by_its_number_alone() -> None:
    """A first row may be a person's."""
    one = found(look(mapped(profile=table("id", "Jeanne " * 10, "c" * 99))), "column_names")
    assert dict(one.reason.facts) == {"columns": "2, 3", "limit": 63}
