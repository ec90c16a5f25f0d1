"""Whether the first row of a table are names of columns; where it is data, it goes nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from syncd.core.regular_expressions import regex
from syncd.guards.content.numbers import has_email, is_iban, is_nir, is_telephone

_MOST = 200  # letters of a name that are kept
_DATA = regex(
    r"[-+]?\d[\d .,'\u00a0\u202f]*\s?[%€$]?"  # a number, in any grouping
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d.*)?"  # a day
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d\d)([T ]\d.*)?"
    r"|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|https?://.*"
)
_MARKS = ("\ufeff", "ï»¿")  # byte order marks, as UTF-8 and as Windows-1252
_YEAR = regex(r"(1[5-9]|20|21)\d\d( (1[5-9]|20|21)\d\d)?")  # a column may well be called 2024


def names_of(first: Iterable[object], later: Iterable[Iterable[object]] = ()) -> tuple[str, ...]:
    """The names of the columns, or nothing where the first row looks like data.

    Then its cells may be a person's: they go nowhere from here. `later`: some rows below it.
    """
    cells = _texts(first)
    if not any(cells) or any(map(_is_data, cells)) or _comes_again(cells, later):
        return ()
    return tuple(cell[:_MOST] for cell in cells)


def one_line(cell: object) -> str:
    """Line ends inside a quoted name are another program's when it is written anew."""
    return " ".join(str(cell).split())


def _texts(row: Iterable[object]) -> tuple[str, ...]:
    return tuple(map(one_line, row))


def _is_data(cell: str) -> bool:
    if _DATA.fullmatch(cell):
        return not _YEAR.fullmatch(cell)
    return is_nir(cell) or is_iban(cell) or has_email(cell) or is_telephone(cell)


def _comes_again(cells: tuple[str, ...], later: Iterable[Iterable[object]]) -> bool:
    """Values come again in their columns, names do not: in half of them, that is no chance.

    A header that comes again as a whole is one, of a table that was put together from several.
    """
    again: set[int] = set()
    for row in later:
        texts = _texts(row)
        if texts and texts[0].startswith(_MARKS):  # another file begins here
            texts = (texts[0].lstrip("".join(_MARKS)), *texts[1:])
        if texts != cells:
            pairs = enumerate(zip(cells, texts, strict=False))
            again.update(at for at, (name, value) in pairs if name and name == value)
    return len(again) * 2 >= sum(map(bool, cells))
