"""E-mail addresses and telephone numbers: often meant, so they are only told."""

from __future__ import annotations

from syncd.guards import personal
from syncd.guards.case import Case
from syncd.model import Reason


def look(case: Case) -> Reason | None:
    return personal.found(case, "email", "guard_email") or personal.found(
        case, "telephone", "guard_telephone"
    )
