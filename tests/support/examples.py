"""How many examples a property is tried with: all in `make stress`, some in `make test`."""

from __future__ import annotations

from hypothesis import settings


def examples(full: int) -> int:
    """The profile's share of `full`."""
    return max(10, full * settings.default.max_examples // 100)
