"""The YAML file that maps objects to resources: reading, checking, and the values made of it.

Each name is imported when it is first asked for: what reads a manifest takes long to import, and a
look at one that was read before needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncd.config.manifest.compiling import DEFAULT_IGNORE
    from syncd.config.manifest.diagnostics.inspection import with_its_line
    from syncd.config.manifest.diagnostics.secrecy import shown
    from syncd.config.manifest.loaded_manifest import LoadedManifest, SourceConfig
    from syncd.config.manifest.loading import file_bytes, load, loaded, loads
    from syncd.config.manifest.schema import json_schema
    from syncd.config.manifest.single_values import is_key, source

_WHERE = {
    "DEFAULT_IGNORE": "compiling",
    "LoadedManifest": "loaded_manifest",
    "SourceConfig": "loaded_manifest",
    "file_bytes": "loading",
    "is_key": "single_values",
    "json_schema": "schema",
    "load": "loading",
    "loaded": "loading",
    "loads": "loading",
    "shown": "diagnostics.secrecy",
    "source": "single_values",
    "with_its_line": "diagnostics.inspection",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


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
