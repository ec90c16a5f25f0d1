"""Last year's file under this year's title."""

from __future__ import annotations

import re

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?:(?=[01]\d[0-3]\d(?!\d))|(?!\d))")


def look(case: CheckInput) -> Reason | None:
    found = contradiction(case.title, case.version.key.rsplit("/", 1)[-1])
    if found is None:
        return None
    return because("guard_year", title=", ".join(found[0]), key=", ".join(found[1]))


def contradiction(title: str, name: str) -> tuple[list[str], list[str]] | None:
    """The years of a title and of a file name, where both have some and share none."""
    said, named = set(_YEAR.findall(title)), set(_YEAR.findall(name))
    if not said or not named or said & named:
        return None
    return sorted(said), sorted(named)


GUARD = FileGuard(
    name="year",
    group=Group.DATASET,
    rank=190,
    summary=N_("Another year in the object's name than in the resource's title."),
    scope=Scope.OUTSIDE,
    level="warn",
    look=look,
)
