"""What a run found and did, as values; their summary and exit code. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from syncd.model import Action, Outcome, Reason, Version
from syncd.renames import Lost, Rename, renames

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


Item = TypeVar("Item", Result, Planned)


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


def with_renames(
    items: Sequence[Item], unclaimed: Iterable[tuple[str, Version]]
) -> tuple[tuple[Item, ...], tuple[Rename, ...]]:
    """The same items, those that are missing with what they may be called now."""
    found = renames([one.lost for one in items if one.lost is not None], unclaimed)
    reasons = {id(one.lost): one.reason for one in found}
    told = (replace(i, reason=reasons.get(id(i.lost), i.reason)) for i in items)
    return tuple(told), found


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
