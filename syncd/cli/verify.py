"""`syncd verify [TARGET]`, `syncd verify --history [--head HASH]`."""

from __future__ import annotations

import re

from syncd import bootstrap
from syncd.actions import selection
from syncd.actions.verify import verify
from syncd.cli import session
from syncd.cli.output.json_documents import history_check_document, put, sync_document
from syncd.cli.output.screen import Screen
from syncd.core.errors import UsageError
from syncd.core.results import OK, PERSON
from syncd.text import sentence, text


def run(*, target: str | None, patience: float | None, as_json: bool) -> int:
    started = session.begin()
    with session.world(started, read_only=False, patience=patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, target)
        report = verify(chosen.entries, adapters, chosen.only, session.for_a_lock(patience))
    if as_json:
        put(sync_document(report))
    elif not report.results:
        Screen().say(text("verify_nothing"))
    else:
        Screen().verified(report)
    return report.exit_code


def run_history(*, target: str | None, head: str | None, as_json: bool) -> int:
    """From the ledger alone."""
    if target is not None:
        raise UsageError("verify_history_alone")
    if head is not None and not re.fullmatch("[0-9a-fA-F]{8,64}", head):
        raise UsageError("bad_digest", given=head)
    started = session.begin()
    with bootstrap.ledger(started, read_only=True) as ledger:
        found = ledger.verify_history((head or "").lower())
    code = PERSON if found.breaks or not found.lines else OK
    if as_json:
        put(history_check_document(found))
        return code
    screen = Screen()
    for one in found.breaks:
        screen.say(sentence(one.reason))
    if found.count > len(found.breaks):
        screen.say(text("more", count=found.count - len(found.breaks)))
    if found.lines or found.breaks:
        screen.say(text("history_broken" if found.breaks else "history_whole", count=found.lines))
    else:  # no ledger, or an empty one: as after a mistake in its path
        screen.say(text("history_absent", path=str(started.settings.state_dir)))
    if found.noted is not None:
        screen.say(text("history_noted", line=found.noted))
    if found.head:
        screen.say(text("history_head", line=found.lines, hash=found.head))
    return code
