"""Guards one large CSV and reads it with `sha1sum`, side by side: seconds, and memory at its most.

    python -m benchmarks.guard_2gib [--size 2GiB] [--shape plain|quoted|codes] [--keep FILE]

The guards must take no more than three times as long as `sha1sum`, in less than 150 MiB. Each
runs in a process of its own, twice, on a file that is in the page cache already.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SLOWEST = 3.0  # times `sha1sum`
MOST = 150 * 2**20  # bytes
TOWNS = ("Paris", "Lyon", "Évreux", "Saint-Étienne", "Bourg-en-Bresse", "L'Haÿ-les-Roses")


def plain(dice: random.Random, number: int) -> str:
    """Numbers, dates, a few accents: an export of a database."""
    return (
        f"{number};Musée {dice.randrange(10**4)};{dice.choice(TOWNS)};{dice.random() * 90:.6f};"
        f"{dice.random() * 5:.6f};2026-{dice.randrange(1, 13):02};{dice.randrange(10**7)};oui"
    )


def quoted(dice: random.Random, number: int) -> str:
    """Every cell in quotes; some with delimiters, quotes and line ends inside."""
    text = dice.choice(('dit ""le Petit""', "un; deux", "première\nligne", "rien", "Évreux"))
    cells = (str(number), text, dice.choice(TOWNS), f"{dice.random():.6f}", "2026-01-01", "oui")
    return ";".join(f'"{cell}"' for cell in cells)


def codes(dice: random.Random, number: int) -> str:
    """Long numbers and addresses, each of which must be looked at more closely."""
    long = dice.randrange(10**14, 10**15)
    return f"{number};{long};0{dice.randrange(10**8, 10**9)};c{number}@example.fr;FR76{long};A"


SHAPES: dict[str, Callable[[random.Random, int], str]] = {
    "plain": plain,
    "quoted": quoted,
    "codes": codes,
}


def read_size(text: str) -> int:
    found = re.fullmatch(r"(\d+)(MiB|GiB)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 64MiB or 2GiB")
    return int(found[1]) << {"MiB": 20, "GiB": 30}[found[2]]


def make(path: Path, size: int, shape: str) -> None:
    dice = random.Random(2026)  # noqa: S311 - the same file each time
    row = SHAPES[shape]
    header = ";".join(f"colonne_{at}" for at in range(row(dice, 0).count(";") + 1))
    if shape == "quoted":
        header = ";".join(f"colonne_{at}" for at in range(6))
    part = "".join(f"{row(dice, number)}\n" for number in range(200_000)).encode()
    with path.open("wb") as file:
        file.write(f"{header}\n".encode())
        for _ in range(max(1, size // len(part))):
            file.write(part)


def guarded(path: Path) -> None:
    """In a process of its own: profile and judge the file, and say what it took."""
    from datetime import UTC, datetime

    from syncd import guards
    from syncd.core.objects import Digest, Fingerprint, Version
    from syncd.core.targets import GuardPolicy, ObjectRule
    from syncd.guards.content.reading import profile_of

    size = path.stat().st_size
    version = Version("a.csv", Fingerprint('"1"', size, datetime.now(UTC)))
    started = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        profile = profile_of(file, "a.csv")
    accepted = frozenset({"csv"})
    digest = Digest("0" * 40, size)
    case = guards.CheckInput(
        version, digest, ObjectRule("a.csv"), None, None, accepted, found=profile
    )
    findings = guards.judge(case, GuardPolicy({}))
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "rows": profile.rows,
                "held": [reason.code for reason in findings.held],
                "warned": [reason.code for reason in findings.warned],
            }
        )
    )


def timed_sha1sum(path: Path) -> float:
    started = time.perf_counter()
    subprocess.run(["sha1sum", path], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def timed_guards(path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.guard_2gib", "--only", path]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--size", default=2 * 2**30, type=read_size)
    parser.add_argument("--shape", default="plain", choices=SHAPES)
    parser.add_argument("--keep", type=Path, help="make the file here, and leave it")
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        guarded(given.only)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "large.csv"
        if not path.exists():
            make(path, given.size, given.shape)
        size = path.stat().st_size
        sums = [timed_sha1sum(path) for _ in range(3)][1:]
        runs = [timed_guards(path) for _ in range(2)]
    sha1, best = min(sums), min(runs, key=lambda run: run["seconds"])
    times = best["seconds"] / sha1
    memory = max(run["memory"] for run in runs)
    print(
        f"{given.shape}, {size / 2**30:.2f} GiB, {best['rows']} rows; load {os.getloadavg()[0]:.1f}"
    )
    print(f"  sha1sum  {sha1:6.2f} s  {size / sha1 / 1e6:5.0f} MB/s")
    print(f"  guards   {best['seconds']:6.2f} s  {size / best['seconds'] / 1e6:5.0f} MB/s", end="")
    print(f"  {times:.2f} times sha1sum, {memory / 2**20:.0f} MiB; found {best['held']}")
    return 0 if times <= SLOWEST and memory <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
