"""Letters that are not seen: what commands a terminal, ends a line or turns the writing. Pure.

Titles, keys and answers are other people's. Whatever writes them for a person, a program or a log
goes through here: controls (C0, C1, ESC), line ends of every kind (U+0085, U+2028, U+2029 too),
bidirectional and other format characters, surrogates, and what no version of Unicode knows.
"""

from __future__ import annotations

import unicodedata

from syncd.core.regular_expressions import regex

_FRENCH_SPACES = "\u00a0\u202f"  # those that do not break, before a colon for example
_LINE_ENDS = regex(r"\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def is_seen(letter: str) -> bool:
    return letter.isprintable() or letter in _FRENCH_SPACES


def in_sight(words: str, kept: str = "") -> str:
    """What is not seen is shown as such, letter by letter, but for those `kept`."""
    if words.isprintable():  # nearly all
        return words
    return "".join(c if is_seen(c) or c in kept else "\N{REPLACEMENT CHARACTER}" for c in words)


def on_one_line(words: str) -> str:
    """As `in_sight`; where a line ended, and for a tab, there is a space."""
    return words if words.isprintable() else in_sight(_LINE_ENDS.sub(" ", words))


def escaped_in_json(document: str) -> str:
    r"""The document with what is not seen as `\uXXXX`; the line ends between its values stay.

    Within a string JSON itself has escaped those that it knows.
    """
    if document.replace("\n", "").isprintable():  # nearly all
        return document
    return "".join(c if is_seen(c) or c == "\n" else _escape(c) for c in document)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(rf"\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def as_shown(name: str) -> str:
    """A person's name as every output shows it, so that it can be typed again, to be forgotten."""
    return " ".join(unicodedata.normalize("NFC", on_one_line(name)).split())
