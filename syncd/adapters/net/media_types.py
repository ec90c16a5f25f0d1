"""What a file is, as servers say it, by its name; as Python knows it, whatever the machine does."""

from __future__ import annotations

import mimetypes
from functools import cache

_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def media_type(name: str) -> str | None:
    """Of a packed file that of its packing: its bytes are those (RFC 9110 §8.4). None = unknown."""
    found, packed = _types().guess_type(name)
    return _PACKED.get(packed, "application/octet-stream") if packed else found


@cache
def _types() -> mimetypes.MimeTypes:
    return mimetypes.MimeTypes()
