"""What syncd tells about itself: logs and metrics."""

from syncd.telemetry.logs import configure

__all__ = ["configure"]
