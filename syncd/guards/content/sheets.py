"""Reads spreadsheets: XLSX, ODS and old XLS (python-calamine)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO, FileIO
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content import numbers, old_workbook, xml_text
from syncd.guards.content.first_row import names_of, one_line
from syncd.guards.content.foreign import panics_as, said_by
from syncd.guards.content.personal_columns import PersonalColumns
from syncd.guards.content.rewritten import plain_name, rewritten
from syncd.guards.content.sheet_table import SheetTable, texts_of
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
Noted = dict[str, set[str]]  # kind of a number -> columns of a sheet that have its form
_AT_ONCE = 500  # rows; the first ones say whether a row has names
MOST_SHEETS, _MOST_COLUMNS = 100, 5000  # that are kept apart, and their columns
# All signs of a number of theirs, of which the shortest are those of telephones.
_NUMBER = re.compile(r"[\dA-Z\s.()+-]*")
_SHORTEST = 10


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
    if kind == "xls" and old_workbook.is_cut(_all_of(file)):
        return Profile(kind, trouble=because("guard_sheet"))
    for made in (_as_it_is, _rewritten):
        try:
            with panics_as(CalamineError):
                source = made(file, kind)
                if source is None:
                    break
                found = _read(CalamineWorkbook.from_filelike(source), kind, check, digest)
            is_drawn = found.trouble is not None and _has_pictures(file, kind)
            return replace(found, trouble=None) if is_drawn else found
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


def _all_of(file: FileIO) -> bytes:
    file.seek(0)
    return file.readall()


def _as_it_is(file: FileIO, kind: str) -> BinaryIO | FileIO | None:
    file.seek(0)
    return BytesIO(old_workbook.in_unicode(_all_of(file))) if kind == "xls" else file


def _rewritten(file: FileIO, kind: str) -> BinaryIO | FileIO | None:
    if kind == "xls":
        return BytesIO(old_workbook.with_known_code_page(_all_of(file)))
    file.seek(0)
    with ZipFile(file) as archive:
        return rewritten(archive, kind)


def _is_whole(file: FileIO, kind: str) -> bool:
    """Whether it is what it should be, and it is the reader that does not know some of it."""
    if kind == "xls":
        return old_workbook.is_whole(_all_of(file))
    file.seek(0)
    with ZipFile(file) as archive:
        parts = [info for info in archive.infolist() if _is_xml(info.filename)]
        if not any(_CELLS[kind] in plain_name(info.filename).lower() for info in parts):
            return False
        for info in parts:
            with archive.open(info) as stream:
                if xml_text.scan(cast("BinaryIO", stream)).trouble is not None:
                    return False
    return True


def _has_pictures(file: FileIO, kind: str) -> bool:
    """Whether it shows something beside its cells, such as charts: then it need not have any."""
    if kind not in _PICTURES:
        return False
    file.seek(0)
    with ZipFile(file) as archive:
        return any(_PICTURES[kind].search(plain_name(info.filename)) for info in archive.filelist)


_PICTURES = {
    "xlsx": re.compile(r"(?i)(?:^|/)(?:drawings/drawing[^/]*\.xml|charts/|media/)"),
    "ods": re.compile(r"^(?:Object |Pictures/.)"),
}
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
    tables: dict[str, tuple[SheetTable, tuple[str, ...], Noted]] = {}
    noted: Noted = {}
    for at, name in enumerate(names):
        sheet = book.get_sheet_by_name(name)
        rows_of_it: Iterable[list[Any]] = sheet.iter_rows() if sheet.height else ()
        if digest is not None:
            rows_of_it = digest.of_sheet(book.sheets_metadata[at], sheet, rows_of_it)
        filled = _filled(check.of_sheet(rows_of_it) if check is not None else rows_of_it)
        first, *some = some_rows = list(islice(filled, _AT_ONCE)) or [[]]
        named = names_of(first, some)
        header, is_empty = header or named, is_empty and not first
        table = SheetTable(list(map(texts_of, some_rows)) if first else [], _start(sheet))
        if len(tables) < MOST_SHEETS and one_line(name) not in tables:
            noted = {}  # of what is not kept apart, beside those of the last one that is
            tables[one_line(name)] = table, named, noted
        while some_rows:
            texts = list(map(texts_of, some_rows)) if first else []
            table.add(texts)
            skipped = bool(named and some_rows[0] is first)
            rows += len(texts) - skipped
            for row, words in islice(zip(some_rows, texts, strict=False), skipped, None):
                _note(row, words, named, personal, noted)
            some_rows = list(islice(filled, _AT_ONCE))
        table.close()
    found = {kind: tuple(columns) for kind, columns in personal.found().items()}
    members = {
        name: table.found(
            named,
            {kind: _among(found[kind], here) for kind, here in noted.items() if kind in found},
        )
        for name, (table, named, noted) in tables.items()
    }
    trouble = None if not is_empty else because("guard_no_sheet", sheets=len(names))
    return Profile(
        kind,
        header=header,
        rows=rows,
        sheets=len(names),
        personal=found,
        members=_within_limits(members),
        trouble=trouble,
        content=digest.of(kind) if digest is not None and trouble is None else "",
    )


def _within_limits(sheets: dict[str, Profile]) -> dict[str, Profile]:
    """Of a workbook of very many columns, only the names of the sheets, their rows and persons."""
    if sum(len(sheet.columns) for sheet in sheets.values()) <= _MOST_COLUMNS:
        return sheets
    return {name: Profile(rows=each.rows, personal=each.personal) for name, each in sheets.items()}


def _among(columns: tuple[str, ...], noted: Iterable[str]) -> tuple[str, ...]:
    return tuple(column for column in columns if column in noted)


def _start(sheet: CalamineSheet) -> int:
    """Rows above its first one that has a cell."""
    return sheet.start[0] if sheet.start is not None else 0


def _filled(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    return (row for row in rows if any(cell not in {"", None} for cell in row))


def _note(
    row: list[Any],
    texts: list[str],
    header: tuple[str, ...],
    personal: PersonalColumns[str],
    noted: Noted,
) -> None:
    for at, text in enumerate(texts):
        if "@" not in text and (len(text) < _SHORTEST or _NUMBER.fullmatch(text) is None):
            continue
        if isinstance(row[at], float) and "." in text:
            continue
        for kind, (has_form, is_one) in _KINDS.items():
            if has_form(text):
                name = (header[at] if at < len(header) else "") or f"#{at + 1}"
                personal.note(kind, name, text, is_valid=is_one(text))
                noted.setdefault(kind, set()).add(name)
