"""A table without a row of data."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if profile.format == "sheet":
        return _of_a_sheet(case)
    if not profile.is_table or profile.rows != 0 or profile.cut_line is not None:
        return None
    if case.before is not None and case.before.is_table and case.before.rows == 0:
        return None  # what is online has none, either
    return because("guard_no_rows")


def _of_a_sheet(case: CheckInput) -> Reason | None:
    """An empty one is as it should be, until it was filled; notes have no rows to lose."""
    now, before = case.profile, case.before
    if now.rows or before is None or before.format != "sheet" or not before.rows:
        return None
    if before.headless and now.width:
        return None
    return because("guard_no_rows_sheet", sheet=case.table[:60])


GUARD = FileGuard(
    name="no_rows",
    group=Group.COLUMNS,
    rank=110,
    summary=N_("CSV and sheets: not a row of data, where the last publication had some."),
    scope=Scope.CHANGES,
    first="warn",
    look=look,
    by_table=True,
)
