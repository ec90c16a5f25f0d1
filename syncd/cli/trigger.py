"""`syncd trigger [--dataset D]`: asks the running service for a cycle, through the ledger."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.trigger import trigger
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output.screen import Screen
from syncd.core import clock
from syncd.core.errors import SyncdError
from syncd.core.results import OK
from syncd.service.instance_lock import is_anyone_there
from syncd.text import problem, text


def run(*, dataset: str | None) -> int:
    started, broken = session.begin_beside_service()
    with bootstrap.ledger(started, read_only=False) as ledger:
        if not (is_anyone_there(started.settings.state_dir) or ledger.replicas()):
            raise SyncdError("no_service", folder=str(started.settings.state_dir))
        count = trigger(started, ledger, dataset, clock.now())
    Screen().say(text("triggered", datasets=count))
    if broken is not None:
        say(text("status_manifest_bad", why=problem(broken.problems[0])))
    return OK
