"""What a guard gets to see."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.model import Digest, Judged, Resource, Rule, Version


@dataclass(frozen=True, slots=True)
class Case:
    """One file about to be published, and what is online in its place."""

    version: Version
    digest: Digest
    rule: Rule
    online: Resource | None  # None for a resource still to be created
    published: Judged | None  # what syncd last published here
    accepted: frozenset[str]  # the portal's file extensions, lower case, without the dot
    shrink_limit: float  # share of the bytes online that may be lost, 0..1
