"""A Debian to install the package on, and the package, of two revisions."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.deploy.tools import Skipped
from tests.packaging.image.machine import Machine
from tools import deb

_RELEASES = {(3, 11): "bookworm", (3, 13): "trixie"}


@dataclass(frozen=True)
class Packages:
    older: str  # names of files
    newer: str
    is_reproducible: bool | None  # made twice, it was the same; None = made once


def base(machine: Machine) -> str:
    """The name of its image. Raises `Skipped` where no Debian has this Python."""
    for program in ("dpkg-deb", "git"):
        if shutil.which(program) is None:
            raise Skipped(f"{program} is not installed")
    release = _RELEASES.get(sys.version_info[:2])
    if release is None:
        raise Skipped(f"no Debian has Python {sys.version_info[0]}.{sys.version_info[1]}")
    name = f"localhost/syncd-test-debian:{release}"
    if machine.podman("image", "exists", name, expect=None).returncode != 0:
        with tempfile.TemporaryDirectory() as folder:
            tar = Path(folder) / "debian.tar"
            # What syncd.deb depends on is there, so that `apt` needs no network.
            wanted = "usr-is-merged,adduser,python3"
            machine.run(
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                f"--include={wanted}",
                "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
                release,
                str(tar),
            )
            machine.podman("import", "--quiet", str(tar), name)
    return name


def packages(into: Path) -> Packages:
    """Not compressed, which takes minutes and changes nothing of what is in them."""
    with tempfile.TemporaryDirectory() as folder:
        deb.prepare(Path(folder))
        older = deb.pack(Path(folder), into, "1", "none")
        newer = deb.pack(Path(folder), into, "2", "none")
    is_same = _is_reproducible(older) if os.environ.get("SYNCD_TEST_TORTURE") else None
    return Packages(older.name, newer.name, is_same)


def _is_reproducible(made: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return _digest(deb.build(Path(folder), "1", "none")) == _digest(made)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
