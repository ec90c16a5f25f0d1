"""Last year's file under this year's title."""

from __future__ import annotations

import re

from syncd.guards.case import Case
from syncd.model import Reason, because

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:(?=[01]\d[0-3]\d(?!\d))|(?!\d))")


def look(case: Case) -> Reason | None:
    said = set(_YEAR.findall(case.title))
    named = set(_YEAR.findall(case.version.key.rsplit("/", 1)[-1]))
    if not said or not named or said & named:
        return None
    return because("guard_year", title=", ".join(sorted(said)), key=", ".join(sorted(named)))
