"""Reads spreadsheets: XLSX, ODS and old XLS (python-calamine)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO, FileIO
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content import numbers, old_workbook, xml_text
from syncd.guards.content.first_row import names_of
from syncd.guards.content.foreign import panics_as, said_by
from syncd.guards.content.personal_columns import PersonalColumns
from syncd.guards.content.rewritten import plain_name, rewritten
from syncd.guards.profile import Profile

if TYPE_CHECKING:
    from syncd.guards.content.digesting import ContentDigest
    from syncd.guards.content.schema_check import SchemaCheck

_KINDS = {  # whether a text has the form of one, and whether it is one
    "nir": (numbers.may_be_nir, numbers.is_nir),
    "iban": (numbers.may_be_iban, numbers.is_iban),
    "email": (numbers.has_email, numbers.has_email),
    "telephone": (numbers.may_be_telephone, numbers.is_telephone),
}
_LOOKED_AT = 500  # rows that say whether the first has names
_SHORTEST = 6  # letters of the shortest of them
_MOST_EXACT = 1e16  # above, a number in a sheet has lost its last digits


def scan(
    file: FileIO,
    kind: str,
    check: SchemaCheck | None = None,
    digest: ContentDigest | None = None,
) -> Profile:
    """`kind`: xlsx, ods or xls. Of XLSX and ODS, the archive was found to be whole.

    What one way of reading stops at is tried in another; what is no fault of the file's, and still
    cannot be read, is *unseen*, with the reader's own reason.
    """
    error: Exception | None = None
    for made in (_as_it_is, _rewritten):
        try:
            with panics_as(CalamineError):
                source = made(file, kind)
                if source is None:
                    break
                return _read(CalamineWorkbook.from_filelike(source), kind, check, digest)
        except (CalamineError, OSError, ValueError) as raised:
            if shortage_in(raised) is not None:
                raise
            error = error or raised
            if check is not None:
                check.forget_rows()
            if digest is not None:
                digest.forget_sheets()
    if _is_whole(file, kind):
        return Profile(kind, unseen=because("guard_unread", detail=said_by(error)))
    return Profile(kind, trouble=because("guard_sheet"))


def _as_it_is(file: FileIO, kind: str) -> BinaryIO | FileIO | None:
    file.seek(0)
    return BytesIO(old_workbook.in_unicode(file.readall())) if kind == "xls" else file


def _rewritten(file: FileIO, kind: str) -> BinaryIO | FileIO | None:
    file.seek(0)
    if kind == "xls":
        return BytesIO(old_workbook.with_known_code_page(file.readall()))
    with ZipFile(file) as archive:
        return rewritten(archive, kind)


def _is_whole(file: FileIO, kind: str) -> bool:
    """Whether it is what it should be, and it is the reader that does not know some of it."""
    file.seek(0)
    if kind == "xls":
        return old_workbook.is_whole(file.readall())
    with ZipFile(file) as archive:
        parts = [info for info in archive.infolist() if _is_xml(info.filename)]
        if not any(_CELLS[kind] in plain_name(info.filename).lower() for info in parts):
            return False
        for info in parts:
            with archive.open(info) as stream:
                if xml_text.scan(cast("BinaryIO", stream)).trouble is not None:
                    return False
    return True


_CELLS = {"xlsx": "sheet", "ods": "content.xml"}  # in a part's name; without it, there are none


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))


def _read(
    book: CalamineWorkbook, kind: str, check: SchemaCheck | None, digest: ContentDigest | None
) -> Profile:
    names = book.sheet_names
    header: tuple[str, ...] = ()
    rows, is_empty = 0, True
    personal = PersonalColumns[str]()
    for at, name in enumerate(names):
        sheet = book.get_sheet_by_name(name)
        rows_of_it: Iterable[list[Any]] = sheet.iter_rows() if sheet.height else ()
        if digest is not None:
            rows_of_it = digest.of_sheet(book.sheets_metadata[at], sheet, rows_of_it)
        filled = _filled(check.of_sheet(rows_of_it) if check is not None else rows_of_it)
        first, *some = list(islice(filled, _LOOKED_AT)) or [[]]
        named = names_of(first, some)
        header, is_empty = header or named, is_empty and not first
        if first and not named:
            rows += 1
            _note(first, named, personal)
        for row in chain(some, filled):
            rows += 1
            _note(row, named, personal)
    trouble = None if not is_empty else because("guard_no_sheet", sheets=len(names))
    return Profile(
        kind,
        header=header,
        rows=rows,
        sheets=len(names),
        personal={found: tuple(columns) for found, columns in personal.found().items()},
        trouble=trouble,
        content=digest.of(kind) if digest is not None and trouble is None else "",
    )


def _filled(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    return (row for row in rows if any(cell not in {"", None} for cell in row))


def _note(row: list[Any], header: tuple[str, ...], personal: PersonalColumns[str]) -> None:
    for at, cell in enumerate(row):
        is_number = isinstance(cell, float)
        if is_number and not (cell.is_integer() and abs(cell) < _MOST_EXACT):
            continue
        text = str(int(cell) if is_number else cell)
        if len(text) < _SHORTEST:
            continue
        for kind, (has_form, is_one) in _KINDS.items():
            if has_form(text):
                name = (header[at] if at < len(header) else "") or f"#{at + 1}"
                personal.note(kind, name, text, is_valid=is_one(text))
