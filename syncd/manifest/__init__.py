"""The YAML file that maps objects to resources: reading, checking, and the values made of it."""

from syncd.manifest.compiling import DEFAULT_IGNORE, GUARDS, LoadedManifest, SourceConfig
from syncd.manifest.loading import load, loads
from syncd.manifest.pieces import is_key, source
from syncd.manifest.schema import json_schema
from syncd.manifest.secrecy import shown

__all__ = [
    "DEFAULT_IGNORE",
    "GUARDS",
    "LoadedManifest",
    "SourceConfig",
    "is_key",
    "json_schema",
    "load",
    "loads",
    "shown",
    "source",
]
