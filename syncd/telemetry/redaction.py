"""Takes known secrets out of everything that is about to be written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from datetime import date
from urllib.parse import quote, quote_plus

MASK = "***"
# Shorter ones would mask parts of every line, and by that give themselves away.
_SHORTEST = 4  # characters
_SHORTEST_BASE64 = 8


class Redaction:
    """Replaces each secret, as it is and as it is spelt in URLs, headers, JSON and `repr`."""

    def __init__(self, secrets: Sequence[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        # The longest first: a secret may begin with another one.
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text

    def value(self, value: object) -> object:
        """A copy in plain JSON types, without any secret in its keys or values."""
        match value:
            case str():
                return self.text(value)
            case None | bool() | int() | float():
                return value
            case bytes():
                return self.text(value.decode("utf-8", "backslashreplace"))
            case date():
                return value.isoformat()
            case Mapping():
                return {self.text(str(key)): self.value(entry) for key, entry in value.items()}
            case Sequence() | Set():
                return [self.value(entry) for entry in value]
        return self.text(str(value))


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for quoted in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    for raw in _as_bytes(secret):
        yield repr(raw)[2:-1]
        yield from _base64_forms(raw)


def _as_bytes(secret: str) -> Iterator[bytes]:
    """Latin 1, where it can be, is what requests and http.client make of a password."""
    yield secret.encode()
    with suppress(UnicodeEncodeError):
        yield secret.encode("latin-1")


def _base64_forms(raw: bytes) -> Iterator[str]:
    """base64 of the secret alone, and what stays of it inside of a longer text.

    `Basic` credentials (RFC 7617) encode `user:password`: three bytes become four characters, so
    the password looks different at each of three offsets, and is entangled with its neighbours at
    both ends. Those ends are left out here.
    """
    yield base64.b64encode(raw).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
    for offset in range(3):
        begin = -(-offset * 8 // 6)
        end = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * offset + raw).decode()[begin:end]
            if len(core) >= _SHORTEST_BASE64:
                yield core
