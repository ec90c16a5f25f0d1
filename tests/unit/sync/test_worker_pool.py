"""Several at once, in order, and nobody left behind."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from functools import partial

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars

from syncd.core import fence
from syncd.core.errors import LockLost
from syncd.sync.concurrency import WorkerPool


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_results_come_in_the_order_of_the_jobs(limit: int) -> None:
    assert WorkerPool(limit).run([partial(pow, n, 2) for n in range(20)]) == [
        n * n for n in range(20)
    ]


def test_no_jobs_no_results() -> None:
    assert WorkerPool(4).run([]) == []


def test_as_many_at_once_as_the_limit_and_no_more() -> None:
    together = threading.Barrier(3, timeout=60)
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

    WorkerPool(3).run([job] * 9)
    assert most == 3


def test_what_a_job_raises_is_raised_and_the_rest_is_left_out() -> None:
    begun: list[int] = []

    def job(number: int) -> int:
        begun.append(number)
        if number == 1:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError):
        WorkerPool(2).run([partial(job, n) for n in range(1000)])
    assert len(begun) < 1000


def test_jobs_know_what_was_bound_around_them() -> None:
    with bound_contextvars(cycle="c"):
        assert WorkerPool(2).run([get_contextvars] * 2) == [{"cycle": "c"}] * 2


def test_while_one_is_aside_others_take_its_place() -> None:
    crew = WorkerPool(1)
    others = threading.Semaphore(0)

    def long() -> str:
        with crew.release_slot():
            for _ in range(5):
                assert others.acquire(timeout=60)
        return "long"

    def short() -> str:
        others.release()
        return "short"

    assert crew.run([long, *[short] * 5]) == ["long", *["short"] * 5]


def test_who_comes_back_takes_nobody_s_place_and_the_limit_holds_again() -> None:
    crew = WorkerPool(2)
    lock = threading.Lock()
    at_work = most = 0
    back = threading.Event()

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        with lock:
            at_work -= 1

    def long() -> None:
        with crew.release_slot():
            work()
        back.set()
        work()

    crew.run([long, *[work] * 200])
    assert back.is_set()
    assert most <= 3  # two, and the one that is aside


def test_trouble_while_aside_is_raised_and_leaves_no_place_taken() -> None:
    crew = WorkerPool(1)

    def fail() -> None:
        with crew.release_slot():
            raise KeyError

    with pytest.raises(KeyError):
        crew.run([fail])


def test_who_takes_the_place_of_one_that_stepped_aside_does_not_work_behind_its_lock() -> None:
    class Lock:
        token, count = "first", 1

        def confirm(self) -> None:
            raise LockLost("lock_lost", dataset="first")

    crew = WorkerPool(1)
    ended = threading.Event()
    asked = ContextVar("asked", default="nowhere")
    seen: list[object] = []

    def aside() -> None:
        asked.set("by the first job")
        with fence.behind(Lock()), crew.release_slot():
            assert ended.wait(60)

    def other() -> None:
        seen.extend((fence.holds(), asked.get()))
        ended.set()
        fence.confirm()

    asked.set("by the caller")
    crew.run([aside, other])
    assert seen == [(), "by the caller"]
