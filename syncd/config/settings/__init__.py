"""The settings: environment, `.env` and a folder of secret files (docs/reference/settings.md)."""

from syncd.config.settings.gathering import DEFAULT_SECRETS_DIR, dotenv_has_secret
from syncd.config.settings.loading import load_settings, unknown_sources
from syncd.config.settings.model import PREFIX, Settings, SourceCredentials
from syncd.config.settings.secrecy import names_a_host, secret_values

__all__ = [
    "DEFAULT_SECRETS_DIR",
    "PREFIX",
    "Settings",
    "SourceCredentials",
    "dotenv_has_secret",
    "load_settings",
    "names_a_host",
    "secret_values",
    "unknown_sources",
]
