"""A machine that is cut off: a process with a network of its own, in which nobody else is."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from functools import cache

import pytest

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # of unshare(2)


def enter() -> None:
    """For this process, and those that it starts. `OSError` where the kernel does not allow it.

    Root keeps its rights to files, which a namespace of users would take; others need one.
    """
    flags = _NEW_NET if os.geteuid() == 0 else _NEW_NET | _NEW_USER
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


@cache
def can_be_made() -> bool:
    command = [sys.executable, "-c", f"from {__name__} import enter; enter()"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def or_skip() -> None:
    if not can_be_made():
        pytest.skip("no network namespaces can be made here")
