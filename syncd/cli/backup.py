"""`syncd backup FILE [--without-files] [--overwrite]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syncd import bootstrap
from syncd.actions.backup import Place, State, backup, place
from syncd.adapters.stores import Backups
from syncd.cli import session
from syncd.cli.output.writer import Writer
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.results import OK
from syncd.text import text


def run(*, file: str, with_files: bool, overwrite: bool) -> int:
    now = clock.now()
    to = place(file, now)
    with reached(to) as (settings, bucket):
        archive = None if settings.archive else bootstrap.archive_folder(settings)
        done = backup(
            state(settings), to, archive, bucket, now, with_files=with_files, overwrite=overwrite
        )
    lines, count = done.about.lines, done.files
    Writer().say(text("backup_done", path=done.place, size=done.size, lines=lines, count=count))
    if settings.archive:
        Writer().say(text("backup_archive_apart", place=settings.archive))
    return OK


@contextmanager
def reached(where: Place) -> Iterator[tuple[Settings, Backups | None]]:
    """The settings, and the bucket where it is in one: for that alone a manifest is needed."""
    if not where.source:
        settings = session.settings()
        session.tell_time_of(settings)
        yield settings, None
        return
    started = session.begin()
    with bootstrap.backups(started, where.source) as bucket:
        yield started.settings, bucket


def state(settings: Settings) -> State:
    return State(settings.state_dir, bootstrap.ledger_file(settings))
