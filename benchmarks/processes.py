"""What processes that go on cost: read from /proc (proc(5)), with all that they started."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Seconds, of it and of those under it, also of those that have ended and were waited for."""
    return sum(cpu_of(one) for one in family(pid))


def family(pid: int) -> list[int]:
    """It, and all that descend from it."""
    found = [pid]
    for one in found:
        found += _children(one)
    return found


def resident(pids: Iterable[int]) -> int:
    """Bytes; what several share is shared out among them."""
    return sum(_kibibytes(_read(pid, "smaps_rollup"), "Pss:") for pid in pids)


def peak(pid: int | str = "self") -> int:
    """Bytes of resident memory at the most; what its maker held does not count."""
    return _kibibytes(_read(pid, "status"), "VmHWM:")


def cpu_of(pid: int) -> float:
    """Seconds, without those under it that live."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICK


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in _names(Path(f"/proc/{pid}/task")):
        found += map(int, _read(pid, f"task/{thread}/children").split())
    return found


def _kibibytes(told: str, name: str) -> int:
    """Its bytes; 0 where it is not told."""
    lines = (line.split() for line in told.splitlines() if line.startswith(name))
    return next((int(words[1]) * 1024 for words in lines), 0)


def _read(pid: int | str, what: str) -> str:
    """Nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _names(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
