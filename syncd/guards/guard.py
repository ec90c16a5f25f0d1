"""What a guard declares of itself, in its own file. All else that lists the guards is made of this.

That is: the keys of `guards:` in the manifest and in its JSON Schema, the order in which findings
are told, which guards need a file's bytes, and the tables of the documentation
(`make schema reference`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from syncd.core.reasons import Reason
from syncd.core.targets import GuardLevel
from syncd.guards.check_input import CheckInput


class Scope(Enum):
    """What a guard looks at."""

    OUTSIDE = "outside"  # the object's name, size and date, and what the portal says
    CONTENT = "content"  # what the file holds, too
    CHANGES = "changes"  # what the file holds, and what the one before held
    CYCLE = "cycle"  # all new files of a cycle at once


class Group(IntEnum):
    """Where the manifest and the documentation list a guard."""

    SIZE = 1
    FORMAT = 2
    COLUMNS = 3
    CELLS = 4
    PERSONS = 5
    DATASET = 6
    TIME = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What every guard says of itself."""

    name: str  # in the manifest and the ledger: never renamed
    group: Group
    rank: int  # where several find something in one file, the lowest is told first
    summary: str  # for editors and the documentation: "A file that …"
    detail: str = ""  # for the documentation alone
    scope: Scope
    level: GuardLevel = "hold"  # what becomes of a finding where the manifest says nothing of it
    first: GuardLevel | None = None  # on a first publication, where that is another level
    own_past: bool = False  # compares with what syncd published, with nobody else's file
    by_code: Mapping[str, GuardLevel] = field(default_factory=dict)  # the summary says these
    only_told: frozenset[str] = frozenset()  # codes of findings that hold nothing, whatever is said
    # The manifest may say another: a share, 0..1, or as `is_factor` so many times.
    limit: float | None = None
    is_factor: bool = False
    learns: frozenset[str] = frozenset()  # codes that hold nothing before enough is known

    @property
    def needs_bytes(self) -> bool:
        return self.scope in {Scope.CONTENT, Scope.CHANGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGuard(Guard):
    """A guard that looks at one file. `look` gives its finding, None meaning "pass"."""

    look: Callable[[CheckInput], Reason | None]
    by_table: bool = False  # looks at each table of a ZIP by itself

    def usual_level(self, reason: Reason, case: CheckInput) -> GuardLevel:
        """What becomes of a finding where the manifest says nothing of this guard."""
        if self.level != "hold":
            return self.level
        if reason.code in UNSEEN:
            return "warn"
        if self.first is not None and case.before is None and reason.code != FAULT:
            return self.first
        return self.by_code.get(reason.code, self.level)


FAULT = "guard_fault"  # what a guard stumbled over was not looked at, so it does not pass for good
# What is too large to be looked at, or what its reader does not know, is only told.
UNSEEN = frozenset({"guard_unseen", "guard_unread"})
