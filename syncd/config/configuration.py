"""The settings and the manifest together: what every command starts from."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.config.manifest import LoadedManifest, load
from syncd.config.settings import Settings, unknown_sources
from syncd.core.errors import SettingsError
from syncd.core.records import Cause


@dataclass(frozen=True, slots=True)
class App:
    """What every command starts from."""

    settings: Settings
    manifest: LoadedManifest


def start(settings: Settings) -> App:
    """Read the manifest. `ConfigError` with every problem at once."""
    return with_manifest(settings, load(settings.manifest))


def with_manifest(settings: Settings, manifest: LoadedManifest) -> App:
    """`SettingsError` when the settings do not fit the manifest."""
    problems = unknown_sources(settings, tuple(manifest.sources))
    if problems:
        raise SettingsError(problems)
    return App(settings, manifest)


def cause(app: App, trigger: str, by: str = "", note: str = "") -> Cause:
    """What the history says of what is published under this manifest."""
    return Cause(trigger, by, note, app.manifest.digest)
