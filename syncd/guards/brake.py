"""The brake: many new bindings that would replace files at once look like a wrong paste."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.guard import Group, Guard, Scope

FEWEST = 10  # new bindings below which nobody can paste wrong on a large scale
SHARE = 0.5
CODE = "guard_brake"


def look(new: int, replacing: int) -> Reason | None:
    """`new` bindings in this cycle, of which `replacing` would put other bytes online."""
    if new < FEWEST or replacing <= SHARE * new:
        return None
    return because("guard_brake", new=new, replacing=replacing, fewest=FEWEST)


GUARD = Guard(
    name="brake",
    group=Group.TIME,
    rank=210,
    summary=N_("A cycle in which most of many new mappings would replace a file."),
    detail=N_("More than half of ten or more: most likely a wrong paste."),
    scope=Scope.CYCLE,
)
