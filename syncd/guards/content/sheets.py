"""Reads spreadsheets: XLSX, ODS and old XLS (python-calamine)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import FileIO
from itertools import chain, islice
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content import numbers
from syncd.guards.content.first_row import names_of
from syncd.guards.content.foreign import panics_as
from syncd.guards.content.personal_columns import PersonalColumns
from syncd.guards.profile import Profile

_KINDS = {  # whether a text has the form of one, and whether it is one
    "nir": (numbers.may_be_nir, numbers.is_nir),
    "iban": (numbers.may_be_iban, numbers.is_iban),
    "email": (numbers.has_email, numbers.has_email),
    "telephone": (numbers.may_be_telephone, numbers.is_telephone),
}
_LOOKED_AT = 500  # rows that say whether the first has names
_SHORTEST = 6  # letters of the shortest of them
_MOST_EXACT = 1e16  # above, a number in a sheet has lost its last digits


def scan(file: FileIO, kind: str) -> Profile:
    """`kind`: xlsx, ods or xls."""
    try:
        file.seek(0)
        with panics_as(CalamineError):
            return _read(CalamineWorkbook.from_filelike(file), kind)
    except (CalamineError, OSError, ValueError) as error:
        if shortage_in(error) is not None:
            raise
        return Profile(kind, trouble=because("guard_sheet"))


def _read(book: CalamineWorkbook, kind: str) -> Profile:
    names = book.sheet_names
    header: tuple[str, ...] = ()
    rows, is_empty = 0, True
    personal = PersonalColumns[str]()
    for name in names:
        sheet = book.get_sheet_by_name(name)
        filled = _filled(sheet.iter_rows() if sheet.height else ())
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
