"""A file that lost most of its rows, features or elements."""

from __future__ import annotations

from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if before is None or not before.rows or now.rows is None or now.trouble is not None:
        return None
    lost = 1 - now.rows / before.rows
    if now.format != before.format or lost <= case.rows_limit:
        return None
    return because(
        "guard_rows",
        rows=now.rows,
        before=before.rows,
        lost=round(100 * lost),
        limit=round(100 * case.rows_limit),
    )
