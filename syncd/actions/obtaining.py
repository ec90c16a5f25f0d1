"""Files that a person wants to look at: the held one, the one online, an earlier one.

Each is in a temporary file, checked, and gone on leaving. Nothing is written into the ledger, and
nobody is kept off the dataset.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from syncd.actions.selection import row_of
from syncd.actions.undo import UndoRequest, choose, kept_bytes
from syncd.core.errors import ObjectChanged, ObjectMissing, SpoolError, UsageError
from syncd.core.objects import Version
from syncd.core.portal import Resource
from syncd.core.ports import Adapters, ObjectSource, SpooledFile
from syncd.core.records import Cause, Outcome, Row
from syncd.core.targets import DatasetEntry
from syncd.sync import prepare
from syncd.sync.dry_run import unwritten


def row_to_look_at(entry: DatasetEntry, only: str, adapters: Adapters) -> Row:
    """`only`: the TARGET as `selection.by_target` gave it. `UsageError` where no cycle has looked
    at it yet."""
    dataset = prepare.identify(entry, replace(adapters, ledger=unwritten(adapters.ledger)))
    rows = adapters.ledger.rows(adapters.portal.url, dataset)
    return row_of(entry, rows, adapters.locations, only)


@contextmanager
def held(row: Row, adapters: Adapters, given: str) -> Iterator[SpooledFile]:
    """The very bytes that were judged. `UsageError`, `SourceError`, `SpoolError`."""
    judged = row.judged
    if row.state is not Outcome.HELD or judged is None:
        title = row.title or row.binding.key
        raise UsageError("not_held", title=title, given=given, state=row.state.value)
    version = Version(judged.key, judged.fingerprint)
    with (
        adapters.progress.transfer(version.key, "fetch", judged.digest.size) as bar,
        _as_judged(version),
        adapters.spool.fetch(_source(row, adapters), version, bar) as file,
    ):
        if file.digest != judged.digest:
            raise SpoolError("held_other_bytes", key=version.key)
        yield file


def resource_online(dataset: str, resource: str, adapters: Adapters, given: str) -> Resource:
    """`UsageError` where neither a file of the portal's is there nor our link; `PortalError`."""
    if not resource:
        raise UsageError("nothing_online", given=given)
    found = adapters.portal.resource(dataset, resource)
    rows = adapters.ledger.rows(adapters.portal.url, dataset) if found.is_remote else ()
    if found.is_remote and found.url not in {row.address for row in rows}:
        raise UsageError("online_remote", title=found.title, url=found.url)
    return found


@contextmanager
def online(found: Resource, adapters: Adapters) -> Iterator[SpooledFile]:
    """What re-users get. `PortalError`, `SpoolError`."""
    with (
        adapters.portal.download(found.url) as download,
        adapters.progress.transfer(found.title, "fetch", download.size or 0) as bar,
        adapters.spool.take(found.title, download.size or 0, download.chunks, bar) as file,
    ):
        if found.sha1 is not None and file.digest.sha1 != found.sha1:
            raise SpoolError("online_other_bytes", title=found.title, sha1=found.sha1)
        yield file


@contextmanager
def former(row: Row, number: int, adapters: Adapters, given: str) -> Iterator[SpooledFile]:
    """That of a line of the history, as `undo` would put it online."""
    binding = row.binding
    lines = adapters.ledger.history(binding.portal, binding.dataset, binding.resource)
    line = choose(lines, None, UndoRequest(given, Cause(), number))
    with kept_bytes(line, adapters) as file:
        yield file


def _source(row: Row, adapters: Adapters) -> ObjectSource:
    """`row_of` finds only rows of sources that the manifest has."""
    every = adapters.sources.values()
    return next(one for one in every if str(one.location) == row.binding.source)


@contextmanager
def _as_judged(version: Version) -> Iterator[None]:
    try:
        yield
    except (ObjectChanged, ObjectMissing) as error:
        raise SpoolError("held_other_bytes", key=version.key) from error
