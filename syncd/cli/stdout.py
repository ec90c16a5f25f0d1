"""What a command shows goes to a file, a terminal or another program, and may not arrive there."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO


class OutputLost(OSError):
    """Standard output took no more: `errno` and `strerror` say why. Never a reader that left."""


class _Outlet(io.FileIO):
    """A shortage that is met here is no shortage of the work."""

    def write(self, data: Any) -> int | None:  # type: ignore[override]  # whose Buffer is of Python 3.12
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputLost(error.errno, error.strerror) from error


def watch() -> None:
    """Let what fails in writing to standard output be told from what fails elsewhere.

    Who closed a stream (`>&-`) wants nothing of it; and no file of ours may take its place.
    """
    former = sys.stdout
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    if not isinstance(former, io.TextIOWrapper):
        return
    former.flush()
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Outlet(former.fileno(), "wb", closefd=False)),
        encoding=former.encoding,
        errors=former.errors,
        line_buffering=former.line_buffering,
    )


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - until the end


def let_go(stream: TextIO) -> None:
    """What is left to write goes nowhere; the interpreter would end with another code for it."""
    with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no path of ours
        os.dup2(nowhere.fileno(), stream.fileno())
