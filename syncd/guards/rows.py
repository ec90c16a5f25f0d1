"""A file that lost most of its rows, features or elements."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

LIMIT = 0.5  # share that may be lost where the manifest says no other


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if before is None or not before.rows or now.rows is None or now.trouble is not None:
        return None
    limit = case.limits.get("rows", LIMIT)
    lost = 1 - now.rows / before.rows
    if (now.format, now.by_line) != (before.format, before.by_line) or lost <= limit:
        return None
    return because(
        "guard_rows",
        rows=now.rows,
        before=before.rows,
        lost=round(100 * lost),
        limit=round(100 * limit),
    )


GUARD = FileGuard(
    name="rows",
    group=Group.SIZE,
    rank=130,
    summary=N_("A file that lost more than this share of its rows since the last publication."),
    scope=Scope.CHANGES,
    limit=LIMIT,
    look=look,
)
