"""Columns that hold something else than they did, hold nothing more, are new, or moved."""

from __future__ import annotations

from collections.abc import Callable

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.column import DATE, DECIMAL, NUMBERS, TEXT, Column
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.listed import listed
from syncd.guards.past import FEWEST, Known, known_columns, looked_into, named

NOT_NUMBERS, KIND, WRITTEN = "guard_column_text", "guard_column_kind", "guard_column_written"
EMPTY, ONE_VALUE = "guard_column_empty", "guard_column_one_value"
NEW, MOVED = "guard_column_new", "guard_column_moved"
_NEARLY_ALL, _NEARLY_NONE = 0.9, 0.1  # share of cells of one kind
_FILLED = 0.2  # share of cells that a column in use has
_SEVERAL = 3  # values


def look(case: CheckInput) -> Reason | None:
    columns = known_columns(case)
    for code, is_so in _CHANGES:
        if found := [each for each in columns if is_so(each)]:
            return because(code, count=len(found), columns=named(found, case.profile))
    return _placed(case) if columns else None


def _became_text(column: Known) -> bool:
    """From numbers, as far as is known, to nothing but text."""
    now = column.now
    were_numbers = all(_is(each, NUMBERS) for each in column.past if each.kind)
    return _has_enough(column) and were_numbers and now.kind == TEXT and now.share >= _NEARLY_ALL


def _changed_kind(column: Known) -> bool:
    now = column.now
    if not _has_enough(column) or not now.kind or now.share < _NEARLY_ALL:
        return False
    family = _family(now.kind)
    return all(
        _family(each.kind) != family and each.share >= _NEARLY_ALL
        for each in column.past
        if each.kind
    )


def _changed_form(column: Known) -> bool:
    now = column.now
    if not _has_enough(column) or now.kind not in {DATE, DECIMAL}:
        return False
    alike = [each for each in column.past if each.kind == now.kind]
    return column.before in alike and all(_are_other_forms(each, now) for each in alike)


def _are_other_forms(one: Column, other: Column) -> bool:
    """Where nobody can tell days from months, only the year's place can be another one."""
    if "?" in one.written or "?" in other.written:
        return one.written[0] != other.written[0] and "y-m-d" in {one.written, other.written}
    return one.written != other.written


def _became_empty(column: Known) -> bool:
    return column.now.empty == 1 and all(1 - each.empty >= _FILLED for each in column.past)


def _became_one_value(column: Known) -> bool:
    several = all(each.distinct >= _SEVERAL for each in column.past)
    return _has_enough(column) and column.now.distinct == 1 and several


_CHANGES: tuple[tuple[str, Callable[[Known], bool]], ...] = (
    (NOT_NUMBERS, _became_text),
    (EMPTY, _became_empty),
    (KIND, _changed_kind),
    (ONE_VALUE, _became_one_value),
    (WRITTEN, _changed_form),
)


def _placed(case: CheckInput) -> Reason | None:
    """Columns that are new, or in another order, to the resource. Where some went, `header` says
    what came."""
    if not case.past or case.before is None or case.profile.headless or case.before.headless:
        return None
    before, now = case.before.header, case.profile.header
    if set(before) - set(now):
        return None
    ever = {name for each in looked_into(case) for name in each.header}
    if new := [name for name in now if name and name not in ever]:
        return because(NEW, count=len(new), columns=listed(new))
    if [name for name in now if name in before] != list(before):
        return because(MOVED)
    return None


def _has_enough(column: Known) -> bool:
    return column.cells >= FEWEST


def _is(column: Column, kinds: frozenset[str]) -> bool:
    return column.kind in kinds and column.share >= _NEARLY_ALL


def _family(kind: str) -> str:
    return "number" if kind in NUMBERS else kind


GUARD = FileGuard(
    name="columns",
    group=Group.COLUMNS,
    rank=133,
    summary=N_(
        "A column of numbers that holds nothing but text is held; one that holds another kind of "
        "values, dates or decimals in another form, nothing more or one value only, that is new "
        "or moved, is told."
    ),
    detail=N_("Compared with all publications that are known."),
    scope=Scope.CHANGES,
    by_code=dict.fromkeys((KIND, WRITTEN, EMPTY, ONE_VALUE), "warn"),
    only_told=frozenset({NEW, MOVED}),
    learns=frozenset(code for code, _ in _CHANGES),
    look=look,
    by_table=True,
)
