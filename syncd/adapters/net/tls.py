"""Which certificates are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx


def trusting(ca_bundle: Path | None) -> ssl.SSLContext:
    """The public authorities, and the ministry's own beside them where there is one."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def shows_a_certificate(proxy: str) -> bool:
    """One that is reached by https does, too."""
    return urlsplit(proxy).scheme == "https"
