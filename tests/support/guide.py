"""The commands of the French guides, taken out of their pages in order.

Above a block of commands, comments that no reader sees say what the world does first
(`<!-- fait: … -->`), with what a machine has them (`<!-- avec: docker -->`), and how they end
(`<!-- sortie: 3 -->`; else 0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"((?:<!-- \w+: [\w-]+ -->\n)*)```sh\n(.*?)\n```", re.DOTALL)
_NOTE = re.compile(r"<!-- (?!table:)(\w+): ([\w-]+) -->")
_KNOWN = {"avec", "fait", "sortie"}


@dataclass(frozen=True)
class Block:
    """`commands`: as a reader copies them."""

    page: str
    commands: str
    machine: str = ""  # "docker", "python"; "" = any
    before: str = ""  # what happens in the world first
    code: int = 0


def blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text("utf-8")
    attached = sum(len(_NOTE.findall(found[1])) for found in _BLOCK.finditer(text))
    assert attached == len(_NOTE.findall(text)), "a note that stands above no commands"
    for found in _BLOCK.finditer(text):
        notes = dict(_NOTE.findall(found[1]))
        assert set(notes) <= _KNOWN, notes
        yield Block(
            page,
            found[2],
            notes.get("avec", ""),
            notes.get("fait", ""),
            int(notes.get("sortie", 0)),
        )
