"""Dataset locks: one holder at a time, whatever dies."""

from __future__ import annotations

import errno
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from syncd.adapters.disk.locks import DatasetLocks
from syncd.core.errors import LockHeld, SpoolError
from syncd.core.patience import Patience
from syncd.core.reasons import Reason
from syncd.text import sentence

PORTAL = "https://demo.data.gouv.fr"
DATASET = "5d2c4f6e8b4c4110c5a1b2c3"


class Clock:
    """Time passes only by waiting."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def locks(tmp_path: Path, clock: Clock) -> DatasetLocks:
    return DatasetLocks(tmp_path / "locks", clock=clock, wait=clock.wait)


CHILD = """
import sys, time
from pathlib import Path
from syncd.adapters.disk.locks import DatasetLocks
locks = DatasetLocks(Path(sys.argv[1]), clock=time.monotonic, wait=time.sleep)
with locks.hold(sys.argv[2], sys.argv[3], 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the dataset."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), PORTAL, DATASET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def test_a_free_lock_is_taken_without_waiting(locks: DatasetLocks, clock: Clock) -> None:
    with locks.hold(PORTAL, DATASET, 60):
        pass
    assert clock.waits == []


def test_the_same_lock_can_be_taken_again_after_the_block(locks: DatasetLocks) -> None:
    for _ in range(2):
        with locks.hold(PORTAL, DATASET, 0):
            pass


def test_the_lock_is_free_after_an_error_in_the_block(locks: DatasetLocks) -> None:
    with pytest.raises(ZeroDivisionError), locks.hold(PORTAL, DATASET, 0):
        raise ZeroDivisionError
    with locks.hold(PORTAL, DATASET, 0):
        pass


def test_two_datasets_and_two_portals_do_not_hinder_each_other(locks: DatasetLocks) -> None:
    with (
        locks.hold(PORTAL, DATASET, 0),
        locks.hold(PORTAL, "other", 0),
        locks.hold("https://www.data.gouv.fr", DATASET, 0),
    ):
        pass


def test_a_second_holder_in_the_same_process_is_refused(locks: DatasetLocks) -> None:
    with (
        locks.hold(PORTAL, DATASET, 0),
        pytest.raises(LockHeld),
        locks.hold(PORTAL, DATASET, 0),
    ):
        pass


def test_who_holds_it_is_named(locks: DatasetLocks, tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "locks") as child:
        with pytest.raises(LockHeld) as caught, locks.hold(PORTAL, DATASET, 0):
            pass
        facts = caught.value.reason.facts
        assert caught.value.reason.code == "lock_held"
        assert facts["dataset"] == DATASET
        assert (facts["pid"], facts["host"]) == (child.pid, socket.gethostname())
        assert str(facts["since"]).startswith("2")


def test_patience_is_the_whole_wait_and_no_more(
    locks: DatasetLocks, clock: Clock, tmp_path: Path
) -> None:
    with (
        held_elsewhere(tmp_path / "locks"),
        pytest.raises(LockHeld),
        locks.hold(PORTAL, DATASET, 1.5),
    ):
        pass
    assert sum(clock.waits) == pytest.approx(1.5)
    assert max(clock.waits) <= 1


def test_a_lock_freed_in_time_is_taken(tmp_path: Path) -> None:
    clock = Clock()
    with held_elsewhere(tmp_path / "locks") as child:

        def wait(seconds: float) -> None:
            clock.wait(seconds)
            if len(clock.waits) == 3:
                child.kill()
                child.wait()

        locks = DatasetLocks(tmp_path / "locks", clock=clock, wait=wait)
        with locks.hold(PORTAL, DATASET, 60):
            pass
    assert len(clock.waits) == 3


def test_a_killed_holder_frees_its_lock(locks: DatasetLocks, tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "locks") as child:
        child.send_signal(signal.SIGKILL)
        child.wait()
        with locks.hold(PORTAL, DATASET, 0):
            pass


def test_the_next_holder_s_name_replaces_a_dead_one_s(locks: DatasetLocks, tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "locks") as child:
        child.kill()
        child.wait()
    with (
        locks.hold(PORTAL, DATASET, 0),
        pytest.raises(LockHeld) as caught,
        locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    assert caught.value.reason.facts["pid"] == os.getpid()


def test_the_file_of_a_lock_is_never_deleted(locks: DatasetLocks, tmp_path: Path) -> None:
    with locks.hold(PORTAL, DATASET, 0):
        [path] = (tmp_path / "locks").iterdir()
        inode = path.stat().st_ino
    with locks.hold(PORTAL, DATASET, 0):
        assert path.stat().st_ino == inode
    assert path.exists()


def test_a_folder_that_cannot_be_used_is_our_error(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    locks = DatasetLocks(tmp_path / "file" / "locks", clock=clock, wait=clock.wait)
    with pytest.raises(SpoolError) as caught, locks.hold(PORTAL, DATASET, 0):
        pass
    assert caught.value.reason.code == "lock_folder"


def test_who_is_waited_for_is_told_once_at_the_beginning(tmp_path: Path, clock: Clock) -> None:
    told: list[tuple[Reason, float]] = []
    locks = DatasetLocks(
        tmp_path / "locks",
        clock=clock,
        wait=clock.wait,
        waiting=lambda why, seconds: told.append((why, seconds)),
    )
    with (
        held_elsewhere(tmp_path / "locks") as child,
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


def test_a_free_lock_is_not_spoken_of(tmp_path: Path, clock: Clock) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    locks = DatasetLocks(tmp_path / "locks", clock=clock, wait=clock.wait, waiting=fail)
    with locks.hold(PORTAL, DATASET, 60):
        pass


def test_a_command_that_may_wait_no_longer_leaves_the_lock_to_its_holder(
    tmp_path: Path, clock: Clock
) -> None:
    patience = Patience(5, clock)
    locks = DatasetLocks(tmp_path / "locks", clock=clock, wait=clock.wait, allows=patience.allows)
    with (
        held_elsewhere(tmp_path / "locks"),
        pytest.raises(LockHeld),
        locks.hold(PORTAL, DATASET, 60),
    ):
        pass
    assert 4 < sum(clock.waits) <= 5


def test_the_command_and_the_person_are_named(locks: DatasetLocks) -> None:
    with (
        locks.hold(PORTAL, DATASET, 0, "release", "Léa"),
        pytest.raises(LockHeld) as caught,
        locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    said = sentence(caught.value.reason)
    assert said.startswith("`syncd release`, started by Léa, works on the dataset")


def test_without_a_name_it_is_whoever_is_logged_in(locks: DatasetLocks) -> None:
    with (
        locks.hold(PORTAL, DATASET, 0, "sync"),
        pytest.raises(LockHeld) as caught,
        locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    assert caught.value.reason.facts["by"] == pwd.getpwuid(os.getuid()).pw_name


def test_a_name_of_any_length_and_script_leaves_the_note_readable(locks: DatasetLocks) -> None:
    with (
        locks.hold(PORTAL, DATASET, 0, "sync", "\U0001f4c4" * 500),
        pytest.raises(LockHeld) as caught,
        locks.hold(PORTAL, DATASET, 0),
    ):
        pass
    assert caught.value.reason.code == "lock_held_by"


def test_a_state_folder_that_a_command_s_lock_makes_is_closed_to_others(tmp_path: Path) -> None:
    clock, folder = Clock(), tmp_path / "state" / "locks"
    with DatasetLocks(folder, clock=clock, wait=clock.wait).hold(PORTAL, DATASET, 0):
        pass
    assert [one.stat().st_mode & 0o777 for one in (folder, folder.parent)] == [0o700, 0o700]


def test_a_state_folder_that_is_there_stays_as_open_as_it_is(tmp_path: Path) -> None:
    clock = Clock()
    tmp_path.chmod(0o750)
    with DatasetLocks(tmp_path / "locks", clock=clock, wait=clock.wait).hold(PORTAL, DATASET, 0):
        pass
    assert tmp_path.stat().st_mode & 0o777 == 0o750


# -- many at once ----------------------------------------------------------------------------------


def test_those_that_another_is_at_are_left_out_and_nobody_is_waited_for(
    locks: DatasetLocks, clock: Clock
) -> None:
    with locks.hold(PORTAL, "b", 0), locks.hold_free(PORTAL, ["a", "b", "c"]) as held:
        assert list(held) == ["a", "c"]
    assert clock.waits == []


def test_whoever_meets_one_of_many_reads_who_is_at_it(locks: DatasetLocks) -> None:
    with (
        locks.hold_free(PORTAL, ["a", "b"], "sync", "Léa"),
        pytest.raises(LockHeld) as caught,
        locks.hold(PORTAL, "b", 0),
    ):
        pass
    assert (caught.value.reason.code, caught.value.reason.facts["by"]) == ("lock_held_by", "Léa")


def test_all_of_them_are_let_go_at_the_end(locks: DatasetLocks, tmp_path: Path) -> None:
    with locks.hold_free(PORTAL, ["a", "b"]):
        pass
    with locks.hold(PORTAL, "a", 0), locks.hold(PORTAL, "b", 0):
        pass
    assert [path.stat().st_size for path in (tmp_path / "locks").iterdir()] == [0, 0]


def test_where_one_cannot_be_had_the_others_are_let_go(
    locks: DatasetLocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def full(*given: Any, **named: Any) -> int:
        full.times += 1  # type: ignore[attr-defined]  # counts its calls
        if full.times > 2:  # type: ignore[attr-defined]
            raise OSError(errno.EMFILE, "Too many open files")
        return opened(*given, **named)

    full.times = 0  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", full)
        with pytest.raises(SpoolError), locks.hold_free(PORTAL, ["a", "b", "c"]):
            pass
    with locks.hold(PORTAL, "a", 0):
        pass
