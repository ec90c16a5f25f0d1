"""A file that lost most of its rows, features or elements."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.beyond import percent_beyond
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.profile import Profile

_FEWEST = 20  # rows of a sheet of which a share says something
LIMIT = 0.5  # share that may be lost where the manifest says no other


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if before is None or not before.rows or now.rows is None or now.trouble is not None:
        return None
    limit = case.limits.get("rows", LIMIT)
    lost = 1 - now.rows / before.rows
    if (now.format, now.by_line) == (before.format, before.by_line) and lost > limit:
        shown, bound = percent_beyond(lost, limit)
        return because("guard_rows", rows=now.rows, before=before.rows, lost=shown, limit=bound)
    return _of_a_sheet(now, before, limit) if now.sheets is not None else None


def _of_a_sheet(now: Profile, before: Profile, limit: float) -> Reason | None:
    """A large one may hide what a smaller one lost."""
    for name, sheet in now.members.items():
        former = before.members.get(name)
        is_table = former is not None and former.format == "sheet" and not former.headless
        rows = former.rows if former is not None and is_table else None
        if not rows or rows < _FEWEST or not sheet.rows:  # of none at all, another guard speaks
            continue
        lost = 1 - sheet.rows / rows
        if lost > limit:
            shown, bound = percent_beyond(lost, limit)
            return because(
                "guard_rows_sheet",
                sheet=name[:60],
                rows=sheet.rows,
                before=rows,
                lost=shown,
                limit=bound,
            )
    return None


GUARD = FileGuard(
    name="rows",
    group=Group.SIZE,
    rank=130,
    summary=N_("A file that lost more than this share of its rows since the last publication."),
    scope=Scope.CHANGES,
    limit=LIMIT,
    look=look,
)
