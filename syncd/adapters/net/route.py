"""How a server is reached, and what must be repeated to nobody. Pure."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Route:
    """`via`: HOST:PORT of the proxy; "" = directly. `secrets`: the longest first."""

    host: str
    via: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def to(cls, host: str, proxy: str | None, *keys: str | None) -> Self:
        """`proxy`: its URL, with the user and password in it. `keys`: what opens the server."""
        secrets = set(keys)
        via = ""
        if proxy is not None:
            parts = urlsplit(proxy)
            name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
            via = f"{name}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
            if secret := password or user:
                basic = b64encode(f"{user}:{password}".encode()).decode()  # RFC 7617
                secrets |= {proxy, basic, secret, quote(secret, safe=""), parts.password}
        known = sorted((secret for secret in secrets if secret), key=len, reverse=True)
        return cls(host, via, tuple(known))

    def without_secrets(self, text: str) -> str:
        """Servers, proxies and libraries may repeat what they were given."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text
