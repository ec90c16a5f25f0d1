"""A table's rows as records of `syncd.core`, by name.

A record's field stands in the column of its name, or in the several columns of a binding or a
known version. The names in a SELECT, the values of an INSERT and the arguments of a record are all
made from the record's own fields, so that no order has to be kept equal by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from syncd.adapters.ledger import declaration
from syncd.adapters.ledger.columns import Group, expect_kinds, group_of
from syncd.adapters.ledger.declaration import Table
from syncd.core import records, service_records

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


class Records(Generic[Record]):
    """The rows of `table` as records. Columns without a field are the caller's.

    `KeyError` where a field has no column.
    """

    def __init__(self, record: type[Record], table: Table) -> None:
        self._record = record
        self.table = table
        names = [field.name for field in fields(record)]
        self._singles = [name for name in names if name in table.columns]
        self._groups: list[tuple[str, Group, slice]] = []
        columns = [*self._singles]
        for name in names:
            if name not in table.columns:
                group, start = group_of(name), len(columns)
                columns += group.columns
                self._groups.append((name, group, slice(start, len(columns))))
        given = table.given
        self._written = [name for name in self._singles if name != given]
        self.names = tuple(columns)  # in the order in which `read` wants them
        self._expected = table.kinds(columns)
        self._loading = [
            (at, kind.load, kind.absent())
            for at, kind in enumerate(table.kinds(self._singles))
            if kind.load is not None
        ]
        self._kinds: set[tuple[type, ...]] = set()  # of the rows that were as they should be

    def select(self, rest: str = "") -> str:
        """The statement whose rows `read` takes; `rest`: which of them, and in which order."""
        return f"SELECT {self.table.selected(self.names)} FROM {self.table.name} {rest}"  # noqa: S608 -- names of our own

    def read(self, found: Sequence[Any]) -> Record:
        """`found`: a row of `select`, or of another statement that returns `names`.

        Raises one of `columns.WRONG` where it is none that we store.
        """
        kinds = tuple(map(type, found))
        if kinds not in self._kinds:  # nearly all rows have the same
            expect_kinds(self._expected, found)
            self._kinds.add(kinds)
        values: dict[str, Any] = dict(zip(self._singles, found, strict=False))  # groups come after
        for at, load, absent in self._loading:
            one = found[at]
            values[self._singles[at]] = absent if one is None else load(one)
        parts: Sequence[Any] = ()
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


ROWS = Records(records.Row, declaration.bindings)
INTENTS = Records(records.Intent, declaration.intents)
PUBLICATIONS = Records(records.Publication, declaration.publications)
COPIES = Records(records.Copy, declaration.copies)
NOTES = Records(records.DatasetNote, declaration.datasets)
CYCLES = Records(records.CycleNote, declaration.cycles)
RUNS = Records(service_records.DatasetRun, declaration.runs)
REQUESTS = Records(service_records.Request, declaration.requests)
ALERTS = Records(service_records.Alert, declaration.alerts)
PAUSES = Records(service_records.Pause, declaration.pauses)
UNCLAIMED = Records(service_records.Unclaimed, declaration.unclaimed)
SERVICES = Records(service_records.ServiceNote, declaration.services)
