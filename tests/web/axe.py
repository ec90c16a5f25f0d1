"""axe-core: the script that looks for barriers in a page, and what it says."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.packaging.deploy.tools import Skipped, cache
from tests.web.browser import Browser

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_BUILT = "built"  # the file that says that all is there


def script() -> str:
    """The script, from a pinned package in the tests' cache. `Skipped` where it cannot be had."""
    named = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:16]
    home = cache() / f"axe-{named}"
    with (cache() / f"axe-{named}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs do not fetch it at once
        if not (home / _BUILT).exists():
            _fetch(home)
    return (home / "axe_playwright_python" / "axe.min.js").read_text(encoding="utf-8")


def _fetch(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = subprocess.run(
        [*command, "--no-deps", "--target", str(home), "--requirement", str(_REQUIREMENTS)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Skipped(f"axe-core could not be fetched: {done.stderr[-300:]}")
    (home / _BUILT).touch()


def violations(browser: Browser, axe: str) -> list[str]:
    """Every rule that the page in the browser breaks, and where; best practices too."""
    browser.run(axe)
    found: dict[str, Any] = browser.run_async(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations', 'incomplete']})"
        ".then(done, error => done({error: String(error)}));"
    )
    assert "error" not in found, found
    assert len(found["passes"]) > 10, "axe looked at nothing"
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}"
        for kind in ("violations", "incomplete")
        for rule in found[kind]
        for node in rule["nodes"]
    ]
