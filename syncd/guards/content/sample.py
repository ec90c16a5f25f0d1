"""Which rows of a CSV its columns are known by, and whether its beginning comes again.

All rows of a file of ordinary size; of a larger one those of its beginning and a few of each later
block, the same at every reading: a gigabyte takes hardly longer than it does to be read at all.
"""

from __future__ import annotations

import csv
import io
from codecs import utf_8_decode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from syncd.guards.column import Column
from syncd.guards.content.columns import Columns
from syncd.guards.content.dialect import NO_DELIMITER, Dialect

WHOLE = 2 << 20  # bytes of which all rows are looked at
_NEAR, _NEAR_ONE_IN = 16 << 20, 64  # up to so many bytes, one in so many
_FAR_ONE_IN = 2048
_PIECE = 1 << 10  # bytes that are taken at once, at least
_BATCH = 1 << 17  # bytes of such pieces
_ROWS = 1 << 12  # that are taken apart at once
_MOST_LINES = 50  # of one row, in quotes
_LONGEST_ROW = 32 << 20
_FIRST_ROWS, _FEWEST_ROWS = 10, 3  # that come again where a table is there twice
_FEWEST_BYTES, _LONGEST_SOUGHT = 24, 4096
_MOST_PLACES = 20  # of a block that are looked at
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Sampled:
    """Becomes part of a `Profile`, where each of these is explained."""

    columns: tuple[Column, ...] = ()
    sampled: int | None = None
    repeated: int = 0
    pasted_line: int | None = None
    header_again: int | None = None


class Sample:
    """Of one table; `start` begins with its header, where it has one."""

    def __init__(self, dialect: Dialect, start: bytes) -> None:
        self._dialect = dialect
        self._columns = Columns(dialect.names or ("",) * dialect.width)
        self._latin = False
        self._read = self._due = 0  # bytes: of the table, and those that may still be taken of it
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in these
        header, rows = _beginning(start, dialect)
        self._header = _Search(header if dialect.width > 1 else b"", 0)
        self._rows = _Search(rows, len(header))

    def add(self, buffer: bytes, taken: int, lines: int) -> None:
        """`taken`: bytes of whole rows at its beginning. `lines`: how many came before it."""
        self._header.look(buffer, taken, lines)
        self._rows.look(buffer, taken, lines)
        if self._read < WHOLE and taken <= WHOLE:  # or there is a row of megabytes
            has_header = not self._read and not self._dialect.is_headless
            self._tell(buffer[:taken], has_header=has_header)
        else:
            self._due += taken // (_NEAR_ONE_IN if self._read < _NEAR else _FAR_ONE_IN)
            if self._due >= _PIECE:
                self._take(buffer, taken)
        self._read += taken

    def found(self, rows: int, above: int) -> Sampled:
        """`rows`: how many the table has. `above`: how many lines stand above its header."""
        self._flush()
        found = self._columns.found()
        is_whole = self._read <= WHOLE or found.rows >= rows
        header = self._header.line
        if header is None and found.header_again is not None and is_whole:  # in other quotes
            header = above + 1 + found.header_again
        return Sampled(
            found.columns if found.rows or not rows else (),
            found.rows if found.rows < rows else None,  # nor are those of another width
            round(found.repeated * max(rows / found.rows, 1)) if found.rows else 0,
            self._rows.line,
            header,
        )

    def _take(self, buffer: bytes, taken: int) -> None:
        """Some rows at the block's beginning, where surely one begins."""
        end = min(self._due, taken) - 1
        for _ in range(_MOST_LINES):
            end = buffer.find(b"\n", end, taken) + 1
            if not buffer.count(b'"', 0, end) % 2:
                break
        else:
            return
        if not 0 < end <= WHOLE:
            return
        self._pieces.append(buffer[:end])
        self._due -= end
        self._held += end
        if self._held >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        pieces, self._pieces, self._held = self._pieces, [], 0
        self._tell(b"".join(pieces))

    def _tell(self, view: bytes, *, has_header: bool = False) -> None:
        text = self._decoded(view)
        delimiter = self._dialect.delimiter or NO_DELIMITER
        if '"' in text:
            rows = _rows(text, delimiter)
        else:
            lines = text.replace("\r\n", "\n").split("\n")
            rows = (line.split(delimiter) for line in lines if line)
        if has_header:
            next(rows, None)
        while batch := list(islice(rows, _ROWS)):  # short ones take ten times their bytes
            self._columns.add(batch)

    def _decoded(self, view: bytes) -> str:
        if not self._latin:
            try:
                return utf_8_decode(view, "strict", False)[0]  # the last letter may be cut
            except UnicodeDecodeError:
                self._latin = True
        return view.decode("cp1252", "replace")


class _Search:
    """For rows that stand at `first` in the table, everywhere behind it."""

    def __init__(self, sought: bytes, first: int) -> None:
        self._sought = sought  # b"" is nowhere
        self._first = first  # bytes before it
        self._before = b""  # the end of what was looked at
        self._passed = 0  # bytes before this
        self.line: int | None = None  # 1-based

    def look(self, buffer: bytes, taken: int, lines: int) -> None:
        size = len(self._sought)
        if not size or self.line is not None:
            return
        before, keep = self._before, size + len(_MARK)  # and a line end
        around = before + buffer[: min(taken, size)]
        above = lines - before.count(b"\n")
        self.line = self._found(around, len(around), above, self._passed)
        self._passed += len(before)
        if self.line is None:
            self.line = self._found(buffer, taken, lines, self._passed)
        self._before = (before + buffer[max(taken - keep, 0) : taken])[-keep:]
        self._passed += taken - len(self._before)

    def _found(self, view: bytes, end: int, lines: int, passed: int) -> int | None:
        """`lines` and `passed`: what is above the view's beginning."""
        place = -1
        for _ in range(_MOST_PLACES):
            place = view.find(self._sought, place + 1, end)
            if place < 0:
                break
            before = view[max(place - len(_MARK) - 1, 0) : place]
            is_row = before.endswith((b"\n", b"\n" + _MARK)) or not before
            if is_row and passed + place > self._first:
                return lines + view.count(b"\n", 0, place) + 1
        return None


def _beginning(start: bytes, dialect: Dialect) -> tuple[bytes, bytes]:
    """The header's line, and the rows below it: some of them, until one comes again. Nothing of
    rows of several lines."""
    lines = [line + b"\n" for line in start.split(b"\n", _FIRST_ROWS + 1)[:-1]]
    header = b"" if dialect.is_headless or not lines else lines.pop(0)
    if header.count(b'"') % 2:
        return b"", b""
    rows: list[bytes] = []
    for line in lines:
        if line.count(b'"') % 2 or line in rows or len(line) > _LONGEST_SOUGHT:
            break
        rows.append(line)
    found = b"".join(rows)
    is_enough = len(rows) >= _FEWEST_ROWS and len(found) >= _FEWEST_BYTES
    return header[:_LONGEST_SOUGHT], found if is_enough else b""


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_ROW)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                yield row
    except csv.Error:
        return  # what was read until here says enough
