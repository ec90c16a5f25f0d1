"""When a host is left alone, when it is probed, and how many retries there are."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.net import circuit_breaker
from syncd.adapters.net.circuit_breaker import BUDGET, FULL, PAUSE, Circuit
from syncd.adapters.portal.retry_policy import host_weight, upload_weight
from syncd.adapters.s3.failures import weight
from syncd.core import errors
from syncd.core.errors import PortalError, PortalUnreachable, SourceError, SourceUnreachable

DOWN = PortalUnreachable("portal_unreachable")


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def host(time: Time) -> Circuit[PortalError]:
    return Circuit(time)


def test_a_host_is_asked_until_its_trouble_adds_up(host: Circuit[PortalError]) -> None:
    for _ in range(FULL - 1):
        assert not host.failed(DOWN, 1)
        assert host.refusal() is None
    assert host.failed(DOWN, 1)
    assert host.refusal() is DOWN


def test_what_works_in_between_makes_the_trouble_forgotten(host: Circuit[PortalError]) -> None:
    for _ in range(10):
        host.failed(DOWN, FULL - 1)
        host.worked()
    assert host.refusal() is None


def test_a_failure_that_says_nothing_about_the_host_changes_nothing(
    host: Circuit[PortalError],
) -> None:
    for _ in range(10):
        assert not host.failed(DOWN, 0)
    assert host.refusal() is None


def test_one_caller_in_each_pause_is_the_probe(time: Time, host: Circuit[PortalError]) -> None:
    host.failed(DOWN, FULL)
    time.now += PAUSE - 0.01
    assert host.refusal() is DOWN
    time.now += 0.01
    assert host.refusal(probe=False) is None
    assert [host.refusal() for _ in range(3)] == [None, DOWN, DOWN]
    time.now += PAUSE  # the probe never came back
    assert [host.refusal() for _ in range(2)] == [None, DOWN]


def test_of_many_callers_at_once_one_is_the_probe(time: Time, host: Circuit[PortalError]) -> None:
    host.failed(DOWN, FULL)
    time.now += PAUSE
    answers: list[PortalError | None] = []
    callers = [threading.Thread(target=lambda: answers.append(host.refusal())) for _ in range(16)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert answers.count(None) == 1


def test_a_probe_that_works_closes_and_one_that_fails_begins_a_new_pause(
    time: Time, host: Circuit[PortalError]
) -> None:
    assert host.failed(DOWN, FULL)
    time.now += PAUSE
    assert host.refusal() is None
    assert not host.failed(DOWN, 1)  # it was open already, and was said
    time.now += PAUSE - 0.01
    assert host.refusal() is DOWN
    time.now += 0.01
    assert host.refusal() is None
    host.worked()
    assert [host.refusal() for _ in range(3)] == [None] * 3


def test_a_longer_pause_is_kept(time: Time, host: Circuit[PortalError]) -> None:
    host.failed(DOWN, FULL, 600)
    time.now = 599.9
    assert host.refusal() is DOWN
    time.now = 600.0
    assert host.refusal() is None


def test_what_was_under_way_does_not_shorten_a_longer_pause(
    time: Time, host: Circuit[PortalError]
) -> None:
    refused = errors.KeyRefused("portal_key_refused")
    host.failed(refused, FULL, 600)
    assert not host.failed(DOWN, FULL)
    time.now = 599.9
    assert host.refusal() is refused
    time.now = 600.0
    assert host.refusal() is None


def test_nothing_is_retried_on_a_host_that_is_left_alone(host: Circuit[PortalError]) -> None:
    assert host.may_retry()
    host.failed(DOWN, FULL)
    assert not host.may_retry()


def test_a_host_that_only_fails_uses_up_the_budget(host: Circuit[PortalError]) -> None:
    assert sum(host.may_retry() for _ in range(1000)) == int(BUDGET)


def test_a_host_that_fails_one_time_in_three_is_retried_for_ever(
    host: Circuit[PortalError],
) -> None:
    for _ in range(1000):
        assert host.may_retry()
        host.worked()
        host.worked()


def test_the_budget_comes_back_with_time_and_never_grows_beyond_itself(
    time: Time, host: Circuit[PortalError]
) -> None:
    while host.may_retry():
        pass
    time.now += 10
    assert sum(host.may_retry() for _ in range(10)) == 1
    time.now += 1e6
    for _ in range(1000):
        host.worked()
    assert sum(host.may_retry() for _ in range(1000)) == int(BUDGET)


@given(
    st.lists(
        st.one_of(
            st.just("worked"),
            st.integers(0, FULL),  # a failure of this weight
            st.floats(0, 2 * PAUSE),  # time that passes
        )
    )
)
def test_after_anything_a_host_that_works_again_is_soon_asked_again(steps: list[object]) -> None:
    time = Time()
    host = Circuit[PortalError](time)
    for step in steps:
        if step == "worked":
            host.worked()
        elif isinstance(step, float):
            time.now += step
        elif isinstance(step, int) and host.refusal() is None:
            host.failed(DOWN, step)
    time.now += PAUSE
    assert host.refusal() is None
    host.worked()
    assert [host.refusal() for _ in range(2)] == [None, None]


# -- what a failure says about the host ----------------------------------------------------------


def answered(kind: type[PortalError], code: str, status: int = 0) -> PortalError:
    error = kind(code)
    error.status = status
    return error


@pytest.mark.parametrize(
    ("error", "host", "uploads"),
    [
        (answered(errors.KeyRefused, "portal_key_refused", 401), FULL, 0),
        (answered(errors.Busy, "portal_busy", 429), FULL, 0),
        (answered(PortalUnreachable, "portal_unreachable"), FULL, 0),
        (answered(errors.ReadOnly, "portal_read_only", 423), 0, FULL),
        (answered(errors.AnswerLost, "portal_fault", 500), 0, 1),  # perhaps of this dataset alone
        (answered(errors.AnswerLost, "portal_fault", 502), 1, 1),
        (answered(errors.AnswerLost, "portal_fault", 503), 1, 1),
        (answered(errors.AnswerLost, "portal_fault", 504), 1, 1),
        (answered(errors.AnswerLost, "portal_answer_lost"), 1, 1),
        (answered(PortalUnreachable, "portal_answer_lost"), 1, 1),  # parts, nothing published
        (answered(errors.AnswerLost, "portal_garbled", 200), 0, 1),
        *(
            (answered(kind, "portal_rejected", 400), 0, 0)
            for kind in (errors.NotAllowed, errors.NotFound, errors.Gone, errors.Rejected)
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, PortalError) else "",
)
def test_only_what_concerns_the_whole_portal_counts_against_it(
    error: PortalError, host: int, uploads: int
) -> None:
    assert (host_weight(error), upload_weight(error)) == (host, uploads)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SourceUnreachable("s3_unreachable"), circuit_breaker.FULL),
        (SourceUnreachable("s3_unknown_host"), circuit_breaker.FULL),
        (SourceUnreachable("s3_proxy_down"), circuit_breaker.FULL),
        (SourceUnreachable("s3_ca_unknown"), circuit_breaker.FULL),
        (SourceUnreachable("s3_timeout"), 1),
        (SourceUnreachable("s3_busy"), 1),
        (SourceUnreachable("s3_server_error"), 1),
        (SourceUnreachable("s3_cut"), 1),
        (SourceUnreachable("s3_refused"), 0),
        (errors.SourceDenied("s3_access_denied"), 0),
        (errors.ObjectMissing("s3_object_missing"), 0),
        (errors.ObjectChanged("s3_object_changed"), 0),
    ],
    ids=str,
)
def test_only_what_concerns_the_whole_s3_server_counts_against_it(
    error: SourceError, expected: int
) -> None:
    assert weight(error) == expected
