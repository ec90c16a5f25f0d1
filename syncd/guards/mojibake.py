"""Accents that a wrong encoding destroyed: “Ã©”, “?” or “�” where a letter was."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.column import Column
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.listed import listed
from syncd.guards.past import Known, known_columns, named

CODE, FIRST = "guard_mojibake", "guard_mojibake_first"
_SHARE = 0.002  # of a column's values: in a long text of many rows, somebody writes so
_FEWEST_LOST = 2  # values with “?” between letters, which is no mistake by itself
_KEPT = 0.5  # share of the accents that must be left where only some “?” came


def look(case: CheckInput) -> Reason | None:
    known = known_columns(case)
    if found := [each for each in known if _is_new(each)]:
        return because(CODE, count=len(found), columns=named(found, case.profile))
    if known:
        return None
    first = [
        column.name or f"#{at}"
        for at, column in enumerate(case.profile.columns, 1)
        if _is_garbled(column)
    ]
    return because(FIRST, count=len(first), columns=listed(first)) if first else None


def _is_new(column: Known) -> bool:
    """One publication that had it, and was replaced, makes it no habit."""
    now, before = column.now, column.before
    if _is_garbled(now) and not _is_garbled(before):
        return sum(map(_is_garbled, column.past)) < 2
    return _has_lost(now, before) and sum(_has_lost(each, before) for each in column.past) < 2


def _is_garbled(column: Column) -> bool:
    return column.garbled > _SHARE * column.distinct


def _has_lost(now: Column, before: Column) -> bool:
    """Accents went, and question marks came."""
    if now.lost < max(_FEWEST_LOST, _SHARE * now.distinct) or now.lost <= 2 * before.lost:
        return False
    return before.accents > 0 and _density(now) < _KEPT * _density(before)


def _density(column: Column) -> float:
    return column.accents / max(column.distinct, 1)


GUARD = FileGuard(
    name="mojibake",
    group=Group.CELLS,
    rank=134,
    summary=N_("CSV: accents that a wrong encoding destroyed, in columns that were whole before."),
    detail=N_("On a first publication, and where they always were so, it is only told."),
    scope=Scope.CHANGES,
    first="warn",
    by_code={FIRST: "warn"},
    learns=frozenset({CODE, FIRST}),
    look=look,
    by_table=True,
)
