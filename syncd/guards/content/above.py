"""What stands above a table's header and is no row: a title, comments, `sep=;`, lines left blank.

Where it is not plain that it is one, the first line is the header, as it is for most readers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST = 20  # lines
_FEWEST_ROWS = 2  # as wide as the header, which show how wide the table is
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR = re.compile(r"sep=.", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_COMMENTS = ("#", "//", "%")


def is_separator(line: str) -> bool:
    """What Excel takes as the delimiter's name, and others for a row."""
    return _SEPARATOR.fullmatch(line.strip(' "')) is not None


def lines_above(lines: Sequence[str]) -> int:
    """How many of a file's first lines, without their ends, are above its header."""
    if lines and is_separator(lines[0]):
        return 1 + lines_above(lines[1:])
    return max(_above(lines, delimiter) for delimiter in _DELIMITERS)


def _above(lines: Sequence[str], delimiter: str) -> int:
    """As the table is when its cells are separated by `delimiter`."""
    rows = [_QUOTED.sub("x", line).split(delimiter) for line in lines]
    at = next((at for at, row in enumerate(rows[: _MOST + 1]) if not _may_be_above(row)), 0)
    if not at or any('"' in line for line in lines[:at]):
        return 0
    header, later = rows[at], [row for row in rows[at + 1 :] if _filled(row)]
    width = len(header)
    alike = sum(len(row) == width for row in later)
    is_table = width > 1 and alike >= min(_FEWEST_ROWS, len(later)) and 2 * alike >= len(later) > 0
    comments = [row for row in rows[:at] if _filled(row) > 1]
    if not is_table or _filled(header) < width or any(len(row) == width for row in comments):
        return 0
    if not _filled(rows[at - 1]) or all(line.startswith(_COMMENTS) for line in lines[:at]):
        return at
    # One cell above a table of several columns: a title, where it is more than a word.
    is_tight = not any(cell.startswith(" ") for cell in header)
    is_title = any(" " in line.strip() for line in lines[:at])
    return at if width > 2 and is_tight and is_title else 0


def _may_be_above(row: Sequence[str]) -> bool:
    return _filled(row) < 2 or row[0].startswith(_COMMENTS)


def _filled(row: Sequence[str]) -> int:
    """How many of its cells are not empty."""
    return sum(bool(cell.strip()) for cell in row)
