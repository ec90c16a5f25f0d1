"""Reads files that somebody else may have put there, without ever waiting for one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegular(OSError):
    """A pipe, a socket or a device: reading it may last for ever, or do something."""


def open_regular(path: Path) -> BinaryIO:
    """For reading; of symlinks that of their end. `NotRegular`, or another `OSError`."""
    # Without O_NONBLOCK a pipe that nobody writes to would be waited for here already.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    file = os.fdopen(descriptor, "rb")
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return file
    file.close()
    raise NotRegular(errno.EINVAL, "not a regular file", str(path))


def read_regular(path: Path, at_most: int = -1) -> bytes:
    """The content, or `at_most` bytes of it; errors as of `open_regular`."""
    with open_regular(path) as file:
        return file.read(at_most)
