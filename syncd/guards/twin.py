"""The same bytes as another resource of the dataset: most likely a file under a wrong name."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    for other in case.siblings:
        if other.holds(case.digest) and case.digest.size:
            return because("guard_twin", title=other.title)
    return None


GUARD = FileGuard(
    name="twin",
    group=Group.DATASET,
    rank=180,
    summary=N_("The same bytes as another resource of the dataset."),
    scope=Scope.OUTSIDE,
    level="warn",
    look=look,
)
