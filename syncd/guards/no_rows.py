"""A table without a row of data."""

from __future__ import annotations

from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if not profile.is_table or profile.rows != 0 or profile.cut_line is not None:
        return None
    return because("guard_no_rows")
