"""A file that its own format's readers do not open: JSON, GeoJSON, XML, sheets, Parquet."""

from __future__ import annotations

from syncd.core.reasons import Reason
from syncd.guards import archive
from syncd.guards.check_input import CheckInput


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if profile.trouble is not None and profile.trouble.code not in archive.CODES:
        return profile.trouble
    return profile.unseen
