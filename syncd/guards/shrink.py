"""A file that lost most of its bytes is more often a broken export than news."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.beyond import percent_beyond
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

CODE = "guard_shrink"
LIMIT = 0.5  # share that may be lost where the manifest says no other


def look(case: CheckInput) -> Reason | None:
    online = case.online.size if case.online else None
    if not online or case.digest.size == 0:  # nothing to compare with; `empty` speaks for itself
        return None
    limit = case.limits.get("shrink", LIMIT)
    lost = 1 - case.digest.size / online
    if lost <= limit:
        return None
    if case.is_foreign and case.found is None:
        return None  # what both files hold is seen when their bytes are at hand
    shown, bound = percent_beyond(lost, limit)
    return because(
        "guard_shrink_packed" if case.is_foreign and _is_packed_otherwise(case) else CODE,
        size=case.digest.size,
        online=online,
        lost=shown,
        limit=bound,
    )


def _is_packed_otherwise(case: CheckInput) -> bool:
    """As many rows in fewer bytes, which the way of writing them explains."""
    now, before = case.profile, case.before
    if before is None or before.rows is None or now.rows is None or now.rows < before.rows:
        return False
    wrote, wrote_before = (
        (each.format, each.wrapped, each.encoding in _WIDE) for each in (now, before)
    )
    return wrote != wrote_before or now.format != "csv"


_WIDE = frozenset({"utf-16", "utf-32"})

GUARD = FileGuard(
    name="shrink",
    group=Group.SIZE,
    rank=120,
    summary=N_("A file that lost more than this share of its bytes."),
    detail=N_(
        "Compared with the file online. On a first mapping, as many rows written in another way "
        "are only told."
    ),
    scope=Scope.OUTSIDE,
    limit=LIMIT,
    by_code={"guard_shrink_packed": "warn"},
    look=look,
)
