"""Requests take turns, and a server that hangs keeps nobody waiting."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from syncd.adapters.portal.request_limiter import RequestLimiter


def test_no_more_than_the_width_are_under_way() -> None:
    turns = RequestLimiter(3, patience=60)
    together = threading.Barrier(3, timeout=60)
    lock = threading.Lock()
    under_way = most = 0

    def ask() -> None:
        nonlocal under_way, most
        with turns.one():
            with lock:
                under_way += 1
                most = max(most, under_way)
            together.wait()  # only passed when three are under way
            with lock:
                under_way -= 1

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3


def test_what_hangs_counts_no_longer_and_takes_no_turn_with_it() -> None:
    turns = RequestLimiter(2, patience=0.01)
    with turns.one(), turns.one():
        for _ in range(3):
            with turns.one():  # the oldest is overlooked once: the others need not wait again
                pass
    entered = []
    with ExitStack() as both:
        for _ in range(2):
            both.enter_context(turns.one())
            entered.append(sum(turns._under_way.values()))
    assert entered == [1, 2]  # as many as before, and not one more


def test_trouble_gives_the_turn_back() -> None:
    turns = RequestLimiter(1, patience=60)
    for _ in range(3):
        try:
            with turns.one():
                raise KeyError
        except KeyError:
            pass
    with turns.one():
        pass
