"""What a manifest was read as the last time, in the state folder, for looks.

Whoever works by a manifest leaves it there, as the plain values that cross between processes. A
look at the same bytes, by the same syncd, takes it from there and loads neither YAML nor pydantic;
whatever is odd about it, the file itself is read. What publishes reads the file in any case.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from syncd import __version__
from syncd.config.garbage import no_collection
from syncd.config.manifest import plain_form
from syncd.config.manifest.limits import MAX_BYTES
from syncd.config.manifest.loaded_manifest import LoadedManifest
from syncd.config.regular_files import read_regular

NAME = "manifest.read.json"
_MOST = 20 * MAX_BYTES  # read; nothing larger than half of it is remembered
_ODD = (OSError, ValueError, TypeError, KeyError, RecursionError)


def remember(manifest: LoadedManifest, state_dir: Path) -> None:
    """Where it cannot be, looks read the manifest themselves."""
    path, head = state_dir / NAME, _head(manifest.digest)
    with suppress(OSError):
        if read_regular(path, len(head)) == head:
            return
    values = json.dumps(plain_form.written(replace(manifest, text=b"")), separators=(",", ":"))
    if len(values) > _MOST // 2:
        return
    draft = path.with_name(f"{NAME}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(head + values.encode("ascii"))
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def recalled(manifest_file: Path, state_dir: Path) -> LoadedManifest | None:
    """What the file's bytes were read as; None where that is not known, for whichever reason."""
    try:
        data = read_regular(manifest_file, MAX_BYTES + 1)
        head = _head(sha256(data).hexdigest())
        found = read_regular(state_dir / NAME, _MOST)
        if not found.startswith(head):
            return None
        with no_collection():
            manifest = plain_form.read(LoadedManifest, json.loads(found[len(head) :]))
    except _ODD:
        return None
    return replace(manifest, text=data) if _head(manifest.digest) == head else None


def _head(digest: str) -> bytes:
    """Its first line: another version of syncd may read the same bytes as something else."""
    return f"syncd {__version__} {digest}\n".encode()
