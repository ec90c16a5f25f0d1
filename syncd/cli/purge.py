"""`syncd purge TARGET [--yes]`."""

from __future__ import annotations

import sys

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.selection import row_of
from syncd.cli import confirm, session
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.core.errors import UsageError
from syncd.core.records import Kept
from syncd.core.results import OK
from syncd.sync import retention
from syncd.text import text


def run(*, target: str, yes: bool, patience: float) -> int:
    started = session.begin()
    screen = Screen()
    with bootstrap.adapters(started, progress(), read_only=False) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target)
        rows = selection.rows(started, adapters.ledger, chosen.entries[0])
        row = row_of(chosen.entries[0], rows, selection.locations(started), chosen.only)
        places = [line.kept for line in retention.kept(row.binding, adapters)]
        ours, buckets = places.count(Kept.ARCHIVE), places.count(Kept.SOURCE)
        if not ours:
            screen.say(text("purge_nothing", title=row.title))
        elif yes or _confirmed(ours, row.title):
            with adapters.locks.hold(row.binding.portal, row.binding.dataset, patience):
                count = retention.purge(row.binding, adapters)
            screen.say(text("purge_done", count=count, title=row.title))
        else:
            screen.say(text("purge_kept"))
        if buckets:
            screen.say(text("purge_bucket", count=buckets))
    return OK


def _confirmed(count: int, title: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("purge_needs_yes")
    return confirm.agreed(text("purge_ask", count=count, title=title))
