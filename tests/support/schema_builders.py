"""Schemas, made here, and frozen as `syncd schemas update` does."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from syncd.adapters.disk.schemas import SchemaStore
from syncd.core.schemas import FrozenCatalogue, FrozenSchema, FrozenVersion, newest

MUSEUMS: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True, "unique": True}},
        {"name": "nom", "type": "string", "constraints": {"required": True}},
        {"name": "ouverture", "type": "date"},
    ]
}


def frozen(store: SchemaStore, name: str, **versions: Any) -> dict[str, str]:
    """Freeze one schema: `v1_0=…` is its version 1.0; their sha256, by version."""
    contents: dict[str, bytes] = {}
    known: dict[str, FrozenVersion] = {}
    for word, schema in versions.items():
        version = word.removeprefix("v").replace("_", ".")
        content = json.dumps(schema).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        contents[sha256] = content
        address = f"https://schemas.example/{name}/{version}/schema.json"
        known[version] = FrozenVersion(address, sha256, len(content), "2026-03-10T12:00:00+00:00")
    one = FrozenSchema("Musées", "tableschema", newest(known), known)
    lock = FrozenCatalogue(
        "https://schemas.example/schemas.json", "0" * 64, "2026-03-10", {name: one}
    )
    store.freeze(lock, contents)
    return {version: each.sha256 for version, each in known.items()}
