"""The history beside publications: who removed, permitted, paused or forgot what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syncd.core.reasons import Reason


class LineKind(StrEnum):
    """What a line of the history tells. The words are stored: never renamed."""

    PUBLISHED = "published"  # or found, adopted, unpinned: a `Publication` has the rest
    RELEASED = "released"  # a person let a held file pass, or a removed resource be made again
    PINNED = "pinned"  # a file that was online already was pinned: nothing was sent
    PURGED = "purged"  # a person removed kept files
    LET_GO = "let_go"  # kept files grew too many: the oldest ones are kept no more
    PAUSED = "paused"
    RESUMED = "resumed"
    MANIFEST = "manifest"  # another manifest is in force
    FORGOTTEN = "forgotten"  # a name was replaced by another word
    RESTORED = "restored"  # the ledger came out of a backup; what came after it is not in it
    CHAINED = "chained"  # the lines before were written without hashes, and got them now


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history that is no publication."""

    kind: LineKind
    at: datetime
    portal: str = ""  # "" = of all
    dataset: str = ""
    resource: str = ""
    key: str = ""  # of its object, or the rule that names it
    title: str = ""
    by: str = ""  # a person's name, where there is one
    note: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)  # as JSON has them
    line: int = 0  # its number in the chain; 0 until the ledger has given one
    after: int = 0  # the publication before it, by its number


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A name that was replaced. `left`: how often it still stands in what is kept as it is."""

    pseudonym: str
    lines: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where the history is not what was written. `line`: the number in the chain; 0 = none."""

    line: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a walk along the history found. `breaks`: the first ones; `count`: of all of them."""

    lines: int
    head: str  # the hash of the last line; "" without one
    breaks: tuple[ChainBreak, ...] = ()
    count: int = 0
    noted: int | None = None  # the line that has the hash which an auditor noted earlier
