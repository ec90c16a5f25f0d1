"""A table whose letters are written otherwise than in the last publication, or not in UTF-8."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile, case.before
    if not now.is_table or not now.encoding:
        return None
    known = before.encoding if before is not None else ""
    if known == "ascii" != now.encoding and not _changed(known, now.encoding):
        known = _with_accents(case)
    if known and _changed(known, now.encoding):
        if case.is_foreign and now.encoding in _PLAIN:
            return because("guard_encoding_mended", found=now.encoding, before=known)
        return because("guard_encoding_changed", found=now.encoding, before=known)
    if now.encoding in _PLAIN:
        return None
    return because("guard_encoding", found=now.encoding)


def _with_accents(case: CheckInput) -> str:
    """Of the last publication that had letters to tell an encoding by; "" where none had."""
    known = (each.encoding for each in case.past if each.is_table)
    return next((encoding for encoding in known if encoding not in {"", "ascii"}), "")


_PLAIN = frozenset({"ascii", "utf-8"})
_WIDE = frozenset({"utf-16", "utf-32"})


def _changed(before: str, now: str) -> bool:
    """ASCII is read the same in UTF-8 and in windows-1252: a file without accents says nothing."""
    if before == now or "ascii" not in {before, now}:
        return before != now
    return bool(_WIDE & {before, now})


GUARD = FileGuard(
    name="encoding",
    group=Group.CELLS,
    rank=140,
    summary=N_(
        "CSV: another encoding than the last publication's: hold by default; not UTF-8, or a first "
        "mapping that brings UTF-8: warn."
    ),
    scope=Scope.CHANGES,
    by_code={"guard_encoding": "warn", "guard_encoding_mended": "warn"},
    look=look,
    by_table=True,
)
