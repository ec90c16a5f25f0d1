"""sha1 beside the reading: on a large file it takes as long as the reading itself."""

from __future__ import annotations

import hashlib
import queue
import threading
from types import TracebackType

AHEAD = 4  # chunks that may wait to be hashed: what the reading may be ahead, and no more memory


class Sha1:
    """Given chunks in order; of the second on, a thread does the work. For use as a context.

    hashlib lets go of the interpreter's lock meanwhile, so both go on at once.
    """

    def __init__(self) -> None:
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._chunks: queue.Queue[bytes | None] = queue.Queue(AHEAD)
        self._thread: threading.Thread | None = None
        self._given = 0

    def __enter__(self) -> Sha1:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def update(self, chunk: bytes) -> None:
        self._given += 1
        if self._given == 1:  # most files have one: not worth a thread
            self._sha1.update(chunk)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sha1", daemon=True)
            self._thread.start()
        self._chunks.put(chunk)

    def hexdigest(self) -> str:
        """Of all chunks given; none may follow."""
        self._end()
        return self._sha1.hexdigest()

    def _work(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._sha1.update(chunk)

    def _end(self) -> None:
        if self._thread is not None:
            self._chunks.put(None)
            self._thread.join()
            self._thread = None
