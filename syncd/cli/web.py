"""`syncd web`: the operators' page by itself, on the state of a service or of `syncd sync`."""

from __future__ import annotations

import threading

import structlog

from syncd import telemetry, text
from syncd.config import configuration
from syncd.config.configuration import App
from syncd.config.manifest import LoadedManifest
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import ConfigError, SyncdError
from syncd.service import signals
from syncd.service.http import PAGE_CONNECTIONS, AppServer
from syncd.service.instance_lock import is_anyone_there
from syncd.service.manifest_reader import ManifestReader
from syncd.service.manifest_store import ManifestStore
from syncd.text import figures
from syncd.web import starting

log = structlog.get_logger("syncd.web")
_TURN = 1.0  # seconds


def run() -> int:
    signals.received.install()
    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    starting.must_be_safe(settings)
    manifest = _Manifest(settings)
    page = starting.alone(settings, manifest.app)
    server = AppServer(settings.http_address, page, places=PAGE_CONNECTIONS)
    server.start()
    host = settings.http_address.rpartition(":")[0]
    log.info("web.started", http=f"http://{host}:{server.port}/")
    try:
        while signals.received.next(_TURN) != signals.STOP:
            pass  # the manifest is read anew as it changes, whatever else is asked
    finally:
        server.close()
    log.info("web.stopped")
    return 0


class _Manifest:
    """The one on disk; while that is broken the last that was not, as `syncd status` has it.

    `ConfigError` at the start alone, where there is none.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader = ManifestReader(settings.state_dir)
        self._reading = threading.Lock()
        try:
            self._app = self._with(self._reader.load(settings.manifest, lambda: None))
        except ConfigError:
            former = None
            if is_anyone_there(settings.state_dir):
                former = ManifestStore(settings, self._reader.load).last_good()
            if former is None:
                raise
            self._app = self._with(former.manifest)

    def app(self) -> App:
        if self._reading.acquire(blocking=False):  # a large one takes long: others have the former
            try:
                found = self._reader.load(self._settings.manifest, lambda: None)
                if found is not self._app.manifest:  # else what was made of it stays
                    self._app = self._with(found)
            except SyncdError:
                pass  # the screen of the manifest says it
            finally:
                self._reading.release()
        return self._app

    def _with(self, found: LoadedManifest) -> App:
        figures.tell_time_in(found.timezone)
        return configuration.with_manifest(self._settings, found)
