"""What was asked of the simulated portal, in order of the answers."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

_UPLOAD = re.compile(r"^/api/1/datasets/([^/]+)/(?:resources/[^/]+/)?upload/$")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Instants are `time.monotonic()` seconds."""

    method: str
    path: str
    query: str
    status: int  # 0: the connection was closed without an answer
    person: str | None  # whose key or session it was
    started: float
    ended: float
    received: int  # bytes of the body
    headers: Mapping[str, str]  # names in lower case; without the key
    fields: Mapping[str, str]  # of an upload, beside its file: `uuid`, `partindex`, …

    @property
    def uploads_to(self) -> str | None:
        """The dataset's id or slug, when this is an upload."""
        match = _UPLOAD.match(self.path) if self.method == "POST" else None
        return match.group(1) if match else None

    @property
    def is_part(self) -> bool:
        """One part of a file, with which nothing is online yet."""
        return "partindex" in self.fields


class Journal:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[Asked] = []

    def add(self, asked: Asked) -> None:
        with self._lock:
            self._asked.append(asked)

    def clear(self) -> None:
        with self._lock:
            self._asked.clear()

    def all(self) -> list[Asked]:
        with self._lock:
            return list(self._asked)

    def uploads(self) -> list[Asked]:
        return [a for a in self.all() if a.uploads_to]

    def overlapping_uploads(self) -> list[tuple[Asked, Asked]]:
        """Pairs of uploads to one dataset that were under way at one instant.

        Parts of one file are no such pair.
        """
        uploads = sorted(self.uploads(), key=lambda a: a.started)
        return [
            (one, other)
            for place, one in enumerate(uploads)
            for other in uploads[place + 1 :]
            if one.uploads_to == other.uploads_to and other.started < one.ended
            if "uuid" not in one.fields or one.fields["uuid"] != other.fields.get("uuid")
        ]
