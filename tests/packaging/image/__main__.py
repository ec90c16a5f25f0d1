"""Builds the image, runs it, prints a table of checks. The last line: `N passed, N failed`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.packaging.deploy.tools import Skipped
from tests.packaging.image.checks import GROUPS, Bench, Row
from tests.packaging.image.container import Production
from tests.packaging.image.machine import Machine

T = TypeVar("T")
ROOT = Path(__file__).parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.image", description=__doc__)
    parser.add_argument("--dockerfile", default="Dockerfile", help="another one")
    parser.add_argument("--compose", default="docker-compose.yml", help="another one")
    chosen = parser.parse_args()
    rows: list[Row] = []
    try:
        with Machine(ROOT).ready() as machine:
            _examine(machine, chosen.dockerfile, ROOT / chosen.compose, rows)
    except Skipped as why:
        sys.stderr.write(f"SKIPPED image-test: {why}\n")
    failed = sum(not row.passed for row in rows)
    sys.stdout.write(f"{len(rows) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


def _examine(machine: Machine, dockerfile: str, compose: Path, rows: list[Row]) -> None:
    def check(name: str, passed: bool, detail: object) -> None:
        rows.append(Row(passed, name, "" if detail is None else str(detail)))
        mark = "ok  " if passed else "FAIL"
        sys.stdout.write(f"  {mark}  {name:<45}{rows[-1].detail}\n")
        sys.stdout.flush()

    if not machine.has_base():
        _timed("base image made", machine.make_base)
    image = _timed("image built", lambda: machine.build(dockerfile))
    bench = Bench(machine, image, Production.read(compose), check)
    for group in GROUPS:
        name = group.__name__
        sys.stdout.write(f"{name}: {(group.__doc__ or '').splitlines()[0]}\n")
        try:
            group(bench)
        except Exception as error:
            check(f"{name} to its end", False, f"{type(error).__name__}: {error}")


def _timed(what: str, step: Callable[[], T]) -> T:
    began = time.monotonic()
    result = step()
    sys.stdout.write(f"{what} in {time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    sys.exit(main())
