"""Names that look the same, compared as the same: Unicode's composed form, NFC. Pure.

A Mac writes é as two characters (e and an accent, NFD), nearly everybody else as one; S3 takes
both for different keys. Whatever is compared with a key goes through `composed`; an object is read
by its key's own bytes. Why here: docs/decisions/0056-what-a-deposit-is-taken-for.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from unicodedata import normalize

_MOST_FORMS = 8  # of one path: three of its segments may each be written in either form


def composed(name: str) -> str:
    """The name as it looks. Costs nothing where all of it is ASCII, as most keys are."""
    return name if name.isascii() else normalize("NFC", name)


def all_composed(names: Sequence[str]) -> Sequence[str]:
    """The same of many, looked at as one."""
    return names if "".join(names).isascii() else list(map(composed, names))


def forms(path: str) -> tuple[str, ...]:
    """Every path that looks like this one, each of its segments in one form or the other.

    A folder made by one tool may hold what a Mac put there. Where very many segments could differ,
    all of them are in the same form.
    """
    if path.isascii():
        return (path,)
    segments = [
        tuple(dict.fromkeys((normalize("NFC", segment), normalize("NFD", segment))))
        for segment in path.split("/")
    ]
    if prod(map(len, segments)) > _MOST_FORMS:
        return normalize("NFC", path), normalize("NFD", path)
    return tuple("/".join(chosen) for chosen in product(*segments))
