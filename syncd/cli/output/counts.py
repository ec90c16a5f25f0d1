"""How many targets there are, said alike by `check` and `plan`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncd.core.targets import DatasetEntry
from syncd.text import text


def counted(entries: Sequence[DatasetEntry], files: int | None = None) -> Iterator[str]:
    """Why there are more files or fewer than targets. `files`: those of a plan."""
    targets = [target for entry in entries for target in entry.targets]
    if files is not None and files != len(targets):
        yield text("counted_files", count=files, targets=len(targets), datasets=len(entries))
    many = sum(target.rule.makes_many for target in targets if not target.paused)
    if many:
        yield text("counted_each", count=many)
    paused = sum(bool(target.paused) for target in targets)
    if paused:
        yield text("counted_paused", count=paused)
