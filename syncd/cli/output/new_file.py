"""A file that the operator named: whole or not there, and never over another one unasked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from syncd.core.errors import UsageError


def expect_room(output: Path, *, overwrite: bool) -> None:
    """`UsageError` before any work is done for nothing."""
    if output.exists() and not overwrite:
        raise UsageError("init_exists", path=str(output))
    if not output.parent.is_dir():
        raise UsageError("init_unwritable", path=str(output), detail=os.strerror(2))


def save(
    output: Path,
    write: Callable[[IO[bytes]], object],
    *,
    overwrite: bool,
    mode: int,
    owner: tuple[int, int] | None = None,
) -> None:
    """Without `overwrite` never over one that came meanwhile.

    `mode`: who may read it. `owner`: user and group, as far as they may be given.
    `UsageError`, or what `write` raises.
    """
    try:
        beside = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed below, in sight of the draft
            "wb", dir=output.parent, prefix=f".{output.name[:100]}.", delete=False
        )
        draft = Path(beside.name)
        try:
            with beside:
                write(beside.file)
                beside.flush()
                os.fsync(beside.fileno())  # else a power cut may leave an empty one in its place
            if owner is not None:
                for user, group in ((-1, owner[1]), (owner[0], -1)):
                    with suppress(PermissionError):  # only root gives files away
                        os.chown(draft, user, group)
            draft.chmod(mode)
            if overwrite:
                draft.replace(output)
            else:
                os.link(draft, output)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError("init_exists", path=str(output)) from None
    except OSError as error:
        detail = error.strerror or ""
        raise UsageError("init_unwritable", path=str(output), detail=detail) from error
