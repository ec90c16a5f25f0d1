"""Tries and pauses: how long the portal is asked again, and when it is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from syncd.adapters.net import circuit_breaker, retry
from syncd.adapters.net.circuit_breaker import Circuit
from syncd.adapters.portal import connect_errors
from syncd.core.errors import AnswerLost, Busy, KeyRefused, PortalError, PortalUnreachable, Rejected

log = structlog.get_logger("syncd.portal")

T = TypeVar("T")

REFUSAL_HOLDS = 600.0  # seconds for which a refused key is not tried again: a service lives on


class Patience:
    """`wait` is called with seconds between tries; `ticks` is a clock that never goes back;
    `found` is told whether the portal can be used."""

    def __init__(
        self,
        wait: Callable[[float], None],
        dice: Callable[[], float],
        ticks: Callable[[], float],
        found: Callable[..., Any],
    ) -> None:
        self._wait = wait
        self._dice = dice
        self._found = found
        self._host = Circuit[PortalError](ticks)
        self._uploads = Circuit[PortalError](ticks)  # a portal may answer, and take no files

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
            try:
                answer = once()
            except PortalError as error:
                if not self.pause(attempt, error, repeatable=repeatable, urgent=urgent):
                    if not (part and isinstance(error, AnswerLost)):
                        self.note(error, upload=upload)
                    raise
            else:
                self._host.worked()
                if upload:
                    self._uploads.worked()
                self._found(reachable=True)
                return answer

    def pause(
        self, attempt: int, error: PortalError, *, repeatable: bool = True, urgent: bool = False
    ) -> bool:
        """Wait before the next try; False, at once, when there must be none."""
        seconds = retry.delay(attempt, error, dice=self._dice(), repeatable=repeatable)
        if seconds is None or error.reason.code in connect_errors.LASTING:
            return False
        if not (self._host.may_retry() or urgent):
            return False
        log.info("portal.retry", attempt=attempt, seconds=round(seconds, 1), why=str(error))
        self._wait(seconds)
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
        self._found(reachable=not unusable)
        if not unusable and not isinstance(error, Busy):
            self._host.worked()
        pause = REFUSAL_HOLDS if isinstance(error, KeyRefused) else circuit_breaker.PAUSE
        opened = self._host.failed(error, retry.about_portal(error), pause)
        if upload:
            if isinstance(error, Rejected):
                self._uploads.worked()
            opened = self._uploads.failed(error, retry.about_uploads(error)) or opened
        if opened:
            log.warning("portal.left_alone", seconds=pause, why=str(error))


def unpublished(lost: AnswerLost) -> PortalUnreachable:
    """Answers to parts were lost, and nothing was published: no upload that might still arrive."""
    error = PortalUnreachable(lost.reason.code, **lost.reason.facts)
    error.status = lost.status
    return error


def _again(error: PortalError) -> PortalError:
    """The same for a request that is not made."""
    if isinstance(error, AnswerLost):  # of this one nothing can arrive
        facts = error.reason.facts
        why = facts.get("detail") or facts.get("words") or facts.get("status")
        copy: PortalError = PortalUnreachable("portal_left_alone", host=facts.get("host"), why=why)
    else:
        copy = type(error)(error.reason.code, **error.reason.facts)
    copy.status, copy.told = error.status, True
    return copy
