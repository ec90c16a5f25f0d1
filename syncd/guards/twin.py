"""The same bytes as another resource of the dataset: most likely a file under a wrong name."""

from __future__ import annotations

from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    for other in case.siblings:
        if other.holds(case.digest) and case.digest.size:
            return because("guard_twin", title=other.title)
    return None
