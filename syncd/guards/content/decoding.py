"""A stream of which the first bytes were read already, as it is or as UTF-8 without a mark."""

from __future__ import annotations

import codecs
from typing import Protocol

from syncd.guards.content.sniffing import encoding_of, mark_of

_BLOCK = 1 << 18


class Reads(Protocol):
    def read(self, size: int = -1, /) -> bytes | None: ...


class Replayed:
    """`head` once more, then the rest of the stream."""

    def __init__(self, head: bytes, stream: Reads) -> None:
        self._ready = head
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if self._ready:
            size = size if size >= 0 else len(self._ready)
            chunk, self._ready = self._ready[:size], self._ready[size:]
            return chunk
        return self._stream.read(size if size >= 0 else _BLOCK) or b""


class Decoded:
    """The same without byte order mark; UTF-16 and UTF-32 as UTF-8, other bytes as they are."""

    def __init__(self, head: bytes, stream: Reads) -> None:
        encoding = encoding_of(head)
        self.wide = encoding[:6]  # utf-16 or utf-32; "" for units of one byte
        mark = mark_of(head)
        self.has_mark = bool(mark)
        head = head[len(mark) :]
        self._inner = Replayed(head, stream)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._inner.read(size)
        if self._decoder is None:
            return chunk
        while chunk:
            text = self._decoder.decode(chunk)
            if text:
                return text.encode("utf-8", "replace")
            chunk = self._inner.read(size)
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")
