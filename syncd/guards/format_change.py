"""A file of another kind than the one before it: a map in place of a table."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

# What the same programs open. Whether JSON is GeoJSON is a matter of its name.
_ALIKE = (frozenset({"xls", "xlsx", "ods"}), frozenset({"json", "geojson"}))
_APART = frozenset({"", "empty", "html", "text"})  # other guards speak of these


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if before is None or not before.is_standard or now.format in _APART:
        return None
    if now.trouble is not None or now.format == before.format:
        return None
    if any({now.format, before.format} <= alike for alike in _ALIKE):
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
