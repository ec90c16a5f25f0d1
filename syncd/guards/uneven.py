"""A table of which some rows have more or fewer cells than its header, or that ends in a cell."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.profile import Profile


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if profile.cut_line is not None:
        return because("guard_cut", line=profile.cut_line)
    if not profile.uneven:
        return None
    return because(
        "guard_uneven",
        count=profile.uneven,
        line=profile.uneven_line,
        found=profile.uneven_width,
        width=profile.width,
    )


def _is_worse(now: Profile, before: Profile) -> bool:
    """Whoever uses a file that has some such rows knows of them; not of twice as many."""
    if now.cut_line is not None or not before.uneven:
        return True
    return now.uneven / (now.rows or 1) > 2 * before.uneven / (before.rows or 1)


GUARD = FileGuard(
    name="uneven",
    group=Group.CELLS,
    rank=90,
    summary=N_("CSV: rows of another number of cells than the header."),
    detail=N_("Or a file that breaks off inside a row."),
    scope=Scope.CONTENT,
    first="warn",
    look=look,
    is_worse=_is_worse,
)
