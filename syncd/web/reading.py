"""What the screens ask of syncd: what `status` tells, and the ledger behind it.

A look at ten thousand targets takes a second of a processor. It is kept for ten times as long as it
took, so that however often pages are asked for, looking takes a tenth of a processor at most; each
page says of when it is. One that took long is made anew beside the page that finds it old, and each
minute once a page was asked for: nobody waits for one but who asks for the first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from syncd import bootstrap
from syncd.actions.needs import Need, needs
from syncd.actions.selection import known, locations, rows_of
from syncd.actions.status import StatusReport, TargetStatus, status
from syncd.config.configuration import App
from syncd.core import clock
from syncd.core.errors import SyncdError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.records import Row
from syncd.core.targets import DatasetEntry
from syncd.service.instance_lock import is_anyone_there
from syncd.telemetry.readiness import Facts

log = structlog.get_logger("syncd.web")

_KEPT = 10  # times as long as it took
_LONG = 0.1  # seconds of work, from which on a page does not wait for a look
_STILL_SHOWN = 60.0  # seconds for which such a look is shown after its time
_PATIENCE = 2.0  # seconds that a page waits for a ledger that is busy, or away

Later = Callable[[float, Callable[[], None]], None]


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.name, timer.daemon = "looking", True
    timer.start()


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at one instant."""

    app: App
    report: StatusReport
    needs: tuple[Need, ...]
    at: datetime


class Reading:
    """May be asked from any thread. `app`: the configuration in force; `health`: how the service is
    in whose process this is, None beside it."""

    def __init__(
        self,
        app: Callable[[], App],
        *,
        health: Callable[[], Facts] | None = None,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = time.monotonic,
        worked: Callable[[], float] = time.thread_time,
        later: Later = _later,
    ) -> None:
        self.app = app
        self.health = health
        self.now = now
        self._monotonic = monotonic
        self._worked = worked
        self._later = later
        self._turn = threading.Lock()
        self._last: Look | None = None
        self._took = 0.0  # seconds of work
        self._until = 0.0
        self._is_renewing = False
        self._is_awaited = False

    @contextmanager
    def ledger(self, app: App) -> Iterator[ServiceLedger]:
        """For one page: another one that was put there meanwhile is the next page's."""
        opened = bootstrap.service_ledger(
            app.settings, read_only=True, busy_seconds=_PATIENCE, away_seconds=_PATIENCE
        )
        try:
            yield opened
        finally:
            opened.close()

    def look(self) -> Look:
        """`SyncdError`"""
        app = self.app()
        with self._turn:  # who comes while somebody looks has the same
            last, late = self._last, self._monotonic() - self._until
            if last is not None and last.app is app:
                if late < 0:
                    return last
                if self._took >= _LONG and late < _STILL_SHOWN:
                    self._renew(app, last)
                    return last
            begun = self._worked()
            return self._keep(self._looked(app), self._worked() - begun)

    def _keep(self, look: Look, took: float) -> Look:
        """In its turn."""
        self._last, self._took = look, took
        self._until = self._monotonic() + _KEPT * took
        self._look_again()
        return look

    def _look_again(self) -> None:
        """In its turn: before it is too old to be shown, whether or not somebody asks."""
        if self._took >= _LONG and not self._is_awaited:
            self._is_awaited = True
            self._later(_STILL_SHOWN, self._again)

    def _again(self) -> None:
        app = self.app()
        with self._turn:
            self._is_awaited = False
            if self._last is not None:  # else whoever comes looks
                self._renew(app, self._last)
                self._look_again()

    def _renew(self, app: App, former: Look) -> None:
        """In its turn: begin to look, beside the page."""
        if self._is_renewing:
            return
        self._is_renewing = True

        def run() -> None:
            found, took = None, 0.0
            try:
                begun = self._worked()
                found = self._looked(app)
                took = self._worked() - begun
            except SyncdError as error:  # the page that waits for the next look says so
                log.warning("page.not_looked", why=str(error))
            except Exception:
                log.exception("page.not_looked")
            with self._turn:
                self._is_renewing = False
                if found is None:
                    self._last = None
                elif self._last is former:  # else something was decided meanwhile
                    self._keep(found, took)

        threading.Thread(target=run, name="renewing", daemon=True).start()

    def _looked(self, app: App) -> Look:
        at, state_dir = self.now(), app.settings.state_dir
        with self.ledger(app) as ledger:
            is_running = is_anyone_there(state_dir) or bool(ledger.replicas())
            works = bootstrap.under_way(app.settings)
            report = status(app, ledger, at, running=is_running, works=works)
        return Look(app, report, tuple(needs(report)), at)

    def forget(self) -> None:
        """Something was decided: the next page looks anew."""
        with self._turn:
            self._last = None

    def row(self, look: Look, ledger: ServiceLedger, one: TargetStatus) -> Row | None:
        """The ledger's own of this target; None where no cycle has looked at it."""
        found = self.found(look, ledger, one)
        return found[1] if found is not None else None

    def found(
        self, look: Look, ledger: ServiceLedger, one: TargetStatus
    ) -> tuple[DatasetEntry, Row] | None:
        """The same with its dataset, as the manifest has it."""
        for entry in self.entries(look, ledger, one.dataset):
            dataset = known(look.app, ledger, entry)
            for row in rows_of(entry, dataset.rows, locations(look.app)):
                key = row.judged.key if row.judged else row.binding.key
                if row.binding.resource == (one.resource or "") and (
                    one.resource or one.object in {key, row.binding.key}
                ):
                    return entry, row
        return None

    def entries(self, look: Look, ledger: ServiceLedger, dataset: str) -> list[DatasetEntry]:
        """Those of the manifest that mean the dataset of this id."""
        manifest = look.app.manifest
        ids = ledger.addresses(manifest.portal, [entry.dataset for entry in manifest.datasets])
        return [e for e in manifest.datasets if ids.get(e.dataset, e.dataset) == dataset]


def target_of(look: Look, dataset: str, resource: str, key: str) -> TargetStatus | None:
    """The one that an address of the page names: by its object where it has no resource, or had
    none when the address was made."""
    mine = [one for one in look.report.targets if one.dataset == dataset]
    if resource:
        return next((one for one in mine if one.resource == resource), None)
    named = [one for one in mine if one.object == key]
    return next((one for one in named if not one.resource), named[0] if named else None)
