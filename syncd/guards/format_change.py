"""A file of another kind than the one before it: a map in place of a table."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

# What opens with the same programs, and may be saved as the other one day.
_SPREADSHEETS = frozenset({"xls", "xlsx", "ods"})
_UNKNOWN = frozenset({"", "empty", "html", "text"})  # what was there by mistake may be mended


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if before is None or before.trouble is not None or now.trouble is not None:
        return None
    if now.format in _UNKNOWN or before.format in _UNKNOWN or now.format == before.format:
        return None
    if {now.format, before.format} <= _SPREADSHEETS:
        return None
    return because("guard_other_format", found=now.format, before=before.format)


GUARD = FileGuard(
    name="format_change",
    group=Group.FORMAT,
    rank=65,
    summary=N_("A file of another format than the one before it."),
    detail=N_("JSON in place of a CSV. A spreadsheet may be saved as XLSX, XLS or ODS."),
    scope=Scope.CHANGES,
    look=look,
)
