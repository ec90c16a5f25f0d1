"""What one column of a table holds, as far as publications are compared by it: never a text value.

Of numbers and days the smallest and largest are kept, and those rounded; of a column that holds
numbers of persons nothing but its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

MOST = 300  # columns of a table that are looked at
MARKS = 16  # of a column's values
_LONGEST = 200  # letters of a name
WHOLE, DECIMAL, DATE, BOOLEAN, TEXT = "whole", "decimal", "date", "boolean", "text"
KINDS = frozenset({"", WHOLE, DECIMAL, DATE, BOOLEAN, TEXT})
NUMBERS = frozenset({WHOLE, DECIMAL})
# How decimals and days are written; "?" where not one of the days says which number is the month.
FORMS = frozenset({"", ".", ",", "y-m-d", "d-m-y", "m-d-y", "?-?-y"})


@dataclass(frozen=True, slots=True)
class Column:
    """Shares are 0..1. What is counted, is counted in the rows that were looked at."""

    # In JSON a column is a list of these in this order: a new one comes last.
    name: str = ""  # "" where the first row looks like data
    kind: str = ""  # one of KINDS, that of most cells; "" = all are empty
    share: float = 1.0  # of the cells that are not empty, those of this kind
    distinct: int = 0  # values, an estimate
    smallest: float | str | None = None  # of numbers; of dates the month, as 2024-05
    largest: float | str | None = None
    length: float = 0.0  # letters of a value, on average
    digits: float = 0.0  # share of these letters
    latin: float = 0.0  # the same, a to z
    empty: float = 0.0  # share of the cells; NA and the like are empty
    accents: int = 0  # letters that have one
    written: str = ""  # one of FORMS: of decimals, the sign; of dates, the order
    timed: bool = False  # dates that have a time of day
    foreign: float = 0.0  # share of the letters that are of other alphabets
    garbled: int = 0  # values with U+FFFD, or letters as UTF-8 read as Windows-1252 shows them
    lost: int = 0  # values with ? between letters
    marks: tuple[int, ...] = ()  # 32 bits of some values of a text that has few of them

    def without_values(self) -> Column:
        """For a column that holds numbers of persons."""
        return replace(self, smallest=None, largest=None, marks=())

    def to_plain(self) -> list[Any]:
        """For JSON, as short as can be: a publication keeps hundreds of them."""
        plain = [_plain(getattr(self, name)) for name in _NAMES]
        plain[-1] = "".join(f"{mark:08x}" for mark in self.marks)
        while plain and plain[-1] == _SHORTEST[len(plain) - 1]:
            plain.pop()
        return plain

    @classmethod
    def from_plain(cls, read: object) -> Column | None:
        """None for what is no column; in one, what is not as it should be is left out."""
        if not isinstance(read, list):
            return None
        taken = {name: _taken(name, value) for name, value in zip(_NAMES, read, strict=False)}
        return cls(**{name: value for name, value in taken.items() if value is not None})


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


_NAMES = tuple(each.name for each in fields(Column))
_SHORTEST = (*(each.default for each in fields(Column)[:-1]), "")
_USUAL = Column()


def columns_of(read: object) -> tuple[Column, ...]:
    """As a profile keeps them. What is no column leaves its place to an empty one."""
    given = read[:MOST] if isinstance(read, list) else ()
    return tuple(Column.from_plain(one) or _USUAL for one in given)


def without_values(
    columns: Iterable[Column], personal: Mapping[str, Sequence[str]]
) -> tuple[Column, ...]:
    """`personal`: the columns of each kind of numbers, by name, or by place as “#3”."""
    named = {name for names in personal.values() for name in names}
    return tuple(
        column.without_values() if {column.name, f"#{at}"} & named else column
        for at, column in enumerate(columns, 1)
    )


def _taken(name: str, value: Any) -> Any:
    """The value as its field wants it, or None."""
    match name:
        case "name":
            return value[:_LONGEST] if isinstance(value, str) else None
        case "kind" | "written":
            among = KINDS if name == "kind" else FORMS
            return value if isinstance(value, str) and value in among else None
        case "timed":
            return value if isinstance(value, bool) else None
        case "marks":
            return _marks(value)
        case "smallest" | "largest" if isinstance(value, str):
            return value[:7]
        case "distinct" | "accents" | "garbled" | "lost":
            return value if type(value) is int and value >= 0 else None
    return float(value) if type(value) in {int, float} and abs(value) < 1e308 else None


def _marks(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, str):
        return None
    words = [value[at : at + 8] for at in range(0, min(len(value), 8 * MARKS), 8)]
    try:
        return tuple(int(word, 16) for word in words)
    except ValueError:
        return None
