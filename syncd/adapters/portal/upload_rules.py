"""What udata does with the files that it is sent: their names, titles and times."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote

from syncd.core.addresses import path_of
from syncd.core.composed import composed

LONGEST = 180  # bytes; a name of about 300 characters makes it answer 500 (udata 17.18)
_BYTES_PER_SECOND = 10_000_000  # it assembles 1 GiB in about 10 s; ten times slower

_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\%/]')


class UdataUploads:
    """The `UploadRules` of `syncd.core.ports`."""

    # One name, one dataset, one second: it answers 500 (udata 17.18).
    apart = timedelta(seconds=1.1)

    def name(self, key: str) -> str:
        """The portal slugifies it anyway (accents, spaces, capitals); only what breaks a multipart
        header, and what is too long, is changed here. The extension survives."""
        name = _UNSAFE.sub("-", composed(key.rsplit("/", 1)[-1]))
        stem, dot, extension = name.rpartition(".")
        room = LONGEST - len(f"{dot}{extension}".encode())
        if len(name.encode()) <= LONGEST:
            return name
        if not stem or room < 1:  # nothing in it that deserves to be called an extension
            return _cut(name, LONGEST)
        return _cut(stem, room) + dot + extension

    def busy_with(self, size: int) -> timedelta:
        return timedelta(seconds=size / _BYTES_PER_SECOND)


def made_title(url: str) -> str:
    """The title that an upload gives: the last segment of the file's URL (udata 17.18)."""
    return unquote(path_of(url).rsplit("/", 1)[-1])


def _cut(text: str, size: int) -> str:
    """The beginning of a text, in at most `size` bytes, without half a letter at its end."""
    return text.encode()[:size].decode(errors="ignore")
