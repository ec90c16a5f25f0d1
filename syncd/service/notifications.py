"""Tells people and machines outside how it goes, in a thread of its own: nothing waits for it."""

from __future__ import annotations

import threading
import time

import httpx
import structlog

from syncd.adapters.net import ceilings, limited_http, tls
from syncd.adapters.net.ceilings import Budget
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.notify import Mailer
from syncd.service.state import ServiceState

log = structlog.get_logger("syncd.daemon")

GATHERING = 60.0  # seconds for which news are gathered into one message while cycles go on
BEAT_EVERY = 30.0  # seconds between two heartbeats at least
BEAT_TIMEOUT = 10.0  # seconds


class Notifications:
    """Sends the alerts of the state, and the heartbeat. The thread starts with it."""

    def __init__(self, state: ServiceState, settings: Settings) -> None:
        self._state = state
        self._settings = settings
        self._wanted = threading.Event()
        self._closed = False
        self._healthy = False  # when it was last woken
        self._flushed_at = time.monotonic()
        self._beat_at = self._flushed_at - BEAT_EVERY
        threading.Thread(target=self._run, name="notifications", daemon=True).start()

    def use(self, settings: Settings) -> None:
        """After a reload."""
        self._settings = settings

    def wake(self, *, idle: bool, healthy: bool) -> None:
        """Called at each turn of the loop: the time to send, when the work is done.

        `healthy`: whether the heart may beat.
        """
        self._healthy = healthy
        if idle or time.monotonic() - self._flushed_at > GATHERING:
            self._wanted.set()

    def close(self) -> None:
        self._closed = True
        self._wanted.set()

    # -- in its own thread ------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            try:
                self._beat()  # first: a mail server may take its time
                self._state.alerts.flush(clock.now())
                self._flushed_at = time.monotonic()
            except Exception:
                log.exception("messenger.fault")

    def _beat(self) -> None:
        """Only after a cycle: a service that does nothing has no heart."""
        settings, cycle_ended, now = self._settings, self._state.cycle_ended, time.monotonic()
        if settings.heartbeat_url is None or not (cycle_ended.is_set() and self._healthy):
            return
        if now - self._beat_at < BEAT_EVERY:
            return
        self._beat_at = now
        cycle_ended.clear()
        try:
            transport = limited_http.Transport(
                proxy=settings.proxy.get_secret_value() if settings.proxy else None,
                verify=tls.trusting(settings.ca_bundle),
                trust_env=False,
            )
            url = settings.heartbeat_url.get_secret_value()
            with (
                Budget(ceilings.of("heartbeat")).active(),
                httpx.Client(transport=transport, timeout=BEAT_TIMEOUT, trust_env=False) as client,
                client.stream("GET", url) as response,
            ):
                response.raise_for_status()  # what it has to say is of no interest
        # Not only HTTP's: an address that is none after all is quoted by its error.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            log.warning("heartbeat.failed", why=type(error).__name__)


def mailer(settings: Settings) -> Mailer:
    """What sends the alerts by these settings."""
    secret = {
        name: value.get_secret_value()
        for name in ("notify_urls", "contact_url", "proxy")
        if (value := getattr(settings, name)) is not None
    }
    return Mailer(
        secret.get("notify_urls"),
        secret.get("contact_url"),
        proxy=secret.get("proxy"),
        ca_bundle=settings.ca_bundle,
    )
