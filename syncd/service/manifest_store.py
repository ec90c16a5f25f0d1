"""The manifest in force: read from disk, kept for a restart, and replaced with care."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import structlog

from syncd.adapters.disk.file_lock import make_private
from syncd.adapters.disk.state_folder import LAST_GOOD
from syncd.config import configuration
from syncd.config.configuration import App
from syncd.config.manifest import LoadedManifest, file_bytes, load
from syncd.config.settings import DEFAULT_SECRETS_DIR, Settings, load_settings
from syncd.core.errors import ConfigError, ManifestError, Problem, ReaderError, Shortage
from syncd.service.manifest_diff import ManifestDiff, manifest_diff
from syncd.telemetry.readiness import ManifestState

log = structlog.get_logger("syncd.daemon")

# Taken from the process that started; a new value counts from its next start on.
_AT_START_ONLY = (
    "manifest",
    "state_dir",
    "database_url",
    "secrets_dir",
    "http_address",
    "events_address",
    "web",
    "stop_grace",
    "lang",
    "workers",
)


# Of a file, and of what is done while its reading goes on.
Load = Callable[[Path, Callable[[], None]], LoadedManifest]


def _load(path: Path, _: Callable[[], None]) -> LoadedManifest:
    return load(path)


def _go_on() -> None:
    pass


@dataclass(frozen=True, slots=True)
class ReadManifest:
    """What reading the manifest and the settings again led to.

    `app` is None where the one in force stays: the same, invalid, or held.
    """

    state: ManifestState
    app: App | None = None
    diff: ManifestDiff | None = None
    problems: tuple[Problem, ...] = ()
    count: int = 0  # of problems, those that are not shown among them
    passing: bool = False  # it could not be read now, and is to be tried again

    @classmethod
    def bad(cls, error: ConfigError) -> ReadManifest:
        return cls("invalid", problems=error.shown, count=len(error.problems) + error.more)


class ManifestStore:
    """Reads, compares, and remembers the last good manifest in the state folder.

    `tick` is called while a reading goes on; it may end it by raising `Abandoned`.
    """

    def __init__(self, settings: Settings, load: Load = _load) -> None:
        self._settings = settings
        self._load = load
        self._saved = settings.state_dir / LAST_GOOD
        self._confirmations: Counter[str] = Counter()

    def first(self, tick: Callable[[], None], *, behind: bool = False) -> tuple[App, ReadManifest]:
        """At start: the manifest on disk, else the last good one. `ConfigError` without either.

        A restart confirms nothing: it may be the kernel's, or an orchestrator's. `behind`: the one
        on disk was in force before the last good one, and nobody has changed it since.
        """
        try:
            started = self._read(self._settings, tick)
        except ManifestError as error:
            former = self.last_good(tick)
            if former is None:
                raise
            return former, ReadManifest.bad(error)
        former = self.last_good(tick)
        found = manifest_diff(former.manifest, started.manifest) if former else None
        if former is not None and behind:
            return former, ReadManifest("behind")
        if former is not None and found is not None and found.is_loss:
            return former, ReadManifest("held", diff=found)
        return started, ReadManifest("valid", started, found)

    def again(self, current: App, tick: Callable[[], None], *, ordered: bool) -> ReadManifest:
        """After a signal (`ordered`) or a change on disk.

        A manifest that would lose more than half of the targets is held back until it was ordered
        twice.
        """
        try:
            new = self.look(tick)
        except ConfigError as error:
            return ReadManifest.bad(error)
        except (Shortage, ReaderError) as error:
            problem = Problem(error.reason, str(self._settings.manifest))
            return ReadManifest("invalid", problems=(problem,), count=1, passing=True)
        found = manifest_diff(current.manifest, new.manifest)
        if found.is_loss:
            digest = new.manifest.digest
            self._confirmations[digest] += ordered
            if self._confirmations[digest] < 2:
                return ReadManifest("held", diff=found)
        self._confirmations.clear()
        return ReadManifest("valid", new, found)

    def look(self, tick: Callable[[], None]) -> App:
        """Settings and manifest as they are on disk. `ConfigError`, `Shortage`, `ReaderError`."""
        return self._read(fitting(self._settings, load_settings()), tick)

    def save(self, current: App) -> None:
        """Remember this manifest for a restart. Failing to is logged, and disturbs nothing."""
        try:
            content = file_bytes(current.settings.manifest)
        except ManifestError as error:
            log.warning("manifest.not_kept", why=str(error))
            return
        if sha256(content).hexdigest() == current.manifest.digest:
            self._remember(content)  # else it is another one already; the watcher will tell

    def _remember(self, content: bytes) -> None:
        draft = self._saved.with_name(f"{LAST_GOOD}.{os.getpid()}")
        try:
            make_private(draft.parent)
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._saved)
        except OSError as error:
            log.warning("manifest.not_kept", why=str(error))
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def learn(self, text: bytes) -> None:
        """The last good one of all who share the ledger; what is remembered here may be old."""
        try:
            known = file_bytes(self._saved)
        except ManifestError:
            known = b""
        if text != known:
            self._remember(text)

    def last_good(self, tick: Callable[[], None] = _go_on) -> App | None:
        """With the last good manifest, where one is remembered."""
        try:
            return configuration.with_manifest(self._settings, self._load(self._saved, tick))
        except ConfigError:
            return None

    def _read(self, settings: Settings, tick: Callable[[], None]) -> App:
        return configuration.with_manifest(settings, self._load(settings.manifest, tick))


def fitting(former: Settings, new: Settings) -> Settings:
    """The new settings, but for those that count only at start; which is logged."""
    fixed = {name: getattr(former, name) for name in _AT_START_ONLY}
    changed = [name for name, value in fixed.items() if getattr(new, name) != value]
    if changed:
        log.warning("settings.need_restart", names=changed)
    return new.model_copy(update=fixed)


def watched(settings: Settings) -> Sequence[Path]:
    """What a change on disk is looked for in."""
    return [settings.manifest, Path(".env"), settings.secrets_dir or DEFAULT_SECRETS_DIR]
