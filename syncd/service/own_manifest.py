"""The manifest on the disk of a replica that stands by: read as it changes, worked by later."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import structlog

from syncd import telemetry
from syncd.config.settings import Settings, secret_values
from syncd.core.errors import ConfigError, ReaderError, Shortage
from syncd.service.file_watcher import FileWatcher
from syncd.service.manifest_reader import ManifestReader
from syncd.service.manifest_store import ManifestStore, watched
from syncd.text import problem

log = structlog.get_logger("syncd.replica")

_TRY_AGAIN = 30.0  # seconds, after a reading that may pass another time


class OwnManifest:
    """`settings` are the newest that were good, so that a key that changed meanwhile counts.

    `tick` is called while a large one is read; `last_good` gives what the others work by.
    """

    def __init__(
        self, settings: Settings, tick: Callable[[], None], last_good: Callable[[], bytes | None]
    ) -> None:
        self.settings = settings
        self.digest = ""  # "" = it is not good
        self.has_any = False
        self.error: ConfigError | None = None
        self._tick = tick
        self._last_good = last_good
        self._at_start = settings
        self._watcher = FileWatcher(partial(watched, settings))
        self._not_before = 0.0  # monotonic; 0 = no reading is to be tried again

    def read(self) -> None:
        """`LedgerError`, `Abandoned`."""
        self._watcher.accept()
        self.digest, self.error, self._not_before = "", None, 0.0
        # Made anew: nothing of a large manifest stays in memory.
        store = ManifestStore(self._at_start, ManifestReader(self._at_start.state_dir).load)
        try:
            app = store.look(self._tick)
        except ConfigError as error:
            self.error = error
            for found in error.shown:
                log.error("manifest.invalid", problem=problem(found))
        except (Shortage, ReaderError) as error:
            log.error("manifest.invalid", problem=str(error))
            self._not_before = time.monotonic() + _TRY_AGAIN
        else:
            self.digest, self.settings = app.manifest.digest, app.settings
            telemetry.configure(
                app.settings.log_format or "auto",
                app.settings.log_level,
                secret_values(app.settings),
            )
        log.info("replica.read", manifest=self.digest)
        self.has_any = bool(self.digest) or self._has_last_good(store)

    def follow(self, *, ordered: bool) -> None:
        """Read it again where it changed. `LedgerError`, `Abandoned`."""
        is_due = self._not_before and time.monotonic() >= self._not_before
        if ordered or is_due or self._watcher.changed():
            self.read()

    def _has_last_good(self, store: ManifestStore) -> bool:
        text = self._last_good()
        if text is not None:
            store.learn(text)
        return store.last_good(self._tick) is not None
