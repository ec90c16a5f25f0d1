"""What is worth another try, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.net.retry import CEILING
from syncd.adapters.portal.retry_policy import ATTEMPTS, LONGEST_ASKED, delay
from syncd.core import errors
from syncd.core.errors import AnswerLost, Busy, PortalError, PortalUnreachable, ReadOnly

UNSENT = [Busy, ReadOnly, PortalUnreachable]
FINAL = [
    errors.KeyRefused,
    errors.NotAllowed,
    errors.NotFound,
    errors.Gone,
    errors.Rejected,
    errors.WrongBytes,
]


def failed(kind: type[PortalError], retry_after: float | None = None) -> PortalError:
    error = kind("portal_fault")
    error.retry_after = retry_after
    return error


@pytest.mark.parametrize("repeatable", [False, True])
@pytest.mark.parametrize("kind", FINAL)
def test_a_plain_no_is_not_hammered(kind: type[PortalError], repeatable: bool) -> None:
    assert delay(1, failed(kind), jitter=0.5, repeatable=repeatable) is None


@pytest.mark.parametrize("repeatable", [False, True])
@pytest.mark.parametrize("kind", UNSENT)
def test_what_was_not_done_is_tried_again_even_an_upload(
    kind: type[PortalError], repeatable: bool
) -> None:
    assert delay(1, failed(kind), jitter=0.5, repeatable=repeatable) == 1.0


def test_a_lost_answer_is_only_repeated_where_twice_is_the_same_as_once() -> None:
    assert delay(1, failed(AnswerLost), jitter=0.5, repeatable=True) == 1.0
    assert delay(1, failed(AnswerLost), jitter=0.5, repeatable=False) is None


def test_every_kind_of_portal_error_was_thought_of() -> None:
    assert set(PortalError.__subclasses__()) == {*FINAL, *UNSENT, AnswerLost}


def test_it_gives_up() -> None:
    tries = [delay(n, failed(Busy), jitter=1, repeatable=True) for n in range(1, 6)]
    assert tries == [2.0, 4.0, 8.0, None, None]


@given(st.integers(1, 50), st.floats(0, 1))
def test_pauses_are_bounded(attempt: int, jitter: float) -> None:
    pause = delay(attempt, failed(Busy), jitter=jitter, repeatable=True)
    assert pause is None or 0 <= pause <= min(CEILING, 2.0**attempt)


@given(st.floats(0, 10**6), st.floats(0, 1))
def test_a_pause_that_the_portal_asks_for_is_kept_or_left_to_the_next_cycle(
    asked: float, jitter: float
) -> None:
    pause = delay(1, failed(Busy, asked), jitter=jitter, repeatable=True)
    assert pause == (asked if asked <= LONGEST_ASKED else None)


def test_asking_for_a_pause_does_not_buy_further_tries() -> None:
    assert delay(ATTEMPTS, failed(Busy, 1), jitter=0, repeatable=True) is None
