"""One of several syncd on one ledger: a single one leads, and all of them work.

Whoever leads plans and tells, as a syncd alone does; all of them work on what it puts in the queue.
The lead is a lock like a dataset's: it passes to another within half a minute of its holder's
death, and at once where that ends well. Nothing depends on there being one leader only: each
dataset has its own lock.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from syncd import __version__
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.locks import LEAD, PRESENT, SERVICE, LockRows
from syncd.adapters.locks import Place
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.errors import LedgerError, LockLost
from syncd.core.ports import Usage
from syncd.core.reasons import Fact
from syncd.service.health import usages
from syncd.service.http import HttpServer
from syncd.service.signals import RELOAD, SYNC, SignalQueue
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts

if TYPE_CHECKING:
    from syncd.service.hands import Hands

log = structlog.get_logger("syncd.replica")

_TRY_EVERY = 2.0  # seconds


class Replica:
    """`was_deposed`: another one leads by now, so this one has to stand by again. `beside`: the
    process that this one only works beside."""

    def __init__(
        self, ledger: SqlLedger, store: LockRows, signals: SignalQueue, *, beside: int = 0
    ) -> None:
        self._beside = beside
        self._ledger = ledger
        self._store = store
        self._signals = signals
        self._lead: Place | None = None
        self._id = secrets.token_hex(8)
        self.was_deposed = False

    @contextmanager
    def present(self) -> Iterator[None]:
        """Others see it inside the block. `LedgerError`."""
        self._store.drop_dead()
        me = self._store.place(SERVICE, f"{PRESENT}{self._id}")
        me.take(self._note())
        try:
            yield
        finally:
            me.leave()

    def tries(self) -> bool:
        """Whether it leads from now on. `LedgerError`."""
        place = self._store.place(SERVICE, LEAD)
        if not place.take(self._note()):
            return False
        self._lead, self.was_deposed = place, False
        return True

    def newest_manifest(self) -> bytes | None:
        """`LedgerError`."""
        return self._ledger.newest_manifest()

    def ask_for_all(self) -> None:
        """Of whoever leads. `LedgerError`."""
        self._ledger.ask("", clock.now())

    def confirm(self) -> None:
        """Ends the service where another one leads by now. `LedgerError`."""
        hold = self._lead.hold if self._lead is not None else None
        try:
            if hold is not None:
                hold.confirm()
        except LockLost:
            log.warning("replica.deposed")
            self.was_deposed = True
            self._signals.step_down()

    def put_off(self, error: LedgerError) -> None:
        """What kept it from leading; raised where waiting does not mend it.

        Whoever led before may be asleep in the middle of a transaction, until the server ends that.
        """
        if error.reason.code not in {"ledger_database_busy", "ledger_database_away"}:
            raise error
        log.error("replica.trouble", why=str(error))

    def leave(self) -> None:
        """Another one may lead."""
        if self._lead is not None:
            self._lead.leave()
            self._lead = None

    def _note(self) -> dict[str, Fact]:
        mine: dict[str, Fact] = {"id": self._id, "version": __version__}
        if self._beside:
            mine["beside"] = self._beside
        return {"pid": os.getpid(), "host": socket.gethostname(), **mine}


def stand_by(replica: Replica, settings: Settings, signals: SignalQueue, hands: Hands) -> bool:
    """Until it leads; False where it is told to stop before. It works meanwhile, and answers."""
    if signals.is_told_to_stop():
        return False
    with suppress(LedgerError):  # it is tried again
        if replica.tries():
            return True
    log.info("replica.stands_by")
    health, metrics = _StandingBy(hands), Metrics()
    hands.tell_retries_to(metrics.retried)
    metrics.ask(facts=health.facts, last_success=dict, key_expiry=lambda: None, unsent=lambda: 0)
    http = None
    if settings.http_address != "off":
        http = HttpServer(settings.http_address, health.facts, metrics.registry)
        http.start()
        log.info("http.listening", http=f"{settings.http_address.rpartition(':')[0]}:{http.port}")
    try:
        while not signals.is_told_to_stop():
            health.turned_at = time.monotonic()
            try:
                command = signals.next(_TRY_EVERY)
                if command == SYNC:
                    replica.ask_for_all()
                elif command == RELOAD:
                    hands.reload()
                if not signals.is_told_to_stop() and replica.tries():
                    return True
                health.ledger = True
            except LedgerError as error:
                if health.ledger:
                    log.error("replica.trouble", why=str(error))
                health.ledger = False
        return False
    finally:
        if http is not None:
            http.close()


class _StandingBy:
    def __init__(self, hands: Hands) -> None:
        self.turned_at = time.monotonic()
        self.ledger = True
        self._hands = hands

    def facts(self) -> Facts:
        runtime = self._hands.runtime
        portal, sources = usages(runtime) if runtime is not None else (Usage(), {})
        return Facts(
            now=clock.now(),
            turned=time.monotonic() - self.turned_at,
            manifest="valid",
            portal=portal.reachable,
            sources={name: usage.reachable for name, usage in sources.items()},
            key_refused=portal.refused,
            sources_refusing=frozenset(name for name, usage in sources.items() if usage.refused),
            late=(),
            overdue=self._hands.hanging,
            stopping=False,
            ledger=self.ledger,
        )
