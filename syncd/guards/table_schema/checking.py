"""Holds the rows of a table to its schema, as they come, in memory that does not grow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from syncd.guards.table_schema.cells import Cell
from syncd.guards.table_schema.constraints import Rule, never
from syncd.guards.table_schema.descriptor import Field, TableSchema
from syncd.guards.verdict import MOST_ERRORS, PLACES, SchemaError, Verdict, short

Row = Sequence[Cell]

MOST_KEYS = 500_000  # values that are kept, as digests, to find one that comes again
_REMEMBERED = 200_000  # values of all columns that were looked at before, and need no other look
_LONGEST_REMEMBERED = 64  # letters of one


@dataclass(slots=True)
class _Count:
    """One kind of error."""

    expected: str
    count: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, row: int) -> None:
        self.count += 1
        if len(self.rows) < PLACES:
            self.rows.append(row)


class _Column:
    """One column of the file that the schema has a field for."""

    def __init__(self, field: Field, at: int, most: int) -> None:
        self.field = field
        self.at = at  # its place in the row
        self._most = most
        self._good: set[Cell] = set()  # looked at before: most cells need no other look
        self._bad: dict[Cell, tuple[Rule, ...]] = {}
        self._missing = (Rule("required", "", never),) if field.required else ()

    def broken(self, cells: Sequence[Cell]) -> dict[Cell, tuple[Rule, ...]]:
        """Of these cells, those that break a rule, and which."""
        distinct = set(cells)
        if self.field.is_free:
            gone = distinct & self.field.missing if self._missing else ()
            return dict.fromkeys(gone, self._missing)
        found, good, bad = {}, [], self._bad
        missing, judged = self.field.missing, self.field.broken
        for cell in distinct - self._good:
            rules = bad.get(cell)
            if rules is None:
                rules = self._missing if cell in missing else judged(cell)
                if not rules:
                    good.append(cell)
                    continue
                self._remember([cell], rules)
            found[cell] = rules
        self._remember(good, ())
        return found

    def keys(self, cells: Sequence[Cell]) -> list[Cell]:
        """What is compared to find a value again: 1 and 01 are one number, but two texts.

        None where there is no value.
        """
        missing, means = self.field.missing, self.field.reads
        if not self.field.is_by_value:
            return [None if cell in missing else cell for cell in cells]
        keys: list[Cell] = []
        for cell in cells:
            try:
                keys.append(None if cell in missing else means(cell))
            except (ArithmeticError, ValueError):
                keys.append(cell)
        return keys

    def _remember(self, cells: list[Cell], rules: tuple[Rule, ...]) -> None:
        if self._most == 0:
            return
        few = [c for c in cells if not isinstance(c, str) or len(c) <= _LONGEST_REMEMBERED]
        if len(self._good) + len(self._bad) + len(few) > self._most:  # they hardly come again
            self._good.clear()
            self._bad.clear()
            self._most = 0
        elif rules:
            self._bad.update(dict.fromkeys(few, rules))
        else:
            self._good.update(few)


class _Key:
    """Columns whose values together may come once only."""

    def __init__(self, rule: str, columns: Sequence[_Column]) -> None:
        self.rule = rule
        self.columns = columns
        self.name = short(", ".join(column.field.name for column in columns))
        self.seen: set[int] = set()


class TableCheck:
    """Rows are told to it in their order; in the end it has a verdict.

    `header`: the names of the columns, which stand in `row`. `most_keys`: how many values may be
    kept to find one again.
    """

    def __init__(
        self,
        schema: TableSchema,
        header: Sequence[object],
        row: int = 1,
        most_keys: int = MOST_KEYS,
    ) -> None:
        self._unchecked = schema.unchecked
        self._room = most_keys
        self._full_at = 0  # from which row on no further value was kept
        self._row = row  # the last one that was seen
        self._rows = 0
        self._counts: dict[tuple[str, str], _Count] = {}
        self._places = {each.name: at for at, each in enumerate(schema.fields)}
        names = [str(cell).strip().removeprefix("\ufeff") for cell in header]
        most = max(_REMEMBERED // len(schema.fields), 16)
        self._columns: list[_Column] = []
        for each in schema.fields:
            places = [at for at, name in enumerate(names) if name == each.name]
            if places:
                self._columns.append(_Column(each, places[0], most))
            elif each.required or each.name in schema.primary_key:
                self._note(each.name, Rule("missing-column", "", never), row)
            if len(places) > 1:
                self._note(each.name, Rule("duplicate-column", "", never), row)
        self._keys = list(self._keyed(schema))

    def add(self, rows: Iterable[Row]) -> None:
        """The next ones; a row that is blank counts as one, and is not looked at."""
        filled, numbers = [], []
        for number, row in enumerate(rows, self._row + 1):
            self._row = number
            if row and (len(row) > 1 or str(row[0]).strip()):
                filled.append(row)
                numbers.append(number)
        self._rows += len(filled)
        cells = _turned(filled, [column.at for column in self._columns])
        for column in self._columns:
            self._look_at(column, cells[column.at], numbers)
        for key in self._keys:
            self._look_for_repeated(key, cells, numbers)

    def verdict(self) -> Verdict:
        errors = [
            SchemaError(short(column), short(rule), short(one.expected), one.count, tuple(one.rows))
            for (column, rule), one in sorted(self._counts.items(), key=self._turn)
        ]
        return Verdict(
            rows=self._rows,
            errors=tuple(errors[:MOST_ERRORS]),
            kinds=len(errors),
            unchecked=(*self._unchecked, *self._beyond()),
        )

    def _turn(self, kind: tuple[tuple[str, str], _Count]) -> int:
        """By the schema's columns; keys of several come last."""
        (column, _), _ = kind
        return self._places.get(column, len(self._places))

    def _beyond(self) -> Iterator[str]:
        if self._full_at:
            yield from (f"{key.rule} ({key.name}), > {self._full_at}" for key in self._keys)

    def _keyed(self, schema: TableSchema) -> Iterator[_Key]:
        by_name = {column.field.name: column for column in self._columns}
        for column in self._columns:
            if column.field.unique:
                yield _Key("unique", [column])
        if schema.primary_key and all(name in by_name for name in schema.primary_key):
            yield _Key("primaryKey", [by_name[name] for name in schema.primary_key])

    def _note(self, column: str, rule: Rule, row: int) -> None:
        kind = column, rule.name
        one = self._counts.get(kind)
        if one is None:
            one = self._counts[kind] = _Count(rule.expected)
        one.add(row)

    def _look_at(self, column: _Column, cells: Sequence[Cell], numbers: Sequence[int]) -> None:
        broken = column.broken(cells)
        if not broken:
            return
        for cell, number in zip(cells, numbers, strict=True):
            for rule in broken.get(cell, ()):
                self._note(column.field.name, rule, number)

    def _look_for_repeated(
        self, key: _Key, cells: Mapping[int, Sequence[Cell]], numbers: Sequence[int]
    ) -> None:
        rule = Rule(key.rule, "", never)
        columns = [column.keys(cells[column.at]) for column in key.columns]
        for number, values in zip(numbers, zip(*columns, strict=True), strict=True):
            if values.count(None) == len(values):
                if key.rule == "primaryKey":
                    self._note(key.name, rule, number)
                continue
            digest = hash(values)  # two values of one digest: once in some billion files
            if digest in key.seen:
                self._note(key.name, rule, number)
            elif self._room:
                self._room -= 1
                key.seen.add(digest)
                self._full_at = 0 if self._room else number


def _turned(rows: Sequence[Row], places: Iterable[int]) -> Mapping[int, Sequence[Cell]]:
    """The columns at these places; where a row has none, it is an empty cell."""
    try:
        columns = list(zip(*rows, strict=True))
    except ValueError:
        return {at: [row[at] if at < len(row) else "" for row in rows] for at in places}
    empty = tuple(repeat("", len(rows)))
    return {at: columns[at] if at < len(columns) else empty for at in places}
