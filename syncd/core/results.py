"""What a run found and did, as values; their summary and exit code. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from syncd.core.patterns import Pattern
from syncd.core.reasons import Fact, Reason
from syncd.core.records import Action, Outcome
from syncd.core.targets import Target

OK, FAILED, CONFIG, PERSON = 0, 1, 2, 3  # exit codes (DESIGN §6)

_WELL = frozenset(
    {
        Action.UNCHANGED,
        Action.PINNED,
        Action.FETCH,
        Action.ADOPT,
        Action.REPLACE,
        Action.CREATE,
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
class Result:
    """What became of one target in one cycle."""

    dataset: str  # id, or as the manifest has it while the id is unknown
    dataset_title: str
    dataset_page: str
    resource: str | None
    title: str
    object: str
    outcome: Outcome
    reason: Reason
    warnings: tuple[Reason, ...] = ()
    sha1: str | None = None
    size: int | None = None  # bytes
    seconds: float = 0.0
    link: str = ""  # the permanent link
    lost: Lost | None = None  # of a missing one: what to look for under another name


@dataclass(frozen=True, slots=True)
class Planned:
    """What a cycle would do with one target. `action` is None where planning it failed."""

    dataset: str
    dataset_title: str
    resource: str | None  # None for one to be created
    title: str
    object: str
    action: Action | None
    reason: Reason
    warnings: tuple[Reason, ...] = ()
    size: int | None = None
    previous_size: int | None = None
    dataset_page: str = ""
    link: str = ""  # the permanent link
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class SyncReport:
    results: tuple[Result, ...]
    unmapped: tuple[str, ...]  # the first of them
    unmapped_count: int = 0
    renames: tuple[Rename, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        return _count(r.outcome.value for r in self.results)

    @property
    def exit_code(self) -> int:
        outcomes = {r.outcome for r in self.results}
        if Outcome.FAILED in outcomes:
            return FAILED
        return OK if all(o.is_well for o in outcomes) else PERSON


@dataclass(frozen=True, slots=True)
class Plan:
    actions: tuple[Planned, ...]
    unmapped: tuple[str, ...]  # the first of them
    unmapped_count: int = 0
    renames: tuple[Rename, ...] = ()

    @property
    def known(self) -> Sequence[Planned]:
        return [a for a in self.actions if a.action is not None]

    @property
    def failures(self) -> Sequence[Planned]:
        return [a for a in self.actions if a.action is None]

    @property
    def summary(self) -> dict[str, int]:
        return _count(a.action.value for a in self.actions if a.action)

    @property
    def exit_code(self) -> int:
        """As the `sync` that this plan describes would end."""
        if self.failures:
            return FAILED
        return OK if all(a.action in _WELL for a in self.actions) else PERSON


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
