"""A table whose cells are separated by another sign than in the last publication."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if not now.is_table or before is None or not before.is_table:
        return None
    if not (now.delimiter and before.delimiter) or now.delimiter == before.delimiter:
        return None
    return because("guard_delimiter", found=_shown(now.delimiter), before=_shown(before.delimiter))


def _shown(delimiter: str) -> str:
    return "TAB" if delimiter == "\t" else delimiter


GUARD = FileGuard(
    name="delimiter",
    group=Group.CELLS,
    rank=150,
    summary=N_("CSV: another delimiter than the last publication's."),
    scope=Scope.CHANGES,
    level="warn",
    look=look,
    by_table=True,
)
