"""A file that lost most of its bytes is more often a broken export than news."""

from __future__ import annotations

from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    online = case.online.size if case.online else None
    if not online or case.digest.size == 0:  # nothing to compare with; `empty` speaks for itself
        return None
    lost = 1 - case.digest.size / online
    if lost <= case.shrink_limit:
        return None
    return because(
        "guard_shrink",
        size=case.digest.size,
        online=online,
        lost=round(100 * lost),
        limit=round(100 * case.shrink_limit),
    )
