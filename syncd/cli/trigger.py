"""`syncd trigger [--dataset D]`: asks the running service for a cycle, through the ledger."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output.screen import Screen
from syncd.core import clock
from syncd.core.errors import SyncdError, UsageError
from syncd.core.results import OK
from syncd.service.instance_lock import is_anyone_there
from syncd.text import problem, text


def run(*, dataset: str | None) -> int:
    started, broken = session.begin_beside_service()
    if not is_anyone_there(started.settings.state_dir):
        raise SyncdError("no_service", folder=str(started.settings.state_dir))
    with bootstrap.ledger(started, read_only=False) as ledger:
        chosen = selection.select(started, ledger, dataset, None).entries
        if dataset and not chosen[0].active:
            why = chosen[0].paused or chosen[0].targets[0].paused
            raise UsageError("target_paused", given=dataset, why=why)
        ledger.ask(chosen[0].dataset if dataset else "", clock.now())
    Screen().say(text("triggered", datasets=len(chosen)))
    if broken is not None:
        say(text("status_manifest_bad", why=problem(broken.problems[0])))
    return OK
