"""Points in time as they are written down. Pure."""

from __future__ import annotations

from datetime import datetime


def iso(instant: datetime | None) -> str | None:
    """ISO 8601; None where there is none."""
    return instant.isoformat() if instant is not None else None
