"""Lines on stdout, for a person at a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from syncd.core.unseen import in_sight
from syncd.text import layout
from syncd.text.terminal import columns_of


class Writer:
    """Colours only on a terminal, and none where NO_COLOR is set. Nothing that is shown acts, or
    begins a line of its own. On a terminal no word is broken: what goes on is indented.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        # Of a text for a pipe rich would make the same text, and take a tenth of a `sync` for it.
        self._is_plain = not self._console.is_terminal and self._console.color_system is None
        self.columns = columns_of(sys.stdout)

    def say(self, line: str, style: str = "", hanging: int | None = None) -> None:
        self._line(Text(line, style), hanging)

    def name(self, line: str, style: str = "") -> None:
        """What is to be copied as it is: never folded, however long."""
        self._print(Text(in_sight(line), style))

    def _line(self, line: Text, hanging: int | None = None) -> None:
        """`hanging`: how far to the right it goes on; see `layout.fold`."""
        line.plain = in_sight(line.plain)
        if self.columns is None:
            self._print(line)
            return
        margin = " " * (layout.indent(line.plain) if hanging is None else hanging)
        for begin, end in layout.fold(line.plain, self.columns, hanging):
            piece = line[begin:end]
            self._print(Text(margin).append_text(piece) if begin else piece)

    def _print(self, line: Text) -> None:
        if self._is_plain:
            self._console.file.write(f"{line.plain}\n")
            self._console.file.flush()
        else:
            self._console.print(line)
