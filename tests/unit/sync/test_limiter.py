"""So many at a time, and nobody waits for nothing."""

from __future__ import annotations

import threading

import pytest

from syncd.core.errors import Abandoned
from syncd.sync.concurrency import Limiter


def test_a_lane_lets_through_as_many_as_it_is_wide() -> None:
    lane = Limiter(2, lambda: False)
    inside, most = 0, 0
    lock = threading.Lock()
    together = threading.Barrier(2, timeout=60)

    def go() -> None:
        nonlocal inside, most
        with lane.one():
            with lock:
                inside += 1
                most = max(most, inside)
            together.wait()  # only passed when two are inside
            with lock:
                inside -= 1

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_a_lane_is_free_again_after_trouble() -> None:
    lane = Limiter(1, lambda: True)
    with pytest.raises(KeyError), lane.one():
        raise KeyError
    with lane.one():
        pass


def test_who_waits_when_the_service_stops_goes_home() -> None:
    lane = Limiter(1, lambda: True)
    with lane.one(), pytest.raises(Abandoned), lane.one():
        pytest.fail("two in a lane for one")
    with lane.one():
        pass
