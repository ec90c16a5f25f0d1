"""An archive that lost one of its tables."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.content.members import gone
from syncd.guards.guard import FileGuard, Group, Scope

_SHOWN = 3  # names in a sentence


def look(case: CheckInput) -> Reason | None:
    if not (names := gone(case.profile, case.before)):
        return None
    shown = ", ".join(f"“{name[:60]}”" for name in names[:_SHOWN])
    listed = f"{shown}, …" if len(names) > _SHOWN else shown
    return because("guard_member_gone", count=len(names), gone=listed)


GUARD = FileGuard(
    name="members",
    group=Group.COLUMNS,
    rank=95,
    summary=N_("ZIP: a table of the last publication that is missing."),
    detail=N_("Tables are told apart by their names, without the dates in these."),
    scope=Scope.CHANGES,
    look=look,
)
