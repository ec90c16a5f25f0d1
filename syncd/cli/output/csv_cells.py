"""What a cell of a CSV may hold: spreadsheets take some words of other people for orders."""

from __future__ import annotations

import re

from syncd.core.unseen import on_one_line

# What a formula begins with, in the full-width forms of Asian keyboards, too. Where commas are no
# separators (a French spreadsheet), a cell is cut at its semicolons, and begins anew behind each.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"""(^|;)([\s"']*)([=+\-@\uff1d\uff0b\uff0d\uff20][^;]*)""")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?(?:\s?%)?)?\s*")


def cell(value: object) -> object:
    """The value, with an apostrophe before a formula, and with what is not seen shown as such.

    Numbers and their signs are left as they are.
    """
    return _FORMULA.sub(_as_words, on_one_line(value)) if isinstance(value, str) else value


def _as_words(found: re.Match[str]) -> str:
    before, space, rest = found.groups()
    return found[0] if _NUMBER.fullmatch(rest) else f"{before}'{space}{rest}"
