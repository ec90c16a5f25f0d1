"""What the process gives up before it sees a file: files, network, memory, and a life of its own.

As far as the kernel lets a process without rights do so. What an older kernel or a container's
rules do not allow is left out: the limits of memory and time hold everywhere.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from syncd.adapters.reader.limits import DESCRIPTORS, MEMORY

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # of unshare(2)
_NO_NEW_PRIVS = 38  # of prctl(2)
# landlock(7): numbers that are the same on all machines.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # version -> how many rights to files it knows
_PORTS_SINCE, _SCOPES_SINCE = 4, 6
_BIND_AND_CONNECT, _ABSTRACT_SOCKETS_AND_SIGNALS = 3, 3


def confine(lifeline: int, memory: int = MEMORY, folders: Iterable[str] = ()) -> None:
    """`lifeline`: the end of a pipe whose other end the parent holds.

    `memory`: bytes of address space. `folders`: what may be read beside Python's own files.
    """
    _end_with(lifeline)
    _leave_signals_to_the_parent()
    _be_first_to_go()
    _leave_the_folder()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(_NEW_USER | _NEW_NET)  # a network without a single device
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    _open_libraries_only(libc, folders)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
    ):
        resource.setrlimit(what, (most, most))


def _end_with(lifeline: int) -> None:
    """The kernel ends this process (SIGIO) when the parent is gone, whatever it is busy with.

    Not PR_SET_PDEATHSIG: that looks at the parent's thread, and cycles have threads of their own.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    watch = select.poll()
    watch.register(lifeline, 0)
    if watch.poll(0):  # it went before this was set
        sys.exit(0)


def _leave_signals_to_the_parent() -> None:
    """Who stops a service tells all its processes (systemd does); the one that is in charge knows
    whether what is read now is read to its end. Else it would seem to be the file's doing."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _be_first_to_go() -> None:
    """Where memory is short after all, the kernel ends this process and not the service."""
    with suppress(OSError), Path("/proc/self/oom_score_adj").open("w", encoding="ascii") as file:
        file.write("1000")


def _leave_the_folder() -> None:
    """To one that is removed at once: nothing lies in it, and nothing can be made there."""
    os.chdir("/")
    folder = Path(os.environ.get("TMPDIR") or "/tmp", f"syncd-reader-{os.getpid()}")  # noqa: S108 - empty, and gone at once
    with suppress(OSError):
        folder.mkdir(0o700)
        os.chdir(folder)
        folder.rmdir()


def _open_libraries_only(libc: ctypes.CDLL, others: Iterable[str]) -> None:
    """From here on no file can be opened but Python's own, and those only for reading."""
    version = libc.syscall(_CREATE, None, 0, _ASK_VERSION)
    if version < 1:
        return
    files = (1 << max(count for since, count in _RIGHTS.items() if since <= version)) - 1
    ports = _BIND_AND_CONNECT if version >= _PORTS_SINCE else 0
    scopes = _ABSTRACT_SOCKETS_AND_SIGNALS if version >= _SCOPES_SINCE else 0
    known = 8 if version < _PORTS_SINCE else 16 if version < _SCOPES_SINCE else 24
    ruleset = libc.syscall(_CREATE, struct.pack("=QQQ", files, ports, scopes), known, 0)
    if ruleset < 0:
        return
    libraries = {sys.prefix, sys.base_prefix, *sys.path, "/lib", "/lib64", "/usr/lib", "/usr/lib64"}
    for folder in filter(os.path.isdir, {*libraries, *others}):
        place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", _READ_FILE | _READ_DIR, place)
        libc.syscall(_ADD, ruleset, _PATH_BENEATH, rule, 0)
        os.close(place)
    libc.syscall(_RESTRICT, ruleset, 0)
    os.close(ruleset)
