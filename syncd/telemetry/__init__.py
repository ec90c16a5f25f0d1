"""What syncd tells about itself: logs and metrics."""

from syncd.telemetry.logs import configure, log_fault

__all__ = ["configure", "log_fault"]
