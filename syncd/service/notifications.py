"""Tells people and machines outside how it goes, in a thread of its own: nothing waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence

import httpx
import structlog

from syncd.adapters.net import tls
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.ports import ServiceLedger
from syncd.core.reasons import Reason
from syncd.core.results import Result
from syncd.core.targets import DatasetEntry
from syncd.notify import Mailer
from syncd.notify.delivery import AlertDelivery

log = structlog.get_logger("syncd.daemon")

GATHERING = 60.0  # seconds for which news are gathered into one message while cycles go on
BEAT_EVERY = 30.0  # seconds between two heartbeats at least
BEAT_TIMEOUT = 10.0  # seconds


class Notifications:
    """`healthy` says whether the heartbeat may beat: no dataset's last cycle failed."""

    def __init__(
        self,
        settings: Settings,
        ledger: ServiceLedger,
        portal: str,
        *,
        healthy: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._healthy = healthy
        self._portal = portal
        self._take(settings)
        self._notifier = AlertDelivery(ledger, self._mailer, portal, clock.now)
        self._wanted = threading.Event()
        self._closed = False
        self._flushed_at = time.monotonic()
        self._beat_at = self._flushed_at - BEAT_EVERY
        self._cycles = False  # one ended since the last beat
        threading.Thread(target=self._turn, name="messenger", daemon=True).start()

    def use(self, settings: Settings, portal: str) -> None:
        """After a reload: the same news, perhaps to other addresses."""
        self._take(settings)
        if portal == self._portal:
            self._notifier.use(self._mailer)
        else:
            self._portal = portal
            self._notifier = AlertDelivery(self._ledger, self._mailer, portal, clock.now)

    def _take(self, settings: Settings) -> None:
        secret = {
            name: value.get_secret_value()
            for name in ("notify_urls", "contact_url", "heartbeat_url", "proxy")
            if (value := getattr(settings, name)) is not None
        }
        self._settings = settings
        self._heartbeat = secret.get("heartbeat_url")
        self._proxy = secret.get("proxy")
        self._mailer = Mailer(
            secret.get("notify_urls"),
            secret.get("contact_url"),
            proxy=self._proxy,
            ca_bundle=settings.ca_bundle,
        )

    # -- told by the service ----------------------------------------------------------------

    def observe(
        self, entry: DatasetEntry, results: Sequence[Result], *, partial: bool = False
    ) -> None:
        """`partial`: not every target was looked at."""
        self._cycles = True
        self._notifier.observe(
            entry.dataset,
            results,
            entry.contact or "",
            partial=partial,
            receipts=self._settings.contact_receipts,
        )

    def raise_(
        self, item: str, state: str, reason: Reason, entry: DatasetEntry | None = None
    ) -> None:
        if entry is None:
            self._notifier.raise_(item, state, reason)
            return
        self._notifier.raise_(
            item,
            state,
            reason,
            dataset=entry.dataset,
            title=entry.name,
            contact=entry.contact or "",
        )

    def clear(self, item: str, dataset: str = "") -> None:
        self._notifier.clear(item, dataset=dataset)

    def keep_only(self, entries: Iterable[DatasetEntry]) -> None:
        """Nobody is told of what left the manifest, or is paused."""
        self._notifier.keep_only({entry.dataset for entry in entries if entry.active})

    @property
    def unsent(self) -> int:
        return self._notifier.unsent

    def wake(self, *, idle: bool) -> None:
        """Called at each turn of the loop: the time to send, when the work is done."""
        if idle or time.monotonic() - self._flushed_at > GATHERING:
            self._wanted.set()

    def close(self) -> None:
        self._closed = True
        self._wanted.set()

    # -- in its own thread ------------------------------------------------------------------

    def _turn(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            try:
                self._beat()  # first: a mail server may take its time
                self._notifier.flush(clock.now())
                self._flushed_at = time.monotonic()
            except Exception:
                log.exception("messenger.fault")

    def _beat(self) -> None:
        now = time.monotonic()
        if not (self._heartbeat and self._cycles and self._healthy()):
            return
        if now - self._beat_at < BEAT_EVERY:
            return
        self._beat_at, self._cycles = now, False
        try:
            with httpx.Client(
                proxy=self._proxy,
                verify=tls.trusting(self._settings.ca_bundle),
                timeout=BEAT_TIMEOUT,
                trust_env=False,
            ) as client:
                client.get(self._heartbeat).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("heartbeat.failed", why=type(error).__name__)
