"""The measurement of the guards over a folder of real files, on a made one."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

from benchmarks import guard_corpus, republished
from benchmarks.guard_corpus import FIRST, run, share, tables
from syncd.guards.profile import Profile
from tests.support.corpus import MUSEUMS, geojson, rows_of, xlsx, zipped
from tests.support.shared_reader import read_here

FILES = {
    "good/museums.csv": MUSEUMS.encode(),
    "good/rows.tsv": rows_of(40, delimiter="\t").encode(),
    "good/places.geojson": geojson((2, 48), (3, 47)).encode(),
    "good/book.xlsx": xlsx([["nom", "ville"], ["Louvre", "Paris"], ["Fabre", "Montpellier"]]),
    "good/tables.zip": zipped({"a.csv": rows_of(20).encode()}),
    "bad/page.csv": b"<!DOCTYPE html><html></html>",
    "INDEX.tsv": b"file\tfrom\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_each_file_is_judged_as_a_first_publication_and_as_later_ones(folder: Path) -> None:
    results = run(folder)

    first = results.of([FIRST])
    assert [each.path for each in first] == sorted(set(FILES) - {"INDEX.tsv"})
    assert [(each.path, each.held) for each in first if each.held] == [
        ("bad/page.csv", ("html: guard_html",))
    ]
    assert all(not each.held for each in results.verdicts if each.path.startswith("good/"))
    assert set(results.later) == {
        FIRST, republished.SAME, republished.ROWS, republished.SHUFFLED, republished.LINE_ENDS,
        republished.MARK, republished.QUOTES, republished.COLUMN, republished.ROTATED,
    }  # fmt: skip
    assert all(cost.memory > 1 << 20 for cost in results.costs.values())


def test_what_is_known_as_bad_is_not_held_wrongly(folder: Path) -> None:
    results = run(folder, only="page")

    assert share(results.of([FIRST]), frozenset()) == 100
    assert share(results.of([FIRST]), frozenset({"bad/page.csv"})) == 0


def test_the_tables_name_the_file_beside_the_guard_that_held_it(folder: Path) -> None:
    shown = tables(run(folder, only="page"), frozenset({"bad/page.csv"}))

    assert "| html: guard_html | bad/page.csv (known as bad) | first, the same |" in shown


def test_it_ends_badly_above_its_limit_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = folder / "INDEX.tsv"
    bad.write_text("bad/page.csv\n", "utf-8")

    assert guard_corpus.main([str(folder), "--only", "page"]) == 1
    assert guard_corpus.main([str(folder), "--only", "page", "--bad", str(bad)]) == 0
    assert "first publications held wrongly: 0.00 % (limit 0.1 %)" in capsys.readouterr().out


def test_a_file_that_ends_its_reader_is_one_held_file(folder: Path) -> None:
    def end(*_: object) -> Profile:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guard_corpus.reading, "profile_of", end)
        results = run(folder, only="museums")

    assert results.of([FIRST])[0].held == ("format: guard_limits",)


def again(tmp_path: Path, content: bytes, name: str = "a.csv") -> dict[str, bytes]:
    (tmp_path / name).write_bytes(content)
    profile = read_here(tmp_path / name, name)
    return dict(republished.again(name, content, profile, random.Random(1)))


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_table_is_published_again_in_each_harmless_way(tmp_path: Path) -> None:
    content = 'id,note\n1,"a\nb"\n2,é\n'.encode()

    made = again(tmp_path, content)

    header, *body = rows(content)
    assert rows(made[republished.ROWS])[:3] == [header, *body]
    assert rows(made[republished.ROWS])[3] in body
    assert sorted(rows(made[republished.SHUFFLED])[1:]) == sorted(body)
    assert made[republished.MARK] == b"\xef\xbb\xbf" + content
    assert b"\r\n" in made[republished.LINE_ENDS]
    assert rows(made[republished.COLUMN])[0] == ["id", "note", "ajout"]
    assert rows(made[republished.ROTATED]) == [[b, a] for a, b in [header, *body]]


def test_a_file_that_does_not_open_is_only_published_as_it_is(tmp_path: Path) -> None:
    assert list(again(tmp_path, b'{"a":', "a.json")) == [republished.SAME]


def test_members_of_an_archive_come_in_another_order(tmp_path: Path) -> None:
    one, other = b"a,b\n1,2\n", b"c,d\n3,4\n"
    made = again(tmp_path, zipped({"x.csv": one, "y.csv": other}), "a.zip")

    assert set(made) == {republished.SAME, republished.SHUFFLED, republished.ROWS}
    assert made[republished.SHUFFLED].index(b"y.csv") < made[republished.SHUFFLED].index(b"x.csv")
