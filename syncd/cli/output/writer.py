"""Lines on stdout, for a person at a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from syncd.core.unseen import in_sight


class Writer:
    """Colours only on a terminal, and none where NO_COLOR is set. Nothing that is shown acts, or
    begins a line of its own.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)

    def say(self, line: str, style: str = "") -> None:
        self._line(Text(line, style))

    def _line(self, line: Text) -> None:
        line.plain = in_sight(line.plain)
        self._console.print(line)
