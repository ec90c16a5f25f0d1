"""Freeze the schemas of the national catalogue: the one time that any of it is fetched."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import unquote

from syncd.adapters.disk.schemas import LARGEST, SchemaStore
from syncd.core.addresses import path_of
from syncd.core.errors import CatalogueError
from syncd.core.schemas import FrozenCatalogue, FrozenSchema, FrozenVersion, newest

CATALOGUE = "https://schema.data.gouv.fr/schemas.json"
_KINDS = frozenset({"tableschema", "jsonschema"})  # the others are no schemas of one file
_LARGEST_CATALOGUE = 16 << 20
_HALF_A_LETTER = re.compile("[\ud800-\udfff]")

Get = Callable[[str, int], bytes]  # what is at an address, at most so many bytes; `CatalogueError`


@dataclass(frozen=True, slots=True)
class Updated:
    """By name@version."""

    catalogue: FrozenCatalogue
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # other bytes under the same version
    missing: tuple[str, ...] = ()  # could not be had; an older copy stays
    gone: tuple[str, ...] = ()  # left the catalogue, and stay here


def update(store: SchemaStore, get: Get, now: datetime) -> Updated:
    """`CatalogueError` when there is no catalogue: then all stays as it was."""
    content = get(CATALOGUE, _LARGEST_CATALOGUE)
    listed = dict(_listed(content))
    before = store.catalogue()
    former = before.schemas if before is not None else {}
    contents: dict[str, bytes] = {}
    frozen: dict[str, FrozenSchema] = {}
    new: list[str] = []
    changed: list[str] = []
    missing: list[str] = []
    gone: list[str] = []
    for name, schema in listed.items():
        known = former[name].versions if name in former else {}
        versions = {}
        for version, address in schema.addresses.items():
            label = f"{name}@{version}"
            try:
                text = get(address, LARGEST)
            except CatalogueError:
                missing.append(label)
                if version in known:
                    versions[version] = known[version]
                continue
            sha256 = hashlib.sha256(text).hexdigest()
            if version not in known:
                new.append(label)
            elif known[version].sha256 != sha256:
                changed.append(label)
            contents[sha256] = text
            fresh = FrozenVersion(address, sha256, len(text), now.isoformat(timespec="seconds"))
            is_same = version in known and known[version].sha256 == sha256
            versions[version] = known[version] if is_same else fresh
        frozen[name] = FrozenSchema(schema.title, schema.kind, newest(versions), versions)
    for name, older in former.items():
        addresses = listed[name].addresses if name in listed else {}
        kept = _with_gone(frozen.get(name), older, frozenset(addresses))
        gone += [f"{name}@{version}" for version in kept.gone]
        frozen[name] = kept
    frozen = {name: each for name, each in frozen.items() if each.versions}
    digest = hashlib.sha256(content).hexdigest()
    lock = FrozenCatalogue(CATALOGUE, digest, now.isoformat(timespec="seconds"), frozen)
    try:
        store.freeze(lock, contents)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise CatalogueError("schemas_disk", path=str(store.folder), detail=detail) from error
    return Updated(lock, tuple(new), tuple(changed), tuple(missing), tuple(gone))


def _with_gone(
    now: FrozenSchema | None, older: FrozenSchema, listed: frozenset[str]
) -> FrozenSchema:
    """A version may leave the catalogue by mistake; here it stays, and is never the latest one
    as long as there is another."""
    gone = tuple(version for version in older.versions if version not in listed)
    left = {version: older.versions[version] for version in gone}
    if now is None or not now.versions:
        return replace(older, gone=gone)
    return replace(now, versions={**left, **now.versions}, gone=gone)


# -- the catalogue -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Listed:
    title: str
    kind: str
    addresses: Mapping[str, str]  # by version


def _listed(content: bytes) -> Iterator[tuple[str, _Listed]]:
    """Those of files, by name. `CatalogueError` for what is no catalogue."""
    try:
        schemas = json.loads(content)["schemas"]
        if not isinstance(schemas, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CatalogueError("schemas_no_catalogue") from error
    for each in schemas:
        if not isinstance(each, dict):
            continue
        name, kind = each.get("name"), each.get("schema_type")
        if _is_text(name) and isinstance(kind, str) and kind in _KINDS:
            title = each.get("title")
            shown = title if title and _is_text(title) else name
            yield name, _Listed(shown, kind, dict(_versions(each)))


def _versions(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = schema.get("versions")
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict):
            version, address = each.get("version_name"), each.get("schema_url")
            if _is_text(version) and _is_text(address):
                yield version, address


def _is_text(value: object) -> TypeGuard[str]:
    """JSON may have halves of letters, which no file keeps."""
    return isinstance(value, str) and _HALF_A_LETTER.search(value) is None


# -- a copy that somebody carried here -----------------------------------------------------------


def from_copy(place: Path, read: Callable[[Path, int], bytes]) -> Get:
    """Of a folder that has the catalogue's files as their addresses say, or of the catalogue's file
    in such a folder."""
    root = place if place.is_dir() else place.parent

    def get(address: str, at_most: int) -> bytes:
        parts = [part for part in unquote(path_of(address)).split("/") if part]
        if ".." in parts or not parts:
            raise CatalogueError("schemas_not_there", path=address)
        tries = [root.joinpath(*parts), root.joinpath(*parts[1:])]
        if address == CATALOGUE:
            tries = [root / "schemas.json", root / "schemas" / "schemas.json"]
            tries = tries if place.is_dir() else [place]
        for path in tries:
            try:
                content = read(path, at_most + 1)
            except (OSError, ValueError):
                continue
            if len(content) <= at_most:
                return content
        raise CatalogueError("schemas_not_there", path=str(tries[0]))

    return get
