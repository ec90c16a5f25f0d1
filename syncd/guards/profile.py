"""What one file holds, as far as the guards compare it: never a value of a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from syncd.core.reasons import Reason
from syncd.core.regular_expressions import regex
from syncd.guards.column import Column, columns_of
from syncd.guards.content.first_row import names_of, one_line
from syncd.guards.geography import Geography
from syncd.guards.verdict import Verdict

# How `content` is made: digests of two methods are never compared. To be raised with any change of
# `syncd.guards.content.digesting`.
CONTENT_METHOD = "1"
_CONTENT = regex(r"[0-9]{1,4}:[0-9a-f]{64}")


def is_current(content: str) -> bool:
    """Whether it may be compared with what is taken now."""
    return content.startswith(f"{CONTENT_METHOD}:")


@dataclass(frozen=True, slots=True)
class Profile:
    """A file, read once."""

    format: str = ""  # found in the bytes: csv, json, geojson, xml, html, xlsx, …; "" = no idea
    wrapped: str = ""  # "gzip" or "zip" around it
    encoding: str = ""  # ascii, utf-8, utf-16, utf-32, windows-1252; "" for what is no text
    bom: bool = False
    delimiter: str = ""  # "" = one column
    header: tuple[str, ...] = ()  # names of the columns; none where it is `headless`
    width: int | None = None  # how many columns a table has
    headless: bool = False  # the first row looks like data
    above: int = 0  # lines above the header that are not blank: titles, comments, `sep=;`
    rows: int | None = None  # data rows, features or items
    by_line: bool = False  # of JSON, rows are its lines
    keys: Mapping[str, int] = field(default_factory=dict)  # of JSON's records: name -> per cent
    sheets: int | None = None
    uneven: int = 0  # rows whose number of cells is not the header's
    uneven_long: int | None = None  # of these, the ones that have more; None = not counted
    uneven_blank: bool = (
        False  # all of them have only empty cells too many or too few, at their end
    )
    uneven_line: int | None = None  # the first of them, 1-based, and how many cells it has
    uneven_width: int | None = None
    cut_line: int | None = None  # where the quote or letter begins that the end of file cuts
    personal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> columns
    columns: tuple[Column, ...] = ()  # the first of them, in their order; () = not looked at
    sampled: int | None = None  # rows that were looked at for these; None = all
    repeated: int = 0  # rows that are there already, an estimate for the whole table
    pasted_line: int | None = None  # where the first rows come again, in their order, 1-based
    header_again: int | None = None  # the line where the header comes again, 1-based
    members: Mapping[str, Profile] = field(
        default_factory=dict
    )  # of a ZIP, where there are several
    parts: Mapping[str, int] = field(
        default_factory=dict
    )  # bytes of each file in a ZIP; none where there are very many
    geography: Geography | None = None  # of a map
    trouble: Reason | None = None  # why it does not open as what it is
    unseen: Reason | None = None  # why a part was not looked at
    odd: Reason | None = None  # what is no trouble, and told all the same
    fault: Reason | None = None  # why nothing could be looked at: a fault of syncd's own
    content: str = ""  # digest of what it says; "" where its bytes are that
    schema: Verdict | None = None  # under the schema that it is held to; None where there is none

    def __post_init__(self) -> None:
        object.__setattr__(self, "personal", MappingProxyType(dict(self.personal)))
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        object.__setattr__(self, "members", MappingProxyType(dict(self.members)))
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))

    @property
    def is_table(self) -> bool:
        """Whether rows and columns of text were found and could be read to the end."""
        return self.format == "csv" and self.trouble is None

    @property
    def has_columns(self) -> bool:
        """Whether it is a table of any format; a workbook is not, its sheets are."""
        return self.format in {"csv", "sheet", "parquet"} and self.trouble is None

    @property
    def is_standard(self) -> bool:
        """Whether a later file can be held to it: a web page that lies there by mistake, plain text
        and what nobody knows may become anything."""
        readable = self.trouble is None and self.fault is None
        return readable and self.format not in {"", "empty", "html", "text", "binary"}

    def to_json(self) -> str:
        """For the ledger; what has its usual value is left out."""
        return json.dumps(self._plain(), default=_plain, ensure_ascii=False, sort_keys=True)

    def _plain(self) -> dict[str, Any]:
        usual = Profile()
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != getattr(usual, each.name)
        }

    @classmethod
    def from_json(cls, text: str) -> Profile | None:
        """A profile of any version of syncd: unknown keys are skipped, missing ones are usual.

        None for what is no profile at all.
        """
        try:
            read = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            return None
        return cls._taken_from(read) if isinstance(read, dict) else None

    @classmethod
    def _taken_from(
        cls, read: Mapping[str, Any], left_out: frozenset[str] = frozenset()
    ) -> Profile:
        kept = {name: _taken(name, read[name]) for name in _usual() if name in read}
        taken = {
            name: value
            for name, value in kept.items()
            if value is not _WRONG and name not in left_out
        }
        return cls(**taken)._without_values()

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
    if isinstance(value, Verdict | Column | Geography):
        return value.to_plain()
    if isinstance(value, Reason):
        return {"code": value.code, "facts": dict(value.facts)}
    return value._plain() if isinstance(value, Profile) else dict(value)


def _reason(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return _WRONG
    facts = value.get("facts")
    return Reason(value["code"], facts if isinstance(facts, dict) else {})


_WRONG = object()
_COUNTS = frozenset(
    {
        "rows",
        "sheets",
        "width",
        "uneven_line",
        "uneven_width",
        "uneven_long",
        "cut_line",
        "sampled",
        "pasted_line",
        "header_again",
    }
)
_NOT_OF_MEMBERS = frozenset({"content", "members", "trouble", "unseen", "odd", "fault"})


def _sizes(value: Any) -> Any:
    if not isinstance(value, dict):
        return _WRONG
    return {name: size for name, size in value.items() if type(size) is int and size >= 0}


def _usual() -> dict[str, Any]:
    usual = Profile()
    return {each.name: getattr(usual, each.name) for each in fields(usual)}


def _taken(name: str, value: Any) -> Any:
    """The value as its field wants it, or `_WRONG`."""
    if name == "header":
        return tuple(map(one_line, value)) if isinstance(value, list) else _WRONG
    if name == "members":
        if not isinstance(value, dict):
            return _WRONG
        members = {name: one for name, one in value.items() if isinstance(one, dict)}
        return {name: Profile._taken_from(one, _NOT_OF_MEMBERS) for name, one in members.items()}
    if name == "keys":
        if not isinstance(value, dict):
            return _WRONG
        return {one_line(key): share for key, share in value.items() if type(share) is int}
    if name == "personal":
        if not isinstance(value, dict):
            return _WRONG
        return {str(k): tuple(map(str, v)) for k, v in value.items() if isinstance(v, list)}
    if name in {"trouble", "unseen", "odd", "fault"}:
        return _reason(value)
    if name == "content":
        return value if isinstance(value, str) and _CONTENT.fullmatch(value) else _WRONG
    if name == "schema":
        return Verdict.from_plain(value)
    if name == "columns":
        return columns_of(value)
    if name == "geography":
        return Geography.from_plain(value)
    if name == "parts":
        return _sizes(value)
    kind: type = int if name in _COUNTS or name in {"uneven", "above", "repeated"} else str
    if name in {"bom", "headless", "by_line", "uneven_blank"}:
        kind = bool
    is_kind = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return value if is_kind or (value is None and name in _COUNTS) else _WRONG
