"""What is wrong goes to stdout, which tool could not be had to stderr.

Exit code 1 if anything is wrong.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.packaging.deploy.lint import LINTERS, Linter, Skipped

ROOT = Path(__file__).parents[3]


def main() -> int:
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(_run, LINTERS))
    skipped = [(linter, found) for linter, found in results if isinstance(found, Skipped)]
    findings = [line for _, found in results if isinstance(found, list) for line in found]
    for linter, why in skipped:
        sys.stderr.write(f"SKIPPED {linter}: {why}\n")
    sys.stdout.write("".join(f"{line}\n" for line in findings))
    done = len(results) - len(skipped)
    sys.stdout.write(f"Deployment files: {done} linters, {len(findings)} finding(s)\n")
    return 1 if findings else 0


def _run(linter: Linter) -> tuple[str, list[str] | Skipped]:
    try:
        return linter.__name__, linter(ROOT)
    except Skipped as why:
        return linter.__name__, why


if __name__ == "__main__":
    sys.exit(main())
