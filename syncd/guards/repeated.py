"""A table that was pasted twice, or whose rows are doubled."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.past import looked_into
from syncd.guards.profile import Profile

HEADER, PASTED, ROWS = "guard_header_again", "guard_pasted", "guard_repeated"
LIMIT = 0.2  # share of the rows, beyond that which its publications had
_FEWEST = 20  # rows of which a share says something


def look(case: CheckInput) -> Reason | None:
    now, past = case.profile, looked_into(case)
    if now.header_again and not any(each.header_again for each in past):
        return because(HEADER, line=now.header_again)
    if now.pasted_line and not any(each.pasted_line for each in past):
        return because(PASTED, line=now.pasted_line)
    own = [_share(each) for each in case.past if each.columns]
    if not own or (now.rows or 0) < _FEWEST:
        return None
    limit = case.limits.get("repeated", LIMIT)
    share, known = _share(now), max(own)
    if share - known <= limit:
        return None
    return because(ROWS, share=round(100 * share), before=round(100 * known))


def _share(profile: Profile) -> float:
    return profile.repeated / profile.rows if profile.rows else 0.0


GUARD = FileGuard(
    name="repeated",
    group=Group.CELLS,
    rank=132,
    summary=N_(
        "A table with its header again among its rows is held; one that was pasted twice, or that "
        "has this share of rows twice more than ever, is told."
    ),
    detail=N_(
        "The share is 20% where the manifest says no other. Tables that were always so are left "
        "alone."
    ),
    scope=Scope.CHANGES,
    first="warn",
    by_code={PASTED: "warn", ROWS: "warn"},
    limit=LIMIT,
    learns=frozenset({HEADER, PASTED, ROWS}),
    look=look,
    by_table=True,
)
