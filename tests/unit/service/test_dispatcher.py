"""Who is worked on now: bounded, none twice, nothing asked for is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.service.dispatcher import Dispatcher, Job, Release


class Stage:
    """Threads that stand still until a test lets them end."""

    def __init__(self, limit: int = 2) -> None:
        self.now = 0.0
        self.idle = 0
        self.done: list[Job] = []
        self.hindered = False  # whether what ends now could not be begun
        self._threads: list[tuple[str, Callable[[], None]]] = []
        self.dispatcher = Dispatcher(
            self._work,
            limit=limit,
            clock=lambda: self.now,
            spawn=lambda work, name: self._threads.append((name.removeprefix("cycle-"), work)),
            on_idle=self._idle,
        )

    def _work(self, job: Job, _release: Release) -> bool:
        self.done.append(job)
        return self.hindered

    def _idle(self) -> None:
        self.idle += 1

    def ask(self, dataset: str, why: str = "schedule", **more: object) -> None:
        self.dispatcher.ask(Job(dataset, why, **more))  # type: ignore[arg-type]

    @property
    def running(self) -> list[str]:
        return [name for name, _ in self._threads]

    def end(self, dataset: str) -> None:
        work = next(work for name, work in self._threads if name == dataset)
        self._threads = [(n, w) for n, w in self._threads if w is not work]
        work()


def test_no_more_at_once_than_the_limit_in_the_order_of_asking() -> None:
    stage = Stage(limit=2)
    for dataset in "abcd":
        stage.ask(dataset)
    assert stage.running == ["a", "b"]
    stage.end("b")
    assert stage.running == ["a", "c"]


def test_who_is_aside_takes_nobody_s_place() -> None:
    stage = Stage(limit=1)
    stage.ask("a")
    stage.ask("b")
    stage.ask("c")
    with stage.dispatcher.release_slot("a"), stage.dispatcher.release_slot("a"):
        assert stage.running == ["a", "b"]
        stage.end("b")
        assert stage.running == ["a", "c"]
    assert set(stage.dispatcher.busy) == {"a", "c"}
    stage.ask("d")
    stage.end("c")
    assert stage.running == ["a"]  # which is back, and counts
    stage.end("a")
    assert stage.running == ["d"]


def test_what_a_job_is_handed_releases_its_own_slot() -> None:
    stage = Stage(limit=1)
    seen: list[list[str]] = []

    def takes_long(_job: Job, release: Release) -> None:
        with release():
            seen.append(stage.running)

    stage.dispatcher._work = takes_long
    stage.ask("a")
    stage.ask("b")
    stage.end("a")
    assert seen == [["b"]]


def test_what_is_asked_during_a_cycle_is_done_once_more_and_only_once() -> None:
    stage = Stage()
    stage.ask("a")
    for _ in range(5):
        stage.ask("a", "signal")
    assert stage.running == ["a"]
    stage.end("a")
    assert stage.running == ["a"]
    stage.end("a")
    assert stage.running == []
    assert [job.why for job in stage.done] == ["schedule", "signal"]


def test_requests_are_done_with_by_the_cycle_that_began_after_them() -> None:
    stage = Stage()
    stage.ask("a", requests=frozenset({1}))
    stage.ask("a", "request", requests=frozenset({2}))
    stage.ask("a", "request", requests=frozenset({3}))
    stage.end("a")
    assert stage.done[0].requests == {1}
    stage.end("a")
    assert stage.done[1].requests == {2, 3}


@pytest.mark.parametrize("order", [("check", "cycle"), ("cycle", "check")])
def test_a_cycle_looks_at_the_portal_too(order: tuple[str, str]) -> None:
    stage = Stage(limit=1)
    stage.ask("x")
    for kind in order:
        stage.ask("a", kind=kind)
    stage.end("x")
    stage.end("a")
    assert [job.kind for job in stage.done] == ["cycle", "cycle"]
    assert stage.dispatcher.idle


def test_a_cycle_that_hangs_is_said_once_and_gives_its_place_to_another() -> None:
    stage = Stage(limit=1)
    stage.ask("hangs")
    stage.ask("waits")
    stage.now = 10
    assert stage.dispatcher.overdue(10) == []
    stage.now = 10.1
    assert stage.dispatcher.overdue(10) == ["hangs"]
    assert stage.running == ["hangs", "waits"]
    assert stage.dispatcher.overdue(10) == []
    assert stage.dispatcher.hanging == ("hangs",)
    stage.ask("hangs")  # still never twice at once
    assert stage.running == ["hangs", "waits"]
    stage.end("hangs")
    assert stage.dispatcher.hanging == ()


def test_nothing_begins_after_the_stop() -> None:
    stage = Stage(limit=1)
    stage.ask("a")
    stage.ask("b")
    stage.dispatcher.stop()
    stage.ask("c")
    assert stage.dispatcher.busy == ("a",)
    stage.end("a")
    assert stage.running == []
    assert stage.dispatcher.idle


def test_a_fault_frees_the_place() -> None:
    stage = Stage(limit=1)

    def fails(job: Job, _release: Release) -> None:
        stage.done.append(job)
        raise RuntimeError("a fault of our own")

    stage.dispatcher._work = fails
    stage.ask("a")
    stage.ask("b")
    stage.end("a")
    assert stage.running == ["b"]


def test_a_higher_limit_counts_at_once() -> None:
    stage = Stage(limit=1)
    stage.ask("a")
    stage.ask("b")
    stage.dispatcher.resize(2)
    assert stage.running == ["a", "b"]


def test_it_says_when_nothing_is_left() -> None:
    stage = Stage()
    stage.ask("a")
    stage.ask("b")
    stage.end("a")
    assert stage.idle == 0
    stage.end("b")
    assert stage.idle == 1


@given(
    limit=st.integers(1, 4),
    steps=st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=60),
)
def test_whatever_is_asked_is_done_afterwards(limit: int, steps: list[tuple[str, bool]]) -> None:
    stage = Stage(limit)
    owed: dict[str, bool] = {}  # asked for, and no cycle began since
    for dataset, asks in steps:
        if asks:
            stage.ask(dataset)
            owed[dataset] = True
        elif dataset in stage.running:
            stage.end(dataset)
        assert len(stage.running) <= limit
        assert len(set(stage.running)) == len(stage.running)
    while stage.running:
        stage.end(stage.running[0])
    assert {job.dataset for job in stage.done} == set(owed)
    assert stage.dispatcher.idle


def test_what_could_not_be_begun_is_asked_for_once_more_behind_the_others() -> None:
    stage = Stage(limit=1)
    stage.ask("a", "request", requests=frozenset({1}))
    stage.ask("b")
    stage.hindered = True
    stage.end("a")
    assert stage.running == ["b"]
    stage.hindered = False
    stage.ask("a", requests=frozenset({2}))
    stage.end("b")
    stage.end("a")
    assert stage.done[-1].requests == {1, 2}
    assert stage.dispatcher.idle


def test_what_could_not_be_begun_is_left_when_the_service_stops() -> None:
    stage = Stage()
    stage.ask("a")
    stage.hindered = True
    stage.dispatcher.stop()
    stage.end("a")
    assert stage.running == []
    assert stage.dispatcher.idle
