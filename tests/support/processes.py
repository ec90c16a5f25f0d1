"""Other processes, as Linux tells of them in /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and all that it started, and those started."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(_fields(place)[1]), []).append(int(place.parent.name))
    found, waiting = [pid], [pid]
    while waiting:
        found += (more := children.get(waiting.pop(), []))
        waiting += more
    return found


def cpu_seconds(pid: int) -> float:
    """Of all its threads, in its own code and in the kernel; 0 where it has ended."""
    try:
        fields = _fields(Path(f"/proc/{pid}/stat"))
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fields(stat: Path) -> list[str]:
    """From the third on, of proc(5): the name may hold anything, and ends with the last bracket."""
    return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
