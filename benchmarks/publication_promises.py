"""What every publication is held to: flat memory, the right bytes, the person's title."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks import promises
from benchmarks.options import MIB
from benchmarks.publication import Publisher
from benchmarks.section import Promise, holds


def memory(*ones: Publisher, what: str = "") -> Promise:
    """Of the worst run of all of them."""
    peaks = [one.peak for one in ones]
    known = [peak / MIB for peak in peaks if peak is not None]
    worst = max(known) if known and len(known) == len(peaks) else None
    return promises.PUBLISH_PEAK.judge(worst, what)


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
