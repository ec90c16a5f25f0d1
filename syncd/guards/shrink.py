"""A file that lost most of its bytes is more often a broken export than news."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

LIMIT = 0.5  # share that may be lost where the manifest says no other


def look(case: CheckInput) -> Reason | None:
    online = case.online.size if case.online else None
    if not online or case.digest.size == 0:  # nothing to compare with; `empty` speaks for itself
        return None
    limit = case.limits.get("shrink", LIMIT)
    lost = 1 - case.digest.size / online
    if lost <= limit:
        return None
    return because(
        "guard_shrink",
        size=case.digest.size,
        online=online,
        lost=round(100 * lost),
        limit=round(100 * limit),
    )


GUARD = FileGuard(
    name="shrink",
    group=Group.SIZE,
    rank=120,
    summary=N_("A file that lost more than this share of its bytes."),
    detail=N_("Compared with the file online."),
    scope=Scope.OUTSIDE,
    limit=LIMIT,
    look=look,
)
