"""What a reader cannot do is no fault of the file's: it is read otherwise, or that is told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.reasons import because
from syncd.core.targets import GuardPolicy
from syncd.guards.content import parquet, sheets
from syncd.guards.content.foreign import said_by
from syncd.guards.profile import Profile
from tests.support.builders import digest, version
from tests.support.content_builders import case, codes
from tests.support.corpus import ods, xlsx, zipped
from tests.support.corpus import parquet as made_parquet
from tests.support.old_workbook import record, xls
from tests.support.shared_reader import read_here

ROWS = [["nom", "ville"], ["Louvre", "Paris"], ["Fabre", "Montpellier"]]


def profile(tmp_path: Path, name: str, content: bytes) -> Profile:
    (tmp_path / name).write_bytes(content)
    return read_here(tmp_path / name, name)


def said(name: str, found: Profile) -> tuple[list[str], list[str]]:
    findings = guards.judge(
        case(version=version(name), digest=digest("x", 9), found=found,
             accepted=frozenset({name.rpartition(".")[2]})), GuardPolicy({})
    )  # fmt: skip
    return codes(findings.held), codes(findings.warned)


def repacked(content: bytes, change: Callable[[str, bytes], tuple[str, bytes]]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    return zipped(dict(change(name, part) for name, part in parts))


# -- Parquet -----------------------------------------------------------------------------------


def with_other_note(content: bytes) -> bytes:
    """Its note of Arrow's is no schema: as long as before, and nothing that Arrow reads."""
    place = content.index(b"ARROW:schema") + len(b"ARROW:schema")
    value = re.compile(rb"[A-Za-z0-9+/=]{40,}").search(content, place)
    assert value is not None
    return content[: value.start()] + b"A" * len(value[0]) + content[value.end() :]


def test_parquet_is_read_without_a_note_that_its_reader_stumbles_over(tmp_path: Path) -> None:
    found = profile(tmp_path, "a.parquet", with_other_note(made_parquet(5)))

    assert (found.header, found.rows, found.trouble) == (("id",), 5, None)


@pytest.mark.parametrize("at", range(4, 60, 7))
def test_parquet_that_is_damaged_is_held_with_such_a_note_too(tmp_path: Path, at: int) -> None:
    whole = with_other_note(made_parquet(50))
    damaged = whole[:at] + whole[at + 40 :]

    found = profile(tmp_path, "a.parquet", damaged)

    assert found.unseen is None
    assert found.trouble == because("guard_parquet") or found.rows == 50


def test_what_the_reader_does_not_know_is_told_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(_: object) -> None:
        raise ValueError("Parquet error: NYI: DELTA_ROWS of a@b.fr 185057800608491")

    monkeypatch.setattr(parquet, "read_parquet", unable)
    found = profile(tmp_path, "a.parquet", made_parquet())

    detail = "Parquet error: NYI: DELTA_ROWS of … …"
    assert found.unseen == because("guard_unread", detail=detail)
    assert said("a.parquet", found) == ([], ["guard_unread"])


def test_words_of_a_reader_are_short_and_without_values() -> None:
    assert said_by(ValueError("x" * 500)) == "x" * 159 + "…"
    assert said_by(ValueError("a\nb \x1b[1m 12345 123456")) == "a b [1m 12345 …"


# -- ODS ---------------------------------------------------------------------------------------


def indented(_: str, part: bytes) -> bytes:
    return part.replace(b"><", b">\r\n\t <")


def test_ods_with_white_space_between_its_elements_is_read(tmp_path: Path) -> None:
    content = repacked(ods(ROWS), lambda name, part: (
        name, indented(name, part) if name == "content.xml" else part))  # fmt: skip

    found = profile(tmp_path, "a.ods", content)

    assert found == profile(tmp_path, "b.ods", ods(ROWS))
    assert (found.header, found.rows) == (("nom", "ville"), 2)


@pytest.mark.parametrize("part", [b"", b"<a>", b"\0\0"])
def test_ods_whose_xml_is_broken_is_held(tmp_path: Path, part: bytes) -> None:
    content = repacked(ods(ROWS), lambda name, whole: (
        name, whole[:-200] + part if name == "content.xml" else whole))  # fmt: skip

    assert profile(tmp_path, "a.ods", content).trouble == because("guard_sheet")


# -- XLSX --------------------------------------------------------------------------------------


def backslashes(name: str, part: bytes) -> tuple[str, bytes]:
    return name.replace("/", "\\"), part


def backslashes_in_links(name: str, part: bytes) -> tuple[str, bytes]:
    if name == "xl/_rels/workbook.xml.rels":
        part = part.replace(b"worksheets/", b"worksheets\\")
    return name.replace("/", "\\"), part


def rooted(name: str, part: bytes) -> tuple[str, bytes]:
    """All that is below `xl/`, at the root; links from there, too."""
    return name.replace("xl/", ""), part.replace(b"/xl/", b"/").replace(b"xl/workbook", b"workbook")


def elsewhere(name: str, part: bytes) -> tuple[str, bytes]:
    return (
        name.replace("xl/", "Data/").replace("workbook.xml", "book.xml"),
        part.replace(b"/xl/", b"/Data/").replace(b"xl/workbook", b"Data/workbook")
        .replace(b"workbook.xml", b"book.xml"),
    )  # fmt: skip


def slashed(name: str, part: bytes) -> tuple[str, bytes]:
    return f"/{name}", part


@pytest.mark.parametrize("change", [backslashes, backslashes_in_links, rooted, elsewhere, slashed])
def test_xlsx_is_read_wherever_its_parts_lie(
    tmp_path: Path, change: Callable[[str, bytes], tuple[str, bytes]]
) -> None:
    found = profile(tmp_path, "a.xlsx", repacked(xlsx(ROWS), change))

    assert found == profile(tmp_path, "b.xlsx", xlsx(ROWS))
    assert (found.format, found.header, found.rows) == ("xlsx", ("nom", "ville"), 2)


def test_xlsx_without_its_sheets_is_held(tmp_path: Path) -> None:
    def changed(name: str, part: bytes) -> tuple[str, bytes]:
        return name.replace("sheet", "gone"), part

    found = profile(tmp_path, "a.xlsx", repacked(xlsx(ROWS), changed))

    assert found.trouble == because("guard_sheet")


def test_a_whole_workbook_that_the_reader_stops_at_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unable:
        @staticmethod
        def from_filelike(_: object) -> None:
            raise sheets.CalamineError("Unexpected node 'x'")

    monkeypatch.setattr(sheets, "CalamineWorkbook", Unable)
    for name, content in (("a.xlsx", xlsx(ROWS)), ("a.ods", ods(ROWS)), ("a.xls", xls(ROWS))):
        found = profile(tmp_path, name, content)
        assert found.unseen == because("guard_unread", detail="Unexpected node 'x'")
        assert said(name, found) == ([], ["guard_unread"])


# -- XLS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code_page", [1200, 1252, 10000, 437, 850, 0, 32768])
def test_xls_is_read_whatever_its_code_page(tmp_path: Path, code_page: int) -> None:
    found = profile(tmp_path, "a.xls", xls([["nom", "ville"], ["Château", "Évreux"]], code_page))

    assert (found.header, found.rows) == (("nom", "ville"), 1)


@pytest.mark.parametrize(
    "content",
    [
        xls(ROWS)[:1900],
        xls(ROWS, 850)[:1200],
        xls(ROWS)[:600],
        xls(ROWS, 1200, record(0x2F, b"\1\0" + bytes(52))),
        xls(ROWS).replace("Workbook".encode("utf-16-le"), "Contents".encode("utf-16-le")),
    ],
    ids=["cut", "cut, code page", "cut at once", "a password", "another office file"],
)
def test_xls_that_is_cut_locked_or_none_is_held(tmp_path: Path, content: bytes) -> None:
    found = profile(tmp_path, "a.xls", content)

    assert said("a.xls", found) == (["guard_sheet"], [])
