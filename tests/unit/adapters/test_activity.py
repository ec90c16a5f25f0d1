"""What a process is doing right now, as another one reads it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.disk.activity import FOLDER, ActivityBoard, under_way
from syncd.bootstrap import Silence
from syncd.core.activity import Work
from tests.support.builders import NOW


class Time:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Locks:
    """Somebody else's: `seen` is what is shown while they are waited for."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.seen: tuple[Work, ...] = ()

    @contextmanager
    def hold(
        self, portal: str, dataset: str, patience: float, command: str = "", by: str = ""
    ) -> Iterator[None]:
        del portal, dataset, patience, command, by
        self.seen = under_way(self.state)
        yield

    @contextmanager
    def hold_free(
        self, portal: str, datasets: Collection[str], command: str = "", by: str = ""
    ) -> Iterator[Collection[str]]:
        del portal, command, by
        self.seen = under_way(self.state)
        yield datasets


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def board(tmp_path: Path, time: Time) -> Iterator[ActivityBoard]:
    made = ActivityBoard(tmp_path, time, lambda: NOW + timedelta(seconds=time.seconds))
    yield made
    made.close()


def doing(state: Path) -> list[str]:
    return [work.doing for work in under_way(state)]


def test_a_lock_is_waited_for_and_then_the_dataset_looked_at(
    board: ActivityBoard, tmp_path: Path
) -> None:
    locks = Locks(tmp_path)
    with board.locks(locks).hold("p", "d1", 60):
        assert [(one.dataset, one.doing) for one in locks.seen] == [("d1", "lock")]
        assert under_way(tmp_path) == (Work("d1", "look", NOW),)
    assert under_way(tmp_path) == ()


def test_a_transfer_shows_how_far_it_is_at_most_once_a_second(
    board: ActivityBoard, tmp_path: Path, time: Time
) -> None:
    progress = board.progress(Silence())
    with (
        board.locks(Locks(tmp_path)).hold("p", "d1", 60),
        progress.transfer("a/b.csv", "fetch", 1000) as bar,
    ):
        bar.advance(100)
        (work,) = under_way(tmp_path)
        assert (work.dataset, work.what, work.doing) == ("d1", "a/b.csv", "fetch")
        assert work.percent == 0
        time.seconds = 1.0
        bar.advance(300)
        assert under_way(tmp_path)[0].percent == 40
        bar.advance(200)
        assert under_way(tmp_path)[0].percent == 40
        time.seconds = 2.0
        bar.restart()
        bar.advance(1)
        assert under_way(tmp_path)[0].done == 1
        bar.advance(999)  # the end is always shown
        assert under_way(tmp_path)[0].percent == 100
    assert under_way(tmp_path) == ()


def test_a_pause_says_for_what_and_until_when(board: ActivityBoard, tmp_path: Path) -> None:
    seen: list[Work] = []
    wait = board.waiting(lambda _: seen.extend(under_way(tmp_path)), "portal")
    with board.doing("look", "d1"):
        wait(0.2)
        assert [one.doing for one in seen] == ["look"]
        wait(120)
    assert seen[1:] == [Work("d1", "portal", NOW, until=NOW + timedelta(seconds=120))]


def test_what_a_dead_process_left_is_not_believed_and_goes(tmp_path: Path, time: Time) -> None:
    dying = (
        "import os, sys; from pathlib import Path; from datetime import UTC, datetime;"
        "from syncd.adapters.disk.activity import ActivityBoard;"
        "b = ActivityBoard(Path(sys.argv[1]), lambda: 0.0, lambda: datetime.now(UTC));"
        "c = b.doing('look', 'd1'); c.__enter__(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", dying, str(tmp_path)], check=False)
    (left,) = (tmp_path / FOLDER).glob("*.json")
    assert json.loads(left.read_bytes())[0]["dataset"] == "d1"
    assert under_way(tmp_path) == ()
    ActivityBoard(tmp_path, time, lambda: NOW).close()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_two_processes_are_both_shown_and_the_file_is_its_owners(
    board: ActivityBoard, tmp_path: Path, time: Time
) -> None:
    other = ActivityBoard(tmp_path, time, lambda: NOW - timedelta(hours=1))
    with board.doing("send", "d1", what="a.csv", size=9), other.doing("lock", "d2"):
        assert doing(tmp_path) == ["lock", "send"]
        for path in (tmp_path / FOLDER).iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other.close()


@pytest.mark.parametrize("written", ["", "[", "[1]", '[{"doing": "dance"}]', "{}", "\x00" * 50])
def test_a_file_that_cannot_be_read_shows_nothing(
    board: ActivityBoard, tmp_path: Path, written: str
) -> None:
    with board.doing("look", "d1"):
        (path,) = (tmp_path / FOLDER).iterdir()
        path.write_text(written)
        assert under_way(tmp_path) == ()


def test_a_disk_that_takes_nothing_stops_no_work(tmp_path: Path, time: Time) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    board = ActivityBoard(tmp_path, time, lambda: NOW)
    with board.progress(Silence()).transfer("a", "fetch", 1) as bar:
        bar.advance(1)
    board.close()
    with board.doing("look"):
        assert under_way(tmp_path) == ()


def test_who_leaves_nothing_behind_writes_nothing(tmp_path: Path, time: Time) -> None:
    with ActivityBoard(None, time, lambda: NOW).doing("look", "d1"):
        assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_cleared_away_hides_nobody(tmp_path: Path, time: Time) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "gone.json").symlink_to(tmp_path / "nothing")
    (tmp_path / FOLDER / "odd.json").mkdir()

    board = ActivityBoard(tmp_path, time, lambda: NOW)
    with board.doing("look", "musees"):
        assert doing(tmp_path) == ["look"]
    board.close()


def test_what_one_thread_began_another_may_end(tmp_path: Path, board: ActivityBoard) -> None:
    begun = board.doing("look", "musees")
    thread = threading.Thread(target=begun.__enter__)
    thread.start()
    thread.join()
    assert doing(tmp_path) == ["look"]

    begun.__exit__(None, None, None)
    assert doing(tmp_path) == []


class Instant(datetime):
    """Counts how often an instant is put into words."""

    written = 0

    def isoformat(self, *arguments: Any, **options: Any) -> str:
        Instant.written += 1
        return super().isoformat(*arguments, **options)


def test_what_others_do_is_not_put_into_words_again(tmp_path: Path, time: Time) -> None:
    board = ActivityBoard(tmp_path, time, lambda: Instant.fromisoformat(NOW.isoformat()))
    begun, ended = threading.Barrier(21), threading.Event()

    def work(number: int) -> None:
        with board.doing("look", f"d{number}"):
            begun.wait(60)
            ended.wait(60)

    others = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for other in others:
        other.start()
    begun.wait(60)
    Instant.written = 0
    with board.progress(Silence()).transfer("a.csv", "fetch", 100) as bar:
        bar.advance(100)
        assert len(under_way(tmp_path)) == 21
    assert Instant.written == 2  # its begin and its end
    ended.set()
    for other in others:
        other.join()
    board.close()


def test_nobody_waits_for_the_disk_of_another_and_what_was_meanwhile_is_shown(
    board: ActivityBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    pwrite = os.pwrite

    def slow(descriptor: int, content: bytes, offset: int) -> int:
        begun.set()
        assert go_on.wait(60)
        return pwrite(descriptor, content, offset)

    monkeypatch.setattr(os, "pwrite", slow)
    first = board.doing("look", "d1")
    thread = threading.Thread(target=first.__enter__)
    thread.start()
    assert begun.wait(60)
    second = board.doing("send", "d2")
    second.__enter__()
    go_on.set()
    thread.join()
    assert doing(tmp_path) == ["look", "send"]
    second.__exit__(None, None, None)
    first.__exit__(None, None, None)
    assert doing(tmp_path) == []
