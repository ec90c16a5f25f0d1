"""`syncd run [--once]`."""

from __future__ import annotations

import gc
import os
import sys

from syncd import telemetry, text
from syncd.cli import sync
from syncd.config.settings import load_settings, secret_values
from syncd.core.errors import Abandoned
from syncd.service import signals


def run(*, once: bool) -> int:
    if once:
        return sync.run(dataset=None, resource=None, force=False, patience=None, as_json=False)
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
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
