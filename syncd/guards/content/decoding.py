"""A stream of which the first bytes were read already, as it is or as UTF-8 without a mark."""

from __future__ import annotations

import codecs
from typing import Protocol

from syncd.guards.content.sniffing import encoding_of

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
    """The same without byte order mark; UTF-16 comes out as UTF-8, other bytes as they are."""

    def __init__(self, head: bytes, stream: Reads) -> None:
        encoding = encoding_of(head)
        self.is_wide = bool(encoding)
        self.has_mark = head.startswith(codecs.BOM_UTF8) or (
            self.is_wide and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        )
        if self.has_mark:
            head = head[2 if self.is_wide else 3 :]
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
