"""The portal refuses files whose extension is not on its own list: better said before sending."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    if case.accepted is None:
        return None
    name = case.version.key.rsplit("/", 1)[-1]
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem:
        return because("guard_no_extension", name=name)
    if extension.lower() in case.accepted:
        return None
    return because("guard_extension", name=name, extension=extension.lower())


GUARD = FileGuard(
    name="extension",
    group=Group.FORMAT,
    rank=20,
    summary=N_("A file whose extension the portal does not accept."),
    detail=N_("The portal is asked for its list."),
    scope=Scope.OUTSIDE,
    look=look,
)
