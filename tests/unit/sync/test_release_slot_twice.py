"""Who steps aside twice leaves one place."""

from __future__ import annotations

import threading

from syncd.sync.concurrency import WorkerPool


def test_who_steps_aside_within_an_aside_leaves_one_place_only() -> None:
    crew = WorkerPool(1)
    lock = threading.Lock()
    at_work = most = 0
    twice = threading.Event()
    done = threading.Semaphore(0)

    def long() -> None:
        with crew.release_slot(), crew.release_slot():  # a big file, whose answer is lost
            twice.set()
            for _ in range(2):
                assert done.acquire(timeout=60)

    together = threading.Event()

    def short() -> None:
        nonlocal at_work, most
        assert twice.wait(60)
        with lock:
            at_work += 1
            most = max(most, at_work)
            if at_work == 2:
                together.set()
        together.wait(0.3)  # the other one, if there may be one
        with lock:
            at_work -= 1
        done.release()

    crew.run([long, short, short])
    assert most == 1
