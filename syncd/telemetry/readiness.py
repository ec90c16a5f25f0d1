"""Whether the service lives, and whether the data is as it should be. Pure.

Two questions, asked by two readers. "Alive" is for whoever restarts processes: a restart mends a
loop that hangs, and neither a portal that is down nor a bad manifest. "Ready" is for people: every
dataset succeeded lately, and nothing stands in the way of its next cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

STALLED_AFTER = 30.0  # seconds without a turn of the service's loop

ManifestState = Literal["valid", "invalid", "held", "behind"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the service knows of itself, at one instant."""

    now: datetime
    turned: float  # seconds since the service's loop last turned
    manifest: ManifestState  # the newest one that was read, not the one that is worked by
    portal: bool | None  # could be worked with at its last use; None = not used yet
    sources: Mapping[str, bool | None]  # by the manifest's names, like `portal`
    late: tuple[str, ...]  # dataset ids whose last success is older than it should be
    overdue: tuple[str, ...]  # dataset ids whose cycle exceeds its deadline
    stopping: bool
    ledger: bool  # its last use succeeded
    outdated: bool = False  # a newer program has changed the ledger's tables
    key_refused: bool = False  # the portal answered, and refused the key
    sources_refusing: frozenset[str] = frozenset()  # those that answered, and refused theirs


def alive(facts: Facts) -> bool:
    """Whether the service's loop turns. Nothing that a restart would not mend counts."""
    return facts.turned <= STALLED_AFTER


def not_ready(facts: Facts) -> tuple[str, ...]:
    """Why the light is not green: stable codes, some with a name after a colon; empty = ready.

    - A manifest that is invalid or held makes unready, although the service works on by the last
      good one: what its author asked for is not what is done, and nothing else would tell them.
    - A key that is refused is no portal that cannot be reached: other people mend it.
    - A target that waits for a person (held, missing, …) is none: syncd works as it should.
    - A portal or a source that was not used yet is no reason: an idle dataset asks neither.
      Should one stay unreachable, the datasets behind it become late besides.
    - A stalled loop is one: it starts no cycle, long before the first dataset is late.
    """
    reasons: list[str] = []
    if not alive(facts):
        reasons.append("loop_stalled")
    if facts.stopping:
        reasons.append("stopping")
    if facts.manifest == "invalid":
        reasons.append("manifest_invalid")
    if facts.manifest == "held":
        reasons.append("manifest_held")
    if facts.manifest == "behind":
        reasons.append("manifest_behind")
    if facts.outdated:
        reasons.append("program_outdated")
    if not facts.ledger:
        reasons.append("ledger_unusable")
    if facts.portal is False:
        reasons.append("key_refused" if facts.key_refused else "portal_unreachable")
    for name, ok in sorted(facts.sources.items()):
        if ok is False:
            refused = name in facts.sources_refusing
            reasons.append(f"source_{'refused' if refused else 'unreachable'}:{name}")
    reasons += [f"cycle_overdue:{dataset}" for dataset in sorted(facts.overdue)]
    reasons += [f"dataset_late:{dataset}" for dataset in sorted(facts.late)]
    return tuple(reasons)
