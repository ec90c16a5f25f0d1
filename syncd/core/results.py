"""What a run found and did, as values; their summary and exit code. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from syncd.core.patterns import Pattern
from syncd.core.reasons import Fact, Reason
from syncd.core.records import Outcome
from syncd.core.service_records import Unclaimed
from syncd.core.targets import Target

OK, FAILED, CONFIG, PERSON = 0, 1, 2, 3  # exit codes: docs/reference/commands.md

UNREAD = "fetch"  # a plan's word for a target whose bytes decide, and were not read

# What a plan calls an outcome that is still to come.
PLANNED: Mapping[Outcome, str] = MappingProxyType(
    {
        **{outcome: outcome.value for outcome in Outcome},
        Outcome.REPLACED: "replace",
        Outcome.CREATED: "create",
        Outcome.ADOPTED: "adopt",
        Outcome.HELD: "hold",
    }
)


class Likeness(IntEnum):
    """In what two names agree; the more, the likelier that one was made of the other."""

    NAME = 1  # most letters
    FOLDER = 2  # the same name in another folder
    DATE = 3  # all but a date, a year or a number
    SPELLING = 4  # all but capitals, accents and separators
    BYTES = 5  # size and ETag are those of the file that was last read under the missing name

    @property
    def is_sure(self) -> bool:
        return self >= Likeness.SPELLING


@dataclass(frozen=True, slots=True)
class Lost:
    """A target whose object is not there. `key`: the one that was looked for, or the pattern."""

    target: Target
    key: str
    known: frozenset[tuple[str, int]] = frozenset()  # ETag and size of what was read there

    @property
    def pattern(self) -> Pattern | None:
        """None where exactly this key is missing."""
        rule = self.target.rule
        return rule.pattern if rule.text == self.key else None


@dataclass(frozen=True, slots=True)
class Candidate:
    key: str
    likeness: Likeness
    share: float  # of letters in common
    write: str  # the manifest's line, "" where there is none to be told


@dataclass(frozen=True, slots=True)
class Rename:
    """What the missing object may be called now, the likeliest first."""

    lost: Lost
    candidates: tuple[Candidate, ...]

    @property
    def reason(self) -> Reason:
        """The pair said together, in place of the missing object's own reason."""
        first = self.candidates[0]
        facts: dict[str, Fact] = {
            "key": self.lost.key,
            "near": ", ".join(one.key for one in self.candidates),
            "write": first.write,
            "line": self.lost.target.rule_line,
        }
        return Reason(self._code(first), facts)

    def _code(self, first: Candidate) -> str:
        if self.lost.pattern is not None:
            return "pattern_near_known" if first.write else "pattern_near"
        if not first.write:
            is_each = self.lost.target.rule.makes_many
            return "object_renamed_each" if is_each else "object_renamed_unwritable"
        if len(self.candidates) > 1:
            return "object_renamed_several"
        return "object_renamed_same" if first.likeness is Likeness.BYTES else "object_renamed"


@dataclass(frozen=True, slots=True)
class Shape:
    """How much a file holds; None where it has no such thing, or nobody counted."""

    columns: int | None = None
    rows: int | None = None  # of data; features or items of a file that is no table


@dataclass(frozen=True, slots=True)
class Shapes:
    """Of the file that is to be compared with, and of the new one."""

    before: Shape
    after: Shape


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one target in one cycle; in a plan, what would become of it."""

    dataset: str  # id, or as the manifest has it while the id is unknown
    dataset_title: str
    dataset_page: str
    resource: str | None  # None for one to be created
    title: str
    object: str
    outcome: Outcome
    reason: Reason
    warnings: tuple[Reason, ...] = ()
    address: str = ""  # of a link, that the portal is told of this version; "" = it has the file
    sha1: str | None = None
    size: int | None = None  # bytes that syncd read
    listed_size: int | None = None  # bytes, as the source lists the object
    previous_size: int | None = None  # bytes online before
    shapes: Shapes | None = None  # where both files are known
    schema: Mapping[str, Any] | None = None  # what it was found to be under its schema, if any
    seconds: float = 0.0
    link: str = ""  # the permanent link
    lost: Lost | None = None  # of a missing one: what to look for under another name
    unread: bool = False  # of a fast plan: nothing is wrong so far, but its bytes decide
    settling: bool = False  # its object was too young to be read, whatever is told of it

    @property
    def is_no_news(self) -> bool:
        return self.outcome is Outcome.UNCHANGED and not self.warnings

    @property
    def told(self) -> Reason:
        """The reason with whose it is, for a sentence that gives a whole command."""
        return self.reason.about(target=self.resource or self.object, dataset=self.dataset)

    @property
    def planned(self) -> str:
        """What a plan says of it, in one word."""
        return UNREAD if self.unread else PLANNED[self.outcome]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """What the manifest pauses, of a dataset that was asked for."""

    dataset: str  # id, as far as it is known
    dataset_title: str
    dataset_page: str
    object: str  # the key, or the rule with its pattern; "" = the whole dataset
    reason: Reason


@dataclass(frozen=True, slots=True)
class Report:
    """What a cycle did, or a plan found: the same targets, in the same order."""

    results: tuple[Result, ...]
    unmapped: tuple[str, ...] = ()  # the first of them
    unmapped_count: int = 0
    renames: tuple[Rename, ...] = ()
    paused: tuple[LeftAlone, ...] = ()
    unclaimed: tuple[Unclaimed, ...] | None = None  # of a sync; None where nobody could look

    @property
    def failures(self) -> tuple[Result, ...]:
        return tuple(r for r in self.results if r.outcome is Outcome.FAILED)

    @property
    def summary(self) -> dict[str, int]:
        """How many there are of each outcome."""
        return _count(r.outcome.value for r in self.results)

    @property
    def planned(self) -> dict[str, int]:
        """How many there are of each of a plan's words; what could not be planned has none."""
        return _count(r.planned for r in self.results if r.outcome is not Outcome.FAILED)

    @property
    def exit_code(self) -> int:
        """A plan ends as the `sync` that it describes would."""
        if self.failures:
            return FAILED
        return OK if all(r.outcome.is_well for r in self.results) else PERSON


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
