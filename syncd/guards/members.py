"""An archive that lost one of its files, or a workbook one of its sheets."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.content.members import files_emptied, files_gone, gone, shapes_alone
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.listed import listed
from syncd.guards.profile import Profile

SHEET, FILE, EMPTIED = "guard_sheet_gone", "guard_file_gone", "guard_file_emptied"


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if tables := gone(now, before):
        former = _columns(before) if case.is_foreign and before is not None else {}
        if former and (columns := _columns(now)) and columns.keys().isdisjoint(former):
            return because("guard_columns", count=len(former), gone=listed([*former]))
        code = SHEET if now.sheets is not None else "guard_member_gone"
        return because(code, count=len(tables), gone=listed(tables))
    if files := files_gone(now, before):
        return because(FILE, count=len(files), gone=listed(files))
    if files := files_emptied(now, before):
        return because(EMPTIED, count=len(files), files=listed(files))
    if files := shapes_alone(now):
        return because("guard_shapefile", count=len(files), files=listed(files))
    return None


def _columns(profile: Profile) -> dict[str, None]:
    """Of all its tables, in their order. A first mapping that has none of them is a wrong one."""
    tables = (profile, *profile.members.values())
    return dict.fromkeys(name for table in tables for name in table.header if name)


GUARD = FileGuard(
    name="members",
    group=Group.COLUMNS,
    rank=95,
    summary=N_(
        "ZIP and workbooks: a file, table or sheet of the last publication that is missing, or a "
        "file that has become empty: hold by default; a shapefile without its .dbf, .shx or "
        ".prj: warn."
    ),
    detail=N_("They are told apart by their names, without the dates in these."),
    scope=Scope.CHANGES,
    by_code={"guard_shapefile": "warn"},
    learns=frozenset({SHEET, FILE, EMPTIED}),
    look=look,
)
