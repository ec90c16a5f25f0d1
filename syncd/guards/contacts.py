"""E-mail addresses and telephone numbers: often meant, so they are only told."""

from __future__ import annotations

from syncd.core.reasons import Reason
from syncd.guards import personal
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    return personal.found(case, "email", "guard_email") or personal.found(
        case, "telephone", "guard_telephone"
    )
