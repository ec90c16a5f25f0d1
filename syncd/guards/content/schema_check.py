"""Holds a file to its schema while it is read for its profile.

The schema comes as text with the file; a reader tells what it reads, where the schema is for that.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time
from io import FileIO
from typing import Any

from syncd.guards.content.dialect import NO_DELIMITER, Dialect, rows_of
from syncd.guards.profile import Profile
from syncd.guards.table_schema.checking import MOST_KEYS, TableCheck
from syncd.guards.table_schema.descriptor import NoTableSchema, TableSchema, table_schema
from syncd.guards.verdict import Verdict

LONGEST_ROW = 32 << 20  # bytes of a cell
_OF_JSON = frozenset({"$schema", "$ref", "properties", "type", "oneOf", "anyOf", "allOf"})
_ABOVE = 20  # rows among which the names of the columns are looked for
_MOST_KEYS_OF_SHEET = 50_000  # its cells are in memory already
_AT_ONCE = 2000  # rows of a sheet

Blocks = Callable[[bytes], None]  # is told whole rows, one block after the other


class SchemaCheck:
    """Of one file. `text`: the schema's JSON."""

    def __init__(self, text: str) -> None:
        self._schema: TableSchema | None = None
        self._check: TableCheck | None = None
        self._latin = False
        self._delimiter = NO_DELIMITER
        self._above = 0  # rows that stand before those that are told
        self._trouble = ""
        self._verdict: Verdict | None = None  # of a JSON document
        self._of_json: dict[str, Any] | None = None
        try:
            read = json.loads(text)
            if isinstance(read, dict) and "fields" not in read and read.keys() & _OF_JSON:
                self._of_json = read
            else:
                self._schema = table_schema(read)
        except (NoTableSchema, ValueError, RecursionError):
            self._trouble = "schema_unreadable"

    def of_table(self, dialect: Dialect) -> Blocks | None:
        """Who is to be told the rows of a CSV, if anybody."""
        if self._schema is None or self._check is not None:
            return None
        self._delimiter = dialect.delimiter or NO_DELIMITER
        self._above = dialect.above
        return self._block

    def of_sheet(self, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The same rows, of which it is told on the way. A sheet that names none of the schema's
        columns is a note beside the data."""
        if self._schema is None or self._check is not None:
            yield from rows
            return
        some: list[list[Any]] = []
        for row in rows:
            some.append([_as_text(cell) for cell in row])
            yield row
            if len(some) == _AT_ONCE:
                self._add(some, _MOST_KEYS_OF_SHEET)
                some = []
        self._add(some, _MOST_KEYS_OF_SHEET)

    def forget_rows(self) -> None:
        """The reading of a sheet ended in the middle: what was told does not count."""
        self._check = None

    def of_json(self, file: FileIO) -> None:
        """A whole JSON document, which is read once more."""
        if self._of_json is None:
            return
        from syncd.guards.content.json_schema import LARGEST, judge

        file.seek(0)
        document = _read(file, LARGEST + 1)
        if len(document) > LARGEST:
            self._verdict = Verdict(trouble="schema_large")
        else:
            self._verdict = judge(self._of_json, document)

    def judged(self, profile: Profile) -> Profile:
        """With the verdict. What does not open, or is not looked at, says so by itself."""
        if self._verdict is not None:
            return replace(profile, schema=self._verdict)
        if self._check is None and (profile.trouble or profile.unseen) is not None:
            return profile
        if self._check is None and self._schema is not None and profile.sheets is not None:
            self._check = TableCheck(self._schema, ())  # not one sheet has its columns
        if self._check is not None:
            return replace(profile, schema=self._check.verdict())
        return replace(profile, schema=Verdict(trouble=self._trouble or "schema_other_kind"))

    def _block(self, block: bytes) -> None:
        csv.field_size_limit(LONGEST_ROW)
        lines = io.StringIO(self._decoded(block), newline="")
        self._add(list(rows_of(csv.reader(lines, delimiter=self._delimiter))))

    def _decoded(self, block: bytes) -> str:
        if not self._latin:
            try:
                return block.decode("utf-8")
            except UnicodeDecodeError:
                self._latin = True
        return block.decode("cp1252", "replace")

    def _add(self, rows: list[Any], most_keys: int = MOST_KEYS) -> None:
        if self._schema is None or not rows:
            return
        if self._check is None:
            at, is_known = _header(rows, self._schema)
            if not is_known and most_keys == _MOST_KEYS_OF_SHEET:
                return
            self._check = TableCheck(self._schema, rows[at], self._above + at + 1, most_keys)
            rows = rows[at + 1 :]
        self._check.add(rows)


def _header(rows: list[Any], schema: TableSchema) -> tuple[int, bool]:
    """The place of the row that names most of the schema's columns, and whether it names any.

    A title may stand above it.
    """
    wanted = {field.name for field in schema.fields}

    def known(at: int) -> int:
        return len(wanted & {str(cell).strip() for cell in rows[at]})

    best = max(range(min(len(rows), _ABOVE)), key=known)
    if known(best):
        return best, True
    filled = (at for at, row in enumerate(rows) if any(str(cell).strip() for cell in row))
    return next(filled, 0), False


def _read(file: FileIO, size: int) -> bytes:
    parts = []
    while size and (chunk := file.read(size)):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


def _as_text(cell: Any) -> Any:
    """As the sheet's export to CSV would have it; dates and booleans are what they are."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)):
        return "" if cell is None else str(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date()
    return cell
