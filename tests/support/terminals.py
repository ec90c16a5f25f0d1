"""The installed command as a person sees it: both streams on one terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.support.cli_harness import SYNCD


def typed(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    folder: Path,
    *,
    words: str | None = None,
    columns: int = 0,
) -> str:
    """All that is shown. `words`: what the person answers; None: nobody sits there, input is at its
    end. `columns`: how wide the terminal is; 0: it does not say."""
    screen, terminal = pty.openpty()
    if columns:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.write(screen, (words or "").encode())
    seen = b""
    try:
        with subprocess.Popen(
            [str(SYNCD), *arguments],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL if words is None else terminal,
            stdout=terminal,
            stderr=terminal,
        ):
            os.close(terminal)
            with suppress(OSError):  # Linux says EIO when the last writer is gone
                while chunk := os.read(screen, 65536):
                    seen += chunk
    finally:
        os.close(screen)
    return seen.decode()
