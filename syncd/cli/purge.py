"""`syncd purge TARGET [--yes] [--by NAME] [--note TEXT]`."""

from __future__ import annotations

import sys

from syncd.actions.purge import kept_files, purge
from syncd.cli import confirm, session
from syncd.cli.identity import who
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core.errors import SpoolError, UsageError
from syncd.core.results import OK
from syncd.text import text


def run(*, target: str, yes: bool, patience: float | None, by: str | None, note: str) -> int:
    started = session.begin()
    screen = Screen()
    with session.world(started, read_only=False, patience=patience) as adapters:
        # Nobody is asked, and nothing comes back: a likeness is not enough.
        files = kept_files(started, adapters, target, exactly=yes)
        title = files.row.title
        if not files.archived and not files.staying:
            screen.say(text("purge_nothing", title=title))
        elif not files.archived:
            raise SpoolError(files.staying[0].code, **files.staying[0].facts)
        elif yes or _confirmed(files.archived, title):
            # A script that says yes to all is nobody: the history says that, too.
            person = who(by, started.settings, needed=not yes)
            cause = configuration.cause(started, "purge", person, note)
            count = purge(files, adapters, cause, session.for_a_lock(patience))
            screen.say(text("purge_done", count=count, title=title))
        else:
            screen.say(text("purge_kept"))
        if files.in_buckets:
            screen.say(text("purge_bucket", count=files.in_buckets))
    return OK


def _confirmed(count: int, title: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("purge_needs_yes")
    return confirm.agreed(text("purge_ask", count=count, title=title))
