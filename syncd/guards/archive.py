"""An archive that does not open, or that would fill the disks of those who open it."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

CODES = frozenset({"guard_archive_broken", "guard_archive_locked", "guard_archive_bomb"})


def look(case: CheckInput) -> Reason | None:
    if case.profile.wrapped and case.profile.format == "empty":  # some bytes, which hold none
        return because("guard_empty", key=case.version.key)
    trouble = case.profile.trouble
    return trouble if trouble is not None and trouble.code in CODES else None


GUARD = FileGuard(
    name="archive",
    group=Group.FORMAT,
    rank=50,
    summary=N_("An archive that does not open, has a password, or is a bomb."),
    detail=N_("A bomb is one that would unpack without end."),
    scope=Scope.CONTENT,
    look=look,
)
