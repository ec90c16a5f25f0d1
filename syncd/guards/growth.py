"""A file with many times the rows that its resource ever had."""

from __future__ import annotations

from itertools import pairwise

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.beyond import beyond
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.past import earlier

CODE = "guard_growth"
LIMIT = 5.0  # times as many rows, where the manifest says no other
_FEWEST = 100  # rows more: small tables grow as they like


def look(case: CheckInput) -> Reason | None:
    now = case.profile
    if not now.rows or now.trouble is not None:
        return None
    kind = (now.format, now.by_line)
    same = (each for each in earlier(case) if (each.format, each.by_line) == kind)
    counts = [each.rows for each in same if each.rows]
    if not counts or now.rows < max(counts) + _FEWEST:
        return None
    limit = case.limits.get("growth", LIMIT)
    # Whoever grew as much before may do so again.
    usual = max((later / former for later, former in pairwise(counts)), default=1.0)
    grown = now.rows / max(counts)
    if grown <= max(limit, usual):
        return None
    times, bound = beyond(grown, limit)
    return because(CODE, rows=now.rows, most=max(counts), times=times, limit=bound)


GUARD = FileGuard(
    name="growth",
    group=Group.SIZE,
    rank=131,
    summary=N_("A file with more than so many times the rows that its resource ever had."),
    detail=N_("Where a resource grew as much before, and where it has few rows, nothing is said."),
    scope=Scope.CHANGES,
    level="warn",
    limit=LIMIT,
    is_factor=True,
    learns=frozenset({CODE}),
    look=look,
)
