"""What differs between two files, as a person looks at it: never a value of a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from syncd.guards.profile import Profile

FIRST = 10  # of each kind are shown
# Why there is no word of the rows, or of more than the sizes.
LIMITS = frozenset(
    {"", "format", "other_format", "no_header", "other_columns", "cut", "unknown_columns", "limits"}
)
_LONGEST = 300  # letters
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Names:
    """How many there are, and the first of them."""

    count: int = 0
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Columns, or members of an archive: what went, what came, what is there in another way."""

    gone: Names = Names()
    new: Names = Names()
    other: Names = Names()  # columns: in another order; members: of other bytes


@dataclass(frozen=True, slots=True)
class Cell:
    """`None` in place of a value that is not shown."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ShownRow:
    line: int  # in its file, 1-based: of a changed row, in the new one
    cells: tuple[Cell, ...]  # of an added row the `after`, of a removed one the `before`, is said
    key: tuple[Cell, ...] = ()  # of a changed row, what it is known by


@dataclass(frozen=True, slots=True)
class Rows:
    """`by`: the columns by which a row is known again; () = it is one only as a whole."""

    by: tuple[str, ...]
    one_in: int  # so many rows were compared: 1 = all of them
    same: int
    added: int
    removed: int
    changed: int
    first_added: tuple[ShownRow, ...] = ()
    first_removed: tuple[ShownRow, ...] = ()
    first_changed: tuple[ShownRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """`not_further`: one of `LIMITS`; "" where the rows were compared."""

    before: Profile = field(default_factory=Profile)
    after: Profile = field(default_factory=Profile)
    columns: Named | None = None
    rows: Rows | None = None
    members: Named | None = None  # of two ZIP archives
    not_further: str = ""

    def to_json(self) -> str:
        plain = {
            "before": json.loads(self.before.to_json()),
            "after": json.loads(self.after.to_json()),
            "columns": self.columns and _named(self.columns),
            "rows": self.rows and _rows(self.rows),
            "members": self.members and _named(self.members),
            "not_further": self.not_further,
        }
        return json.dumps(plain, ensure_ascii=False)

    @classmethod
    def from_json(cls, said: Any) -> Comparison:
        """`said`: what was read of the JSON. `ValueError` for what is none: nothing that the
        reader says is taken on trust."""
        if _of(said, "not_further", str) not in LIMITS:
            raise ValueError("an unknown limit")
        return cls(
            before=_profile(said.get("before")),
            after=_profile(said.get("after")),
            columns=_maybe(said.get("columns"), _as_named),
            rows=_maybe(said.get("rows"), _as_rows),
            members=_maybe(said.get("members"), _as_named),
            not_further=said["not_further"],
        )


def _named(found: Named) -> dict[str, Any]:
    parts = {"gone": found.gone, "new": found.new, "other": found.other}
    return {name: {"count": one.count, "first": list(one.first)} for name, one in parts.items()}


def _rows(found: Rows) -> dict[str, Any]:
    counts = {name: getattr(found, name) for name in _COUNTS}
    shown = {name: [_row(row) for row in getattr(found, name)] for name in _SHOWN}
    return {"by": list(found.by), **counts, **shown}


def _row(row: ShownRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "key": [[one.column, one.before, one.after] for one in row.key],
        "cells": [[one.column, one.before, one.after] for one in row.cells],
    }


_COUNTS = ("one_in", "same", "added", "removed", "changed")
_SHOWN = ("first_added", "first_removed", "first_changed")


def _profile(said: object) -> Profile:
    found = Profile.from_json(json.dumps(said))
    if found is None:
        raise ValueError("no profile")
    return found


def _maybe(said: object, read: Callable[[Any], _T]) -> _T | None:
    return None if said is None else read(said)


def _as_named(said: Any) -> Named:
    return Named(*(_as_names(_of(said, name, dict)) for name in ("gone", "new", "other")))


def _as_names(said: Mapping[str, Any]) -> Names:
    first = _of(said, "first", list)
    return Names(_count(said, "count"), tuple(_word(one) for one in first[:FIRST]))


def _as_rows(said: Any) -> Rows:
    by = tuple(_word(one) for one in _of(said, "by", list))
    counts = {name: _count(said, name) for name in _COUNTS}
    shown = {name: tuple(_as_row(one) for one in _of(said, name, list)[:FIRST]) for name in _SHOWN}
    return Rows(by=by, **counts, **shown)  # type: ignore[arg-type]  # each by its own name


def _as_row(said: Any) -> ShownRow:
    cells = tuple(_as_cell(one) for one in _of(said, "cells", list))
    key = tuple(_as_cell(one) for one in _of(said, "key", list))
    return ShownRow(_count(said, "line"), cells, key)


def _as_cell(said: Any) -> Cell:
    if not isinstance(said, list) or len(said) != 3:
        raise ValueError("no cell")
    column, before, after = said
    return Cell(_word(column), _maybe(before, _word), _maybe(after, _word))


def _of(said: Any, name: str, inner: type) -> Any:
    found = said.get(name) if isinstance(said, dict) else None
    if not isinstance(found, inner):
        raise ValueError(f"no {name}")
    return found


def _count(said: Any, name: str) -> int:
    found = _of(said, name, int)
    if isinstance(found, bool) or found < 0:
        raise ValueError(f"no {name}")
    return int(found)


def _word(said: object) -> str:
    if not isinstance(said, str):
        raise ValueError("no word")
    return said[:_LONGEST]
