"""The audit of all datasets, made apart from the pages that show it.

It asks the portal for every dataset, which may take minutes, and a page waits for none. One is made
at a time, where somebody looks and the last one is an hour old, or of another manifest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from syncd import bootstrap
from syncd.audit import Audit
from syncd.config.configuration import App
from syncd.core.errors import SyncdError
from syncd.core.patience import Patience
from syncd.core.reasons import Reason, because
from syncd.core.results import OK
from syncd.web.comparisons import PATIENCE

log = structlog.get_logger("syncd.web")

KEPT = 3600.0  # seconds
KEPT_TROUBLE = 60.0  # seconds: it may be better then
_LIMIT = 60.0  # seconds that one waits in all, for a portal that asks for time


@dataclass(frozen=True, slots=True)
class Made:
    """One of both: what was found, or why nothing was."""

    app: App
    at: datetime
    found: Audit | None
    trouble: Reason | None = None


def inspected(app: App, now: datetime) -> Audit:
    """As `syncd audit` does. `SyncdError`"""
    from syncd.actions.selection import locations  # only here: with it come the portal's readers
    from syncd.audit.inspect import inspect

    limit = Patience(_LIMIT, time.monotonic)
    waits = bootstrap.Waits(allows=limit.allows, longest=limit.seconds)
    opened = bootstrap.adapters(app, bootstrap.Silence(), read_only=True, waits=waits)
    manifest = app.manifest
    with opened as adapters:
        return inspect(
            manifest.datasets,
            manifest.thematic,
            adapters.portal,
            adapters.ledger,
            locations(app),
            now,
        )


class Audits:
    def __init__(
        self,
        inspect: Callable[[App, datetime], Audit] = inspected,
        patience: float = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inspect = inspect
        self._patience = patience
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._done.set()
        self._last: Made | None = None
        self._until = 0.0

    def of(self, app: App, now: datetime) -> Made | None:
        """None where it is not known yet; the last one, where making it anew takes long."""
        with self._lock:
            if self._done.is_set() and self._is_wanted(app):
                self._done = threading.Event()
                work = (self._done, app, now)
                threading.Thread(target=self._work, args=work, name="audit", daemon=True).start()
            done = self._done
        done.wait(self._patience)
        last = self._last
        return last if last is not None and last.app is app else None

    def _is_wanted(self, app: App) -> bool:
        last = self._last
        return last is None or last.app is not app or self._monotonic() >= self._until

    def _work(self, done: threading.Event, app: App, now: datetime) -> None:
        try:
            made = Made(app, now, self._inspect(app, now))
        except SyncdError as error:
            made = Made(app, now, None, error.reason)
        except Exception as error:
            log.exception("audit.failed")
            made = Made(app, now, None, because("page_fault_audit", detail=type(error).__name__))
        is_whole = made.found is not None and made.found.exit_code == OK
        self._until = self._monotonic() + (KEPT if is_whole else KEPT_TROUBLE)
        self._last = made
        done.set()
