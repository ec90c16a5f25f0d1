"""What a guard gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from syncd.core.objects import Digest, KnownVersion, Version
from syncd.core.portal import Resource
from syncd.core.targets import Rule
from syncd.guards.content.members import pairs
from syncd.guards.profile import Profile

_ENOUGH = 3  # publications


@dataclass(frozen=True, slots=True)
class CheckInput:
    """One file about to be published, and what is online in its place."""

    version: Version
    digest: Digest
    rule: Rule
    online: Resource | None  # None for a resource still to be created
    published: KnownVersion | None  # what syncd last published here
    # The portal's file extensions, lower case, without the dot; None: it is not sent the file.
    accepted: frozenset[str] | None
    limits: Mapping[str, float] = field(default_factory=dict)  # by guard, where not the usual one
    found: Profile | None = None  # what the file holds; None where only its digest is known
    before: Profile | None = None  # of the last publication; None = the first one
    is_foreign: bool = False  # `before`, known or not, is of somebody else's file: a first mapping
    past: tuple[Profile, ...] = ()  # of the last publications, the newest first
    siblings: tuple[Resource, ...] = ()  # the dataset's other resources
    title: str = ""  # that the file has online, or will have
    table: str = ""  # the name of the one that is looked at, of several

    @property
    def profile(self) -> Profile:
        """What the file holds: nothing where its bytes are not at hand."""
        return self.found if self.found is not None else Profile()

    @property
    def has_learnt(self) -> bool:
        """Whether enough is known of the resource's past to hold what is unlike it."""
        alike = (each for each in self.past if each.columns or not self.profile.columns)
        return sum(1 for _ in alike) >= _ENOUGH

    @property
    def tables(self) -> tuple[CheckInput, ...]:
        """The same for each table: those of a ZIP are compared by themselves."""
        known = self.before.members if self.before is not None else {}
        if self.found is None or not (self.profile.members or known):
            return (self,)
        past: dict[str, list[Profile]] = {}
        for earlier in self.past:
            for pair in pairs(self.profile, earlier):
                if pair.before is not None:
                    past.setdefault(pair.name, []).append(pair.before)
        return tuple(
            replace(
                self,
                found=pair.now,
                before=pair.before,
                past=tuple(past.get(pair.name, ())),
                table=pair.name,
            )
            for pair in pairs(self.profile, self.before)
        )
