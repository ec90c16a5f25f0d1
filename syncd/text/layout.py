"""Lines that fit a terminal: folded between words, and names shortened in their middle.

A command between backticks is one word: whoever copies it gets all of it. What is wider than the
terminal by itself stands on a line of its own, whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncd.core.regular_expressions import regex
from syncd.text.excerpts import columns

GAP = "  "  # between what stands side by side on a line
_LEAST = 8  # columns that are left of a name
_WORD = regex("(?:`[^`]*`|[^ ])+")
_FIELD = regex("(?:`[^`]*`|[^ ])+(?: (?:`[^`]*`|[^ ])+)*")


def fold(line: str, width: int, hanging: int | None = None) -> Iterator[tuple[int, int]]:
    """Where the pieces of the line begin and end, each for a line of `width` columns.

    All but the first begin with a word, and are meant to stand `hanging` columns to the right; as
    far as the line itself and two more, where it is not given. What two spaces set apart stays
    together where it fits a line.
    """
    room = max(1, width - (indent(line) if hanging is None else hanging))
    begin = end = 0
    for field in _FIELD.finditer(line):
        whole = columns(field[0]) <= room
        for part in [field] if whole else _WORD.finditer(line, field.start(), field.end()):
            if end > begin and columns(line[begin : part.end()]) > (room if begin else width):
                yield begin, end
                begin = part.start()
            end = part.end()
    yield begin, end


def indent(line: str) -> int:
    """How far to the right a line goes on that is folded."""
    return len(line) - len(line.lstrip(" ")) + len(GAP)


def folded(line: str, width: int | None) -> str:
    """The same as lines of a text. `width`: None = as long as it is."""
    if width is None or columns(line) <= width:
        return line
    pieces = [line[begin:end] for begin, end in fold(line, width)]
    return f"\n{' ' * indent(line)}".join(pieces)


def shortened(name: str, width: int) -> str:
    """Its beginning and its end, where it is wider: the end tells more of a key, and gets more."""
    if columns(name) <= width:
        return name
    left = max(0, (width - 1) // 3)
    right = max(0, width - 1 - left)
    return f"{_beginning(name, left)}…{_beginning(name[::-1], right)[::-1]}"


def side_by_side(names: Sequence[str], width: int) -> list[str]:
    """The names, the longest shortened until all of them fit side by side."""
    room = width - len(GAP) * (len(names) - 1)
    widths = [columns(name) for name in names]
    most = max(widths, default=0)
    while most > _LEAST and sum(min(one, most) for one in widths) > room:
        most -= 1
    return [shortened(name, most) for name in names]


def _beginning(name: str, width: int) -> str:
    taken = 0
    for at, letter in enumerate(name):
        taken += columns(letter)
        if taken > width:
            return name[:at]
    return name
