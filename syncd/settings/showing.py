"""What others are shown of the settings: the table of the README, and what must be masked."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pydantic import (
    ByteSize,
)

from syncd.settings.model import PREFIX, Settings, SourceCredentials


def secret_values(settings: Settings) -> tuple[str, ...]:
    """Every text that must appear nowhere, longest first: for the log redactor."""
    found: set[str] = set()
    if settings.api_key:
        found.add(settings.api_key.get_secret_value())
    for credentials in settings.sources.values():
        secrets = (
            credentials.access_key_id,
            credentials.secret_access_key,
            credentials.session_token,
        )
        found.update(secret.get_secret_value() for secret in secrets if secret)
    for url in (settings.proxy, settings.database_url):
        password = urlsplit(url.get_secret_value()).password if url else None
        if url and password:
            found.update({url.get_secret_value(), password, unquote(password)})
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name == "sources":
            rows += [
                f"| `{PREFIX}SOURCES__<NAME>__{part.upper()}` | | {info.description} |"
                for part, info in SourceCredentials.model_fields.items()
            ]
            continue
        default = "" if field.default is None else f"`{_written(field.default)}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def _written(default: object) -> str:
    if isinstance(default, ByteSize):
        return default.human_readable(separator="").replace(".0", "")
    return f"{default:g}" if isinstance(default, float) else str(default)
