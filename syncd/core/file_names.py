"""File names, compared in spite of what a portal makes of them. Pure."""

from __future__ import annotations

import re
import unicodedata

from syncd.core.regular_expressions import regex

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
)


_SEPARATORS = frozenset({"Zs", "Pd", "Pi", "Pf"})  # spaces, dashes, quotes: Unicode categories


def _ascii(name: str) -> tuple[str, bool]:
    """The name in ASCII, and whether signs were lost that the portal would spell out."""
    bare = re.sub("['’´`]", "", name.translate(_LIGATURES))  # the portal drops apostrophes
    letters = [c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c)]
    lost = any(not c.isascii() and unicodedata.category(c) not in _SEPARATORS for c in letters)
    return "".join(c if c.isascii() else "-" for c in letters), lost


def slug(name: str) -> str:
    """Close to what the portal makes of a name: ASCII, lower case, runs of others to one dash.

    Only used to compare names, never to send one.
    """
    return re.sub(r"[^a-z0-9.]+", "-", _ascii(name)[0].lower()).strip("-")


def extensions_of(name: str) -> tuple[str, str]:
    """("csv", "gz") for a.csv.gz, ("csv", "") for a.csv: what is inside, and what is around it."""
    parts = name.rsplit("/", 1)[-1].lower().split(".")[1:]
    if parts and parts[-1] == "gz":
        return (parts[-2] if len(parts) > 1 else ""), "gz"
    return (parts[-1] if parts else ""), ""


def same_name(one: str, other: str) -> bool:
    return slug(one) == slug(other)


def may_be_name(made: str, sent: str) -> bool:
    """Whether the portal may have made `made` of the name `sent`.

    Letters of other scripts are transliterated by tables of the portal's own; of such names only
    the extension is compared.
    """
    if _ascii(sent)[1]:
        return slug(made).rpartition(".")[2] == slug(sent).rpartition(".")[2]
    return same_name(made, sent)


_DATE = regex(
    r"(?<![0-9])(?:"
    r"(?:19|20)[0-9]{2}(?:[-.]?(?:0[1-9]|1[0-2])(?:[-.]?(?:0[1-9]|[12][0-9]|3[01]))?)?"
    r"|(?:0[1-9]|[12][0-9]|3[01])[-.]?(?:0[1-9]|1[0-2])[-.]?(?:19|20)[0-9]{2}"
    r")(?![0-9])"
)


def dateless(name: str) -> str:
    """A name as `slug` makes it, without its dates (2024, 2024-03, 20240131, 31-01-2024).

    "" where nothing but a date would be left.
    """
    stem, dot, extension = slug(name).rpartition(".")
    if not dot:
        stem, extension = extension, ""
    rest = re.sub(r"[-.]+", "-", _DATE.sub("-", stem)).strip("-")
    return f"{rest}{dot}{extension}" if rest else ""
