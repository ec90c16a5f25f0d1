"""Libraries written in Rust stop on a mistake of their own with an exception above `Exception`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST = 160  # letters of a reader's words
# What may be a value of the file: all that is longer than a code, and what is around an @.
_VALUES = re.compile(r"\d{6,}|\S*@\S*|\[[\d, ]{20,}\]?")


@contextmanager
def panics_as(error: type[Exception]) -> Iterator[None]:
    """Turns such a panic into `error`, so that one bad file stops nothing else."""
    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise error(str(panic)) from panic


def said_by(error: Exception | None) -> str:
    """The reader's own words for a person, on one line, without what may be a value of the file."""
    words = " ".join(str(error).split())
    shown = "".join(letter for letter in _VALUES.sub("…", words) if letter.isprintable())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
