"""`syncd run [--once]`."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from syncd import bootstrap, telemetry, text
from syncd.cli import sync
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import Abandoned, LedgerError, UsageError
from syncd.service import signals

if TYPE_CHECKING:
    from syncd.adapters.ledger import SqlLedger
    from syncd.adapters.ledger.locks import LockRows
    from syncd.service.hands import Hands
    from syncd.service.replica import Replica


def run(*, once: bool) -> int:
    if once:
        return sync.run(dataset=None, resource=None, force=False, patience=None, as_json=False)
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    with bootstrap.shared_ledger(settings) as ledger:
        if ledger is None or ledger.locks is None:
            if settings.workers > 1:
                raise UsageError("workers_need_server", workers=settings.workers)
            return _alone(settings)
        return _among_others(settings, ledger, ledger.locks)


def _among_others(settings: Settings, ledger: SqlLedger, locks: LockRows) -> int:
    from syncd.service.crew import Crew
    from syncd.service.hands import Hands
    from syncd.service.replica import Replica, stand_by

    replica = Replica(ledger, locks, signals.received)
    with replica.present():
        crew = Crew(settings.workers - 1) if settings.workers > 1 else None
        hands = Hands(settings, ledger, crew)
        code, ended = 0, False
        try:
            while stand_by(replica, settings, signals.received, hands):
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
    if not ended:  # a cut thread that does not end must not keep the process
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _lead(settings: Settings, replica: Replica, hands: Hands) -> int:
    """Plan and tell, until it is told to stop or another one leads."""
    from syncd.service.assembly import assembled

    try:
        with assembled(settings, signals.received, replica, hands) as (service, read):
            return service.run(read)
    except Abandoned:
        return 0


def _alone(settings: Settings) -> int:
    from syncd.service.assembly import assembled

    try:
        with assembled(settings, signals.received) as (service, read):
            gc.freeze()  # as in `session.begin`
            code = service.run(read)
    except Abandoned:
        return 0
    if service.is_abandoning:  # a cut thread that does not end must not keep the process
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
