"""Charts as paths of SVG, from figures alone: what a path shows stands in words beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from syncd.actions.status import NEVER, PAUSED
from syncd.core.records import WELL, Outcome

WIDTH, HEIGHT = 600, 100  # of the larger charts; they are stretched to their place
CELL, TALL = 6, 16  # of a strip
# A state's kind -> its shape in a field of 12 by 12: not by colour alone.
SHAPES: Mapping[str, str] = {
    "well": "M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10z",
    "kept": "M2 2h8v8h-8z",
    "needy": "M6 1l5.5 10h-11z",
    "failed": "M2.5 1l3.5 3.5l3.5-3.5l1.5 1.5l-3.5 3.5l3.5 3.5l-1.5 1.5l-3.5-3.5l-3.5 3.5l-1.5-1.5"
    "l3.5-3.5l-3.5-3.5z",
    "paused": "M2 1h3v10h-3zM7 1h3v10h-3z",
    "unknown": "M1 5h10v2h-10z",
}


def shape_of(state: str) -> str:
    """The kind of a state."""
    if state == Outcome.PINNED:
        return "kept"
    if state in WELL:
        return "well"
    return {Outcome.FAILED: "failed", PAUSED: "paused", NEVER: "unknown"}.get(state, "needy")


def strip(marks: Sequence[str]) -> dict[str, str]:
    """A mark for each day, as one path for each kind: published, needy, failed, none."""
    paths: dict[str, str] = {}
    for at, mark in enumerate(marks):
        paths[mark] = paths.get(mark, "") + _mark(mark, at * CELL)
    return paths


def _mark(mark: str, x: int) -> str:
    match mark:
        case "published":
            return f"M{x} 0h4v16h-4z"
        case "needy":
            return f"M{x + 2} 6l2.5 10h-5z"
        case "failed":
            return f"M{x} 8h4v2h-4zM{x} 12h4v4h-4z"
    return f"M{x} 14h4v2h-4z"


@dataclass(frozen=True, slots=True)
class Steps:
    """What stays as it is until it changes, over time: an area from 0 to `most`."""

    path: str
    most: int
    begins: datetime
    ends: datetime


def steps(points: Sequence[tuple[datetime, int]], until: datetime) -> Steps | None:
    """`points`: from when on, and what it was from then on; by time. None for fewer than two."""
    if len(points) < 2:
        return None
    begins = points[0][0]
    ends = max(until, points[-1][0])
    most = max(value for _, value in points)
    long = (ends - begins).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return round((at - begins).total_seconds() / long * WIDTH, 1)

    def y(value: int) -> float:
        return round(HEIGHT - value / (most or 1) * (HEIGHT - 2), 1)

    path = f"M0 {HEIGHT}"
    for (at, value), (following, _) in pairwise([*points, (ends, 0)]):
        path += f"L{x(at):g} {y(value):g}H{x(following):g}"
    return Steps(f"{path}V{HEIGHT}z", most, begins, ends)


def bars(values: Sequence[float]) -> str:
    """Side by side, the highest as high as the chart."""
    most = max(values, default=0) or 1
    wide = WIDTH / max(len(values), 1)
    path = ""
    for at, value in enumerate(values):
        high = max(1.0, value / most * (HEIGHT - 2))
        path += f"M{at * wide:.1f} {HEIGHT}v-{high:.1f}h{wide * 0.8:.1f}v{high:.1f}z"
    return path
