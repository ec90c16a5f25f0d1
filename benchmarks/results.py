"""The page of results: one section per part, each replaced on its own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.section import Section, Verdict, promises

PATH = Path(__file__).with_name("RESULTS.md")
FIGURES = Path(__file__).with_name("figures.json")  # of the same runs, for docs/performance.md
_HEADING = re.compile(r"^## (?P<name>[a-z]+): ", re.MULTILINE)


def as_text(name: str, section: Section, circumstances: str) -> str:
    """`circumstances`: when, with what, on which machine."""
    blocks = [f"## {name}: {section.title}", circumstances, *section.blocks]
    return "\n\n".join([*blocks, promises(section.promises)]) + "\n"


def replaced(page: str, name: str, text: str, order: Sequence[str]) -> str:
    """The page with this section in the place of the one of that name.

    Sections of other parts stay as they are; those that are no part any more go.
    """
    sections = {**sections_of(page), name: text}
    known = [sections[part].strip() + "\n" for part in order if part in sections]
    return "\n".join([_introduction(known), *known])


def figures() -> dict[str, Any]:
    """By part; what `keep` wrote."""
    known: dict[str, Any] = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    return known


def keep(name: str, section: Section, text: str, order: Sequence[str]) -> None:
    """Write the page and the figures anew, with this part's."""
    page = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    PATH.write_text(replaced(page, name, text, order), "utf-8")
    if section.figures:
        known = {**figures(), name: section.figures}
        FIGURES.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")


def sections_of(page: str) -> dict[str, str]:
    """The text of each section, with its heading, by the part's name."""
    found = list(_HEADING.finditer(page))
    starts = [match.start() for match in found]
    return {
        match["name"]: page[start:end]
        for match, (start, end) in zip(found, pairwise([*starts, len(page)]), strict=True)
    }


def _introduction(sections: Sequence[str]) -> str:
    # The table of promises is the last of each section; others may say "kept" of something else.
    judged = "".join(section.partition(promises([]))[2] for section in sections)
    counts = {verdict: judged.count(f"| {verdict} |\n") for verdict in Verdict}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return (
        "# What syncd costs\n\n"
        "Written by `make bench`; nothing here is written by hand. "
        '`make bench BENCH="idle --runs 1"` measures one part anew and replaces its section '
        "alone, so each has its own date. All servers run on the same machine as those who are "
        "measured, who take turns. Seconds are from the start of a contender's process to its "
        "end; in brackets, the fastest and the slowest run. Memory is the peak resident memory "
        "of its largest process; the servers' is not counted.\n\n"
        f"Promises: {told}.\n"
    )
