"""A table without a row of data."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if not profile.is_table or profile.rows != 0 or profile.cut_line is not None:
        return None
    return because("guard_no_rows")


GUARD = FileGuard(
    name="no_rows",
    group=Group.COLUMNS,
    rank=110,
    summary=N_("CSV: not a row of data."),
    scope=Scope.CONTENT,
    first="warn",
    look=look,
    is_worse=lambda _now, before: before.rows != 0,
)
