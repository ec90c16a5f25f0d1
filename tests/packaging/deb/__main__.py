"""Prints a table of checks. The last line: `N passed, N failed`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.packaging.deb.checks import GROUPS, Bench
from tests.packaging.deb.debian import base, packages
from tests.packaging.deploy.tools import Skipped
from tests.packaging.image.container import Container
from tests.packaging.image.machine import Machine
from tests.packaging.image.world import world

ROOT = Path(__file__).parents[3]
SMALL = 1024 * 1024  # bytes; the image's test has the large file


def main() -> int:
    results: list[bool] = []

    def check(name: str, passed: bool, detail: object) -> None:
        results.append(passed)
        said = "" if passed or detail is None else str(detail)
        sys.stdout.write(f"  {'ok  ' if passed else 'FAIL'}  {name:<45}{said}\n")
        sys.stdout.flush()

    try:
        with Machine(ROOT).ready() as machine, tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            image = base(machine)
            built = packages(home / "dist")
            with world(home / "world", SMALL) as met:
                mounts = {"/dist": home / "dist", "/given": home / "world" / "mounted"}
                volumes = [f"--volume={here}:{there}:ro" for there, here in mounts.items()]
                options = ["--network=host", *volumes]
                with Container(machine, image, options, ["sleep", "infinity"]) as container:
                    bench = Bench(container, met, built, check)
                    for group in GROUPS:
                        sys.stdout.write(f"{group.__name__}: {group.__doc__}\n")
                        group(bench)
    except Skipped as why:
        sys.stderr.write(f"SKIPPED deb-test: {why}\n")
    except Exception as error:
        check("to its end", False, f"{type(error).__name__}: {error}")
    failed = results.count(False)
    sys.stdout.write(f"{len(results) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
