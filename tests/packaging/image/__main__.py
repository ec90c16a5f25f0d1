"""Builds the image, runs it, prints a table of checks. The last line: `N passed, N failed`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.packaging.deploy.tools import Skipped
from tests.packaging.image.checks import GROUPS, Bench, Group, Row
from tests.packaging.image.container import Production
from tests.packaging.image.machine import Machine

T = TypeVar("T")
ROOT = Path(__file__).parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.image", description=__doc__)
    parser.add_argument("--dockerfile", default="Dockerfile", help="another one")
    parser.add_argument("--compose", default="docker-compose.yml", help="another one")
    parser.add_argument(
        "--only", help="a group of checks", choices=[one.__name__ for one in GROUPS]
    )
    parser.add_argument("--twice", action="store_true", help="only: do two builds make one image?")
    chosen = parser.parse_args()
    rows: list[Row] = []
    try:
        with Machine(ROOT).ready() as machine:
            examine = _build_twice if chosen.twice else _examine
            groups = [one for one in GROUPS if chosen.only in (None, one.__name__)]
            examine(
                machine, chosen.dockerfile, Production.read(ROOT / chosen.compose), groups, rows
            )
    except Skipped as why:
        sys.stderr.write(f"SKIPPED image-test: {why}\n")
    failed = sum(not row.passed for row in rows)
    sys.stdout.write(f"{len(rows) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


def _examine(
    machine: Machine,
    dockerfile: str,
    production: Production,
    groups: Sequence[Group],
    rows: list[Row],
) -> None:
    def check(name: str, passed: bool, detail: object) -> None:
        _note(rows, name, passed, detail)

    if not machine.has_base():
        _timed("base image made", machine.make_base)
    image = _timed("image built", lambda: machine.build(dockerfile))
    bench = Bench(machine, image, production, check)
    for group in groups:
        name = group.__name__
        sys.stdout.write(f"{name}: {(group.__doc__ or '').splitlines()[0]}\n")
        try:
            group(bench)
        except Exception as error:
            check(f"{name} to its end", False, f"{type(error).__name__}: {error}")


def _build_twice(
    machine: Machine, dockerfile: str, _: Production, __: Sequence[Group], rows: list[Row]
) -> None:
    if not machine.has_base():
        _timed("base image made", machine.make_base)
    first, second = (
        _timed(f"image built for the {nth} time", lambda: machine.build(dockerfile, again=True))
        for nth in ("first", "second")
    )
    _note(rows, "two builds make one image", first == second, f"{first} {second}")


def _note(rows: list[Row], name: str, passed: bool, detail: object) -> None:
    rows.append(Row(passed, name, "" if detail is None else str(detail)))
    mark = "ok  " if passed else "FAIL"
    sys.stdout.write(f"  {mark}  {name:<45}{rows[-1].detail}\n")
    sys.stdout.flush()


def _timed(what: str, step: Callable[[], T]) -> T:
    began = time.monotonic()
    result = step()
    sys.stdout.write(f"{what} in {time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    sys.exit(main())
