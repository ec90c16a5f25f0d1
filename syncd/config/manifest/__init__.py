"""The YAML file that maps objects to resources: reading, checking, and the values made of it."""

from syncd.config.manifest.compiling import DEFAULT_IGNORE, LoadedManifest, SourceConfig
from syncd.config.manifest.diagnostics.inspection import with_its_line
from syncd.config.manifest.diagnostics.secrecy import shown
from syncd.config.manifest.loading import file_bytes, load, loaded, loads
from syncd.config.manifest.schema import json_schema
from syncd.config.manifest.single_values import is_key, source

__all__ = [
    "DEFAULT_IGNORE",
    "LoadedManifest",
    "SourceConfig",
    "file_bytes",
    "is_key",
    "json_schema",
    "load",
    "loaded",
    "loads",
    "shown",
    "source",
    "with_its_line",
]
