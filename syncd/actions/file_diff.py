"""What a person is shown of a file beside the one online. Made by `syncd.actions.diff`."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.core.objects import Digest
from syncd.core.reasons import Reason
from syncd.guards.comparison import Comparison


@dataclass(frozen=True, slots=True)
class FileDiff:
    """`before`: the file online. No `found`: the bytes are the same, or `trouble` says why."""

    dataset: str
    resource: str  # "" for one to be made
    title: str
    object: str
    is_held: bool  # else it is what the next cycle finds
    before: Digest | None = None
    after: Digest | None = None
    found: Comparison | None = None
    trouble: Reason | None = None

    @property
    def is_same(self) -> bool:
        return self.before is not None and self.before == self.after
