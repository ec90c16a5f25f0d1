"""How long to wait before another try. Pure: randomness and waiting come from outside."""

from __future__ import annotations

CEILING = 30.0  # seconds


def backoff(attempt: int, *, jitter: float, ceiling: float = CEILING) -> float:
    """Seconds before the try after this one; they double, up to the ceiling.

    `jitter` is uniform in 0..1: all of the pause, so that many clients do not come back at once.
    """
    return jitter * min(ceiling, 2.0**attempt)
