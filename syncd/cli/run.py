"""`syncd run [--once | --migrate]`."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from syncd import __version__, bootstrap, telemetry, text
from syncd.cli import sync
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import Abandoned, LedgerError, UsageError
from syncd.core.results import OK
from syncd.service import signals
from syncd.service.ending import end

if TYPE_CHECKING:
    from syncd.adapters.ledger import SqlLedger
    from syncd.adapters.ledger.locks import LockRows
    from syncd.service.assembly import PageMaker
    from syncd.service.hands import Hands
    from syncd.service.replica import Replica


def run(*, once: bool) -> int:
    if once:
        return sync.run(dataset=None, resource=None, force=False, patience=None, as_json=False)
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    if settings.web:
        from syncd.web.starting import must_be_safe  # only here: without the page nothing of it

        must_be_safe(settings)
    with bootstrap.shared_ledger(settings) as ledger:
        if ledger is None or ledger.locks is None:
            if settings.workers > 1:
                raise UsageError("workers_need_server", workers=settings.workers)
            return _alone(settings)
        return _among_others(settings, ledger, ledger.locks)


def migrate() -> int:
    """What the first one that starts does as well: here apart, before a rollout."""
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    bootstrap.service_ledger(settings).close()
    from syncd.cli.output.screen import Screen

    Screen().say(text.text("migrated", version=__version__))
    return OK


def _among_others(settings: Settings, ledger: SqlLedger, locks: LockRows) -> int:
    from syncd.service.crew import Crew
    from syncd.service.hands import Hands
    from syncd.service.replica import Replica, stand_by

    replica = Replica(ledger, locks, signals.received)
    with replica.present():
        crew = Crew(settings.workers - 1) if settings.workers > 1 else None
        hands = Hands(settings, ledger, locks, crew)
        code, ended = 0, False
        try:
            while (found := stand_by(replica, settings, signals.received, hands)) is not None:
                settings = found
                try:
                    code = _lead(settings, replica, hands)
                except LedgerError as error:
                    replica.put_off(error)
                    continue
                finally:
                    replica.leave()
                if not replica.was_deposed:
                    break
        finally:
            ended = hands.stop()
    return end(code, is_hanging=not ended)


def _lead(settings: Settings, replica: Replica, hands: Hands) -> int:
    """Plan and tell, until it is told to stop or another one leads."""
    from syncd.service.assembly import assembled

    try:
        with assembled(settings, signals.received, replica, hands, _page(settings)) as (
            service,
            read,
        ):
            return service.run(read)
    except Abandoned:
        return 0


def _alone(settings: Settings) -> int:
    from syncd.service.assembly import assembled

    try:
        with assembled(settings, signals.received, page=_page(settings)) as (service, read):
            gc.freeze()  # as in `session.begin`
            code = service.run(read)
    except Abandoned:
        return 0
    return end(code, is_hanging=service.is_abandoning)


def _page(settings: Settings) -> PageMaker | None:
    if not settings.web:
        return None
    from syncd.web.starting import beside_service

    return beside_service(settings)
