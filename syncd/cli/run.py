"""`syncd run [--once | --migrate]`."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from syncd import __version__, bootstrap, telemetry, text
from syncd.cli import sync
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import Abandoned
from syncd.core.results import OK
from syncd.service import signals

if TYPE_CHECKING:
    from syncd.service.replica import Replica


def run(*, once: bool) -> int:
    if once:
        return sync.run(dataset=None, resource=None, force=False, patience=None, as_json=False)
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    with bootstrap.shared_ledger(settings) as ledger:
        if ledger is None or ledger.locks is None:
            return _alone(settings, None)
        from syncd.service.replica import Replica

        return _among_others(settings, Replica(ledger, ledger.locks, signals.received))


def migrate() -> int:
    """What the first one that starts does as well: here apart, before a rollout."""
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    bootstrap.service_ledger(settings).close()
    from syncd.cli.output.screen import Screen

    Screen().say(text.text("migrated", version=__version__))
    return OK


def _among_others(settings: Settings, replica: Replica) -> int:
    from syncd.service.replica import stand_by

    with replica.present():
        while (found := stand_by(replica, settings, signals.received)) is not None:
            settings = found
            try:
                code = _alone(settings, replica)
            finally:
                replica.leave()
            if not replica.was_deposed:
                return code
    return 0


def _alone(settings: Settings, replica: Replica | None) -> int:
    from syncd.service.assembly import assembled

    try:
        with assembled(settings, signals.received, replica) as (service, read):
            gc.freeze()  # as in `session.begin`
            code = service.run(read)
    except Abandoned:
        return 0
    if service.is_abandoning:  # a cut thread that does not end must not keep the process
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1 if replica is not None and replica.was_deposed else code)
    return code
