"""A memory limit for a process and what it starts, as of a container: a cgroup, if one may be made.

Where not, `RLIMIT_DATA` of each process: stricter for the service, and it knows no sum.
"""

from __future__ import annotations

import itertools
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_numbers = itertools.count(1)


class MemoryLimit:
    """`enter` is called in the child, before it becomes the program."""

    def __init__(self, size: int, folder: Path | None) -> None:
        self._size = size
        self._folder = folder

    def __str__(self) -> str:
        return "no cgroup" if self._folder is None else "in a cgroup"

    @property
    def enter(self) -> Callable[[], None]:
        if self._folder is None:
            return lambda: resource.setrlimit(resource.RLIMIT_DATA, (self._size, self._size))
        members = self._folder / "cgroup.procs"
        return lambda: members.write_text("0")

    @property
    def kills(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        if self._folder is None:
            return 0
        for name in ("memory.events", "memory.oom_control"):
            with_counts = self._folder / name
            if with_counts.exists():
                facts = dict(line.split() for line in with_counts.read_text().splitlines())
                return int(facts.get("oom_kill", 0))
        return 0


@contextmanager
def memory_limit(size: int) -> Iterator[MemoryLimit]:
    """For `size` bytes, of all processes together where a cgroup can be made."""
    folder = _made(size)
    try:
        yield MemoryLimit(size, folder)
    finally:
        if folder is not None:
            _remove(folder)


def _made(size: int) -> Path | None:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        mine, limit = _CGROUPS / "memory" / path.lstrip("/"), "memory.limit_in_bytes"
        if not controllers:
            mine, limit = _CGROUPS / path.lstrip("/"), "memory.max"
        elif "memory" not in controllers.split(","):
            continue
        folder = mine / f"syncd-test-{os.getpid()}-{next(_numbers)}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / limit).write_text(str(size))
        except OSError:  # the kind of cgroups that knows no memory here
            folder.rmdir()
            continue
        return folder
    return None


def _remove(folder: Path) -> None:
    """What is still in it goes with it, as in a container."""
    end = time.monotonic() + 30
    while True:
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
            for pid in (folder / "cgroup.procs").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
        else:
            return
