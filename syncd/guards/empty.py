"""A file of no bytes is never what a producer meant."""

from __future__ import annotations

from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    if case.digest.size > 0:
        return None
    return because("guard_empty", key=case.version.key)
