"""What one file holds, as far as the guards compare it: never a value of a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from syncd.core.reasons import Reason
from syncd.guards.content.first_row import names_of
from syncd.guards.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Profile:
    """A file, read once."""

    format: str = ""  # found in the bytes: csv, json, geojson, xml, html, xlsx, …; "" = no idea
    wrapped: str = ""  # "gzip" or "zip" around it
    encoding: str = ""  # ascii, utf-8, utf-16, windows-1252; "" for what is no text
    bom: bool = False
    delimiter: str = ""  # "" = one column
    header: tuple[str, ...] = ()  # names of the columns; none where it is `headless`
    width: int | None = None  # how many columns a table has
    headless: bool = False  # the first row looks like data
    rows: int | None = None  # data rows, features or items
    sheets: int | None = None
    uneven: int = 0  # rows whose number of cells is not the header's
    uneven_line: int | None = None  # the first of them, 1-based, and how many cells it has
    uneven_width: int | None = None
    cut_line: int | None = None  # where the quote or letter begins that the end of file cuts
    personal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> columns
    trouble: Reason | None = None  # why it does not open as what it is
    unseen: Reason | None = None  # why a part was not looked at
    fault: Reason | None = None  # why nothing could be looked at: a fault of syncd's own
    schema: Verdict | None = None  # under the schema that it is held to; None where there is none

    def __post_init__(self) -> None:
        object.__setattr__(self, "personal", MappingProxyType(dict(self.personal)))

    @property
    def is_table(self) -> bool:
        """Whether rows and columns of text were found and could be read to the end."""
        return self.format == "csv" and self.trouble is None

    def to_json(self) -> str:
        """For the ledger; what has its usual value is left out."""
        usual = Profile()
        plain = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != getattr(usual, each.name)
        }
        return json.dumps(plain, default=_plain, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Profile | None:
        """A profile of any version of syncd: unknown keys are skipped, missing ones are usual.

        None for what is no profile at all.
        """
        try:
            read = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            return None
        if not isinstance(read, dict):
            return None
        usual = _usual()
        kept = {name: _taken(name, read[name]) for name in usual if name in read}
        found = cls(**{name: value for name, value in kept.items() if value is not _WRONG})
        return found._without_values()

    def _without_values(self) -> Profile:
        """Older versions of syncd took some first rows of data for names, and kept them."""
        if not self.header or self.format == "parquet" or names_of(self.header):
            return self
        places = {name: f"#{at}" for at, name in enumerate(self.header, 1)}
        personal = {
            kind: tuple(places.get(name, name) for name in names)
            for kind, names in self.personal.items()
        }
        headless = self.headless or self.format == "csv"
        return replace(self, header=(), headless=headless, personal=personal)


def _plain(value: Any) -> Any:
    if isinstance(value, Verdict):
        return value.to_plain()
    if isinstance(value, Reason):
        return {"code": value.code, "facts": dict(value.facts)}
    return dict(value)


def _reason(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return _WRONG
    facts = value.get("facts")
    return Reason(value["code"], facts if isinstance(facts, dict) else {})


_WRONG = object()
_COUNTS = frozenset({"rows", "sheets", "width", "uneven_line", "uneven_width", "cut_line"})


def _usual() -> dict[str, Any]:
    usual = Profile()
    return {each.name: getattr(usual, each.name) for each in fields(usual)}


def _taken(name: str, value: Any) -> Any:
    """The value as its field wants it, or `_WRONG`."""
    if name == "header":
        return tuple(map(str, value)) if isinstance(value, list) else _WRONG
    if name == "personal":
        if not isinstance(value, dict):
            return _WRONG
        return {str(k): tuple(map(str, v)) for k, v in value.items() if isinstance(v, list)}
    if name in {"trouble", "unseen", "fault"}:
        return _reason(value)
    if name == "schema":
        return Verdict.from_plain(value)
    kind: type = int if name in _COUNTS or name == "uneven" else str
    if name in {"bom", "headless"}:
        kind = bool
    is_kind = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return value if is_kind or (value is None and name in _COUNTS) else _WRONG
