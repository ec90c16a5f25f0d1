"""Sheets and Parquet are opened in a process of their own.

Their readers are compiled code: a small file can make them want more memory than there is, and
then they end their process by a signal, which nobody can catch. Here that is one file's trouble.

    python -m syncd.guards.content.apart KIND FILE
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from threading import Lock

import structlog

from syncd.core.errors import Shortage
from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.profile import Profile

log = structlog.get_logger("syncd.content")

MEMORY = 400 << 20  # bytes of address space: beside syncd itself in a container of 512 MiB
SECONDS = 300.0
# A sheet's cells are held in memory, two and a half times what it has unpacked.
LARGEST = 128 << 20  # bytes unpacked
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL")
SHORT = 75  # EX_TEMPFAIL of sysexits.h: this machine had no more of something
_ONE = Lock()  # two at once would want twice the memory


def scan(kind: str, path: Path, unpacked: int = 0) -> Profile:
    """`kind`: parquet, xlsx, ods or xls. `unpacked`: bytes that a sheet has uncompressed.

    A file that the process does not survive does not open; `OSError` when none can be started,
    `Shortage` where this machine had not enough for it.
    """
    if unpacked > LARGEST:
        return Profile(kind, unseen=because("guard_unseen", size=unpacked, limit=LARGEST))
    hungry = Profile(kind, trouble=because("guard_hungry", limit=MEMORY, seconds=int(SECONDS)))
    # -P: what lies in the current folder is not imported.
    command = [sys.executable, "-P", "-m", "syncd.guards.content.apart", kind, str(path)]
    with _ONE:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.warning("content.too_slow", kind=kind)
            return hungry
    if done.returncode == SHORT:
        raise Shortage(done.stderr.decode())
    found = Profile.from_json(done.stdout.decode()) if done.returncode == 0 else None
    if found is None:
        words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        log.warning("content.reader_ended", kind=kind, code=done.returncode, why=words[:200])
        return hungry
    return found


def main() -> None:
    """The process: one file's profile on standard output."""
    kind, name = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from syncd.guards.content import parquet, sheets

    path = Path(name)
    try:
        found = parquet.scan(path) if kind == "parquet" else sheets.scan(path, kind)
    except Exception as error:
        shortage = shortage_in(error)
        # Of memory there was as much as the limit lets any file have.
        if shortage is None or shortage.reason.code == "shortage_memory":
            raise
        sys.stderr.write(shortage.reason.code)
        sys.exit(SHORT)
    sys.stdout.write(found.to_json())


if __name__ == "__main__":
    main()
