"""The time of day. Read at the top of a run, and passed down."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
