"""Numbers that no re-user may get: social security, bank accounts. They are never shown."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.listed import listed


def look(case: CheckInput) -> Reason | None:
    return found(case, "nir", "guard_nir") or found(case, "iban", "guard_iban")


def found(case: CheckInput, kind: str, code: str) -> Reason | None:
    """The columns that have such numbers now and had none in the last publication."""
    known = frozenset(case.before.personal.get(kind, ()) if case.before is not None else ())
    new = [name for name in case.profile.personal.get(kind, ()) if name not in known]
    if not new:
        return None
    return because(code, count=len(new), columns=listed(new))


GUARD = FileGuard(
    name="personal",
    group=Group.PERSONS,
    rank=80,
    summary=N_("Social security or bank account numbers in columns that had none."),
    detail=N_("NIR and IBAN whose keys are valid."),
    scope=Scope.CHANGES,
    look=look,
    by_table=True,
)
