"""E-mail addresses and telephone numbers: often meant, so they are only told."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason
from syncd.guards import personal
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    return personal.found(case, "email", "guard_email") or personal.found(
        case, "telephone", "guard_telephone"
    )


GUARD = FileGuard(
    name="contacts",
    group=Group.PERSONS,
    rank=170,
    summary=N_("E-mail addresses or telephone numbers in columns that had none."),
    scope=Scope.CHANGES,
    level="warn",
    look=look,
    by_table=True,
)
