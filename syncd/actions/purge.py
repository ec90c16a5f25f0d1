"""A person removes what is kept of a resource's earlier files."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.actions import selection
from syncd.config.configuration import App
from syncd.core.ports import Adapters
from syncd.core.reasons import Reason
from syncd.core.records import Cause, Kept, Row
from syncd.sync import links, retention


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """How many different files of one target can be had again, and from where."""

    row: Row
    archived: int
    in_buckets: int  # which are not ours to remove from
    staying: tuple[Reason, ...] = ()  # why copies that are none of these cannot be removed now


def kept_files(app: App, adapters: Adapters, target: str, *, exactly: bool) -> KeptFiles:
    """`exactly`: see `selection.select`.

    `UsageError` when there is no such target, or no cycle has looked at it.
    """
    chosen = selection.select(app, adapters.ledger, None, target, exactly=exactly)
    dataset = selection.known(app, adapters.ledger, chosen.entries[0])
    row = selection.row_of(dataset.entry, dataset.rows, selection.locations(app), chosen.only)
    places = [line.kept for line in retention.kept(row.binding, adapters)]
    ours = [*places, *(Kept.ARCHIVE for _ in retention.copies_to_purge(row, adapters))]
    staying = tuple(links.begun(row.binding, row.published, adapters).values())
    return KeptFiles(row, ours.count(Kept.ARCHIVE), places.count(Kept.SOURCE), staying)


def purge(files: KeptFiles, adapters: Adapters, cause: Cause, patience: float) -> int:
    """Remove them from the archive; how many different ones it was. `SpoolError`, `LockHeld`."""
    row = files.row
    binding = row.binding
    with adapters.locks.hold(binding.portal, binding.dataset, patience, "purge", cause.by):
        return retention.purge(binding, adapters, cause)
