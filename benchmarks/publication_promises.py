"""What every publication is held to: flat memory, the right bytes, the person's title."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.options import MIB
from benchmarks.publication import Publisher
from benchmarks.section import Promise, at_most, holds

PEAK = 150  # MiB


def memory(*ones: Publisher, what: str = "memory") -> Promise:
    """Of the worst run of all of them."""
    peaks = [one.peak for one in ones]
    known = [peak / MIB for peak in peaks if peak is not None]
    worst = max(known) if known and len(known) == len(peaks) else None
    return at_most(f"{what}: less than {PEAK} MiB", worst, PEAK, "{:.0f} MiB")


def faithful(*ones: Publisher, what: str = "in every run") -> list[Promise]:
    return [
        holds(f"the right bytes are online, {what}", said=everywhere(one.right for one in ones)),
        holds(
            f"the title that a person wrote is kept, {what}",
            said=everywhere(one.kept for one in ones),
        ),
    ]


def everywhere(answers: Iterable[bool | None]) -> bool | None:
    """None when one of them is not known."""
    given = list(answers)
    return None if None in given else all(given)
