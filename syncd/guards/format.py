"""A file that its own format's readers do not open: JSON, XML, sheets, pictures, PDF, databases."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason
from syncd.guards import archive
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope


def look(case: CheckInput) -> Reason | None:
    profile = case.profile
    if profile.trouble is not None and profile.trouble.code not in archive.CODES:
        return profile.trouble
    return profile.unseen or profile.odd


GUARD = FileGuard(
    name="format",
    group=Group.FORMAT,
    rank=60,
    summary=N_(
        "JSON, GeoJSON, XML, XLSX, ODS or Parquet that does not open, and PDF, pictures or "
        "GeoPackage without their end: hold by default; longitudes beyond 180 degrees, and what "
        "its reader does not know or finds too large: warn."
    ),
    detail=N_(
        "GeoJSON must be features or a collection of geometries, in degrees; in another reference "
        "system that the file itself names (`crs`): warn."
    ),
    scope=Scope.CONTENT,
    by_code={"guard_geojson_beyond": "warn", "guard_geojson_crs": "warn"},
    look=look,
)
