"""Texts as YAML writes them. Pure."""

from __future__ import annotations

import re

from syncd.core.regular_expressions import regex

_PLAIN = regex(r"[^\W\d_][\w./()-]*(?: [\w./()-]+)*")
# Addresses, durations and shares, ids: what looks like no number to any reader of YAML.
_SAFE = regex(
    r"https?://[\w./:-]*[\w/]|(?:[0-9]+[dhms])+|[0-9]{1,3}%|(?=[0-9-]*[a-df])[0-9a-f-]{20,}",
    re.ASCII,
)
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def scalar(value: str) -> str:
    """Bare where that is safe everywhere, also within brackets; else in double quotes.

    What cannot be seen is written by its number (YAML 1.2, 5.7).
    """
    bare = _PLAIN.fullmatch(value) and value.isprintable() and value.lower() not in _RESERVED
    if bare or _SAFE.fullmatch(value):
        return value
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"
