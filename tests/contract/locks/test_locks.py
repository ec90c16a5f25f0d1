"""Dataset locks: one holder at a time, whatever dies, whichever the kind."""

from __future__ import annotations

import os
import pwd
import socket

import pytest
import structlog

from syncd.adapters.locks import DatasetLocks
from syncd.core import fence
from syncd.core.errors import LockHeld
from syncd.core.patience import Patience
from syncd.core.reasons import Reason
from syncd.text import sentence
from tests.contract.locks.conftest import DATASET, PORTAL, Kind


def test_a_free_lock_is_taken_without_waiting(kind: Kind) -> None:
    with kind.locks.hold(PORTAL, DATASET, 60):
        pass
    assert kind.clock.waits == []


def test_the_same_lock_can_be_taken_again_after_the_block(kind: Kind) -> None:
    for _ in range(2):
        with kind.locks.hold(PORTAL, DATASET, 0):
            pass


def test_the_lock_is_free_after_an_error_in_the_block(kind: Kind) -> None:
    with pytest.raises(ZeroDivisionError), kind.locks.hold(PORTAL, DATASET, 0):
        raise ZeroDivisionError
    with kind.locks.hold(PORTAL, DATASET, 0):
        pass


def test_two_datasets_and_two_portals_do_not_hinder_each_other(kind: Kind) -> None:
    locks = kind.locks
    with (
        locks.hold(PORTAL, DATASET, 0),
        locks.hold(PORTAL, "other", 0),
        locks.hold("https://www.data.gouv.fr", DATASET, 0),
    ):
        fence.confirm()


def test_a_second_holder_in_the_same_process_is_refused(kind: Kind) -> None:
    with (
        kind.locks.hold(PORTAL, DATASET, 0),
        pytest.raises(LockHeld),
        kind.locks.hold(PORTAL, DATASET, 0),
    ):
        pass


def test_who_holds_it_is_named(kind: Kind) -> None:
    with kind.held_elsewhere() as child:
        with pytest.raises(LockHeld) as caught, kind.locks.hold(PORTAL, DATASET, 0):
            pass
        facts = caught.value.reason.facts
        assert caught.value.reason.code == "lock_held"
        assert facts["dataset"] == DATASET
        assert (facts["pid"], facts["host"]) == (child.pid, socket.gethostname())
        assert str(facts["since"]).startswith("2")


def test_patience_is_the_whole_wait_and_no_more(kind: Kind) -> None:
    with (
        kind.held_elsewhere(),
        pytest.raises(LockHeld),
        kind.locks.hold(PORTAL, DATASET, 1.5),
    ):
        pass
    assert sum(kind.clock.waits) == pytest.approx(1.5)
    assert max(kind.clock.waits) <= 1


def test_a_lock_freed_in_time_is_taken(kind: Kind) -> None:
    clock = kind.clock
    with kind.held_elsewhere() as child:

        def wait(seconds: float) -> None:
            clock.wait(seconds)
            if len(clock.waits) == 3:
                child.kill()
                child.wait()
                kind.lapse()

        with DatasetLocks(kind.store, clock=clock, wait=wait).hold(PORTAL, DATASET, 60):
            fence.confirm()
    assert len(clock.waits) == 3


def test_a_holder_that_ends_well_frees_its_lock_at_once(kind: Kind) -> None:
    with kind.held_elsewhere() as child:
        child.communicate(timeout=60)
        with kind.locks.hold(PORTAL, DATASET, 0):
            pass


def test_a_killed_holder_frees_its_lock(kind: Kind) -> None:
    with kind.held_elsewhere() as child:
        child.kill()
        child.wait()
        kind.lapse()
        with kind.locks.hold(PORTAL, DATASET, 0):
            pass


def test_the_next_holder_s_name_replaces_a_dead_one_s(kind: Kind) -> None:
    with kind.held_elsewhere() as child:
        child.kill()
        child.wait()
    kind.lapse()
    with (
        kind.locks.hold(PORTAL, DATASET, 0),
        pytest.raises(LockHeld) as caught,
        kind.locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    assert caught.value.reason.facts["pid"] == os.getpid()


def test_who_is_waited_for_is_told_once_at_the_beginning(kind: Kind) -> None:
    told: list[tuple[Reason, float]] = []
    locks = DatasetLocks(
        kind.store,
        clock=kind.clock,
        wait=kind.clock.wait,
        waiting=lambda why, seconds: told.append((why, seconds)),
    )
    with (
        kind.held_elsewhere() as child,
        structlog.testing.capture_logs() as logged,
        pytest.raises(LockHeld),
        locks.hold(PORTAL, DATASET, 60),
    ):
        pass
    ((why, seconds),) = told
    assert (why.code, seconds) == ("wait_lock", 60)
    assert (why.facts["dataset"], why.facts["pid"]) == (DATASET, child.pid)
    assert [line["event"] for line in logged] == ["lock.waiting"]
    assert logged[0]["pid"] == child.pid


def test_a_free_lock_is_not_spoken_of(kind: Kind) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    locks = DatasetLocks(kind.store, clock=kind.clock, wait=kind.clock.wait, waiting=fail)
    with locks.hold(PORTAL, DATASET, 60):
        pass


def test_a_command_that_may_wait_no_longer_leaves_the_lock_to_its_holder(kind: Kind) -> None:
    clock = kind.clock
    patience = Patience(5, clock)
    locks = DatasetLocks(kind.store, clock=clock, wait=clock.wait, allows=patience.allows)
    with (
        kind.held_elsewhere(),
        pytest.raises(LockHeld),
        locks.hold(PORTAL, DATASET, 60),
    ):
        pass
    assert 4 < sum(clock.waits) <= 5


def test_the_command_and_the_person_are_named(kind: Kind) -> None:
    with (
        kind.locks.hold(PORTAL, DATASET, 0, "release", "Léa"),
        pytest.raises(LockHeld) as caught,
        kind.locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    said = sentence(caught.value.reason)
    assert said.startswith("`syncd release`, started by Léa, works on the dataset")


def test_without_a_name_it_is_whoever_is_logged_in(kind: Kind) -> None:
    with (
        kind.locks.hold(PORTAL, DATASET, 0, "sync"),
        pytest.raises(LockHeld) as caught,
        kind.locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    assert caught.value.reason.facts["by"] == pwd.getpwuid(os.getuid()).pw_name


def test_a_name_of_any_length_and_script_leaves_the_note_readable(kind: Kind) -> None:
    with (
        kind.locks.hold(PORTAL, DATASET, 0, "sync", "\U0001f4c4" * 500),
        pytest.raises(LockHeld) as caught,
        kind.locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    assert caught.value.reason.code == "lock_held_by"


# -- many at once ----------------------------------------------------------------------------------


def test_those_that_another_is_at_are_left_out_and_nobody_is_waited_for(kind: Kind) -> None:
    locks = kind.locks
    with locks.hold(PORTAL, "b", 0), locks.hold_free(PORTAL, ["c", "a", "b"]) as held:
        assert list(held) == ["c", "a"]
        fence.confirm()
    assert kind.clock.waits == []


def test_where_all_are_taken_none_is_held(kind: Kind) -> None:
    locks = kind.locks
    with locks.hold(PORTAL, "b", 0), locks.hold_free(PORTAL, ["b"]) as held:
        assert not held
        with locks.hold_free(PORTAL, []) as none:
            assert not none


def test_whoever_meets_one_of_many_reads_who_is_at_it(kind: Kind) -> None:
    with (
        kind.locks.hold_free(PORTAL, ["a", "b"], "sync", "Léa"),
        pytest.raises(LockHeld) as caught,
        kind.locks.hold(PORTAL, "b", 0),
    ):
        pass
    assert (caught.value.reason.code, caught.value.reason.facts["by"]) == ("lock_held_by", "Léa")


def test_all_of_them_are_let_go_at_the_end(kind: Kind) -> None:
    with kind.locks.hold_free(PORTAL, ["a", "b"]):
        pass
    with kind.locks.hold(PORTAL, "a", 0), kind.locks.hold(PORTAL, "b", 0):
        pass
