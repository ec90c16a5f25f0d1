"""What follows from all datasets of a manifest, made once for however many cycles. Pure.

A service looks at one dataset at a time, and yet must know which object belongs to whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from syncd.core.service_records import Pause
from syncd.core.targets import DatasetEntry
from syncd.sync.matching import Index


@dataclass(frozen=True)
class WholeManifest:
    entries: Sequence[DatasetEntry]

    @classmethod
    def of(cls, entries: WholeManifest | Sequence[DatasetEntry]) -> WholeManifest:
        return entries if isinstance(entries, WholeManifest) else cls(entries)

    @cached_property
    def index(self) -> Index:
        """Of all targets, also those that are paused: their objects have an owner."""
        return Index(target for entry in self.entries for target in entry.targets)

    @cached_property
    def by_dataset(self) -> dict[str, DatasetEntry]:
        return {entry.dataset: entry for entry in self.entries}

    def pauses(self, now: datetime) -> list[Pause]:
        """What the manifest says must be left alone, from now on."""
        return [Pause(dataset, item, reason, now) for dataset, item, reason in self._paused]

    @cached_property
    def _paused(self) -> Sequence[tuple[str, str, str]]:
        whole = [(entry.dataset, "", entry.paused) for entry in self.entries if entry.paused]
        single = [
            (entry.dataset, target.selector, target.paused)
            for entry in self.entries
            for target in entry.targets
            if target.paused and not entry.paused
        ]
        return [*whole, *{one[:2]: one for one in single}.values()]
