"""What a status says by itself, where a server adds no word of its own."""

from __future__ import annotations

from http import HTTPStatus


def status_words(status: int) -> str:
    """Never empty: it stands between quotation marks."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else f"HTTP {status}"
