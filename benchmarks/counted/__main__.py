"""Count the instructions of four small jobs, and hold them to the repository's figures.

    make counts          compare; exit code 1 when one needs 5 % more, or has no figure
    make new-counts      write the figures anew, after a change that may cost what it costs

In CI, seconds say nothing: another machine, or this one at work for others, has other ones.
Instructions are the same everywhere where Python and the processor's kind are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.counted import figures, valgrind
from benchmarks.counted.figures import Compared
from benchmarks.counted.world import Settings, world

AT_ONCE = 2  # jobs


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.counted", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("jobs", nargs="*", help="these alone: idle, publication, status, sync")
    parser.add_argument("--write", action="store_true", help="make what is counted the figures")
    asked = parser.parse_args()
    began = time.monotonic()
    try:
        counts = counted(asked.jobs)
    except valgrind.Missing as why:
        sys.stderr.write(f"SKIPPED counts: {why}\n")
        print("0 passed, 0 failed")
        return 0
    except valgrind.Failed as why:
        print(f"{why}\n0 passed, 1 failed")
        return 1
    place = figures.here()
    if asked.write:
        figures.write(figures.PATH, place, counts)
    known = figures.read(figures.PATH, place)
    compared = [Compared(job, count, known.get(job)) for job, count in counts.items()]
    print(f"instructions, {place}, in {time.monotonic() - began:.0f} s")
    print("\n".join([figures.HEAD, *(one.line for one in compared)]))
    failed = sum(not one.passed for one in compared)
    if failed:
        print("Find what costs it, or write the figures anew where it is worth it: make new-counts")
    print(f"{len(compared) - failed} passed, {failed} failed")
    return 1 if failed else 0


def counted(jobs: list[str]) -> dict[str, int]:
    """By job. `Missing`, `Failed`."""
    valgrind.install()
    with tempfile.TemporaryDirectory(prefix="syncd-counted-") as name:
        counting = valgrind.library(Path(name))
        with world(Path(name)) as made, ThreadPoolExecutor(AT_ONCE) as pool:
            chosen = {job: made[job] for job in (jobs or made)}
            found = pool.map(partial(_one, counting), chosen.items())
            return dict(zip(chosen, found, strict=True))


def _one(counting: Path, job: tuple[str, Settings]) -> int:
    valgrind.warm_up(counting, *job)
    return valgrind.instructions(counting, *job)


if __name__ == "__main__":
    sys.exit(main())
