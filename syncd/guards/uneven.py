"""A table of which some rows have more or fewer cells than its header, or that ends in a cell."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.profile import Profile

_TIMES = 2  # the share of such rows in what is online, up to which it is no worse


def look(case: CheckInput) -> Reason | None:
    profile, before = case.profile, case.before
    if profile.cut_line is not None:
        is_known = before is not None and before.cut_line is not None
        return because("guard_cut_known" if is_known else "guard_cut", line=profile.cut_line)
    if not profile.uneven:
        return None
    code = "guard_uneven"
    if profile.uneven_blank:
        code = "guard_uneven_blank"
    elif before is not None and not _is_worse(profile, before):
        code = "guard_uneven_known"
    return because(
        code,
        count=profile.uneven,
        line=profile.uneven_line,
        found=profile.uneven_width,
        width=profile.width,
    )


def _is_worse(now: Profile, before: Profile) -> bool:
    """By the share of such rows; also of those alone that are too long, where both are counted."""
    worse = _share(now.uneven, now) > _TIMES * _share(before.uneven, before)
    if now.uneven_long is not None and before.uneven_long is not None:
        long, known = _share(now.uneven_long, now), _share(before.uneven_long, before)
        short = _share(now.uneven - now.uneven_long, now)
        known_short = _share(before.uneven - before.uneven_long, before)
        worse = worse or long > _TIMES * known or short > _TIMES * known_short
    return worse


def _share(count: int, of: Profile) -> float:
    return count / max(of.rows or 0, 1)


GUARD = FileGuard(
    name="uneven",
    group=Group.CELLS,
    rank=90,
    summary=N_(
        "CSV: rows of another number of cells than the header: hold by default; on a first "
        "publication, as many as in the last one, or only empty cells at their end: warn."
    ),
    detail=N_("Or a file that breaks off inside a row."),
    scope=Scope.CHANGES,
    first="warn",
    by_code={
        "guard_cut_known": "warn",
        "guard_uneven_blank": "warn",
        "guard_uneven_known": "warn",
    },
    look=look,
    by_table=True,
)
