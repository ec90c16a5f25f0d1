"""What a replica works with: the manifest in force, and settings and secrets of its own.

The manifest in force is that of the one who leads, and lies in the ledger: so all agree, whatever
lies on their disks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import structlog

from syncd import telemetry
from syncd.adapters.ledger import SqlLedger
from syncd.config import configuration
from syncd.config.configuration import App
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import Abandoned, LedgerError, SyncdError
from syncd.core.ports import Usage
from syncd.service.file_watcher import FileWatcher
from syncd.service.health import usages
from syncd.service.manifest_reader import ManifestReader
from syncd.service.manifest_store import fitting, watched
from syncd.service.runtime import Runtime, RuntimeFactory, kept_open
from syncd.text import figures

log = structlog.get_logger("syncd.queue")

_REFUSED_FOR = 300.0  # seconds
_TRY_AGAIN = 30.0  # seconds, after what is in force could not be taken


class Follower:
    """`ledger`: for looks, that wait for nothing; `in_force` gives the digest of what is, from it.
    `follow` is called by one thread."""

    def __init__(
        self,
        settings: Settings,
        ledger: SqlLedger,
        in_force: Callable[[], str],
        stopping: threading.Event,
        cutting: threading.Event,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._in_force = in_force
        self._stopping = stopping
        self._runtimes = RuntimeFactory(stopping, cutting, self._retried, follows=True)
        self._reader = ManifestReader()
        self._watcher = FileWatcher(partial(watched, settings))
        self._ordered = False
        self._refused_at: float | None = None  # monotonic
        self._not_before = 0.0  # monotonic: when what could not be taken is tried again
        self.runtime: Runtime | None = None
        """None while there is nothing to work with."""
        self.on_retry: Callable[[str], None] = lambda _: None
        """Told of each request that is made again, as of `RuntimeFactory`."""

    def _retried(self, kind: str) -> None:
        self.on_retry(kind)

    def reload(self) -> None:
        """Settings and secrets may be others."""
        self._ordered = True

    def follow(self) -> App | None:
        """What may be worked by now. `LedgerError`; `Abandoned` where it is told to stop."""
        digest = self._in_force()
        anew = self._watcher.changed() or self._ordered
        former = self.runtime
        stays = former is not None and digest in {"", former.app.manifest.digest}
        if digest and (anew or (not stays and time.monotonic() >= self._not_before)):
            self._ordered = False
            self._take(digest, former, stays=stays)
        runtime = self.runtime
        return runtime.app if runtime is not None and self._may_ask(runtime) else None

    def _may_ask(self, runtime: Runtime) -> bool:
        """With a key that was refused it leaves the work to others, which may have a better one."""
        now = time.monotonic()
        if not runtime.adapters.portal.usage.refused:
            self._refused_at = None
            return True
        if self._refused_at is None:
            log.error("replica.key_refused", seconds=_REFUSED_FOR)
            self._refused_at = now
        if now - self._refused_at < _REFUSED_FOR:
            return False
        self._refused_at = None  # once more
        return True

    @property
    def is_cut_off(self) -> bool:
        """Whether the portal, or every bucket, was last found out of reach of this machine."""
        runtime = self.runtime
        if runtime is None:
            return False
        portal, sources = usages(runtime)
        return _is_away(portal) or (bool(sources) and all(map(_is_away, sources.values())))

    def _take(self, digest: str, former: Runtime | None, *, stays: bool) -> None:
        text = self._ledger.manifests(digest).get(digest)
        if text is None:
            return  # the one who leads is about to put it there
        try:
            settings = fitting(self._settings, load_settings())
            manifest = self._reader.parse(text, str(settings.manifest), self._go_on)
            app = configuration.with_manifest(settings, manifest)
            secrets = {*secret_values(settings), *secret_values(self._settings)}
            telemetry.configure(settings.log_format or "auto", settings.log_level, tuple(secrets))
            figures.tell_time_in(manifest.timezone)
            self.runtime = self._runtimes.open(app, former)
        except LedgerError:
            raise
        except SyncdError as error:
            log.error("replica.cannot_work", why=str(error))
            self._not_before = time.monotonic() + _TRY_AGAIN
            if stays:
                return  # with the former settings
            self.runtime = None
        else:
            log.info("replica.works", manifest=digest[:12])
        if former is not None:
            former.close()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise Abandoned

    def acquired(self) -> AbstractContextManager[Runtime]:
        """As of `kept_open`."""
        return kept_open(lambda: self.runtime)

    def close(self) -> None:
        if self.runtime is not None:
            self.runtime.close()


def _is_away(server: Usage) -> bool:
    return server.reachable is False and not server.refused
