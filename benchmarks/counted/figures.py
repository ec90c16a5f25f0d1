"""The counts that the repository holds, and what is said of a count beside them."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

PATH = Path(__file__).with_name("counts.json")
TOLERANCE = 0.05  # of the figure: beyond what small differences of the machine make


class Verdict(StrEnum):
    SAME = "kept"
    SLOWER = "SLOWER"
    FASTER = "faster: `make new-counts` holds what was won"
    UNKNOWN = "NO FIGURE for this Python: `make new-counts`"


@dataclass(frozen=True)
class Compared:
    job: str
    counted: int  # instructions
    figure: int | None  # in the repository

    @property
    def change(self) -> float:
        """0.05: five per cent more than the figure."""
        return self.counted / self.figure - 1 if self.figure else 0.0

    @property
    def verdict(self) -> Verdict:
        if not self.figure:
            return Verdict.UNKNOWN
        if self.change > TOLERANCE:
            return Verdict.SLOWER
        return Verdict.FASTER if self.change < -TOLERANCE else Verdict.SAME

    @property
    def passed(self) -> bool:
        """Also where it became faster; a job without a figure is guarded by nothing."""
        return self.verdict in {Verdict.SAME, Verdict.FASTER}

    @property
    def line(self) -> str:
        figure = f"{self.figure / 1e6:9.1f}" if self.figure else f"{'-':>9}"
        counted = f"{self.counted / 1e6:9.1f}"
        return f"{self.job:<12} {counted} {figure}  {self.change:+7.1%}  {self.verdict}"


HEAD = f"{'millions of':<12} {'counted':>9} {'figure':>9}  {'change':>7}"


def here() -> str:
    """Which figures are for this machine: instructions differ between Pythons and processors."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"Python {version} on {platform.machine()}"


def read(path: Path, place: str) -> dict[str, int]:
    """By job; empty when there are none for that place."""
    known: dict[str, dict[str, int]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return known.get(place, {})


def write(path: Path, place: str, counts: Mapping[str, int]) -> None:
    """Figures of other places and of jobs that were not counted stay."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[place] = {**known.get(place, {}), **counts}
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
