"""What must be masked of the settings, wherever others are shown them."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from syncd.config.settings.model import Settings


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
    for url in (settings.notify_urls, settings.contact_url, settings.heartbeat_url):
        if url:
            found.update(_told(url.get_secret_value()))
    for url in (settings.proxy, settings.database_url):
        # A token may stand alone, in the place of the user's name.
        parts = urlsplit(url.get_secret_value()) if url else None
        password = (parts.password or parts.username) if parts else None
        if url and password:
            found.update({url.get_secret_value(), password, unquote(password)})
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def _told(urls: str) -> set[str]:
    """Notification addresses: as a whole, and the parts that open a door.

    In a webhook's address that is the path; the host and the user's name are no secret.
    """
    found = set()
    for url in urls.split():
        found.add(url)
        rest = url.partition("://")[2]
        authority, _, path = rest.partition("/")
        password = authority.rpartition("@")[0].partition(":")[2]
        parts = {password, path.partition("?")[0], *path.partition("?")[0].split("/")}
        # Shorter ones are words such as "hooks", which would mask half the log.
        found.update({part for part in parts if len(part) >= 12} | ({password} - {""}))
        found.update({unquote(part) for part in set(found) if "%" in part})
    return found
