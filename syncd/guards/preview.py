"""Files above what the portal shows a preview of; they are published all the same."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

LIMITS = {  # bytes, by extension, as its crawler has them
    "csv": 100_000_000,
    "csv.gz": 100_000_000,
    "xls": 50_000_000,
    "xlsx": 12_500_000,
    "ods": 10_000_000,
    "parquet": 50_000_000,
    "geojson": 100_000_000,
}


def look(case: CheckInput) -> Reason | None:
    ending = ending_of(case.version.key)
    if not ending or case.digest.size <= LIMITS[ending]:
        return None
    return because("guard_preview", size=case.digest.size, limit=LIMITS[ending], extension=ending)


def ending_of(name: str) -> str:
    """The extension that decides about the preview of a file of this name; "" = it has none."""
    return next((one for one in LIMITS if name.lower().endswith(f".{one}")), "")


GUARD = FileGuard(
    name="preview",
    group=Group.DATASET,
    rank=200,
    summary=N_("A file above the size of which the portal shows a preview."),
    scope=Scope.OUTSIDE,
    level="warn",
    look=look,
)
