"""What a terminal can show: which letters (else the nearest to them), and how many to a line."""

from __future__ import annotations

import codecs
import io
import os
import unicodedata
from typing import TextIO

# What has no letter beneath it to fall back to.
_PLAIN = {
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "…": "...",
    "→": "->",
    "œ": "oe",
    "Œ": "OE",
    "·": "-",
    "≠": "!=",
    "\u00a0": " ",
    "\u202f": " ",
}
_NAME = "syncd.nearest"
_USUAL = 80  # columns, where a terminal does not say how many it has


def columns_of(stream: TextIO) -> int | None:
    """How wide a terminal is; None for a file or a pipe, whose lines are as long as they are."""
    if not stream.isatty():
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def show_the_nearest(*streams: TextIO) -> None:
    """Let no letter end a command: old locales know neither ’ nor the spaces within figures."""
    codecs.register_error(_NAME, _nearest)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_plain(letter) for letter in letters), error.end


def _plain(letter: str) -> str:
    if letter in _PLAIN:
        return _PLAIN[letter]
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
    return bare or "?"
