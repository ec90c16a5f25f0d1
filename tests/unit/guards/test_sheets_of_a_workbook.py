"""Each sheet of a workbook is judged as a table, whichever comes first."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.content.sheet_table import texts_of
from syncd.guards.profile import Profile
from tests.support.builders import version
from tests.support.content_builders import case, codes
from tests.support.corpus import NIR
from tests.support.shared_reader import looked_into, read_here

Rows = Sequence[Sequence[Any]]

_MIDNIGHT = dt.datetime.combine(dt.date(2024, 3, 1), dt.time())
_HEADER = ("code", "commune", "population", "taux", "maj")
_DATA = [
    (f"{at:05d}", f"Commune n° {at}", at * 37 + 5, at / 7, dt.date(2024, 1 + at % 12, 3))
    for at in range(1, 61)
]
_MORE = [(f"9{at:04d}", f"Commune n° {at} bis", at, at / 3, dt.date(2024, 5, 1)) for at in range(3)]
_COMMUNES = [_HEADER, *_DATA]
_NOTES = [("Producteur", "INSEE"), ("Mise à jour", "le 3 mars"), ("Contact", "voir la page")]
_LINES = [("ligne", "mode", "longueur"), *((f"L{at}", "bus", at + 0.5) for at in range(30))]
_BOOK = {"Lisez-moi": _NOTES, "Communes": _COMMUNES, "Lignes": _LINES}


def _workbook(sheets: Mapping[str, Rows]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([*row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _read(path: Path, sheets: Mapping[str, Rows]) -> Profile:
    path.write_bytes(_workbook(sheets))
    found = read_here(path, "a.xlsx")
    kept = Profile.from_json(found.to_json())
    assert kept == found
    return found


def _judged(now: Profile, before: Profile | None, *past: Profile) -> tuple[list[str], list[str]]:
    given = case(version=version("a.xlsx"), found=now, before=before, past=past)
    judged = guards.judge(given, GuardPolicy({}))
    assert not judged.faults
    return codes(judged.held), codes(judged.warned)


def _compared(path: Path, first: Mapping[str, Rows], then: Mapping[str, Rows]) -> Any:
    before = _read(path, first)
    assert _judged(before, None) == ([], [])
    return _judged(_read(path, then), before, before, before, before)


def _changed(sheet: str, rows: Rows) -> dict[str, Rows]:
    return {**_BOOK, sheet: rows}


def _column(rows: Rows, at: int, to: Any) -> list[tuple[Any, ...]]:
    """The same with other cells in one column, but for its name."""
    return [tuple(rows[0]), *((*row[:at], to(row[at]), *row[at + 1 :]) for row in rows[1:])]


def test_a_profile_has_each_sheet_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(_workbook(_BOOK))
    found = looked_into(tmp_path / "a", "a.xlsx")
    assert sorted(found.members) == ["Communes", "Lignes", "Lisez-moi"]
    communes, notes = found.members["Communes"], found.members["Lisez-moi"]
    assert (communes.header, communes.rows, communes.headless) == (_HEADER, 60, False)
    assert [each.kind for each in communes.columns] == ["whole", "text", "whole", "decimal", "date"]
    assert (communes.columns[2].smallest, communes.columns[2].largest) == (42.0, 2225.0)
    assert (notes.header, notes.columns) == ((), ())


def test_what_a_profile_says_of_the_whole_workbook_is_what_it_was(tmp_path: Path) -> None:
    found = _read(tmp_path / "a", {"Communes": _COMMUNES, "Lignes": _LINES})
    assert (found.header, found.rows, found.sheets) == (_HEADER, 90, 2)


def test_titles_above_a_sheets_header_are_no_rows_of_it(tmp_path: Path) -> None:
    titles = [("Population des communes",), ("au 3 mars",), ()]
    found = _read(tmp_path / "a", {"Communes": [*titles, *_COMMUNES]}).members["Communes"]
    assert (found.header, found.rows, found.above) == (_HEADER, 60, 2)


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([1.0, 2.5, None, ""], ["1", "2.5", "", ""]),
        ([_MIDNIGHT, dt.date(2024, 3, 1)], ["2024-03-01", "2024-03-01"]),
        ([_MIDNIGHT.replace(hour=8), dt.time(8, 30)], ["2024-03-01 08:00:00", "08:30:00"]),
        ([1e-7, 123456789012.0, 1e17], ["0.000000", "123456789012", "100000000000000000.000000"]),
        (["00123", True, 7], ["00123", "True", "7"]),
    ],
)
def test_cells_are_texts_as_an_export_has_them(cells: list[Any], texts: list[str]) -> None:
    assert texts_of(cells) == texts


@pytest.mark.parametrize(
    ("then", "held", "warned"),
    [
        ({"Lisez-moi": _NOTES, "Communes": _COMMUNES}, ["guard_sheet_gone"], []),
        (_changed("Communes", [row[:2] + row[3:] for row in _COMMUNES]), ["guard_columns"], []),
        (_changed("Communes", [("code", "nom", *_HEADER[2:]), *_DATA]),
         ["guard_columns_renamed"], []),
        (_changed("Communes", _DATA), ["guard_no_header"], []),
        (_changed("Lignes", _LINES[:1]), ["guard_no_rows_sheet"], []),
        (_changed("Lignes", _LINES[:12]), ["guard_rows_sheet"], []),
        (_changed("Communes", _column(_COMMUNES, 2, lambda cell: f"n. c. {cell}")),
         ["guard_column_text"], []),
        (_changed("Communes", [*_COMMUNES, *_COMMUNES]), ["guard_header_again"], []),
        (_changed("Communes", [*_COMMUNES, *_DATA]), [], ["guard_pasted"]),
        (_changed("Communes", _column(_COMMUNES, 1, lambda _: "")), [], ["guard_column_empty"]),
        (_changed("Lignes", _column(_LINES, 2, lambda cell: dt.date(2024, 1, 1 + int(cell) % 28))),
         [], ["guard_column_kind"]),
        (_changed("Communes", _column(_COMMUNES, 1, lambda cell: cell.replace("°", "Â°"))),
         ["guard_mojibake"], []),
    ],
)  # fmt: skip
def test_a_bad_sheet_is_found_wherever_it_is(
    tmp_path: Path, then: Mapping[str, Rows], held: list[str], warned: list[str]
) -> None:
    for turned in (then, dict(reversed(then.items()))):
        found = _compared(tmp_path / "a", _BOOK, turned)
        assert found == (held, warned)


@pytest.mark.parametrize(
    "then",
    [
        dict(reversed(_BOOK.items())),
        {**_BOOK, "Annexe": [("a", "b", "c"), (1, 2, 3)]},
        _changed("Communes", [*_COMMUNES, *_MORE]),
        _changed("Communes", [_HEADER, *reversed(_DATA)]),
        _changed("Lisez-moi", [("Producteur", "DINUM"), ("Mise à jour", "le 4 avril")]),
        _changed("Lisez-moi", [("Situation au 4 avril",), ("Voir", "la page", "suivante")]),
        _changed("Communes", [("Population au 4 avril",), *_COMMUNES]),
    ],
    ids=["other order", "a new sheet", "more rows", "shuffled", "a note", "other notes", "a title"],
)  # fmt: skip
def test_harmless_later_workbooks_are_let_pass(tmp_path: Path, then: Mapping[str, Rows]) -> None:
    assert _compared(tmp_path / "a", _BOOK, then) == ([], [])


def test_a_date_in_the_name_of_a_sheet_or_column_moves_on(tmp_path: Path) -> None:
    def book(year: int) -> dict[str, Rows]:
        header = ("code", "commune", f"Population {year}", "taux", "maj")
        return {f"Communes {year}": [header, *_DATA], "Lignes": _LINES}

    held, warned = _compared(tmp_path / "a", book(2024), book(2025))
    assert held == []
    assert {*warned} <= {"guard_column_new"}


def test_a_single_sheet_may_have_another_name(tmp_path: Path) -> None:
    then = {"Export du 3": _COMMUNES}
    assert _compared(tmp_path / "a", {"Feuil1": _COMMUNES}, then) == ([], [])


def test_numbers_of_persons_in_any_sheet_are_held_and_their_column_is_not_looked_into(
    tmp_path: Path,
) -> None:
    persons = [("nom", "nir", "age"), *(("Durand", NIR, at) for at in range(30))]
    before, now = _read(tmp_path / "a", _BOOK), _read(tmp_path / "a", {**_BOOK, "Agents": persons})
    assert _judged(now, before)[0] == ["guard_nir"]
    assert now.members["Agents"].personal == {"nir": ("nir",)}
    nir = now.members["Agents"].columns[1]
    assert (nir.smallest, nir.largest, nir.marks) == (None, None, ())


def test_a_workbook_that_an_older_syncd_published_is_compared_as_a_whole(tmp_path: Path) -> None:
    persons = [("nom", "nir", "age"), *(("Durand", NIR, at) for at in range(30))]
    now = _read(tmp_path / "a", {**_BOOK, "Agents": persons})
    before = replace(now, members={})
    assert _judged(now, before) == ([], [])
    assert _judged(now, replace(before, rows=1000))[0] == ["guard_rows"]


def test_of_very_many_columns_and_sheets_little_is_kept(tmp_path: Path) -> None:
    header = [f"colonne {at} {'x' * 150}" for at in range(400)]
    wide = {f"F{at}": [header, list(range(400))] for at in range(19)}
    found = _read(tmp_path / "a", wide)
    assert {*found.members} == {*wide}
    assert len(found.to_json()) < 200_000
    assert _judged(found, found, found, found, found) == ([], [])
    many = _read(tmp_path / "a", {f"F{at}": [("a", "b", "c"), (1, 2, 3)] for at in range(130)})
    assert (len(many.members), many.sheets, many.rows) == (100, 130, 130)


def test_a_workbook_of_charts_alone_needs_no_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.add_chart(openpyxl.chart.BarChart(), "A1")
    path = tmp_path / "a.xlsx"
    book.save(path)
    drawn = read_here(path, "a.xlsx")

    assert (drawn.trouble, drawn.rows) == (None, 0)
    assert _judged(drawn, None)[0] == []
    assert _judged(drawn, _read(path, {"Communes": _COMMUNES}))[0] != []
