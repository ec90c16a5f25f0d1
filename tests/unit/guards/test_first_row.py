"""A table without a header: its first row is stored nowhere and shown nowhere."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from tests.support.content_builders import case, table
from tests.support.shared_reader import read_here

DATA = {
    "a number in groups": "DUPONT;Jeanne;1 234,56\nMARTIN;Zoé;2 000,00\n",
    "a SIRET in groups": "DUPONT;123 456 789 00012\nMARTIN;123 456 789 00013\n",
    "a day with points": "DUPONT;12.05.1961\nMARTIN;13.06.1972\n",
    "a short day": "DUPONT;12/5/61\nMARTIN;13/6/72\n",
    "a day with slashes": "DUPONT;1961/05/12\nMARTIN;1972/06/13\n",
    "an e-mail": "DUPONT;jeanne@example.fr\nMARTIN;zoe@example.fr\n",
    "a telephone": "DUPONT;06 12 34 56 78\nMARTIN;06 12 34 56 79\n",
    "a social security number": "DUPONT;1 84 12 76 451 089 46\nMARTIN;b\n",
    "an account": "DUPONT;FR76 3000 6000 0112 3456 7890 189\nMARTIN;b\n",
    "a UUID": "DUPONT;47ac11c2-8a00-46a7-9fa8-9b802643f975\nMARTIN;b\n",
    "an address of the web": "DUPONT;https://example.fr/jeanne\nMARTIN;b\n",
    "words that come again": "DUPONT;Paris\nMARTIN;Lyon\nDURAND;Paris\n",
}


def read(path: Path, content: str) -> Profile:
    path.write_text(content, "utf-8")
    return read_here(path, path.name)


@pytest.mark.parametrize("content", DATA.values(), ids=DATA)
def test_a_first_row_of_data_is_neither_stored_nor_shown(tmp_path: Path, content: str) -> None:
    found = read(tmp_path / "a.csv", content)

    assert (found.header, found.headless) == ((), True)
    assert "DUPONT" not in found.to_json()
    for before in (None, table(header=("nom", "ville"), rows=2), found):
        verdict = guards.judge(case(found=found, before=before), GuardPolicy({}))
        assert "DUPONT" not in repr((verdict.held, verdict.warned))


def test_a_first_row_of_data_in_a_sheet_is_not_stored(tmp_path: Path) -> None:
    book = Workbook()
    for row in (("DUPONT", "Paris"), ("MARTIN", "Lyon"), ("DURAND", "Paris")):
        book.active.append(row)  # type: ignore[union-attr]
    content = io.BytesIO()
    book.save(content)
    (tmp_path / "a.xlsx").write_bytes(content.getvalue())

    found = read_here(tmp_path / "a.xlsx", "a.xlsx")

    assert (found.header, found.rows) == ((), 3)
    assert "DUPONT" not in found.to_json()


@pytest.mark.parametrize(
    "content",
    [
        "nom;ville\nDUPONT;Paris\nMARTIN;Paris\n",
        "commune;2023;2024\nParis;1;2\nLyon;3;4\n",
        "annee;2019 2020\nParis;1\n",
        "nom;ville\nDUPONT;Paris\nnom;ville\nMARTIN;Lyon\n",
        "type;libelle;code\ntype;a;1\nautre;b;2\n",
        "ages;10-12-14 ans\na;b\n",
    ],
)
def test_names_of_columns_stay_names(tmp_path: Path, content: str) -> None:
    first = tuple(content.split("\n")[0].split(";"))
    assert read(tmp_path / "a.csv", content).header == first


def test_a_real_header_that_changes_is_said_as_before(tmp_path: Path) -> None:
    now = read(tmp_path / "a.csv", "nom;code\nDUPONT;1\nMARTIN;2\n")
    before = table(header=("nom", "ville"), rows=2)

    verdict = guards.judge(case(found=now, before=before), GuardPolicy({}))

    assert "“ville”" in repr(verdict.held)
    assert "“code”" in repr(verdict.held)


OLD = {
    "format": "csv",
    "delimiter": ";",
    "header": ["DUPONT", "12.05.1961"],
    "width": 2,
    "rows": 2,
    "personal": {"email": ["DUPONT", "#3"]},
}


def test_an_old_profile_gives_its_first_row_away_no_more() -> None:
    found = Profile.from_json(json.dumps(OLD))

    assert found is not None
    assert (found.header, found.headless, found.rows) == ((), True, 2)
    assert found.personal == {"email": ("#1", "#3")}
    assert "DUPONT" not in repr(found)


def test_the_next_file_of_an_old_table_without_names_is_not_held_for_it(tmp_path: Path) -> None:
    now = read(tmp_path / "a.csv", "MARTIN;13.06.1972\nDURAND;14.07.1983\n")

    found = guards.judge(
        case(found=now, before=Profile.from_json(json.dumps(OLD))), GuardPolicy({})
    )

    assert [one.code for one in found.held] == []


def test_an_old_profile_with_names_keeps_them() -> None:
    found = Profile.from_json(json.dumps({**OLD, "header": ["nom", "2024"], "personal": {}}))

    assert found is not None
    assert (found.header, found.headless) == (("nom", "2024"), False)
