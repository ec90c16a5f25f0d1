"""What syncd tells about itself: logs now, metrics later."""

from syncd.telemetry.logs import configure

__all__ = ["configure"]
