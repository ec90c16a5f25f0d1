"""Single parts of a manifest, given on a command line: judged as if they stood in the file."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from syncd.config.manifest import keys, values
from syncd.config.manifest.diagnostics.secrecy import shown
from syncd.config.manifest.loaded_manifest import SourceConfig
from syncd.config.manifest.models import Source
from syncd.core.errors import UsageError
from syncd.core.reasons import Fact


def is_key(text: str) -> bool:
    """Whether `object:` may name this key."""
    try:
        return keys.key(text) == text
    except PydanticCustomError:
        return False


def source(name: str, endpoint: str, bucket: str) -> SourceConfig:
    """The source of these; `UsageError` with the first thing that is wrong with them."""
    if not values.SOURCE_NAME.fullmatch(name):
        raise UsageError("source_name", name=name)
    try:
        made = Source(endpoint=endpoint, bucket=bucket)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        facts: dict[str, Fact] = {"read": shown(bucket if "bucket" in first["loc"] else endpoint)}
        facts |= first.get("ctx", {})
        facts.pop("suggestion", None)
        raise UsageError(first["type"], **facts) from None
    return SourceConfig(made.endpoint, made.bucket, made.region, made.addressing, made.use_proxy)
