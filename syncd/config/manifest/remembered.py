"""What a manifest was read as the last time, in the state folder.

Whoever works by a manifest leaves it there, as the plain values that cross between processes.
Whoever starts with the same bytes, and the same syncd, takes it from there and loads neither YAML
nor the manifest's models; whatever is odd about it, the file itself is read.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b, sha256
from pathlib import Path

from syncd import __version__
from syncd.config.garbage import no_collection
from syncd.config.manifest import plain_form
from syncd.config.manifest.limits import MAX_BYTES
from syncd.config.manifest.loaded_manifest import LoadedManifest
from syncd.config.regular_files import open_regular, read_regular

NAME = "manifest.read.json"
_MOST = 20 * MAX_BYTES  # read; nothing larger than half of it is remembered
_ODD = (OSError, ValueError, TypeError, KeyError, RecursionError)
# What is written in these folders decides what a manifest is read as: between two releases too.
_PROGRAM = Path(__file__).parents[2]
_FOLDERS = ("config/manifest", "config/manifest/diagnostics", "core", "guards", "guards/content")


def remember(manifest: LoadedManifest, state_dir: Path) -> None:
    """Where it cannot be, the manifest is read at each start."""
    path, about = state_dir / NAME, _about(manifest.digest)
    if _values(path, about) is not None:
        return
    plain = plain_form.written(replace(manifest, text=b""))
    values = json.dumps(plain, separators=(",", ":")).encode("ascii")
    if len(values) > _MOST // 2:
        return
    draft = path.with_name(f"{NAME}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_head(about, values) + values)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def recalled(manifest_file: Path, state_dir: Path) -> LoadedManifest | None:
    """What the file's bytes were read as; None where that is not known, for whichever reason."""
    try:
        data = read_regular(manifest_file, MAX_BYTES + 1)
    except OSError:
        return None
    return recalled_of(data, state_dir)


def recalled_of(data: bytes, state_dir: Path) -> LoadedManifest | None:
    """As `recalled`, of these bytes."""
    digest = sha256(data).hexdigest()
    values = _values(state_dir / NAME, _about(digest))
    if values is None:
        return None
    try:
        with no_collection():
            manifest = plain_form.read(LoadedManifest, json.loads(values))
    except _ODD:
        return None
    return replace(manifest, text=data) if manifest.digest == digest else None


def _values(path: Path, about: bytes) -> bytes | None:
    """What follows the first line, where that is about the same and nothing was changed since."""
    try:
        with open_regular(path) as file:
            if not _is_ours(os.fstat(file.fileno())) or file.read(len(about)) != about:
                return None
            file.seek(0)
            found = file.read(_MOST)
    except OSError:
        return None
    values = found[found.find(b"\n") + 1 :]
    return values if found.startswith(_head(about, values)) else None


def _is_ours(found: os.stat_result) -> bool:
    """Whoever else could write it would decide what is published, past the manifest."""
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return found.st_uid in {os.geteuid(), 0} and not others


def _about(digest: str) -> bytes:
    """How its first line begins: another program may read the same bytes as something else."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"syncd {__version__} {_program()} python {python} {digest} ".encode()


def _head(about: bytes, values: bytes) -> bytes:
    """Its first line: with a sum of what follows, which a disk may have lost or a person edited."""
    return about + blake2b(values, digest_size=16).hexdigest().encode() + b"\n"


def _program() -> str:
    """The size and the date of each file that has a say in how a manifest is read."""
    seen = blake2b(digest_size=8)
    with suppress(OSError):
        for folder in _FOLDERS:
            with os.scandir(_PROGRAM / folder) as entries:
                files = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
            for name, found in sorted(files):
                seen.update(f"{name} {found.st_size} {found.st_mtime_ns} ".encode())
    return seen.hexdigest()
