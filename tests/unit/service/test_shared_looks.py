"""Who is looked at together, and who is not kept waiting by a look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

import pytest

from syncd.service.dispatcher import Job
from syncd.service.finished import Finished
from syncd.service.shared_looks import SharedLooks, Sources

PATIENCE = 60.0  # seconds that nothing needs unless it failed


class Next:
    """The queue behind: keeps what it is asked for."""

    busy = hanging = ("elsewhere",)
    idle = True

    def __init__(self, changed: threading.Condition) -> None:
        self.changed = changed
        self.asked: list[Job] = []
        self.stopped = False

    def ask(self, job: Job) -> None:
        with self.changed:
            self.asked.append(job)
            self.changed.notify_all()

    def overdue(self, deadline: float) -> list[str]:
        return [f"after {deadline}"]

    def resize(self, limit: int) -> None:
        self.limit = limit

    def stop(self) -> None:
        self.stopped = True


class Stage:
    """A dataset's name begins with its bucket's. A look ends when it is told to, and finds nothing
    new in those whose name ends with "quiet"."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.changed = threading.Condition()
        self.behind = Next(self.changed)
        self.looks: list[list[str]] = []
        self.held: dict[str, threading.Event] = {}  # by bucket
        self.ended: list[tuple[str, frozenset[int]]] = []
        self.again: set[str] = set()
        self.broken = False
        self.given_up: list[bool] = []
        self.idle_told = 0
        self.queue = SharedLooks(
            self.behind,
            self._sources,
            self._look,
            self._learn,
            on_idle=self._idle,
            gathering=0.02,
            patience=patience,
        )

    def _idle(self) -> None:
        with self.changed:
            self.idle_told += 1
            self.changed.notify_all()

    def _sources(self, dataset: str) -> Sources:
        return frozenset({dataset.partition("-")[0]})

    def _look(
        self, jobs: Mapping[str, Job], is_given_up: Callable[[], bool]
    ) -> Mapping[str, Finished]:
        bucket = next(iter(jobs)).partition("-")[0]
        with self.changed:
            self.looks.append(sorted(jobs))
            self.changed.notify_all()
        if bucket in self.held:
            self.held[bucket].wait(PATIENCE)
        if self.broken:
            raise RuntimeError("a fault of the look's own")
        with self.changed:
            self.given_up.append(is_given_up())
            self.changed.notify_all()
        quiet = [one for one in jobs if one.endswith("quiet")]
        return {one: Finished(dataset=one, kind="cycle", end="done") for one in quiet}

    def _learn(self, finished: Finished, requests: frozenset[int]) -> bool:
        with self.changed:
            self.ended.append((finished.dataset, requests))
            self.changed.notify_all()
        return finished.dataset in self.again

    def ask(self, *datasets: str, why: str = "schedule", **more: frozenset[int]) -> None:
        for dataset in datasets:
            self.queue.ask(Job(dataset, why, **more))

    def until(self, true: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(true, PATIENCE), (self.looks, self.behind.asked)

    def passed(self) -> list[str]:
        with self.changed:
            return sorted(job.dataset for job in self.behind.asked)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    for one in made.held.values():
        one.set()
    made.queue.stop()


def test_what_is_due_together_is_looked_at_together_and_news_goes_on(stage: Stage) -> None:
    stage.ask("a-1-quiet", "a-2", "a-3-quiet")
    stage.until(lambda: stage.passed() == ["a-2"] and len(stage.ended) == 2)
    assert stage.looks == [["a-1-quiet", "a-2", "a-3-quiet"]]


def test_who_is_due_alone_is_looked_at_by_its_own_pass_alone(stage: Stage) -> None:
    stage.ask("a-1-quiet")
    stage.until(lambda: stage.passed() == ["a-1-quiet"])
    assert stage.looks == []


def test_it_is_told_that_nothing_is_left_also_where_it_was_done_at_once(stage: Stage) -> None:
    stage.ask("a-1")
    stage.until(lambda: stage.idle_told > 0)
    assert stage.queue.idle


def test_each_bucket_has_a_look_of_its_own(stage: Stage) -> None:
    stage.held["a"] = threading.Event()
    stage.ask("a-1", "b-1-quiet", "a-2", "b-2-quiet")
    stage.until(lambda: len(stage.ended) == 2)
    assert sorted(stage.looks) == [["a-1", "a-2"], ["b-1-quiet", "b-2-quiet"]]
    assert stage.passed() == []


def test_what_is_due_while_its_bucket_is_looked_at_is_the_next_round(stage: Stage) -> None:
    stage.held["a"] = threading.Event()
    stage.ask("a-1-quiet", "a-2-quiet")
    stage.until(lambda: len(stage.looks) == 1)
    stage.ask("a-1-quiet", "a-3-quiet")
    stage.held["a"].set()
    stage.until(lambda: len(stage.ended) == 4)
    assert stage.looks == [["a-1-quiet", "a-2-quiet"], ["a-1-quiet", "a-3-quiet"]]


def test_a_person_who_asks_for_one_dataset_waits_for_no_other(stage: Stage) -> None:
    stage.held["a"] = threading.Event()
    stage.ask("a-1", "a-2")
    stage.ask("a-9-quiet", why="request", requests=frozenset({7}))
    stage.until(lambda: stage.passed() == ["a-9-quiet"])
    assert stage.behind.asked[0].requests == {7}


def test_a_person_who_asks_for_all_has_them_looked_at_together(stage: Stage) -> None:
    names = ("a-1-quiet", "a-2-quiet")
    stage.ask(*names, why="request", requests=frozenset({7}))
    stage.until(lambda: len(stage.ended) == 2)
    assert sorted(stage.ended) == [(one, frozenset({7})) for one in names]


def test_a_look_that_hangs_holds_up_nobody_for_long() -> None:
    stage = Stage(patience=0.05)
    stage.held["a"] = threading.Event()
    stage.ask("a-1-quiet", "a-2-quiet")
    stage.until(lambda: stage.passed() == ["a-1-quiet", "a-2-quiet"])
    # Nor those that come later, while it still hangs.
    stage.ask("a-3-quiet", "a-4-quiet")
    stage.until(lambda: len(stage.behind.asked) == 4)
    stage.held["a"].set()
    stage.until(lambda: bool(stage.given_up))
    stage.queue.stop()
    assert (stage.looks, stage.given_up) == ([["a-1-quiet", "a-2-quiet"]], [True])
    assert stage.ended == []  # what it found is told by whoever came after it


def test_a_look_that_fails_leaves_each_its_own_way(stage: Stage) -> None:
    stage.broken = True
    stage.ask("a-1-quiet", "a-2-quiet")
    stage.until(lambda: stage.passed() == ["a-1-quiet", "a-2-quiet"])


def test_what_is_to_be_done_again_is_asked_for(stage: Stage) -> None:
    stage.again.add("a-1-quiet")
    stage.ask("a-1-quiet", "a-2-quiet")
    stage.until(lambda: stage.passed() == ["a-1-quiet"])


def test_nothing_is_idle_while_somebody_is_looked_at(stage: Stage) -> None:
    assert stage.queue.idle
    stage.held["a"] = threading.Event()
    stage.ask("a-1-quiet", "a-2-quiet")
    assert not stage.queue.idle
    stage.until(lambda: len(stage.looks) == 1)
    assert not stage.queue.idle
    stage.held["a"].set()
    stage.until(lambda: len(stage.ended) == 2)
    stage.until(lambda: stage.queue.idle)


def test_once_stopped_nothing_is_asked_for(stage: Stage) -> None:
    stage.queue.stop()
    stage.ask("a-1", "a-2")
    assert (stage.behind.stopped, stage.looks, stage.passed()) == (True, [], [])


def test_of_the_rest_it_tells_what_the_queue_behind_it_tells(stage: Stage) -> None:
    stage.queue.resize(7)
    assert (stage.queue.busy, stage.queue.hanging) == (("elsewhere",), ("elsewhere",))
    assert (stage.queue.overdue(3.0), stage.behind.limit) == (["after 3.0"], 7)
    stage.queue.ask(Job("a-1", "check", kind="check"))
    assert stage.passed() == ["a-1"]
