"""What a reader may find wrong with a file: the codes, and the kind of each of their facts."""

from __future__ import annotations

from collections.abc import Mapping

FACTS: Mapping[str, Mapping[str, type]] = {
    "guard_archive_bomb": {"size": int, "packed": int, "most": int, "ratio": int},
    "guard_archive_broken": {},
    "guard_archive_locked": {},
    "guard_end_missing": {"found": str},
    "guard_geojson_beyond": {"feature": int, "value": float},
    "guard_geojson_crs": {"crs": str},
    "guard_geojson_range": {"feature": int, "value": float},
    "guard_geojson_type": {"found": str},
    "guard_json": {"line": int, "column": int},
    "guard_json_cut": {},
    "guard_json_invalid": {},
    "guard_no_sheet": {"sheets": int},
    "guard_parquet": {},
    "guard_sheet": {},
    "guard_unread": {"detail": str},
    "guard_unseen": {"size": int, "limit": int},
    "guard_xml": {"line": int, "column": int},
    "guard_xml_encoding": {},
    "guard_xml_entities": {},
    "guard_xml_excess": {"depth": int, "attributes": int, "token": int},
}
# And why it may say that a file was not held to its schema.
OF_SCHEMAS = frozenset({"schema_large", "schema_other_kind", "schema_unreadable"})
