"""What each queue of jobs promises: in one process, and between machines."""

from __future__ import annotations

from syncd.service.dispatcher import Job
from tests.contract.queue.conftest import Opening


def test_what_is_asked_for_is_done_once(opening: Opening) -> None:
    place = opening()
    place.work.free("a", "b")
    place.queue.ask(Job("a", "schedule", requests=frozenset({7})))
    place.queue.ask(Job("b", "schedule"))
    place.work.wait_for(lambda: len(place.work.ended) == 2)
    assert sorted(place.work.ended) == [("a", frozenset({7})), ("b", frozenset())]
    place.work.wait_for(lambda: place.queue.idle)
    assert sorted(place.work.datasets()) == ["a", "b"]


def test_a_dataset_is_never_worked_on_twice_at_once(opening: Opening) -> None:
    place = opening(4)
    for _ in range(3):
        place.queue.ask(Job("a", "schedule"))
    place.work.wait_for(lambda: place.work.running == ["a"])
    for number in range(5):  # `Work.work` itself refuses a second one
        place.queue.ask(Job("a", "request", requests=frozenset({number})))
    place.work.free("a")
    place.work.wait_for(lambda: len(place.work.ended) >= 2)
    place.work.wait_for(lambda: place.queue.idle)
    assert place.work.datasets() == ["a"] * len(place.work.ended)
    # Once more for what was asked meanwhile, however often: twice if the first came between.
    assert len(place.work.ended) <= 3
    assert frozenset().union(*(requests for _, requests in place.work.ended)) == set(range(5))


def test_what_is_asked_while_it_is_worked_on_is_done_afterwards(opening: Opening) -> None:
    place = opening()
    place.queue.ask(Job("a", "schedule"))
    place.work.wait_for(lambda: place.work.running == ["a"])
    place.queue.ask(Job("a", "request", requests=frozenset({1})))
    place.queue.ask(Job("b", "schedule"))
    place.work.free("b")
    place.work.wait_for(lambda: ("b", frozenset()) in place.work.ended)
    assert place.work.datasets() == ["a", "b"]
    place.work.free("a")
    place.work.wait_for(lambda: len(place.work.ended) == 3)
    # What the first did had begun before it was asked for.
    assert [one for one in place.work.ended if one[0] == "a"] == [
        ("a", frozenset()),
        ("a", frozenset({1})),
    ]


def test_no_more_are_worked_on_than_there_is_room_for(opening: Opening) -> None:
    place = opening(2)
    names = [f"d{number}" for number in range(12)]
    for name in names:
        place.queue.ask(Job(name, "schedule"))
    place.work.wait_for(lambda: len(place.work.running) == place.limit)
    place.work.free(*names)
    place.work.wait_for(lambda: len(place.work.ended) == len(names))
    assert sorted(place.work.datasets()) == sorted(names)
    assert place.work.most == place.limit


def test_what_could_not_be_done_now_is_asked_for_again(opening: Opening) -> None:
    place = opening()
    place.work.again.add("a")
    place.work.free("a")
    place.queue.ask(Job("a", "request", requests=frozenset({3})))
    place.work.wait_for(lambda: bool(place.work.ended))
    assert place.work.datasets() == ["a", "a"]
    assert place.work.ended == [("a", frozenset({3}))]


def test_a_fault_in_one_stops_no_other(opening: Opening) -> None:
    place = opening(1)
    place.work.broken.add("a")
    place.work.free("a", "b")
    place.queue.ask(Job("a", "schedule"))
    place.queue.ask(Job("b", "schedule"))
    place.work.wait_for(lambda: ("b", frozenset()) in place.work.ended)
    place.queue.ask(Job("a", "schedule"))
    place.work.wait_for(lambda: place.work.datasets().count("a") == 2)


def test_a_cycle_that_is_asked_for_is_no_portal_check(opening: Opening) -> None:
    place = opening(1)
    place.queue.ask(Job("x", "schedule"))
    place.work.wait_for(lambda: place.work.running == ["x"])
    place.queue.ask(Job("a", "check", "check"))
    place.queue.ask(Job("a", "schedule"))
    place.work.free("x", "a")
    place.work.wait_for(lambda: any(one[0] == "a" for one in place.work.ended))
    place.work.wait_for(lambda: place.queue.idle)
    assert "cycle" in {job.kind for job in place.work.begun if job.dataset == "a"}


def test_nothing_begins_after_a_stop(opening: Opening) -> None:
    place = opening(1)
    place.queue.ask(Job("a", "schedule"))
    place.work.wait_for(lambda: place.work.running == ["a"])
    place.queue.stop()
    place.queue.ask(Job("b", "schedule"))
    place.work.free("a", "b")
    place.work.wait_for(lambda: not place.work.running)
    assert place.work.datasets() == ["a"]
