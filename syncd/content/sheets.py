"""Reads spreadsheets: XLSX, ODS and old XLS (python-calamine)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from syncd.content import numbers
from syncd.content.dialect import names_of
from syncd.content.foreign import panics_as
from syncd.content.profile import Profile
from syncd.model import because

# A sheet's cells are held in memory, two and a half times what it has unpacked: one at a time, and
# none so large that a container of 512 MiB is in danger.
MOST = 128 << 20  # bytes unpacked
# One value far from the others makes all cells between them, some 30 bytes each: two values are
# enough for more than any machine has, and Rust ends the whole process then.
MOST_CELLS = 6_000_000
_PLACE = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_BLOCK, _OVERLAP = 1 << 20, 32  # bytes
_ONE = Lock()
_KINDS = {
    "nir": numbers.is_nir,
    "iban": numbers.is_iban,
    "email": numbers.has_email,
    "telephone": numbers.is_telephone,
}
_SHORTEST = 6  # letters of the shortest of them
_MOST_EXACT = 1e16  # above, a number in a sheet has lost its last digits


def scan(path: Path, kind: str, unpacked: int) -> Profile:
    """`kind`: xlsx, ods or xls. `unpacked`: bytes that it would have without compression."""
    if unpacked > MOST:
        unseen = because("guard_unseen", size=unpacked, limit=MOST)
        return Profile(kind, unseen=unseen)
    if kind == "xlsx" and (cells := _cells(path)) > MOST_CELLS:
        # TODO(lead): a sentence of its own, "guard_far", with cells and limit
        return Profile(kind, unseen=because("guard_unseen", size=cells * 30, limit=MOST))
    try:
        with _ONE, panics_as(CalamineError), path.open("rb") as file:
            return _read(CalamineWorkbook.from_filelike(file), kind)
    except (CalamineError, OSError, ValueError):
        return Profile(kind, trouble=because("guard_sheet"))


def _cells(path: Path) -> int:
    """Of the largest sheet, with the empty ones between those that have something."""
    most = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if "worksheets/" not in info.filename.lower():
                continue
            columns, rows = set[bytes](), [1 << 30, 0]
            with archive.open(info) as stream:
                tail = b""
                while chunk := stream.read(_BLOCK):
                    text = tail + chunk
                    for letters, number in set(_PLACE.findall(text)):
                        columns.add(letters)
                        rows = [min(rows[0], int(number)), max(rows[1], int(number))]
                    tail = text[-_OVERLAP:]
            if columns:
                numbered = [_number(letters) for letters in columns]
                width = max(numbered) - min(numbered) + 1
                most = max(most, width * (rows[1] - rows[0] + 1))
    return most


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _read(book: CalamineWorkbook, kind: str) -> Profile:
    names = book.sheet_names
    header: tuple[str, ...] = ()
    rows, is_empty = 0, True
    personal: dict[str, dict[str, None]] = {}
    for name in names:
        sheet = book.get_sheet_by_name(name)
        filled = _filled(sheet.iter_rows() if sheet.height else ())
        first = next(filled, [])
        named = names_of(first)
        header, is_empty = header or named, is_empty and not first
        if first and not named:
            rows += 1
            _note(first, named, personal)
        for row in filled:
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
