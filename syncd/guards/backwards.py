"""Time does not run backwards online: an older file never replaces a newer one.

docs/architecture.md, Promise 6.
"""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.patterns import natural_order
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    published = case.published
    if published is None or published.digest == case.digest:
        return None
    candidate = case.version
    if candidate.fingerprint.modified < published.fingerprint.modified:
        return because(
            "guard_older_date",
            key=candidate.key,
            date=candidate.fingerprint.modified.isoformat(),
            published=published.key,
            published_date=published.fingerprint.modified.isoformat(),
        )
    earlier = natural_order(candidate.key) < natural_order(published.key)
    if case.rule.by is not None and earlier:
        return because("guard_older_name", key=candidate.key, published=published.key)
    return None


GUARD = FileGuard(
    name="backwards",
    group=Group.TIME,
    rank=70,
    summary=N_("A `newest` that would go back in time."),
    detail=N_("Any file older than the published one by its date, and for `newest` by its name."),
    scope=Scope.OUTSIDE,
    look=look,
)
