"""What a file says, as a digest: packing and saving it anew changes nothing, any word does."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from tempfile import TemporaryFile
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font

from syncd.guards.content.digesting import ContentDigest
from syncd.guards.content.reading import profile_of
from syncd.guards.profile import Profile, is_current
from tests.support.corpus import ods, parquet, xlsx, zipped
from tests.support.examples import examples
from tests.support.old_workbook import xls


def content(made: bytes, name: str) -> str:
    with TemporaryFile(buffering=0) as file:
        file.write(made)
        file.seek(0)
        return profile_of(file, name, with_content=True).content  # type: ignore[arg-type]


def members_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def edited(archive: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """With one member changed, or made of nothing."""
    members = members_of(archive)
    return zipped({**members, name: change(members.get(name, b""))})


def replacing(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(found: bytes) -> bytes:
        assert old.encode() in found
        return found.replace(old.encode(), new.encode())

    return change


# -- archives ----------------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=8)
MEMBERS = st.dictionaries(
    NAMES.filter(lambda name: name.strip(".")), st.binary(max_size=60), min_size=1, max_size=5
)
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@st.composite
def packings(draw: st.DrawFn, members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.comment = draw(st.sampled_from([b"", b"lundi", b"mardi"]))
        for name in draw(st.permutations(list(members))):
            day = draw(st.integers(1, 28))
            info = zipfile.ZipInfo(name, (2020 + day % 9, 1, day, day % 24, 0, 0))
            info.compress_type = draw(st.sampled_from(METHODS))
            info.external_attr = draw(st.sampled_from([0, 0o644 << 16, 0o755 << 16]))
            archive.writestr(info, members[name])
    return made.getvalue()


def is_text(members: Mapping[str, bytes]) -> bool:
    return any(members.values())


@settings(max_examples=examples(40))
@given(data=st.data(), members=MEMBERS.filter(is_text))
def test_an_archive_is_its_members_however_it_is_packed(
    data: st.DataObject, members: dict[str, bytes]
) -> None:
    first, again = data.draw(packings(members)), data.draw(packings(members))

    assert content(first, "a.zip") == content(again, "a.zip")


@settings(max_examples=examples(40))
@given(data=st.data(), members=MEMBERS.filter(is_text))
def test_any_change_of_a_member_is_another_content(
    data: st.DataObject, members: dict[str, bytes]
) -> None:
    name = data.draw(st.sampled_from(sorted(members)))
    others = {other: kept for other, kept in members.items() if other != name}
    changed = data.draw(
        st.sampled_from(
            [
                {**members, name: members[name] + b"\0"},
                {**members, name: b"x" + members[name]},
                {**members, f"{name}x": b""},
                {**others, f"{name}x": members[name]},
            ]
        )
    )
    now, later = content(zipped(members), "a.zip"), content(zipped(changed), "a.zip")
    assert now != later or not now  # a web page saved as data has none


def test_bytes_are_not_told_apart_by_where_a_name_ends() -> None:
    one, other = zipped({"a": b"bc", "d": b"e"}), zipped({"ab": b"c", "d": b"e"})

    assert content(one, "a.zip") != content(other, "a.zip")


def test_of_two_members_of_one_name_the_order_counts() -> None:
    def twice(*contents: bytes) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for name, each in zip(("a.csv", "b.csv"), contents, strict=True):
                archive.writestr(name, each)
        return made.getvalue().replace(b"b.csv", b"a.csv")

    assert content(twice(b"a\n1\n", b"a\n2\n"), "a.zip") != content(
        twice(b"a\n2\n", b"a\n1\n"), "a.zip"
    )


def test_a_folder_of_its_own_is_no_content() -> None:
    bare, with_folder = {"d/a.csv": b"a\n1\n"}, {"d/": b"", "d/a.csv": b"a\n1\n"}

    assert content(zipped(bare), "a.zip") == content(zipped(with_folder), "a.zip")


def test_a_compressed_file_is_what_is_inside() -> None:
    def packed(inside: bytes, level: int, name: str, at: int) -> bytes:
        made = io.BytesIO()
        with gzip.GzipFile(name, "wb", level, made, at) as file:
            file.write(inside)
        return made.getvalue()

    table = b"id;nom\n" + b"1;Lyon\n" * 500
    first = content(packed(table, 1, "lundi.csv", 1), "a.csv.gz")

    assert first
    assert first == content(packed(table, 9, "mardi.csv", 99), "a.csv.gz")
    assert first != content(packed(table + b" ", 1, "lundi.csv", 1), "a.csv.gz")


def test_a_member_that_is_packed_alone_is_not_the_archive() -> None:
    inside = b"id;nom\n1;Lyon\n"
    found = {content(zipped({"a.csv": inside}), "a.zip"), content(gzip.compress(inside), "a")}

    assert len(found - {""}) == 2


# -- sheets ------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    # Of a cell with nothing but blanks, the reader says that it is empty.
    st.text(st.sampled_from("abé 1;\n"), min_size=1, max_size=6).filter(str.strip),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - a cell has none
        lambda at: at.replace(microsecond=0)
    ),
)
PLACES = st.tuples(st.integers(1, 9), st.integers(1, 5))
GRIDS = st.dictionaries(PLACES, VALUES, min_size=1, max_size=8)


def saved(grid: Mapping[tuple[int, int], Any], night: int = 0, **changes: Any) -> bytes:
    """`night`: what a program writes of itself. Cells stand as they were given."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = changes.get("title", "Feuille")
    for (row, column), value in grid.items():
        cell = sheet.cell(row, column, value)
        cell.font = Font(bold=bool(night % 2))
    for name in changes.get("more", ()):
        book.create_sheet(name).append(["x"])
    book.properties.creator = f"nuit {night}"
    book.properties.modified = datetime(2026, 1, 1 + night, tzinfo=UTC).replace(tzinfo=None)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@settings(max_examples=examples(25))
@given(grid=GRIDS, night=st.integers(1, 20))
def test_a_workbook_is_its_cells_whenever_it_is_saved(
    grid: dict[tuple[int, int], Any], night: int
) -> None:
    again = zipped(dict(reversed(members_of(saved(grid, night)).items())), zipfile.ZIP_STORED)

    assert content(saved(grid), "a.xlsx") == content(again, "a.xlsx") != ""


@settings(max_examples=examples(25))
@given(grid=GRIDS, place=PLACES, value=VALUES)
def test_any_other_cell_is_another_content(
    grid: dict[tuple[int, int], Any], place: tuple[int, int], value: Any
) -> None:
    changed = {**grid, place: value}
    is_other = place not in grid or (type(grid[place]), grid[place]) != (type(value), value)
    if isinstance(value, float) and value == grid.get(place):
        is_other = False  # a sheet has one kind of number
    found = content(saved(grid), "a.xlsx") != content(saved(changed), "a.xlsx")

    assert found or not is_other


@settings(max_examples=examples(15))
@given(grid=GRIDS)
def test_a_table_that_stands_elsewhere_is_another_content(grid: dict[tuple[int, int], Any]) -> None:
    down = {(row + 1, column): value for (row, column), value in grid.items()}
    right = {(row, column + 1): value for (row, column), value in grid.items()}

    assert len({content(saved(each), "a.xlsx") for each in (grid, down, right)}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Autre"},
        {"more": ["Deux"]},
        {"more": ["Deux", "Trois"]},
        {"more": ["Trois", "Deux"]},
    ],
)
def test_sheets_count_with_their_names_and_their_order(change: dict[str, Any]) -> None:
    grid = {(1, 1): "id", (2, 1): 1}
    found = [content(saved(grid, **each), "a.xlsx") for each in ({}, {"more": ["Un"]}, change)]

    assert len(set(found)) == 3


WORKBOOK = xlsx([["id", "lieu"], [1, "Lyon"], ["=1+1", "=2+2"]])
SHEET = "xl/worksheets/sheet1.xml"


def with_notes(text: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(WORKBOOK))
    book.active["A1"].comment = Comment(text, "Léa")
    book.active["B2"].hyperlink = f"https://example.org/{text}"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    "changed",
    [
        edited(WORKBOOK, SHEET, replacing("<f>1+1</f>", "<f>1+2</f>")),
        edited(WORKBOOK, SHEET, replacing("<f>1+1</f><v />", "<f>1+1</f><v>2</v>")),
        edited(WORKBOOK, "xl/media/image1.png", lambda _: b"an image"),
        edited(WORKBOOK, "xl/worksheets/sheet9.xml", lambda _: b"<worksheet/>"),
        edited(WORKBOOK, "xl/workbook.xml", replacing('state="visible"', 'state="hidden"')),
        with_notes("a"),
    ],
    ids=["formula", "its value", "image", "a sheet that is in no list", "hidden", "notes"],
)
def test_what_a_reader_may_see_beside_the_cells_counts(changed: bytes) -> None:
    assert content(changed, "a.xlsx") not in {"", content(WORKBOOK, "a.xlsx")}


def test_a_note_and_a_link_count_with_their_words() -> None:
    assert content(with_notes("a"), "a.xlsx") != content(with_notes("b"), "a.xlsx")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("docProps/core.xml", replacing("</cp:coreProperties>", " </cp:coreProperties>")),
        ("docProps/app.xml", replacing("</Properties>", " </Properties>")),
        ("xl/styles.xml", replacing("Calibri", "Marianne")),
        ("xl/theme/theme1.xml", replacing("Office", "Autre")),
    ],
)
def test_what_a_program_writes_of_itself_does_not(
    name: str, change: Callable[[bytes], bytes]
) -> None:
    assert content(edited(WORKBOOK, name, change), "a.xlsx") == content(WORKBOOK, "a.xlsx") != ""


OPEN = ods([["id", "lieu"], ["1", "Lyon"]])
CELL = '<table:table-cell office:value-type="string">'


@pytest.mark.parametrize(
    "change",
    [
        replacing("Lyon", "Lion"),
        replacing("Feuille1", "Feuille2"),
        replacing(CELL, CELL.replace(">", ' table:formula="of:=[.A1]">')),
        replacing(
            "</text:p>", "</text:p><office:annotation><text:p>n</text:p></office:annotation>"
        ),
    ],
    ids=["cell", "name", "formula", "note"],
)
def test_an_open_document_sheet_is_its_cells_formulas_and_notes(
    change: Callable[[bytes], bytes],
) -> None:
    assert content(edited(OPEN, "content.xml", change), "a.ods") not in {"", content(OPEN, "a.ods")}


@pytest.mark.parametrize("name", ["meta.xml", "settings.xml", "Thumbnails/thumbnail.png"])
def test_what_an_open_document_says_of_itself_is_left_out(name: str) -> None:
    assert content(edited(OPEN, name, lambda _: b"<a/>"), "a.ods") == content(OPEN, "a.ods") != ""


def test_the_words_of_a_note_in_an_open_document_count() -> None:
    def noted(words: str) -> bytes:
        note = f"<office:annotation><text:p>{words}</text:p></office:annotation></table:table-cell>"
        return edited(OPEN, "content.xml", replacing("</table:table-cell>", note))

    assert content(noted("a"), "a.ods") != content(noted("b"), "a.ods")


def test_an_old_workbook_is_its_cells() -> None:
    rows = [["id", "lieu"], ["1", "Lyon"]]
    named = content(xls(rows), "a.xls")

    assert named
    assert named == content(xls(rows, 1252), "a.xls")
    assert named != content(xls([["id", "lieu"], ["1", "Nice"]]), "a.xls")


def test_the_same_cells_in_another_format_are_another_content() -> None:
    rows = [["id", "lieu"], ["1", "Lyon"]]
    found = {
        content(xlsx(rows), "a.xlsx"),
        content(ods(rows), "a.ods"),
        content(xls(rows), "a.xls"),
    }

    assert len(found) == 3


@settings(max_examples=examples(40))
@given(cuts=st.lists(st.integers(0, 400), max_size=12))
def test_in_what_pieces_a_sheet_is_unpacked_is_nothing_to_it(cuts: list[int]) -> None:
    part = members_of(WORKBOOK)[SHEET] + b"<hyperlink a='b'/><x:f t='c'>d</x:f>" * 3
    whole, pieces = ContentDigest(), ContentDigest()
    takes = [digest.part(SHEET, "xlsx") for digest in (whole, pieces)]
    assert takes[0] is not None
    assert takes[1] is not None
    takes[0](part)
    places = [0, *sorted(cuts), len(part)]
    for start, end in pairwise(places):
        takes[1](part[start:end])

    assert whole.of("xlsx") == pieces.of("xlsx")


# -- other files -------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "folder"), [("docx", "word"), ("pptx", "ppt")])
def test_a_text_document_is_its_parts_without_its_own_dates(kind: str, folder: str) -> None:
    made = zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            f"{folder}/document.xml": b"<a>texte</a>",
            "docProps/core.xml": b"<modified>2026-01-01</modified>",
        }
    )
    name = f"a.{kind}"
    later = edited(made, "docProps/core.xml", replacing("2026", "2027"))
    other = edited(made, f"{folder}/document.xml", replacing("texte", "Texte"))

    assert content(made, name) == content(later, name) not in {"", content(other, name)}


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (b"id;nom\n1;Lyon\n", "a.csv"),
        (b'[{"id": 1}]', "a.json"),
        (b'{"id": 1}\n', "a.jsonl"),
        (b"<a>1</a>", "a.xml"),
        (parquet(), "a.parquet"),
        (b"%PDF-1.7\n%%EOF\n", "a.pdf"),
        (b"", "a.zip"),
    ],
)
def test_other_files_are_their_bytes(made: bytes, name: str) -> None:
    assert content(made, name) == ""


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (zipped({"a.csv": b"a\n1\n" * 50})[:-30], "a.zip"),
        (gzip.compress(b"a\n1\n" * 50)[:-9], "a.csv.gz"),
        (edited(WORKBOOK, SHEET, lambda found: found[: len(found) // 2]), "a.xlsx"),
        (zipped({"a.csv": b"<!DOCTYPE html><html><body>Erreur 503</body></html>"}), "a.zip"),
    ],
    ids=["cut", "cut gzip", "broken sheet", "a web page"],
)
def test_what_was_not_read_to_its_end_has_no_content(made: bytes, name: str) -> None:
    assert content(made, name) == ""


def test_nobody_takes_it_who_was_not_asked_to() -> None:
    with TemporaryFile(buffering=0) as file:
        file.write(WORKBOOK)
        file.seek(0)
        assert profile_of(file, "a.xlsx").content == ""  # type: ignore[arg-type]


def test_it_is_kept_with_the_profile_and_nothing_else_is_taken_for_one() -> None:
    taken = content(WORKBOOK, "a.xlsx")
    kept = Profile.from_json(Profile(content=taken).to_json())

    assert kept is not None
    assert kept.content == taken
    assert is_current(taken)
    for wrong in (f"{taken}0", taken.upper(), "same", "1:", 7):
        read = Profile.from_json(f'{{"content": "{wrong}"}}')
        assert read is not None
        assert read.content == ""
