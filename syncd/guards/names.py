"""Names of columns that make a table hard to use, by the portal's own rules (its good practice)."""

from __future__ import annotations

from collections import Counter

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

LONGEST = 63  # letters; the portal's preview makes a database column of each


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if not profile.is_table or profile.headless:
        return None
    known = case.before.header if case.before is not None else profile.header
    is_known = bool(set(filter(None, known)) & set(profile.header))
    for at, name in enumerate(profile.header, 1):
        if len(name) > LONGEST:
            return because(
                "guard_name_long",
                column=at,
                name=_shown(name[:40], is_known),
                size=len(name),
                limit=LONGEST,
            )
    twice = [name for name, times in Counter(filter(None, profile.header)).items() if times > 1]
    if twice:
        return because("guard_name_twice", name=_shown(twice[0], is_known), count=len(twice))
    odd = [name for name in profile.header if not name.isascii() or name != name.lower()]
    if odd:
        return because("guard_name_style", name=_shown(odd[0], is_known), count=len(odd))
    return None


def _shown(name: str, is_known: bool) -> str:
    """Where no known name is left, the first row may be a person's."""
    return name[:60] if is_known else "…"


GUARD = FileGuard(
    name="names",
    group=Group.CELLS,
    rank=160,
    summary=N_("CSV: names of columns that are too long, double, or have accents or capitals."),
    detail=N_("Too long is above 63 letters."),
    scope=Scope.CHANGES,
    level="warn",
    look=look,
    by_table=True,
)
