"""Bad publications that are made of a real file, on made ones."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from benchmarks import bad_republications, guard_corpus
from benchmarks.bad_republications import (
    ASKED,
    AXES,
    CUT,
    DATES,
    DOUBLED,
    EMPTY,
    GROWN,
    HALF,
    HEADER,
    KEYS,
    KINDS,
    MAPPING,
    MEMBER,
    MEMBER_EMPTY,
    ONE,
    OTHER,
    QUOTE,
    READ_WRONG,
    REPLACED,
    RETURN,
    SHEET,
    SHIFTED,
    TEXT,
    TRUNCATED,
    TWICE,
    Neighbour,
    spoiled,
)
from benchmarks.guard_corpus import bad_table, run
from syncd.guards.profile import Profile
from tests.support.corpus import geojson, xlsx, zipped
from tests.support.shared_reader import read_here

TOWNS = ("Évreux", "Nîmes", "Béziers", "Orléans", "Paris")
MUSEUMS = "id,ville,date,entrees\n" + "".join(
    f"{n},{TOWNS[n % 5]},2024-{n % 12 + 1:02}-{n % 28 + 1:02},{n * 37 % 101}\n" for n in range(60)
)
LINES = "ligne;arret;sens;km;x\n" + "".join(f"L{n % 7};Gare {n};aller;{n},5;a\n" for n in range(30))
PLACES = geojson(*((2 + n / 10, 45 + n / 10) for n in range(12)))


def made(tmp_path: Path, name: str, content: bytes, *others: Neighbour) -> dict[str, bytes]:
    (tmp_path / name).write_bytes(content)
    profile = read_here(tmp_path / name, name)
    return dict(spoiled(name, content, profile, random.Random(1), others))


def rows(content: bytes, encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, bytes]:
    (tmp_path / "b.csv").write_text(LINES, "utf-8")
    lines = Neighbour("b.csv", LINES.encode(), read_here(tmp_path / "b.csv", "b.csv"), ())
    return made(tmp_path, "a.csv", MUSEUMS.encode(), lines)


def test_each_kind_that_a_table_can_be_is_made_of_it(tables: dict[str, bytes]) -> None:
    assert set(tables) == {
        QUOTE, RETURN, GROWN, TWICE, DOUBLED, HEADER, HALF, CUT, TEXT, DATES, EMPTY, ONE,
        READ_WRONG, ASKED, REPLACED, OTHER, SHIFTED,
    }  # fmt: skip


def test_they_are_the_same_each_time(tmp_path: Path) -> None:
    assert made(tmp_path, "a.csv", MUSEUMS.encode()) == made(tmp_path, "a.csv", MUSEUMS.encode())


def test_only_the_rows_become_others(tables: dict[str, bytes]) -> None:
    header, *body = rows(MUSEUMS.encode())

    assert all(rows(content)[0] == header for content in tables.values())
    assert rows(tables[TWICE])[1:] == [*body, *body]
    assert rows(tables[DOUBLED])[1:5] == [body[0], body[0], body[1], body[1]]
    assert rows(tables[HEADER]).count(header) == 2
    assert (len(rows(tables[HALF])), len(rows(tables[GROWN]))) == (30, 3001)
    assert {row[3].isalpha() for row in rows(tables[TEXT])[1:]} == {True}
    assert rows(tables[DATES])[1][2] == "01/01/2024"
    assert {row[3] for row in rows(tables[EMPTY])[1:]} == {""}
    assert len({row[3] for row in rows(tables[ONE])[1:]}) == 1
    assert rows(tables[SHIFTED])[1] == [body[0][-1], *body[0][:-1]]
    assert rows(tables[OTHER])[1] == ["L0", "Gare 0", "aller", "0,5"]
    assert len(rows(tables[OTHER])) == len(rows(MUSEUMS.encode()))


def test_a_row_is_cut_or_read_with_other_columns(tables: dict[str, bytes]) -> None:
    assert {len(row) for row in rows(tables[CUT])} == {3, 4}
    assert {len(row) for row in rows(tables[QUOTE])} == {4, 5}
    assert tables[RETURN].count(b"\r") == 1


def test_accents_are_spoiled_in_three_ways(tables: dict[str, bytes]) -> None:
    assert "NÃ®mes" in tables[READ_WRONG].decode()
    assert "N?mes" in tables[ASKED].decode()
    assert "N\ufffdmes" in tables[REPLACED].decode()


def test_maps_are_turned_and_lose_a_key(tmp_path: Path) -> None:
    whole = json.loads(PLACES)
    for at, each in enumerate(whole["features"]):
        each["properties"] = {"nom": f"n{at}", "type": "x"}
    bad = made(tmp_path, "a.geojson", json.dumps(whole).encode())

    assert set(bad) == {HALF, TWICE, GROWN, KEYS, AXES}
    first = json.loads(bad[AXES])["features"][0]
    assert first["geometry"]["coordinates"] == whole["features"][0]["geometry"]["coordinates"][::-1]
    assert first["properties"] == {"nom": "n0", "type": "x"}
    assert json.loads(bad[KEYS])["features"][0]["properties"] == {"type": "x"}


def test_archives_and_workbooks_lose_a_part(tmp_path: Path) -> None:
    archive = made(tmp_path, "a.zip", zipped({"x.csv": b"a,b\n1,2\n", "y.csv": b"c,d\n3,4\n"}))
    assert set(archive) == {TRUNCATED, MEMBER, MEMBER_EMPTY}
    with zipfile.ZipFile(io.BytesIO(archive[MEMBER])) as left:
        assert left.namelist() == ["y.csv"]

    body = [[n, f"nom {n}"] for n in range(20)]
    book = made(tmp_path, "a.xlsx", xlsx([["id", "nom"], *body]))
    assert set(book) == {TRUNCATED, HALF, TWICE, HEADER, TEXT, EMPTY, ONE}
    assert SHEET in KINDS


def test_what_does_not_open_is_not_spoiled(tmp_path: Path) -> None:
    assert made(tmp_path, "a.json", b'{"a":') == {}


def test_a_wrong_mapping_is_made_of_files_without_a_column_in_common() -> None:
    mine, other = Profile("csv", header=("a", "b")), Profile("csv", header=("c",))
    near, dice = Profile("csv", header=("b", "c")), random.Random(1)

    assert bad_republications.foreign(mine, [Neighbour("x", b"", near, ())], dice) is None
    assert bad_republications.foreign(mine, [Neighbour("x", b"", other, ())], dice) is other


def test_the_table_says_of_each_kind_what_was_found_and_which_files_passed(tmp_path: Path) -> None:
    (tmp_path / "museums.csv").write_text(MUSEUMS, "utf-8")
    (tmp_path / "lines.csv").write_text(LINES, "utf-8")
    results = run(tmp_path, bad=True)
    shown = bad_table(results)

    assert f"| {MAPPING} | 2 | 2 | 0 | 0 |  |" in shown
    assert f"| {CUT} | 2 | 2 | 0 | 0 |  |" in shown
    assert f"| {AXES} | 0 | 0 | 0 | 0 |  |" in shown
    assert not {*KINDS} & {*results.later}


def test_bad_publications_are_made_where_no_list_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lines.csv").write_text(LINES, "utf-8")

    assert guard_corpus.main([str(tmp_path), "--bad"]) == 0
    assert "| bad publication | made | held | told | passed | such as |" in capsys.readouterr().out
