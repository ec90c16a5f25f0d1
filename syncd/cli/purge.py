"""`syncd purge TARGET [--yes]`."""

from __future__ import annotations

import sys

from syncd import app, safekeeping
from syncd.cli import asking, session
from syncd.cli.bars import progress
from syncd.cli.screen import Screen
from syncd.errors import UsageError
from syncd.model import Kept
from syncd.report import OK
from syncd.selection import row_of
from syncd.wording import text


def run(*, target: str, yes: bool, patience: float) -> int:
    started = session.begin()
    screen = Screen()
    with app.edges(started, progress(), read_only=False) as edges:
        chosen = app.select(started, edges.ledger, None, target)
        rows = app.rows(started, edges.ledger, chosen.entries[0])
        row = row_of(chosen.entries[0], rows, app.locations(started), chosen.only)
        places = [line.kept for line in safekeeping.kept(row.binding, edges)]
        ours, buckets = places.count(Kept.ARCHIVE), places.count(Kept.S3)
        if not ours:
            screen.say(text("purge_nothing", title=row.title))
        elif yes or _confirmed(ours, row.title):
            with edges.locks.hold(row.binding.portal, row.binding.dataset, patience):
                count = safekeeping.purge(row.binding, edges)
            screen.say(text("purge_done", count=count, title=row.title))
        else:
            screen.say(text("purge_kept"))
        if buckets:
            screen.say(text("purge_bucket", count=buckets))
    return OK


def _confirmed(count: int, title: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("purge_needs_yes")
    return asking.agreed(text("purge_ask", count=count, title=title))
