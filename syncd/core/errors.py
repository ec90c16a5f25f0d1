"""The tree of syncd's own errors: every edge lets out only these.

    SyncdError
    ├── ConfigError            nothing was done (exit code 2)
    │   ├── ManifestError      every problem of the manifest at once
    │   └── SettingsError      every problem of the environment at once
    ├── UsageError             what was typed does not fit (exit code 2)
    │   ├── NotSoNow           a target is in another state than what was asked for needs
    │   ├── SeveralMeant       what was typed may mean several things
    │   └── Overtaken          what a person decided about is not so any more
    ├── SourceError            a store of objects
    │   ├── SourceUnreachable  no answer, a broken one, or one that may be better later
    │   ├── SourceDenied       key or rights
    │   ├── BucketMissing
    │   ├── ObjectMissing      the object went between listing and reading
    │   └── ObjectChanged      the object was overwritten between listing and reading
    ├── PortalError            the portal
    │   ├── KeyRefused         401: stops all work on that portal
    │   ├── NotAllowed         403
    │   ├── NotFound           404
    │   ├── Gone               410
    │   ├── Rejected           400, 413, 415: the portal will not have this file or this text
    │   ├── ReadOnly           423
    │   ├── Busy               429
    │   ├── PortalUnreachable  nothing was sent, or nothing that counts without more
    │   ├── WrongBytes         the portal has other bytes than those that were sent
    │   └── AnswerLost         sent, but what became of it is unknown (5xx, timeout, cut)
    ├── LinkError              an address does not give everybody the file that it is to give
    ├── SpoolError             local disk
    ├── Shortage               this machine has no more files, memory, disk or processes
    ├── ReaderError            no file can be looked into now: memory, processes, descriptors
    │   └── ReaderKilled       the process that looked into a file was killed, by whomever
    ├── LedgerError            syncd's own memory
    └── LockHeld               another syncd works on the dataset
        └── LockLost           and took it over from us: nothing more is done to it here

Each carries a `Reason` (a code and the facts of its sentence); `syncd.text` makes the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncd.core.reasons import Fact, Reason

SHOWN = 100  # problems of a manifest or of the settings that are written out


class SyncdError(Exception):
    """The root. `str()` is for logs; operators read `text.sentence(error.reason)`.

    `already_reported`: the same trouble was raised before, and this one stands for a request not
    even made.
    """

    already_reported: bool = False

    def __init__(self, code: str, **facts: Fact) -> None:
        self.reason = Reason(code, facts)
        listed = ", ".join(f"{name}={value!r}" for name, value in facts.items())
        super().__init__(f"{code}({listed})")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of the file in which a problem lies, with what to mark in it.

    `text` has one character for each that is shown: what cannot be printed is replaced, tabs are
    kept, a secret and what is far from the place are left out ("…").
    """

    text: str
    column: int  # of the first marked character of `text`, 1-based
    width: int  # marked characters, at least one


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the manifest or the settings.

    `reason` says what was read and what was expected; `suggestion` is what was probably meant.
    """

    reason: Reason
    file: str = ""
    line: int = 0  # 1-based; 0 = no place in a file
    column: int = 0  # 1-based
    path: str = ""  # as in "datasets[0].resources[2].object", or a setting's name
    suggestion: str = ""
    excerpt: Excerpt | None = None
    instead: str = ""  # the whole line as it was probably meant; "" where that is not known
    add: str = ""  # a line that is probably missing here; "" where none is


class ConfigError(SyncdError):
    """Carries all problems at once. `more`: how many were found beside those."""

    def __init__(self, code: str, problems: Sequence[Problem], more: int = 0) -> None:
        super().__init__(code, count=len(problems) + more)
        self.problems = tuple(problems)
        self.more = more

    @property
    def shown(self) -> tuple[Problem, ...]:
        """As many as a person reads; where there are more, the last one says how many."""
        rest = len(self.problems) - SHOWN + self.more
        if rest <= 0:
            return self.problems
        left_out = Problem(Reason("problems_more", {"count": rest}), self.problems[0].file)
        return (*self.problems[:SHOWN], left_out)


class ManifestError(ConfigError):
    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        super().__init__("manifest_invalid", problems, more)


class SettingsError(ConfigError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("settings_invalid", problems)


class UsageError(SyncdError):
    pass


class NotSoNow(UsageError):
    """A target is in another state than what was asked for needs. `why`: None where it is well."""

    def __init__(self, code: str, why: Reason | None, **facts: Fact) -> None:
        super().__init__(code, **facts)
        self.why = why


class Overtaken(UsageError):
    """What a person decided about is not so any more: nothing was done."""


class SeveralMeant(UsageError):
    """`choices`: what to type in place of `given`, each with its title."""

    def __init__(self, given: str, choices: Sequence[tuple[str, str]]) -> None:
        found = ", ".join(what for what, _ in choices)
        super().__init__("target_not_unique", given=given, found=found)
        self.given = given
        self.choices = tuple(choices)


class SourceError(SyncdError):
    pass


class SourceUnreachable(SourceError):
    pass


class SourceDenied(SourceError):
    pass


class BucketMissing(SourceError):
    pass


class ObjectMissing(SourceError):
    pass


class ObjectChanged(SourceError):
    pass


class PortalError(SyncdError):
    """`status` is the HTTP status, 0 where there was none.

    `retry_after`: seconds, where the portal asked for a pause.
    `may_be_stored`: of an upload, a request that publishes the file was sent before this came of
    it. Whatever was answered, the portal alone knows whether it has the file.
    """

    status: int = 0
    retry_after: float | None = None
    may_be_stored: bool = False


class KeyRefused(PortalError):
    pass


class NotAllowed(PortalError):
    pass


class NotFound(PortalError):
    pass


class Gone(PortalError):
    pass


class Rejected(PortalError):
    pass


class ReadOnly(PortalError):
    pass


class Busy(PortalError):
    pass


class PortalUnreachable(PortalError):
    pass


class WrongBytes(PortalError):
    pass


class AnswerLost(PortalError):
    pass


class CatalogueError(SyncdError):
    """The catalogue of schemas, or one of them, could not be had."""


class LinkError(SyncdError):
    """Nothing is wrong with the file, and the portal was told nothing."""


class SpoolError(SyncdError):
    pass


class Shortage(SyncdError):
    """It says nothing about what was being done: that failed, and is tried again."""


class ReaderError(SyncdError):
    pass


class ReaderKilled(ReaderError):
    pass


class LedgerError(SyncdError):
    @property
    def is_passing(self) -> bool:
        """Whether waiting mends it: a server that is away, or in somebody else's hands."""
        return self.reason.code in {"ledger_database_busy", "ledger_database_away"}


class LockHeld(SyncdError):
    pass


class LockLost(LockHeld):
    pass


class Abandoned(BaseException):
    """The service stops: unwind, close and release everything, and record nothing.

    Not an `Exception`, so that nobody takes it for a target's trouble; what was under way is
    resolved from its intent at the next start, as after a crash.
    """
