"""Finds out what the columns of a table hold, from its rows as they are read, in bounded memory.

Each column of a batch is looked at as a whole (`zip`, `Counter`, `map`), and most questions are
asked once of each value, however often it stands there: well below a microsecond for a cell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from zlib import crc32

from syncd.guards.column import BOOLEAN, DATE, DECIMAL, MARKS, MOST, TEXT, WHOLE, Column

_MOST_ROWS = 50_000  # that are known again
_CELLS = 1 << 13  # looked at together
_SKETCH = 128  # smallest signs of a column's values: they tell how many there are, within a tenth
_FEW = 64  # values of a column that has few of them
_SIGNS = 1 << 32
_MISSING = frozenset(
    {"", "-", "--", "NA", "N/A", "n/a", "na", "nan", "NaN", "NAN", "#N/A", "null", "NULL", "None"}
    | {"(null)", "\\N", "nd", "ND", "n.d.", "N.D."}
)
_DIGITS = b"0123456789"
_LATIN = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(ord("A"), ord("Z") + 1))
# First bytes in UTF-8: of accented letters; of Greek, Cyrillic, Arabic, Chinese, …
_ACCENTED = b"\xc3\xc4\xc5"
_FOREIGN = bytes(range(0xCD, 0xE2)) + bytes(range(0xE3, 0xEE))
_GROUPS = "[ \u00a0\u2009\u202f'’]"
_SIGN = "[-+\u2212]?"  # the last one is the minus of typesetters
_NUMBER = rf"{_SIGN}(?:\d+|\d{{1,3}}(?:{_GROUPS}\d{{3}})+)"
_UNIT = rf"(?:{_GROUPS}?[%€$£])?"
_MONTH, _DAY = "(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_KIND = re.compile(
    rf"(?P<whole>(?:[€$£]{_GROUPS}?)?(?:{_NUMBER}|{_SIGN}\d{{1,3}}(?:,\d{{3}}){{2,}}){_UNIT})"
    r"|(?P<point>"
    rf"(?:{_NUMBER}|{_SIGN}(?:\d{{1,3}}(?:,\d{{3}})+)?)\.\d+(?:[eE][-+]?\d+)?{_UNIT})"
    rf"|(?P<comma>(?:{_NUMBER}|{_SIGN}),\d+{_UNIT})"
    rf"|(?P<ymd>\d{{4}}[-/]{_MONTH}(?:[-/]{_DAY})?(?:[T ]\d\d?:\d\d.*)?)"
    rf"|(?P<dmy>{_DAY}[-/.]{_DAY}[-/.]\d{{4}}(?:[T ]\d\d?[:h]\d\d.*)?)"
    r"|(?P<boolean>true|false|vrai|faux|oui|non|yes|no)",
    re.ASCII | re.IGNORECASE,
)
_NO_NUMBER = re.compile(rf"{_GROUPS}|[%€$£]")
_YMD = re.compile(r"(\d{4})[-/](\d\d?)")
_DMY = re.compile(r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})")
# UTF-8 that was read as Windows-1252: "é" as "Ã©", "°" as "Â°", "’" as "â€™".
_GARBLED = re.compile(
    "\ufffd|Ã[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a€™]"
    "|Â[\u00a0-\u00bf]|â€"
)
# A "?" for a letter; not what stands in an address.
_LOST = re.compile(r"^[^?/=]*?[^\W\d_]\?[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Found:
    columns: tuple[Column, ...] = ()  # the first `syncd.guards.column.MOST`
    rows: int = 0  # that were looked at
    repeated: int = 0  # of these, the ones that came before; fewer where there are very many
    header_again: int | None = None  # the first of all rows, from 1, that is the names once more


class Columns:
    """Of one table. `names`: of its columns; where it has none, as many empty ones."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._cells = [_Cells() for _ in self._names[:MOST]]
        self._blank = hash(("",) * len(self._names))
        # Signs of rows are this process's own, and stay in it.
        self._header = hash(self._names) if len(set(self._names)) > 1 else None
        self._known: set[int] = set()
        self._waiting: list[Sequence[str]] = []
        self._at_once = max(_CELLS // max(len(self._names), 1), 1)
        self._given = self._looked_at = self._repeated = 0
        self._header_again: int | None = None

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows below the header, as many at once as there are at hand.

        Those of another width are passed over, unless what they have too much is empty. How they
        are divided changes nothing.
        """
        self._waiting += rows
        done = 0
        while len(self._waiting) - done >= self._at_once:
            self._look_at(self._waiting[done : done + self._at_once])
            done += self._at_once
        del self._waiting[:done]

    def found(self) -> Found:
        """After the last row."""
        self._look_at(self._waiting)
        self._waiting = []
        names = zip(self._names, self._cells, strict=False)
        columns = tuple(cells.found(name) for name, cells in names)
        return Found(columns, self._looked_at, self._repeated, self._header_again)

    def _look_at(self, rows: Sequence[Sequence[str]]) -> None:
        width = len(self._names)
        even = [row for row in rows if len(row) == width]
        if len(even) < len(rows):  # empty cells at a row's end are no others
            rows = [row if _is_wide(row, width) else row[:width] for row in rows]
            even = [row for row in rows if len(row) == width]
        signs = list(map(hash, map(tuple, even)))
        distinct = set(signs)
        if self._header in distinct and self._header_again is None:
            place = next(at for at, row in enumerate(rows, 1) if tuple(row) == self._names)
            self._header_again = self._given + place
        self._repeated += len(signs) - len(distinct) + len(distinct & self._known)
        if self._blank in distinct:  # it is no row that says anything
            self._repeated -= signs.count(self._blank) - (self._blank not in self._known)
        if len(self._known) < _MOST_ROWS:
            self._known |= distinct
        self._given += len(rows)
        self._looked_at += len(even)
        for cells, column in zip(self._cells, zip(*even, strict=True), strict=False):
            cells.add(column)


class _Cells:
    """Of one column."""

    __slots__ = (
        "_accents",
        "_dates",
        "_digits",
        "_empty",
        "_foreign",
        "_garbled",
        "_kinds",
        "_largest",
        "_latin",
        "_letters",
        "_lost",
        "_rows",
        "_sketch",
        "_smallest",
        "_timed",
        "_values",
    )

    def __init__(self) -> None:
        self._rows = self._empty = 0
        self._values = self._letters = self._digits = self._latin = self._foreign = 0
        self._accents = self._garbled = self._lost = self._timed = 0
        self._kinds: Counter[str] = Counter()  # groups of _KIND, "" = text -> cells
        self._smallest = float("inf")
        self._largest = float("-inf")
        self._dates = _Dates()
        self._sketch: list[int] = []

    def add(self, cells: Sequence[str]) -> None:
        counts = Counter(cells)
        if list(map(str.strip, counts)) != list(counts):
            counts = Counter(map(str.strip, cells))
        self._rows += len(cells)
        for word in counts.keys() & _MISSING:
            self._empty += counts.pop(word)
        if not counts:
            return
        values = list(counts)
        text = "\n".join(values)
        data = text.encode("utf-8", "replace")
        self._values += len(values)
        self._letters += len(text) - len(values) + 1
        self._digits += len(data) - len(data.translate(None, _DIGITS))
        self._note_signs(data.split(b"\n"))
        signs = {*data.translate(None, _DIGITS + b"\n")}
        if signs <= {*b"+-.,"} and self._note_plain_numbers(text, signs, counts):
            return
        self._latin += len(data) - len(data.translate(None, _LATIN))
        if not text.isascii():
            self._accents += sum(map(data.count, (bytes([code]) for code in _ACCENTED)))
            self._foreign += len(data) - len(data.translate(None, _FOREIGN))
            if any(map(text.__contains__, "ÃÂâ\ufffd")):
                self._garbled += _matches(_GARBLED, values)
        if "?" in text:
            self._lost += _matches(_LOST, values)
        self._note_kinds(values, counts)

    def _note_signs(self, values: Iterable[bytes]) -> None:
        below = self._sketch[-1] if len(self._sketch) == _SKETCH else _SIGNS
        fresh = {sign for sign in map(crc32, values) if sign < below}
        if fresh:
            self._sketch = sorted(fresh.union(self._sketch))[:_SKETCH]

    def _note_plain_numbers(self, text: str, signs: set[int], counts: Counter[str]) -> bool:
        """Whether all are numbers without anything about them."""
        is_comma = ord(",") in signs
        if is_comma and ord(".") in signs:
            return False
        try:
            self._note_numbers((text.replace(",", ".") if is_comma else text).split("\n"))
        except ValueError:
            return False
        kind = "comma" if is_comma else "point" if ord(".") in signs else WHOLE
        self._kinds[kind] += counts.total()
        return True

    def _note_numbers(self, texts: Iterable[str]) -> None:
        numbers = list(map(float, texts))
        self._smallest = min(self._smallest, *numbers)
        self._largest = max(self._largest, *numbers)

    def _note_kinds(self, values: list[str], counts: Counter[str]) -> None:
        kinds = [found.lastgroup if found else "" for found in map(_KIND.fullmatch, values)]
        for kind in {*kinds}:
            those = [value for value, each in zip(values, kinds, strict=True) if each == kind]
            self._kinds[kind or ""] += sum(map(counts.__getitem__, those))
            match kind:
                case "whole" | "point" | "comma":
                    bare = _NO_NUMBER.sub("", "\n".join(those)).replace("\u2212", "-")
                    bare = bare.replace(",", "." if kind == "comma" else "")
                    self._note_numbers(bare.split("\n"))
                case "ymd" | "dmy":
                    self._dates.add(kind, those)
                    self._timed += sum(":" in value or "h" in value for value in those)

    def found(self, name: str) -> Column:
        filled = self._rows - self._empty
        numbers = sum(self._kinds[kind] for kind in ("whole", "point", "comma"))
        cells = {
            WHOLE: self._kinds[WHOLE],
            DECIMAL: numbers,
            DATE: self._kinds["ymd"] + self._kinds["dmy"],
            BOOLEAN: self._kinds["boolean"],
            TEXT: self._kinds[""],
        }
        if numbers == cells[WHOLE]:
            cells[DECIMAL] = 0
        else:  # whole numbers among decimals are decimals that happen to be whole
            cells[WHOLE] = 0
        kind = max(cells, key=lambda each: cells[each]) if filled else ""
        few = len(self._sketch) <= _FEW and 2 * len(self._sketch) <= filled
        distinct = len(self._sketch)
        if distinct == _SKETCH:
            distinct = round((_SKETCH - 1) * _SIGNS / (self._sketch[-1] + 1))
        smallest, largest = self._range(kind)
        letters = max(self._letters, 1)
        return Column(
            name,
            kind,
            share=_share(cells[kind], filled) if kind else 1.0,
            written=self._written(kind),
            timed=kind == DATE and 2 * self._timed > self._values,
            empty=_share(self._empty, self._rows),
            distinct=min(distinct, filled),
            smallest=smallest,
            largest=largest,
            length=round(self._letters / max(self._values, 1), 1),
            digits=_share(self._digits, letters),
            latin=_share(self._latin, letters),
            foreign=_share(self._foreign, letters),
            accents=self._accents,
            garbled=self._garbled,
            lost=self._lost,
            marks=tuple(self._sketch[:MARKS]) if few and kind in {TEXT, BOOLEAN} else (),
        )

    def _written(self, kind: str) -> str:
        if kind == DECIMAL:
            return "," if self._kinds["comma"] > self._kinds["point"] else "."
        if kind == DATE:
            is_ymd = self._kinds["ymd"] >= self._kinds["dmy"]
            return "y-m-d" if is_ymd else self._dates.order
        return ""

    def _range(self, kind: str) -> tuple[float | str | None, float | str | None]:
        if kind == DATE:
            return self._dates.range
        if kind not in {WHOLE, DECIMAL}:
            return None, None
        return _rounded(self._smallest), _rounded(self._largest)


class _Dates:
    """The months of the first and the last day of a column, however these are written."""

    __slots__ = ("_first", "_months", "_second")

    def __init__(self) -> None:
        self._months: dict[str, tuple[str, str]] = {}  # by the order that is assumed
        self._first = self._second = 0  # the largest numbers before the year

    def add(self, kind: str, values: Iterable[str]) -> None:
        if kind == "ymd":
            pairs = {found.groups() for found in map(_YMD.match, values) if found}
            self._note("y-m-d", list(starmap(_month, pairs)))
            return
        parts = {found.groups() for found in map(_DMY.match, values) if found}
        self._first = max(self._first, *(int(first) for first, _, _ in parts))
        self._second = max(self._second, *(int(second) for _, second, _ in parts))
        self._note("d-m-y", [_month(year, month) for _, month, year in parts])
        self._note("m-d-y", [_month(year, month) for month, _, year in parts])

    def _note(self, order: str, months: list[str]) -> None:
        known = self._months.get(order, ())
        self._months[order] = min([*months, *known]), max([*months, *known])

    @property
    def order(self) -> str:
        """Of those that end in the year."""
        if self._second > 12 >= self._first:
            return "m-d-y"
        return "d-m-y" if self._first > 12 else "?-?-y"

    @property
    def range(self) -> tuple[str, str]:
        found: list[str] = []
        if "y-m-d" in self._months:
            found += self._months["y-m-d"]
        if "d-m-y" in self._months:
            order = self.order
            months = self._months["m-d-y" if order == "m-d-y" else "d-m-y"]
            found += [month[:4] for month in months] if order == "?-?-y" else months
        return min(found), max(found)


def _is_wide(row: Sequence[str], width: int) -> bool:
    """Whether it has a cell too many that is not empty."""
    return any(map(str.strip, row[width:]))


def _month(year: str, month: str) -> str:
    return f"{year}-{month:0>2}"


def _matches(pattern: re.Pattern[str], values: Iterable[str]) -> int:
    return sum(found is not None for found in map(pattern.search, values))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _rounded(number: float) -> float | None:
    """To four digits, which a year has: a number is nobody's then."""
    return float(f"{number:.4g}") if abs(number) < float("inf") else None
