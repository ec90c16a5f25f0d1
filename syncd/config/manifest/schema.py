"""The manifest's JSON Schema (2020-12), for editors."""

from __future__ import annotations

from typing import Any

from syncd.config.manifest.models import Manifest
from syncd.config.manifest.values import SOURCE_NAME


def json_schema() -> dict[str, Any]:
    """What `syncd schema` prints. Every manifest that loads is valid against it."""
    schema = _without_null(Manifest.model_json_schema())
    schema["properties"]["timezone"]["default"] = "Europe/Paris"
    schema["properties"]["sources"]["propertyNames"] = {"pattern": f"^{SOURCE_NAME.pattern}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "syncd manifest",
    }


def _without_null(schema: Any) -> Any:
    """An absent key is None in the models; in the file, a key without a value is a mistake."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _without_null(value) for key, value in schema.items()}
    choices = found.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        others = [choice for choice in choices if choice != {"type": "null"}]
        del found["anyOf"]
        found = {**(others[0] if len(others) == 1 else {"anyOf": others}), **found}
    if "default" in found and found["default"] is None:
        del found["default"]
    return found
