"""A table's rows as records of `syncd.core`, by name.

A record's field stands in the column of its name, or in the several columns of a binding or a
known version. The names in a SELECT, the values of an INSERT and the arguments of a record are all
made from the record's own fields, so that no order has to be kept equal by hand.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa

from syncd.adapters.ledger.columns import Group, expect_kinds, group_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


class Records(Generic[Record]):
    """The rows of `table` as records. Columns without a field are the caller's.

    `KeyError` where a field has no column.
    """

    def __init__(self, record: type[Record], table: sa.Table) -> None:
        self._record = record
        self.table = table
        names = [field.name for field in fields(record)]
        self._singles = [name for name in names if name in table.c]
        self._groups: list[tuple[str, Group, slice]] = []
        columns = [*self._singles]
        for name in names:
            if name not in table.c:
                group, start = group_of(name), len(columns)
                columns += group.columns
                self._groups.append((name, group, slice(start, len(columns))))
        given = table.autoincrement_column  # SQLite gives it to a new row
        self._written = [name for name in self._singles if given is None or name != given.name]
        self.selected = tuple(table.c[name] for name in columns)
        self.select = sa.select(*self.selected)
        self._kinds: set[tuple[type, ...]] = set()  # of the rows that were as they should be

    def read(self, found: sa.Row[Any]) -> Record:
        """`found`: a row of `select`, or of another statement that returns `selected`.

        Raises one of `columns.WRONG` where it is none that we store.
        """
        kinds = tuple(map(type, found))
        if kinds not in self._kinds:  # nearly all rows have the same
            expect_kinds(self.selected, found)
            self._kinds.add(kinds)
        values: dict[str, Any] = dict(zip(self._singles, found, strict=False))  # groups come after
        parts: tuple[Any, ...] = ()
        whole: object = None
        for name, group, place in self._groups:
            if found[place] != parts:  # what was read last is mostly what was published
                parts = found[place]
                whole = group.whole(*parts)
            values[name] = whole
        return self._record(**values)

    def columns(self, record: Record) -> dict[str, Any]:
        """What an INSERT or UPDATE writes."""
        values = {name: getattr(record, name) for name in self._written}
        for name, group, _ in self._groups:
            values.update(zip(group.columns, group.parts(getattr(record, name)), strict=True))
        return values
