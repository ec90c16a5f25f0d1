"""`syncd restore FILE [--move-aside] --by NAME [--note TEXT]`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.backup import place
from syncd.actions.restore import restore
from syncd.cli.backup import reached, state
from syncd.cli.identity import who
from syncd.cli.output.writer import Writer
from syncd.core import clock
from syncd.core.results import OK
from syncd.service.instance_lock import no_service
from syncd.text import sentence, text


def run(*, file: str, move_aside: bool, by: str | None, note: str) -> int:
    where = place(file)
    with reached(where) as (settings, bucket):
        person = who(by, settings)
        with no_service(settings.state_dir), bootstrap.archive_bucket(settings) as archive:
            done = restore(
                state(settings),
                where,
                bucket,
                clock.now(),
                move_aside=move_aside,
                by=person,
                note=note,
                archive=archive,
            )
    screen, about = Writer(), done.about
    screen.say(text("restore_done", made=about.made_at.isoformat(), lines=about.lines))
    if done.lost:
        screen.say(text("restore_lost", count=done.lost))
    if done.unasked is not None:
        screen.say(text("restore_unasked"))
        screen.say(sentence(done.unasked))
    if done.aside is not None:
        screen.say(text("restore_aside", path=str(done.aside)))
    return OK
