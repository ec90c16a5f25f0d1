"""`syncd run [--once]`."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from syncd import bootstrap, telemetry, text
from syncd.cli import sync
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import Abandoned
from syncd.service import signals

if TYPE_CHECKING:
    from syncd.service.assembly import PageMaker
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
            return _alone(settings, None)
        from syncd.service.replica import Replica

        return _among_others(settings, Replica(ledger, ledger.locks, signals.received))


def _among_others(settings: Settings, replica: Replica) -> int:
    from syncd.service.replica import stand_by

    with replica.present():
        while stand_by(replica, settings, signals.received):
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
        with assembled(settings, signals.received, replica, _page(settings)) as (service, read):
            gc.freeze()  # as in `session.begin`
            code = service.run(read)
    except Abandoned:
        return 0
    if service.is_abandoning:  # a cut thread that does not end must not keep the process
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1 if replica is not None and replica.was_deposed else code)
    return code


def _page(settings: Settings) -> PageMaker | None:
    if not settings.web:
        return None
    from syncd.web.starting import beside_service

    return beside_service
