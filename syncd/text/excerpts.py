"""A line of the manifest and the mark under it, on a screen of fixed columns."""

from __future__ import annotations

import unicodedata

from syncd.core.errors import Excerpt

_TAB = "→"  # a tab in sight, of one column


def shown(excerpt: Excerpt) -> str:
    return excerpt.text.replace("\t", _TAB)


def mark(excerpt: Excerpt) -> str:
    """As many ^ as the marked characters are wide, under them."""
    start = excerpt.column - 1
    marked = excerpt.text[start : start + excerpt.width]
    return " " * columns(excerpt.text[:start]) + "^" * max(1, columns(marked))


def columns(text: str) -> int:
    """How wide a text is on a terminal: an accent of its own takes no column, a wide sign two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
