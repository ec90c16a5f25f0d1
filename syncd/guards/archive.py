"""An archive that does not open, or that would fill the disks of those who open it."""

from __future__ import annotations

from syncd.guards.case import Case
from syncd.model import Reason

CODES = frozenset({"guard_archive_broken", "guard_archive_locked", "guard_archive_bomb"})


def look(case: Case) -> Reason | None:
    trouble = case.profile.trouble
    return trouble if trouble is not None and trouble.code in CODES else None
