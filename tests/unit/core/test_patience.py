"""What a person who typed a command waits for is limited as a whole, not for each request."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.patience import Patience
from tests.support.waiting_clock import Clock


def test_waits_are_added_up() -> None:
    clock = Clock()
    patience = Patience(60, clock)
    for seconds in (20.0, 30.0):
        assert patience.allows(seconds)
        clock.wait(seconds)
    assert not patience.allows(11)
    assert patience.allows(10)
    assert patience.refused == 11


def test_waits_at_the_same_time_count_once() -> None:
    patience = Patience(60, Clock())
    assert all(patience.allows(50) for _ in range(10))
    assert patience.allows(60)
    assert not patience.allows(61)


def test_work_between_two_waits_costs_nothing() -> None:
    clock = Clock()
    patience = Patience(60, clock)
    for _ in range(6):
        assert patience.allows(10)
        clock.wait(3600)
    assert not patience.allows(1)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), max_size=20))
def test_nobody_waits_longer_in_all(waits: list[tuple[float, float]]) -> None:
    clock = Clock()
    patience = Patience(60, clock)
    waited = 0.0
    for seconds, work in waits:
        if patience.allows(seconds):
            clock.wait(seconds)
            waited += seconds
        clock.wait(work)
    assert waited <= 60 + 1e-6
