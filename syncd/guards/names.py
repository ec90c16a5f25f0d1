"""Names of columns that make a table hard to use, by the portal's own rules (its good practice)."""

from __future__ import annotations

from collections import Counter

from syncd.guards.case import Case
from syncd.model import Reason, because

LONGEST = 63  # letters; the portal's preview makes a database column of each


def look(case: Case) -> Reason | None:
    profile = case.profile
    if not profile.is_table or profile.headless:
        return None
    for at, name in enumerate(profile.header, 1):
        if len(name) > LONGEST:
            return because(
                "guard_name_long", column=at, name=name[:40], size=len(name), limit=LONGEST
            )
    twice = [name for name, times in Counter(filter(None, profile.header)).items() if times > 1]
    if twice:
        return because("guard_name_twice", name=twice[0][:60], count=len(twice))
    odd = [name for name in profile.header if not name.isascii() or name != name.lower()]
    if odd:
        return because("guard_name_style", name=odd[0][:60], count=len(odd))
    return None
