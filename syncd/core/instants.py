"""Points in time as they are written down. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC; None where there is none."""
    return instant.astimezone(UTC).isoformat() if instant is not None else None
