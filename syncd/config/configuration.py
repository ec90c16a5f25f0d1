"""The settings and the manifest together: what every command starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncd.config.manifest.remembered import recalled
from syncd.config.settings import Settings, unknown_sources
from syncd.core.errors import Problem, SettingsError
from syncd.core.hosts import is_loopback
from syncd.core.reasons import Reason, because
from syncd.core.records import Cause

if TYPE_CHECKING:
    from syncd.config.manifest import LoadedManifest


@dataclass(frozen=True, slots=True)
class App:
    """What every command starts from."""

    settings: Settings
    manifest: LoadedManifest


def start(settings: Settings, *, anew: bool = False) -> App:
    """Read the manifest. `ConfigError` with every problem at once.

    `anew`: whatever its bytes were read as the last time.
    """
    known = None if anew else recalled(settings.manifest, settings.state_dir)
    if known is None:
        from syncd.config.manifest import load  # here: with it come YAML and pydantic

        known = load(settings.manifest)
    return with_manifest(settings, known)


def with_manifest(settings: Settings, manifest: LoadedManifest) -> App:
    """`SettingsError` when the settings do not fit the manifest."""
    problems = unknown_sources(settings, tuple(manifest.sources))
    open_way = portal_in_the_open(settings, manifest.portal)
    if open_way is not None:
        place = manifest.portal_place
        from syncd.config.manifest import with_its_line  # here: as above

        found = Problem(open_way, str(settings.manifest), place.line, place.column, "portal")
        problems = (*problems, with_its_line(found, manifest.text))
    if problems:
        raise SettingsError(problems)
    return App(settings, manifest)


def portal_in_the_open(settings: Settings, portal: str) -> Reason | None:
    """Why a portal may not be asked at this address; None where it may."""
    parts = urlsplit(portal)
    if parts.scheme == "https" or is_loopback(parts.hostname or "") or settings.unencrypted_portal:
        return None
    return because("portal_http", portal=portal)


def event_secrets(app: App) -> dict[str, str]:
    """By source, what whoever tells of its objects must know; of others nobody may tell."""
    found = {}
    for source in app.manifest.sources:
        own = app.settings.sources.get(source)
        secret = (own.events_token if own else None) or app.settings.events_token
        if secret is not None:
            found[source] = secret.get_secret_value()
    return found


def sources_told_of(app: App) -> set[str]:
    """Those of whose new objects syncd may hear before it looks."""
    by_http = event_secrets(app) if app.settings.events_address != "off" else {}
    return {*by_http, *(name for name, one in app.manifest.sources.items() if one.queue)}


def cause(app: App, trigger: str, by: str = "", note: str = "") -> Cause:
    """What the history says of what is published under this manifest."""
    return Cause(trigger, by, note, app.manifest.digest)
