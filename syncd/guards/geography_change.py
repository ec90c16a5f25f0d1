"""A map of another part of the world than the one before it, or of other shapes."""

from __future__ import annotations

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.geography import Box
from syncd.guards.guard import FileGuard, Group, Scope

SWAPPED = "guard_axes_swapped"
# Shares of two boxes: from which on they are those of one place, without and with places that
# both have, and up to which a map may have moved.
_ALIKE, _VERY_ALIKE, _SAME = 0.5, 0.8, 0.6


def look(case: CheckInput) -> Reason | None:
    now, before = case.profile.geography, case.before.geography if case.before else None
    if now is None or before is None or case.profile.trouble is not None:
        return None
    if now.box is not None and before.box is not None:
        if _is_swapped(now.box, before.box):
            return because(SWAPPED)
        if not now.box.touches(before.box):
            return because("guard_elsewhere", found=_said(now.box), before=_said(before.box))
    if before.kinds and not now.kinds and now.box is None and case.profile.format != "parquet":
        return because("guard_no_shapes", before=before.kinds[0]) if case.profile.rows else None
    if now.kinds and before.kinds and not {*now.kinds} & {*before.kinds}:
        return because("guard_shapes", found=now.kinds[0], before=before.kinds[0])
    return None


def _is_swapped(now: Box, before: Box) -> bool:
    """Of a country with parts overseas, the box is much like its own with its axes swapped."""
    alike, same = now.shares(before.swapped), now.shares(before)
    return alike >= (_VERY_ALIKE if now.touches(before) else _ALIKE) and same <= _SAME


def _said(box: Box) -> str:
    """From the south-west to the north-east, as people write places: the latitude first."""
    return f"{box.south:.4g}, {box.west:.4g} – {box.north:.4g}, {box.east:.4g}"


GUARD = FileGuard(
    name="geography",
    group=Group.CELLS,
    rank=125,
    summary=N_(
        "GeoJSON, KML, shapefiles and GeoParquet: longitude and latitude swapped since the last "
        "publication, or features that have lost all their shapes: hold by default; another place, "
        "or other shapes: warn."
    ),
    detail=N_("By the box that the last publication filled on the map."),
    scope=Scope.CHANGES,
    by_code={"guard_elsewhere": "warn", "guard_shapes": "warn"},
    learns=frozenset({SWAPPED}),
    look=look,
)
