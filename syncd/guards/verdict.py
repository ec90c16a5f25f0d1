"""What a file was found to be under its schema: which rules it breaks, and where. Never a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from syncd.core.reasons import Reason

PLACES = 5  # that are named of one kind of error
MOST_ERRORS = 100  # kinds of errors that are kept
MOST_UNCHECKED = 30
_FACT = "verdict"  # of a hold
_LONGEST = 200  # letters of a name


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One kind of error: a rule that is broken in one column, however often."""

    column: str  # the schema's name for it; of JSON, the path
    rule: str  # the specification's word: type, required, enum, pattern, …
    expected: str = ""  # what the schema says: a type, a pattern, a limit
    count: int = 1  # rows, or places
    rows: tuple[int, ...] = ()  # the first ones, as a spreadsheet counts them: the header is 1

    @property
    def kind(self) -> tuple[str, str]:
        return self.column, self.rule


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one file under one schema. `trouble`: why it was not looked at, a code of a sentence."""

    schema: str = ""  # name@version, or the file's path in the manifest
    sha256: str = ""  # of the schema's bytes
    rows: int = 0  # that were looked at
    errors: tuple[SchemaError, ...] = ()
    kinds: int = 0  # of errors, also those beyond `MOST_ERRORS`
    unchecked: tuple[str, ...] = ()  # what of the schema nobody looked at, by name
    trouble: str = ""

    def to_plain(self) -> dict[str, object]:
        """For JSON; what has its usual value is left out."""
        usual = Verdict()
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        plain = {name: value for name, value in said.items() if value != getattr(usual, name)}
        if self.errors:
            plain["errors"] = [_plain(error) for error in self.errors]
        if self.unchecked:
            plain["unchecked"] = list(self.unchecked)
        return plain

    @classmethod
    def from_plain(cls, read: object) -> Verdict | None:
        """None for what is no verdict; in one, what is not as it should be is left out."""
        if not isinstance(read, Mapping):
            return None
        errors, unchecked = read.get("errors"), read.get("unchecked")
        given = map(_error, errors[:MOST_ERRORS] if isinstance(errors, list) else ())
        words = unchecked[:MOST_UNCHECKED] if isinstance(unchecked, list) else ()
        return cls(
            schema=_word(read.get("schema")),
            sha256=_word(read.get("sha256")),
            rows=_count(read.get("rows")),
            errors=tuple(error for error in given if error is not None),
            kinds=_count(read.get("kinds")),
            unchecked=tuple(filter(None, map(_word, words))),
            trouble=_word(read.get("trouble")),
        )


def held_with(reason: Reason, verdict: Verdict) -> Reason:
    """A hold is all that is kept of a file that does not go online."""
    return Reason(reason.code, {**reason.facts, _FACT: json.dumps(verdict.to_plain())})


def plain_of(reason: Reason) -> dict[str, object] | None:
    """What the file of this hold was found to be, if that is known."""
    text = reason.facts.get(_FACT)
    try:
        found = Verdict.from_plain(json.loads(text)) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found.to_plain() if found is not None else None


def short(text: str) -> str:
    """A name or rule of a schema, no longer than a sentence can bear, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _plain(error: SchemaError) -> dict[str, object]:
    plain: dict[str, object] = {"column": error.column, "rule": error.rule, "count": error.count}
    if error.expected:
        plain["expected"] = error.expected
    if error.rows:
        plain["rows"] = list(error.rows)
    return plain


def _error(read: object) -> SchemaError | None:
    if not isinstance(read, Mapping) or not _word(read.get("rule")):
        return None
    rows = read.get("rows")
    places = map(_count, rows[:PLACES] if isinstance(rows, list) else ())
    return SchemaError(
        column=_word(read.get("column")),
        rule=_word(read.get("rule")),
        expected=_word(read.get("expected")),
        count=_count(read.get("count")),
        rows=tuple(filter(None, places)),
    )


def _word(value: object) -> str:
    return short(value) if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
