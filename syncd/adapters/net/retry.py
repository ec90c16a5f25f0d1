"""What is worth another try, and after how long. Pure: randomness and waiting come from outside."""

from __future__ import annotations

from syncd.core.errors import AnswerLost, Busy, PortalError, PortalUnreachable, ReadOnly

ATTEMPTS = 4
CEILING = 30.0  # seconds
LONGEST_ASKED = 120.0  # seconds: a longer Retry-After is left to the next cycle

UNSENT: tuple[type[PortalError], ...] = (Busy, ReadOnly, PortalUnreachable)
"""Errors after which nothing was done: even an upload may be tried again."""


def delay(attempt: int, error: PortalError, *, jitter: float, repeatable: bool) -> float | None:
    """Seconds to wait before the next try, or None to give up.

    `attempt` counts from 1; `jitter`: see `backoff`. `repeatable`: doing it twice is the same as
    once, so that a lost answer may be retried too.
    """
    transient = isinstance(error, UNSENT) or (repeatable and isinstance(error, AnswerLost))
    if not transient or attempt >= ATTEMPTS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_ASKED else None
    return backoff(attempt, jitter=jitter)


def backoff(attempt: int, *, jitter: float, ceiling: float = CEILING) -> float:
    """Seconds before the try after this one; they double, up to the ceiling.

    `jitter` is uniform in 0..1: all of the pause, so that many clients do not come back at once.
    """
    return jitter * min(ceiling, 2.0**attempt)
