"""The schemas that were frozen on this machine: a lock file, and one file for each version.

The lock says of each version where it was had, when, and its sha256, by which its file is named.
Nothing is fetched here: `syncd schemas update` does that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from syncd.adapters.disk.atomic_write import replaced
from syncd.adapters.disk.file_lock import make_private
from syncd.core.schemas import (
    LATEST,
    FrozenCatalogue,
    FrozenSchema,
    FrozenVersion,
    NoSchema,
    Schema,
    SchemaRef,
)

LARGEST = 2 << 20  # bytes of a schema
_LARGEST_LOCK = 8 << 20
_LOCK = "lock.json"

Read = Callable[[Path, int], bytes]  # at most so many bytes of a file that is none of a device


class SchemaStore:
    """`folder`: of the frozen ones. `beside`: the folder that paths in the manifest begin at."""

    def __init__(self, folder: Path, beside: Path, read: Read) -> None:
        self.folder = folder
        self._beside = beside
        self._read = read

    def find(self, wanted: SchemaRef) -> Schema | NoSchema:
        if wanted.path:
            return self._file(wanted.path)
        lock = self.catalogue()
        if wanted.address:
            return self._at(wanted.address, lock)
        if lock is None:
            return NoSchema("schema_no_catalogue")
        known = lock.schemas.get(wanted.name)
        version = known.latest if known and wanted.version == LATEST else wanted.version
        if known is None or version not in known.versions:
            return NoSchema("schema_unknown")
        return self._frozen(f"{wanted.name}@{version}", known.versions[version].sha256)

    def catalogue(self) -> FrozenCatalogue | None:
        """None where none was frozen, or what is there is no lock file."""
        try:
            return _catalogue(json.loads(self._read(self.folder / _LOCK, _LARGEST_LOCK)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def freeze(self, lock: FrozenCatalogue, contents: Mapping[str, bytes]) -> None:
        """`contents`: by their sha256; what was here already stays as long as the lock has it.

        `OSError` from the disk. Who looks meanwhile finds the old ones, or the new ones.
        """
        make_private(self.folder)
        for sha256, content in contents.items():
            self._put(self._path(sha256), content)
        text = json.dumps(asdict(lock), ensure_ascii=False, indent=1, sort_keys=True)
        self._put(self.folder / _LOCK, text.encode())
        kept = {version.sha256 for each in lock.schemas.values() for version in _all(each)}
        for file in self.folder.glob("*.schema.json"):
            if file.name.removesuffix(".schema.json") not in kept:
                with suppress(OSError):
                    file.unlink()

    def _put(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f"{path.name}.new")
        with replaced(path, draft):
            draft.write_bytes(content)

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.schema.json"

    def _at(self, address: str, lock: FrozenCatalogue | None) -> Schema | NoSchema:
        for name, schema in (lock.schemas if lock is not None else {}).items():
            for version, frozen in schema.versions.items():
                if frozen.address == address:
                    return self._frozen(f"{name}@{version}", frozen.sha256)
        return NoSchema("schema_elsewhere")

    def _frozen(self, label: str, sha256: str) -> Schema | NoSchema:
        try:
            content = self._read(self._path(sha256), LARGEST + 1)
        except OSError:
            return NoSchema("schema_damaged")
        if hashlib.sha256(content).hexdigest() != sha256:
            return NoSchema("schema_damaged")
        return _schema(label, content)

    def _file(self, path: str) -> Schema | NoSchema:
        try:
            return _schema(path, self._read(self._beside / path, LARGEST + 1))
        except (OSError, ValueError):  # a zero byte in a path is no OSError
            return NoSchema("schema_file")


def _schema(label: str, content: bytes) -> Schema | NoSchema:
    if len(content) > LARGEST:
        return NoSchema("schema_unreadable")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return NoSchema("schema_unreadable")
    return Schema(label, hashlib.sha256(content).hexdigest(), text)


def _all(schema: FrozenSchema) -> tuple[FrozenVersion, ...]:
    return tuple(schema.versions.values())


def _catalogue(read: Any) -> FrozenCatalogue:
    """KeyError, TypeError or the like for what is no lock."""
    schemas = {str(name): _frozen_schema(each) for name, each in read["schemas"].items()}
    return FrozenCatalogue(str(read["address"]), str(read["sha256"]), str(read["at"]), schemas)


def _frozen_schema(read: Any) -> FrozenSchema:
    versions = {
        str(version): FrozenVersion(
            str(each["address"]), str(each["sha256"]), int(each["size"]), str(each["at"])
        )
        for version, each in read["versions"].items()
    }
    gone = tuple(map(str, read["gone"]))
    return FrozenSchema(str(read["title"]), str(read["kind"]), str(read["latest"]), versions, gone)
