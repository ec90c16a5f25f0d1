"""What is worth another try, and after how long. Pure: randomness and waiting come from outside."""

from __future__ import annotations

from http import HTTPStatus

from syncd.adapters.net import circuit_breaker
from syncd.core.errors import (
    AnswerLost,
    Busy,
    KeyRefused,
    PortalError,
    PortalUnreachable,
    ReadOnly,
    SourceError,
    SourceUnreachable,
)

ATTEMPTS = 4
CEILING = 30.0  # seconds
PATIENCE = 120.0  # seconds: a longer Retry-After is left to the next cycle

UNSENT: tuple[type[PortalError], ...] = (Busy, ReadOnly, PortalUnreachable)
"""Errors after which nothing was done: even an upload may be tried again."""


def delay(attempt: int, error: PortalError, *, dice: float, repeatable: bool) -> float | None:
    """Seconds to wait before the next try, or None to give up.

    `attempt` counts from 1; `dice` is uniform in 0..1 (full jitter, so that many clients do not
    come back at once). `repeatable`: doing it twice is the same as once, so that a lost answer
    may be retried too.
    """
    transient = isinstance(error, UNSENT) or (repeatable and isinstance(error, AnswerLost))
    if not transient or attempt >= ATTEMPTS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= PATIENCE else None
    return dice * min(CEILING, 2.0**attempt)


_LOST = frozenset({"portal_fault", "portal_answer_lost"})  # codes: what became of it is not known
_ODD = frozenset({"portal_not_udata", "portal_redirects"})  # may be of this one dataset
_A_LITTLE = frozenset(
    {"s3_timeout", "s3_busy", "s3_server_error", "s3_broken_answer", "s3_listing_broken", "s3_cut"}
)
_NOT_THE_SERVER = frozenset({"s3_refused", "s3_bad_settings", "s3_ca_bundle"})
_IN_FRONT = frozenset(  # what answers when it does not reach the portal itself
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)


def about_portal(error: PortalError) -> int:
    """What a request that was given up says about the whole portal, for its circuit breaker.

    A fault that may be of one dataset says nothing; a silence says a little.
    """
    if error.reason.code in _LOST:
        return 1 if error.status == 0 or error.status in _IN_FRONT else 0
    if error.reason.code in _ODD:
        return 1
    return circuit_breaker.FULL if isinstance(error, (KeyRefused, Busy, PortalUnreachable)) else 0


def about_uploads(error: PortalError) -> int:
    """The same of an upload that was given up, about all uploads."""
    if error.reason.code in _LOST or isinstance(error, AnswerLost):
        return 1
    return circuit_breaker.FULL if isinstance(error, ReadOnly) else 0


def about_bucket(error: SourceError) -> int:
    """The same of a request to a bucket, about its server."""
    code = error.reason.code
    if not isinstance(error, SourceUnreachable) or code in _NOT_THE_SERVER:
        return 0
    return 1 if code in _A_LITTLE else circuit_breaker.FULL
