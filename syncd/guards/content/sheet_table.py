"""One sheet of a workbook as a table: its header, below titles, and what its columns hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from syncd.guards.column import MOST, TEXT, without_values
from syncd.guards.content.columns import Columns, Found
from syncd.guards.content.first_row import names_of
from syncd.guards.profile import Profile

MOST_EXACT = 1e16  # above, a number in a sheet has lost its last digits
_ABOVE = 20  # rows among which the header is looked for
_FILLED = 0.6  # share of the cells of a usual row that its header has at least
_NAMED = 0.9  # share of a table's columns that have a name
# A sheet of fewer columns may be notes: labels on the left, and texts beside them.
_FEWEST, _FEWEST_ROWS = 3, 20
_FIRST_ROWS, _FEWEST_FIRST = 10, 3  # that come again where a table is there twice
_MIDNIGHT = time()

Texts = list[str]


def texts_of(row: Iterable[Any]) -> Texts:
    """Cells as an export to CSV has them; numbers that are not whole have a point in them."""
    return [cell if type(cell) is str else _text(cell) for cell in row]


def _text(cell: Any) -> str:
    if type(cell) is float:
        if cell.is_integer() and abs(cell) < MOST_EXACT:
            return str(int(cell))
        text = repr(cell)
        return f"{cell:f}" if "e" in text else text
    if cell is None:
        return ""
    if type(cell) is datetime and cell.time() == _MIDNIGHT:
        return str(cell.date())
    return str(cell)


class SheetTable:
    """`first`: the rows at its beginning, without blank ones; they are added as the others are.

    `start`: rows above them.
    """

    def __init__(self, first: Sequence[Texts], start: int) -> None:
        self._above = _header_at(first)
        header = first[self._above][:MOST] if first else []
        later = [row[:MOST] for row in first[self._above + 1 :]]
        names = names_of(header, later) if _is_header(header, later) else ()
        self._names: tuple[str, ...] = names
        self._above = self._above if names else 0
        self._width = min(max(map(len, first), default=0), MOST)
        padded = (*names, *[""] * self._width)[: self._width]
        self._columns = Columns(padded)
        self._found = Found()
        self._start = start
        self._rows = 0  # all of them
        self._first: list[Texts] = []  # of data, until one comes again
        self._same = 0  # rows that are as these, up to here
        self.pasted: int | None = None  # row of data where they come again, from 1

    def add(self, rows: Sequence[Texts]) -> None:
        """The next rows, as many as there are at hand."""
        skipped = self._above + bool(self._names)
        data = rows[max(skipped - self._rows, 0) :]
        before = max(self._rows - skipped, 0)
        self._rows += len(rows)
        width = self._width
        even = [row if len(row) == width else (row + [""] * width)[:width] for row in data]
        self._columns.add(even)
        if self.pasted is None:
            self._look_for_first(even, before)

    def _look_for_first(self, rows: Sequence[Texts], before: int) -> None:
        """Whether the first rows come again, one after the other."""
        start = 0
        if not self._first:
            for row in rows[:_FIRST_ROWS]:
                if row in self._first:
                    break
                self._first.append(row)
            start = len(self._first)
        if len(self._first) < _FEWEST_FIRST:
            return
        for place, row in enumerate(rows[start:], before + start + 1):
            if row != self._first[self._same]:
                self._same = 0
            self._same += row == self._first[self._same]
            if self._same == len(self._first):
                self.pasted = place - self._same + 1
                return

    def close(self) -> None:
        """After the last row: of what was remembered, what is known of the columns remains."""
        self._found = self._columns.found()
        del self._columns
        self._first = []

    def found(self, first: Sequence[str], personal: Mapping[str, tuple[str, ...]]) -> Profile:
        """Of one that is closed. `personal`: the columns of persons' numbers, by the names of the
        `first` row, else by their place."""
        found = self._found
        called = [
            (first[at] if at < len(first) else "") or f"#{at + 1}"
            for at in range(len(found.columns))
        ]
        of_persons = {name for names in personal.values() for name in names}
        places = [f"#{at}" for at, name in enumerate(called, 1) if name in of_persons]
        columns = list(without_values(found.columns, {"": places}))
        while columns and not columns[-1].name and not columns[-1].kind:
            columns.pop()
        is_notes = len(self._names) < _FEWEST and (
            found.rows < _FEWEST_ROWS or all(each.kind in {"", TEXT} for each in columns)
        )
        names = () if is_notes else self._names
        above = self._start + self._above + 1
        return Profile(
            "sheet",
            header=names,
            width=len(columns),
            headless=not names,
            above=self._above if names else 0,
            personal={kind: names for kind, names in personal.items() if names},
            rows=self._rows - (self._above + 1 if names else 0),
            columns=tuple(columns) if names else (),  # without names nobody knows them again
            repeated=found.repeated,
            pasted_line=self.pasted + above if self.pasted and names else None,
            header_again=found.header_again + above if found.header_again and names else None,
        )


def _header_at(rows: Sequence[Texts]) -> int:
    counts = [_filled(row) for row in rows]
    usual = sorted(counts)[len(counts) // 2] if counts else 0
    least = max(usual * _FILLED, 2)
    return next((at for at, count in enumerate(counts[:_ABOVE]) if count >= least), 0)


def _is_header(row: Texts, later: Sequence[Texts]) -> bool:
    """Nearly each column that has cells has a name, and no two have the same."""
    width = max((at for each in (row, *later) for at in (_last(each),)), default=0)
    names = [" ".join(name.split()) for name in row if name.strip()]
    return len(names) > 1 and len(names) >= _NAMED * width and len({*names}) == len(names)


def _filled(row: Texts) -> int:
    return sum(map(bool, map(str.strip, row)))


def _last(row: Texts) -> int:
    """The place of its last cell that is not empty."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1].strip()), 0)
