"""Compressed nothing is nothing; a small file may not end the process."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from tests.support.builders import digest, version
from tests.support.content_builders import case, codes
from tests.support.shared_reader import looked_into, read_here


def _zip(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv.gz", gzip.compress(b"")), ("a.zip", _zip()), ("a.zip", _zip(a=b""))],
    ids=["gzip of nothing", "ZIP of nothing", "ZIP of an empty file"],
)
def test_an_empty_file_is_held_also_in_its_wrapping(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = guards.judge(
        case(
            version=version(name),
            digest=digest("new", len(content)),
            accepted=frozenset({"gz", "zip"}),
            found=read_here(path, name),
        ),
        GuardPolicy({}),
    )
    assert codes(found.held) == ["guard_empty"]


_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/{kind}" Target="{target}"/></Relationships>'
)
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
)


_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="S"><table:table-row '
    'table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
    'table:number-columns-repeated="60"><text:p>x</text:p></table:table-cell></table:table-row>'
    "</table:table></office:spreadsheet></office:body></office:document-content>"
)


def test_a_sheet_with_a_value_in_its_last_corner_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels", _RELS.format(kind="officeDocument", target="xl/workbook.xml")
        )
        archive.writestr("xl/workbook.xml", _BOOK)
        rels = _RELS.format(kind="worksheet", target="worksheets/sheet1.xml")
        archive.writestr("xl/_rels/workbook.xml.rels", rels)
        archive.writestr("xl/worksheets/sheet1.xml", _SHEET)

    found = looked_into(path, "a.xlsx")

    assert found.trouble is not None
    assert found.trouble.code == "guard_hungry"


def test_a_sheet_of_repeated_rows_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", mime, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", _ODS)

    found = looked_into(path, "a.ods")

    assert found.trouble is not None
    assert found.trouble.code == "guard_hungry"
