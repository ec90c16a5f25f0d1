"""Run one command and say what it cost; started as a small process of its own.

Linux counts towards a program's peak memory what its parent held at the moment of the start. The
benchmark itself holds a hundred megabytes; this module, run alone, holds about ten.
"""

import json
import os
import sys
import time


def main() -> None:
    """`measured.py REPORT COMMAND…`: the report is a JSON object; `peak` is in bytes."""
    report, *command = sys.argv[1:]
    started = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    cost = {
        "seconds": time.monotonic() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    with open(report, "w", encoding="utf-8") as stream:  # noqa: PTH123 - pathlib costs memory here
        json.dump(cost, stream)


if __name__ == "__main__":
    main()
