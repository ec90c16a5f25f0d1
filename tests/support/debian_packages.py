"""Debian's packages, for tests that need a program: on a build machine alone."""

from __future__ import annotations

import os
import subprocess


def install(*packages: str) -> str:
    """The last words of what failed, else nothing. As root; another that installs is waited for."""
    wanted = ("install", "--yes", "--no-install-recommends", *packages)
    why = _tried(*wanted)
    if why:  # what it knows of may be old
        _tried("update")
        why = _tried(*wanted)
    return why


def _tried(*words: str) -> str:
    try:
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *words],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else done.stdout.strip()[-300:] or "no reason given"
