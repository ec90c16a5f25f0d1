"""Reads spreadsheets: XLSX, ODS and old XLS (python-calamine)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import FileIO
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content import numbers
from syncd.guards.content.first_row import names_of
from syncd.guards.content.foreign import panics_as
from syncd.guards.profile import Profile

if TYPE_CHECKING:
    from syncd.guards.content.schema_check import SchemaCheck

_KINDS = {
    "nir": numbers.is_nir,
    "iban": numbers.is_iban,
    "email": numbers.has_email,
    "telephone": numbers.is_telephone,
}
_LOOKED_AT = 500  # rows that say whether the first has names
_SHORTEST = 6  # letters of the shortest of them
_MOST_EXACT = 1e16  # above, a number in a sheet has lost its last digits


def scan(file: FileIO, kind: str, check: SchemaCheck | None = None) -> Profile:
    """`kind`: xlsx, ods or xls."""
    try:
        file.seek(0)
        with panics_as(CalamineError):
            return _read(CalamineWorkbook.from_filelike(file), kind, check)
    except (CalamineError, OSError, ValueError) as error:
        if shortage_in(error) is not None:
            raise
        return Profile(kind, trouble=because("guard_sheet"))


def _read(book: CalamineWorkbook, kind: str, check: SchemaCheck | None) -> Profile:
    names = book.sheet_names
    header: tuple[str, ...] = ()
    rows, is_empty = 0, True
    personal: dict[str, dict[str, None]] = {}
    for name in names:
        sheet = book.get_sheet_by_name(name)
        rows_of_it = sheet.iter_rows() if sheet.height else ()
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
        personal={found: tuple(columns) for found, columns in personal.items()},
        trouble=trouble,
    )


def _filled(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    return (row for row in rows if any(cell not in {"", None} for cell in row))


def _note(row: list[Any], header: tuple[str, ...], personal: dict[str, dict[str, None]]) -> None:
    for at, cell in enumerate(row):
        is_whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < _MOST_EXACT
        text = str(int(cell) if is_whole else cell)
        if len(text) < _SHORTEST:
            continue
        for kind, is_one in _KINDS.items():
            if is_one(text):
                name = header[at] if at < len(header) else ""
                personal.setdefault(kind, {})[name or f"#{at + 1}"] = None
