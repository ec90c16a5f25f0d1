"""A file that is read while somebody else still writes it."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from io import FileIO
from typing import Any

_TICK = 0.02  # seconds between two looks whether there is more


class GrowingFile(FileIO):
    """As if it were whole: a read waits for its bytes, any other look for all of them.

    `told`: the end of a pipe over which a byte comes once the file is whole; then `when_whole` is
    called. Where the pipe is closed without, this process ends. Bytes that are there stay as they
    are.
    """

    def __init__(self, descriptor: int, told: int, when_whole: Callable[[], None]) -> None:
        super().__init__(descriptor)
        self._told = told
        self._when_whole = when_whole
        self._is_whole = False

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            self._await_all()
            return super().read() or b""
        found = super().read(size) or b""
        while len(found) < size and not self._is_whole:
            self._wait(_TICK)
            found += super().read(size - len(found)) or b""
        return found

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any, /) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence != os.SEEK_SET or offset > self.tell():
            self._await_all()
        return super().seek(offset, whence)

    def _await_all(self) -> None:
        while not self._is_whole:
            self._wait(None)

    def _wait(self, seconds: float | None) -> None:
        watch = select.poll()
        watch.register(self._told, select.POLLIN)
        if not watch.poll(None if seconds is None else seconds * 1000):
            return
        if not os.read(self._told, 1):
            raise SystemExit
        self._is_whole = True
        self._when_whole()
