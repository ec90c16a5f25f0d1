"""A table whose columns went away, took other names, or have none."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

_SHOWN = 3  # names in a sentence


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if not now.is_table or (not now.rows and now.headless):
        return None
    known = before.header if before is not None and before.format == "csv" else ()
    if before is not None and (before.header, before.headless) == (now.header, now.headless):
        return None
    if now.headless:
        return because("guard_no_header")
    names = frozenset(now.header)
    gone = [name for name in dict.fromkeys(known) if name and name not in names]
    if not gone:
        return None
    former = frozenset(known)
    new = [name for name in dict.fromkeys(now.header) if name and name not in former]
    # Where no known name is left, the first row may be a person's: it is not shown.
    if not new or not set(filter(None, known)) & names:
        return because("guard_columns", count=len(gone), gone=_listed(gone))
    return because("guard_columns_renamed", count=len(gone), gone=_listed(gone), new=_listed(new))


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown


GUARD = FileGuard(
    name="header",
    group=Group.COLUMNS,
    rank=100,
    summary=N_("CSV: columns removed or renamed, or no names of columns."),
    detail=N_("Compared with the last publication."),
    scope=Scope.CHANGES,
    first="warn",
    look=look,
)
