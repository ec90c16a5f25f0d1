"""A backup becomes what syncd remembers. What was there before is moved aside, never deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from syncd.actions.backup import Place, State, on_disk, opened
from syncd.adapters.disk import backup_file, state_folder
from syncd.adapters.disk.archive import link_or_copy
from syncd.adapters.disk.backup_file import LEDGER, About
from syncd.adapters.ledger import SqlLedger, copying, schema
from syncd.adapters.stores import Backups, Keeper
from syncd.core.errors import SpoolError, UsageError
from syncd.core.history_records import Event, LineKind
from syncd.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Restored:
    about: About
    aside: Path | None  # where what was there is now
    lost: int  # publications whose kept bytes are nowhere any more
    unasked: Reason | None = None  # why the archive's bucket could not be asked which it has


def restore(
    state: State,
    where: Place,
    bucket: Backups | None,
    now: datetime,
    *,
    move_aside: bool,
    by: str,
    note: str,
    archive: Keeper | None = None,
) -> Restored:
    """For a state folder on which no service lives, nor can start. All is checked first.

    `archive`: where kept files are in a bucket, that one; it is left as it is.

    `UsageError` where something is there already, or the backup is none that can be put back.
    """
    there = state_folder.remembered(state.folder, state.ledger)
    if there and not move_aside:
        raise UsageError("restore_not_empty", path=str(state.folder), name=there[-1].name)
    with on_disk(state.folder, "restore_disk"), state_folder.staging(state.folder) as folder:
        with opened(where, bucket) as stream:
            about = backup_file.read(stream, where.name, schema.HEAD, folder)
        if state.ledger.exists() and copying.is_in_use(state.ledger):
            raise UsageError("restore_in_use", path=str(state.ledger))
        had, unasked = _had(archive, folder, state.folder)
        lost = _told(folder, about, now, by, note, had)
        aside = state_folder.moved_aside(state.folder, state.ledger, now) if there else None
        state_folder.put_in_place(folder, state.folder, state.ledger, LEDGER)
    return Restored(about, aside, lost, unasked)


def _had(
    archive: Keeper | None, folder: Path, state_dir: Path
) -> tuple[Callable[[str], bool], Reason | None]:
    """What says of a sha1 whether its file is in reach; and why all are taken to be, if so."""
    if archive is None:
        return partial(_had_again, folder=folder, state_dir=state_dir), None
    try:
        return archive.names().__contains__, None
    except SpoolError as error:
        return lambda _sha1: True, error.reason


def _told(
    folder: Path, about: About, now: datetime, by: str, note: str, had: Callable[[str], bool]
) -> int:
    """The ledger's own line of it, and which kept files are in reach no more; how many lines."""
    with closing(SqlLedger(None, folder)) as ledger:
        facts = {
            "made": about.made_at.isoformat(),
            "lines": about.lines,
            "head": about.head,
            "program": about.program,
        }
        event = Event(LineKind.RESTORED, now, by=by, note=note, facts=facts)
        ledger.restored(event, about.made_at)
        kept = ledger.archived()
        there = {sha1 for sha1 in kept.values() if had(sha1)}
        lost = [identifier for identifier, sha1 in kept.items() if sha1 not in there]
        if lost:
            ledger.forget_bytes(lost, Event(LineKind.LET_GO, now, facts={"why": "restored"}))
    if copying.is_in_use(folder / LEDGER):  # else all of it is in the one file that is moved
        raise UsageError("restore_in_use", path=str(folder / LEDGER))
    return len(lost)


def _had_again(sha1: str, folder: Path, state_dir: Path) -> bool:
    """Whether the restored archive has this file: from the backup, or from what is moved aside."""
    new = folder / state_folder.ARCHIVE / sha1
    old = state_dir / state_folder.ARCHIVE / sha1
    if not new.is_file() and old.is_file():
        new.parent.mkdir(mode=0o700, exist_ok=True)
        link_or_copy(old, new)
    return new.is_file()
