"""What the page signs with, and links to it: the key that was set, or one in the state folder."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta

from syncd.adapters.disk.file_lock import open_lock_file, wait_for_lock
from syncd.config.settings import Settings
from syncd.core.errors import SyncdError
from syncd.notify.links import Linked, linking, none_linked

FILE = "web.key"
_LENGTH = 43  # characters of 32 bytes


def signing_key(settings: Settings) -> str:
    """`SyncdError` where none can be kept."""
    if settings.web_key is not None:
        return settings.web_key.get_secret_value()
    path = settings.state_dir / FILE
    try:
        with os.fdopen(open_lock_file(path), "r+", encoding="ascii") as file:
            wait_for_lock(file.fileno())  # of several that start at once the first one makes it
            key = file.read(1024).strip()
            if len(key) < _LENGTH:  # new, or of somebody who was killed at this
                key = secrets.token_urlsafe(32)
                file.seek(0)
                file.write(key)
                file.truncate()
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or type(error).__name__
        raise SyncdError("page_no_key", path=str(path), detail=detail) from error
    return key


def contact_links(settings: Settings) -> Linked:
    """For messages to datasets' contacts, where people can open the page. `SyncdError`"""
    if not settings.web_url:
        return none_linked
    lifetime = timedelta(days=settings.web_link_days)
    return linking(signing_key(settings), settings.web_url, lifetime)
