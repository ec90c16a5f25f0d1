"""On which file system a path lies, by proc_pid_mountinfo(5)."""

from __future__ import annotations

import re
from pathlib import Path


def mount_of(path: Path, mountinfo: str) -> tuple[Path, str]:
    """The mount's point and its type; "" where that is not known. `path` without symlinks.

    Of the mounts whose point is above the path the longest counts, and of equal ones the last,
    which hides the others.
    """
    best, kind = Path(), ""
    for line in mountinfo.splitlines():
        before, found, after = line.partition(" - ")
        fields = before.split()
        if not found or len(fields) < 5 or not after.split():
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, after.split()[0]
    return best, kind
