"""Links for a dataset's contact: to read of its deposits alone, for a time, and nothing else. Pure.

A link is bound to the contact that the manifest names: with another contact, or none, it opens
nothing any more. So nothing is kept of the links that were given.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PREFIX = "/deposits/"  # of their addresses on the page
_PURPOSE = "syncd: a contact's link, 1"  # no other thing that the key signs is one
_LONGEST = 2000  # characters

Linked = Callable[[str, str, datetime], str]  # dataset, contact, now -> a link, or ""


@dataclass(frozen=True, slots=True)
class Link:
    """What a token claims. `dataset`: as the manifest has it."""

    dataset: str
    until: datetime
    signature: str

    def is_genuine(self, key: str, contact: str) -> bool:
        """In the same time for every signature (RFC 2104, and `hmac.compare_digest`)."""
        mine = _signature(key, self.dataset, contact, self.until)
        return bool(contact) and hmac.compare_digest(mine, self.signature)


def token(key: str, dataset: str, contact: str, until: datetime) -> str:
    signature = _signature(key, dataset, contact, until)
    return f"{_in_url(dataset.encode())}.{int(until.timestamp()):x}.{signature}"


def read(given: str) -> Link | None:
    """None for what is no token at all; nothing is believed yet."""
    parts = given.split(".")
    if len(parts) != 3 or len(given) > _LONGEST or not given.isascii():
        return None
    name, until, signature = parts
    try:
        dataset = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
        return Link(dataset, datetime.fromtimestamp(int(until, 16), UTC), signature)
    except (ValueError, OverflowError, OSError):
        return None


def none_linked(_: str, __: str, ___: datetime) -> str:
    return ""


def linking(key: str, url: str, lifetime: timedelta) -> Linked:
    """`url`: where people open the page."""

    def linked(dataset: str, contact: str, now: datetime) -> str:
        return f"{url}{PREFIX}{token(key, dataset, contact, now + lifetime)}"

    return linked


def _signature(key: str, dataset: str, contact: str, until: datetime) -> str:
    parts = (_PURPOSE, dataset, contact.casefold(), f"{int(until.timestamp()):x}")
    signed = hmac.digest(key.encode(), "\0".join(parts).encode(), "sha256")
    return _in_url(signed)


def _in_url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
