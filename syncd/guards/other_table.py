"""Another table under the same header: hardly a column holds what it held."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.column import MARKS, NUMBERS, TEXT, Column
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.past import FEWEST, Known, known_columns, named

CODE, FIRST = "guard_other_table", "guard_other_table_first"
_FEWEST, _MOST_OF_ALL = 3, 0.75  # columns that have nothing in common: number, and share
_SURE = 0.8  # share of the cells that are of a column's kind
_FAR = 10.0  # times: how far numbers of different size are apart
_LIKE = 3.0  # times: the same, of the largest of ranges that overlap
_MANY = 8.0  # times as many values
_LETTERS = 0.5  # share of the letters that are of another alphabet, or digits
_LENGTH = 4.0  # times


def look(case: CheckInput) -> Reason | None:
    columns = [each for each in known_columns(case) if each.cells >= FEWEST]
    said = [(each, _is_other(each)) for each in columns]
    other = [each for each, found in said if found]
    same = sum(found is False for _, found in said)
    if len(other) < _FEWEST or len(other) < _MOST_OF_ALL * (len(other) + same):
        return None
    code = FIRST if case.published is None else CODE
    names = named(other, case.profile)
    return because(code, count=len(other), among=len(columns), columns=names)


def _is_other(column: Known) -> bool | None:
    """Whether it has nothing in common with any of its past; None where nobody can tell."""
    found = [_differ(column.now, each) for each in column.past if each.kind]
    if not found or None in found:
        return None
    return all(found)


def _differ(now: Column, before: Column) -> bool | None:
    if not now.kind or min(now.share, before.share) < _SURE:
        return None
    is_number = now.kind in NUMBERS
    if now.kind != before.kind and not (is_number and before.kind in NUMBERS):
        return True
    if is_number:
        return _are_apart(now, before)
    if now.kind != TEXT:
        return None  # other days are another year's
    if now.marks and before.marks:
        is_all = len(now.marks) < MARKS > len(before.marks)
        if is_all or not {*now.marks}.isdisjoint(before.marks):
            return {*now.marks}.isdisjoint(before.marks)
    elif now.marks or before.marks:  # a few values that recur, and many
        few, many = sorted((now.distinct, before.distinct))
        return True if many > _MANY * few else None
    return True if _have_other_letters(now, before) else None


def _are_apart(now: Column, before: Column) -> bool | None:
    """Numbers that follow each other, as those of rows or years do, say nothing; nor do those that
    are small."""
    ends = (now.smallest, now.largest, before.smallest, before.largest)
    if not all(isinstance(each, float) for each in ends):
        return None
    low, high, low_before, high_before = map(float, ends)  # type: ignore[arg-type]  # see above
    if low <= high_before and low_before <= high:
        sizes = sorted((max(abs(low), abs(high)), max(abs(low_before), abs(high_before))))
        return None if sizes[1] > _LIKE * sizes[0] else False
    below, above = (high, low_before) if high < low_before else (high_before, low)
    return True if above > _FAR * max(below, 1) or below < 0 < above else None


def _have_other_letters(now: Column, before: Column) -> bool:
    shares = ((now.digits, before.digits), (now.latin, before.latin), (now.foreign, before.foreign))
    if any(abs(one - other) > _LETTERS for one, other in shares):
        return True
    lengths = sorted((now.length, before.length))
    return lengths[1] > _LENGTH * max(lengths[0], 1)


GUARD = FileGuard(
    name="other_table",
    group=Group.COLUMNS,
    rank=135,
    summary=N_(
        "CSV: another table under the same header, whose columns have nothing in common with what "
        "they held, is held where it replaces somebody else's file for the first time; else told."
    ),
    detail=N_("By the kinds, ranges, letters and recurring values of at least three columns."),
    scope=Scope.CHANGES,
    by_code={CODE: "warn"},
    learns=frozenset({CODE}),
    look=look,
    by_table=True,
)
