"""Schemas of files: which one is asked for, and one that was found. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from syncd.core.regular_expressions import regex

LATEST = "latest"
_NAMED = regex(r"([\w.\-]+/[\w.\-]+)(?:@([\w.\-]+))?")


@dataclass(frozen=True, slots=True)
class SchemaRef:
    """By its name in the catalogue, or a file beside the manifest, or an address elsewhere."""

    name: str = ""  # as etalab/schema-irve-statique
    version: str = LATEST
    path: str = ""
    address: str = ""

    def __str__(self) -> str:
        if self.name and self.version != LATEST:
            return f"{self.name}@{self.version}"
        return self.name or self.path or self.address


@dataclass(frozen=True, slots=True)
class Schema:
    """One whose text is at hand."""

    label: str  # name@version, with the version that "latest" is; or the file's path
    sha256: str  # of its bytes
    text: str  # JSON


@dataclass(frozen=True, slots=True)
class NoSchema:
    """`code`: why there is none, of a sentence; it becomes a `Verdict`'s trouble."""

    code: str


def parsed(text: str) -> SchemaRef | None:
    """What a manifest may say: `name`, `name@version`, or the path of a JSON file; else None."""
    text = text.strip()
    if text.lower().endswith(".json"):
        return SchemaRef(path=text)
    found = _NAMED.fullmatch(text)
    return SchemaRef(name=found[1], version=found[2] or LATEST) if found else None


@dataclass(frozen=True, slots=True)
class FrozenVersion:
    """One version of a schema, kept here."""

    address: str  # where it was had
    sha256: str
    size: int  # bytes
    at: str  # when it was frozen, ISO 8601


@dataclass(frozen=True, slots=True)
class FrozenSchema:
    title: str
    kind: str  # "tableschema" or "jsonschema", as the catalogue has it
    latest: str  # the version that "latest" is here
    versions: Mapping[str, FrozenVersion] = field(default_factory=dict)
    gone: tuple[str, ...] = ()  # versions that the catalogue does not have any more


@dataclass(frozen=True, slots=True)
class FrozenCatalogue:
    """What the lock file says."""

    address: str  # of the catalogue
    sha256: str  # of its bytes
    at: str  # when it was had
    schemas: Mapping[str, FrozenSchema] = field(default_factory=dict)  # by name


def newest(versions: Iterable[str]) -> str:
    """The highest by its numbers: 2.10.0 comes after 2.9.1; "" of none."""

    def rank(version: str) -> tuple[tuple[int, ...], str]:
        return tuple(map(int, re.findall(r"\d{1,9}", version))), version

    return max(versions, key=rank, default="")
