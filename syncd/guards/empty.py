"""A file of no bytes is never what a producer meant."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    if case.digest.size > 0:
        return None
    return because("guard_empty", key=case.version.key)


GUARD = FileGuard(
    name="empty",
    group=Group.SIZE,
    rank=10,
    summary=N_("A file without a byte."),
    scope=Scope.OUTSIDE,
    look=look,
)
