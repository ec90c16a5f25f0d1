"""Notices that files on disk became others: the manifest, the secret files.

By looking, once a second: that works on every file system, and for the symlink swap by which
Kubernetes replaces a ConfigMap or a Secret as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

STILL = 2.0  # seconds for which the files must have stayed as they are

Signature = tuple[str, str, int, int, int, int]
Snapshot = tuple[Signature, ...]


class FileWatcher:
    """`files` gives the paths to look at, anew each time; folders stand for the files in them."""

    def __init__(
        self,
        files: Callable[[], Iterable[Path]],
        *,
        clock: Callable[[], float] = time.monotonic,
        still: float = STILL,
    ) -> None:
        self._files = files
        self._clock = clock
        self._still = still
        self._known = self._seen = self._snapshot()
        self._since = clock()

    @property
    def is_pending(self) -> bool:
        """Whether a change was seen that is not still yet, or not reported."""
        return self._seen != self._known

    def accept(self) -> None:
        """Whatever the files are now is known: they are being read."""
        self._known = self._seen = self._snapshot()

    def changed(self) -> bool:
        """Whether the files are others than at the last True, and have stayed still since."""
        found = self._snapshot()
        if found != self._seen:
            self._seen, self._since = found, self._clock()
        if self._seen == self._known or self._clock() - self._since < self._still:
            return False
        self._known = self._seen
        return True

    def _snapshot(self) -> Snapshot:
        return tuple(_signature(path) for path in _flat(self._files()))


def _flat(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
        except OSError:
            inside = [path]
        yield from inside


def _signature(path: Path) -> Signature:
    """Changes with the content's place and state; a missing file has one too."""
    try:
        real = path.resolve()
        stat = real.stat()
    except OSError:
        return str(path), "", 0, 0, 0, 0
    return str(path), str(real), stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size
