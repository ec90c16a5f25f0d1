"""Several at once, in order, and nobody left behind."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars

from syncd.abreast import abreast


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_results_come_in_the_order_of_the_jobs(limit: int) -> None:
    assert abreast([partial(pow, n, 2) for n in range(20)], limit) == [n * n for n in range(20)]


def test_no_jobs_no_results() -> None:
    assert abreast([], 4) == []


def test_as_many_at_once_as_the_limit_and_no_more() -> None:
    together = threading.Barrier(3, timeout=10)
    at_work, most = 0, 0
    lock = threading.Lock()

    def job() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        together.wait()  # only passed when three are at work
        with lock:
            at_work -= 1

    abreast([job] * 9, 3)
    assert most == 3


def test_what_a_job_raises_is_raised_and_the_rest_is_left_out() -> None:
    begun: list[int] = []

    def job(number: int) -> int:
        begun.append(number)
        if number == 1:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError):
        abreast([partial(job, n) for n in range(1000)], 2)
    assert len(begun) < 1000


def test_jobs_know_what_was_bound_around_them() -> None:
    with bound_contextvars(cycle="c"):
        assert abreast([get_contextvars] * 2, 2) == [{"cycle": "c"}] * 2
