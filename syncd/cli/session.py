"""What the commands that touch the world have in common: settings, logs and manifest."""

from __future__ import annotations

import sys

from syncd import app, telemetry, wording
from syncd.settings import Settings, load_settings, secret_values


def begin() -> app.App:
    """Settings, logs and manifest, in this order. `ConfigError` with every problem at once."""
    return app.start(settings())


def settings() -> Settings:
    """Settings and logs alone. `ConfigError` with every problem at once."""
    found = load_settings()
    wording.speak(found.lang)
    telemetry.configure(found.log_format or "auto", _level(found), secret_values(found))
    return found


def _level(settings: Settings) -> str:
    """On a terminal the command's own words are enough, unless a level was asked for."""
    if sys.stderr.isatty() and "log_level" not in settings.model_fields_set:
        return "error"
    return settings.log_level
