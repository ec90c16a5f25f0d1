"""A spreadsheet opens a CSV of syncd's and carries out nothing that another person wrote."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.cli.output import history
from syncd.cli.output.csv_cells import cell
from syncd.core.records import Act, Cause, Publication
from tests.support.builders import NOW, judged, row, version

FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    '"=1+1',
    "\uff1d1+1",
    "\uff0b1+cmd",
    "\uff0d1+cmd",
    "\uff20SUM(A1)",
    "+33 1 23 45 67 89",
]
PLAIN = ["-5", "+5", "-5,25", "+1.5e-3", "-12 %", "-", "2024-05-06", "a-b", "1=1", "a@b.fr", ""]


@pytest.mark.parametrize("words", FORMULAS)
def test_a_formula_is_words(words: str) -> None:
    assert str(cell(words)).startswith("'")


@pytest.mark.parametrize("words", FORMULAS)
def test_no_formula_begins_behind_a_semicolon(words: str) -> None:
    """A French spreadsheet cuts the line there."""
    assert str(cell(f"Musées;{words}")).startswith("Musées;'")


@pytest.mark.parametrize("words", PLAIN)
def test_numbers_signs_and_words_stay_as_they_are(words: str) -> None:
    assert cell(words) == words


@pytest.mark.parametrize("value", [None, 5, -5, 1.5, True])
def test_what_is_no_text_stays_as_it_is(value: object) -> None:
    assert cell(value) is value


@given(st.text(st.one_of(st.sampled_from("=+-@;\t\r\"' 1a\uff1d"), st.characters())))
def test_no_part_of_a_cell_is_a_formula(words: str) -> None:
    for part in str(cell(words)).split(";"):
        bare = part.lstrip(" \"'")
        assert (
            part.startswith("'")
            or not bare.startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20"))
            or set(bare) <= set("+-0123456789.,eE% ")
        )


def test_the_history_as_csv_gives_a_spreadsheet_no_orders(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evil = '=HYPERLINK("http://x")\x1b[2J\u202e\u2028x'
    line = Publication(
        id=1,
        binding=row().binding,
        judged=judged("a", version(evil)),
        title=evil,
        link="https://portal.example/r/1",
        act=Act.REPLACED,
        cause=Cause("release", evil, evil),
        begun_at=NOW,
    )
    history.put_csv([line])
    out = capsys.readouterr().out
    [found] = csv.DictReader(io.StringIO(out))
    neutral = '\'=HYPERLINK("http://x")\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER} x'
    assert {found[name] for name in ("title", "object", "by", "note")} == {neutral}
    assert found["link"] == "https://portal.example/r/1"
    assert len(out.splitlines()) == 2


def test_the_columns_of_the_history_are_those_of_ever_and_new_ones_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    history.put_csv([])
    assert capsys.readouterr().out == (
        "number,dataset,resource,title,object,act,begun_at,answered_at,done_at,size,sha1,etag,"
        "deposited_at,version_id,trigger,by,note,manifest,warnings,kept,link,lifted,loosened,"
        "event,line,facts\n"
    )
