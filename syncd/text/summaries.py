"""What a cycle came to, and what a process does right now, in a phrase."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.activity import Work
from syncd.core.reasons import Fact
from syncd.text import text
from syncd.text.figures import number


def summary_of(counts: Mapping[str, int]) -> str:
    """How many of each outcome."""
    words = ((number(count), text(f"word.{word}", count=count)) for word, count in counts.items())
    return ", ".join(f"{count} {word}" for count, word in words)


def doing(work: Work, dataset: str) -> str:
    """What has been read in full is looked into; what was sent, the portal stores."""
    done = work.size > 0 and work.done >= work.size
    key = {"fetch": "read", "send": "sent"}.get(work.doing, work.doing) if done else work.doing
    until = work.until.isoformat() if work.until else ""
    facts: dict[str, Fact] = {
        "since": work.since.isoformat(),
        "until": until,
        "percent": work.percent,
    }
    named = dataset or text("message.service")
    return text(f"doing.{key}", dataset=named, what=work.what, size=work.size, **facts)
