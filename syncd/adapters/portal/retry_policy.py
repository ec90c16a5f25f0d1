"""Tries and pauses: how long the portal is asked again, and when it is left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

import structlog

from syncd.adapters.net import circuit_breaker
from syncd.adapters.net.circuit_breaker import FULL, Circuit, left_alone
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.retry import backoff
from syncd.adapters.net.usage import UsageRecord
from syncd.adapters.portal import connect_errors
from syncd.core import shortages
from syncd.core.errors import (
    AnswerLost,
    Busy,
    KeyRefused,
    PortalError,
    PortalUnreachable,
    ReadOnly,
    Rejected,
)
from syncd.core.reasons import Reason, because

log = structlog.get_logger("syncd.portal")

T = TypeVar("T")

ATTEMPTS = 4
LONGEST_ASKED = 120.0  # seconds: a longer Retry-After is left to the next cycle
REFUSAL_HOLDS = 600.0  # seconds for which a refused key is not tried again: a service lives on

UNSENT: tuple[type[PortalError], ...] = (Busy, ReadOnly, PortalUnreachable)
"""Errors after which nothing was done: even an upload may be tried again."""

_LOST = frozenset(  # codes: what became of it is not known
    {"portal_fault", "portal_answer_lost", "portal_answer_large", "portal_answer_slow"}
)
_ODD = frozenset({"portal_not_udata", "portal_redirects"})  # may be of this one dataset
_IN_FRONT = frozenset(  # what answers when it does not reach the portal itself
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)


class RetryPolicy:
    """`usage` is told whether the portal can be used."""

    def __init__(self, network: NetworkOptions, usage: UsageRecord) -> None:
        self._network = network
        self._usage = usage
        self._host = Circuit[PortalError](network.monotonic)
        self._uploads = Circuit[PortalError](
            network.monotonic
        )  # a portal may answer, and take no files

    def expect_uploads(self) -> None:
        """Raises what would keep an upload from being tried now."""
        error = self._uploads.refusal(probe=False) or self._host.refusal(probe=False)
        if error is not None:
            raise _again(error)

    def through(
        self,
        once: Callable[[], T],
        *,
        repeatable: bool,
        upload: bool = False,
        part: bool = False,
        urgent: bool = False,
    ) -> T:
        """What `once` returns, after as many tries as are sensible.

        `part`: of an upload that begins afresh when its answer is lost; who gives that up, says so
        by `note`.
        """
        attempt = 0
        while True:
            self._leave_alone(upload=upload, urgent=urgent)
            attempt += 1
            begun = self._network.monotonic()
            try:
                answer = once()
            except PortalError as error:
                waited = self._network.monotonic() - begun
                if not self.pause(
                    attempt, error, repeatable=repeatable, urgent=urgent, waited=waited
                ):
                    if not (part and isinstance(error, AnswerLost)):
                        self.note(error, upload=upload)
                    raise
            else:
                self._host.worked()
                if upload:
                    self._uploads.worked()
                self._usage.note(reachable=True, refused=False)
                return answer

    def pause(
        self,
        attempt: int,
        error: PortalError,
        *,
        repeatable: bool = True,
        urgent: bool = False,
        waited: float = 0.0,
    ) -> bool:
        """Wait before the next try; False, at once, when there must be none.

        `waited`: seconds, for an answer that did not come.
        """
        seconds = delay(attempt, error, jitter=self._network.jitter(), repeatable=repeatable)
        if seconds is None or error.reason.code in connect_errors.LASTING:
            return False
        if not (self._host.may_retry() or urgent):
            return False
        # What is urgent ends a publication: it has all the time that the portal asks for.
        if not (urgent or self._network.allows(waited + seconds)):
            return False
        until = datetime.fromtimestamp(self._network.clock() + seconds, UTC)
        log.info(
            "portal.retry",
            attempt=attempt,
            seconds=round(seconds, 1),
            until=until.isoformat(timespec="seconds"),
            why=str(error),
        )
        self._network.on_retry()
        self._network.waiting(_asks_for_time(error), seconds)
        self._network.wait(seconds)
        return True

    def _leave_alone(self, *, upload: bool, urgent: bool) -> None:
        """A portal that fails is not hammered, and a refused key least of all."""
        error = self._uploads.refusal() if upload else None
        error = error or self._host.refusal()
        if error is not None and (isinstance(error, KeyRefused) or not urgent):
            raise _again(error)

    def note(self, error: PortalError, *, upload: bool) -> None:
        """What the end of a request says about the portal."""
        unusable = isinstance(error, (KeyRefused, PortalUnreachable, AnswerLost))
        self._usage.note(reachable=not unusable, refused=isinstance(error, KeyRefused))
        if not unusable and not isinstance(error, Busy):
            self._host.worked()
        pause = REFUSAL_HOLDS if isinstance(error, KeyRefused) else circuit_breaker.PAUSE
        opened = self._host.failed(error, host_weight(error), pause)
        if upload:
            if isinstance(error, Rejected):
                self._uploads.worked()
            opened = self._uploads.failed(error, upload_weight(error)) or opened
        if opened:
            log.warning("portal.left_alone", seconds=pause, why=str(error))


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


def _asks_for_time(error: PortalError) -> Reason:
    facts = error.reason.facts
    why = facts.get("words") or facts.get("detail") or facts.get("why") or ""
    if error.status:
        why = f"{error.status}: {why}" if why else error.status
    return because("wait_portal", host=facts.get("host"), why=why)


def unpublished(lost: AnswerLost) -> PortalUnreachable:
    """Answers to parts were lost, and nothing was published: no upload that might still arrive."""
    error = PortalUnreachable(lost.reason.code, **lost.reason.facts)
    error.status = lost.status
    return error


def host_weight(error: PortalError) -> int:
    """What a request that was given up says about the whole portal, for its circuit breaker.

    A fault that may be of one dataset says nothing; a silence says a little.
    """
    if error.reason.code in _LOST:
        return 1 if error.status == 0 or error.status in _IN_FRONT else 0
    if error.reason.code in _ODD:
        return 1
    if error.reason.code in shortages.CODES:
        return 0
    return FULL if isinstance(error, (KeyRefused, Busy, PortalUnreachable)) else 0


def upload_weight(error: PortalError) -> int:
    """The same of an upload that was given up, about all uploads."""
    if error.reason.code in shortages.CODES:
        return 0
    if error.reason.code in _LOST or isinstance(error, AnswerLost):
        return 1
    return FULL if isinstance(error, ReadOnly) else 0


def _again(error: PortalError) -> PortalError:
    """The same for a request that is not made."""
    if isinstance(error, AnswerLost):  # of this one nothing can arrive
        facts = error.reason.facts
        why = facts.get("detail") or facts.get("words") or facts.get("status")
        unsent = PortalUnreachable("portal_left_alone", host=facts.get("host"), why=why)
        unsent.status = error.status
        return left_alone(unsent)
    return left_alone(error)
