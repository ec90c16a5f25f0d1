"""The delimiter and header of a CSV, from its beginning."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

from syncd.guards.content.above import is_separator, lines_above
from syncd.guards.content.first_row import names_of

HEAD = 1 << 16  # bytes looked at
NO_DELIMITER = "\x1f"  # for the `csv` module, which wants one: no text has it
DELIMITERS = (",", ";", "\t", "|")
_EMPTY = " ".join(DELIMITERS)
_MOST_ROWS = 500
_LINES_LOOKED_AT = 60  # for what stands above the header
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str  # "" = one column
    names: tuple[str, ...]  # of the columns; none where the first row looks like data
    width: int  # cells of a row, 1 or more
    above: int = 0  # lines above the header that are no rows
    titles: int = 0  # of these, the ones that are not blank
    start: int = 0  # bytes of these lines

    @property
    def is_headless(self) -> bool:
        return not self.names


@dataclass(frozen=True, slots=True)
class _Try:
    delimiter: str
    rows: list[list[str]]

    @property
    def widths(self) -> list[int]:
        return [len(row) for row in self.rows]

    @property
    def share(self) -> float:
        """Of the rows, those that are as wide as the first."""
        widths = self.widths
        return widths.count(widths[0]) / len(widths)

    @property
    def rank(self) -> tuple[bool, bool, bool, int, float]:
        """Commas with a space behind them are most often part of a name."""
        share = self.share
        is_tight = not any(cell.startswith(" ") for cell in self.rows[0])
        return share == 1, share >= _NEARLY_ALL, is_tight, len(self.rows[0]), share


def dialect_of(start: bytes, whole: bool) -> Dialect:
    """`start`: the file's first bytes without byte order mark, all of them if `whole`."""
    lines = _lines(start)
    if above := lines_above(lines):
        size = sum(map(len, start.split(b"\n", above)[:above])) + above
        found = _dialect_of_rows(start[size:], whole)
        # What looks like data below it may be a person's, and the first line the header after all.
        if found.delimiter and (not found.is_headless or is_separator(lines[0])):
            titles = sum(bool(line.strip(_EMPTY)) for line in lines[:above])
            return replace(found, above=above, titles=titles, start=size)
    return _dialect_of_rows(start, whole)


def _dialect_of_rows(start: bytes, whole: bool) -> Dialect:
    """The same of what has nothing above its header."""
    text = _text(start, whole)
    tries = [_Try(delimiter, _rows(text, delimiter, whole)) for delimiter in DELIMITERS]
    tries = [each for each in tries if each.rows]
    wide = [each for each in tries if len(each.rows[0]) > 1]
    if wide:
        best = max(wide, key=lambda each: each.rank)
        delimiter, width = best.delimiter, len(best.rows[0])
    else:  # what stands in the cells of a single column is its own affair
        delimiter, width = "", 1
    first, *later = _rows(text, delimiter, whole) or [[]]
    return Dialect(delimiter, names_of(first, later), max(width, 1))


def _lines(start: bytes) -> list[str]:
    head = start[:HEAD].decode("latin-1").split("\n")
    return [line.rstrip("\r") for line in head[:_LINES_LOOKED_AT]]


def _text(start: bytes, whole: bool) -> str:
    head = start
    if not whole or len(start) > 4 * HEAD:  # its first row may be longer than the rest that is read
        end = max(start.rfind(b"\n", 0, HEAD), start.find(b"\n")) + 1
        head = start[: end or len(start)]
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _rows(text: str, delimiter: str, whole: bool) -> list[list[str]]:
    csv.field_size_limit(1 << 25)
    found: list[list[str]] = []
    lines = io.StringIO(text, newline="")
    try:
        for row in csv.reader(lines, delimiter=delimiter or NO_DELIMITER):
            if row and not (len(row) == 1 and not row[0].strip()):
                found.append(row)
            if len(found) > _MOST_ROWS:
                break
    except csv.Error:
        pass  # what was read until here says enough
    is_cut = not whole and len(found) > 1 and len(found) <= _MOST_ROWS
    return found[:-1] if is_cut else found


def rows_of(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """What `csv.reader` reads; a row that is not in its dialect is one of another width: none."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield []
