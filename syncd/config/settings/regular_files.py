"""Reads files that somebody else may have put there, without ever waiting for one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotRegular(OSError):
    """A pipe, a socket or a device: reading it may last for ever, or do something."""


def read_regular(path: Path, at_most: int = -1) -> bytes:
    """The content, of symlinks that of their end; `NotRegular`, or another `OSError`.

    `at_most`: bytes.
    """
    # Without O_NONBLOCK a pipe that nobody writes to would be waited for here already.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise NotRegular(errno.EINVAL, "not a regular file", str(path))
        return file.read(at_most)
