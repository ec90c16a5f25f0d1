"""Files that became others are noticed once, when they have been still for a while."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncd.service.file_watcher import FileWatcher


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watch(clock: Clock, *files: Path) -> FileWatcher:
    return FileWatcher(lambda: files, clock=clock, still=2)


def settled(watched: FileWatcher, clock: Clock) -> list[bool]:
    """What it says at each second of the next five."""
    said = []
    for _ in range(5):
        said.append(watched.changed())
        clock.now += 1
    return said


ONCE = [False, False, True, False, False]
NEVER = [False] * 5


def test_nothing_is_said_of_files_that_stay(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("a", encoding="utf-8")
    assert settled(watch(clock, file), clock) == NEVER


def test_a_file_written_anew_is_said_once_after_two_seconds(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("a", encoding="utf-8")
    watched = watch(clock, file)
    file.write_text("ab", encoding="utf-8")
    assert settled(watched, clock) == ONCE


def test_a_file_still_being_written_is_waited_for(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "m.yaml"
    watched = watch(clock, file)
    for length in range(1, 6):
        file.write_text("a" * length, encoding="utf-8")
        assert not watched.changed()
        clock.now += 1.5
    clock.now += 0.5
    assert watched.changed()


def test_an_editor_that_puts_another_file_in_its_place(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("a", encoding="utf-8")
    stat = file.stat()
    watched = watch(clock, file)
    other = tmp_path / "new"
    other.write_text("b", encoding="utf-8")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same size, same date
    other.replace(file)
    assert settled(watched, clock) == ONCE


def test_a_file_that_goes_and_comes(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("a", encoding="utf-8")
    watched = watch(clock, file)
    file.unlink()
    assert settled(watched, clock) == ONCE
    file.write_text("a", encoding="utf-8")
    assert settled(watched, clock) == ONCE


def test_a_change_that_is_taken_back_in_time_is_none(tmp_path: Path, clock: Clock) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    for folder in (first, second):
        (folder / "m.yaml").write_text("a", encoding="utf-8")
    link = tmp_path / "data"
    link.symlink_to("1")
    watched = watch(clock, link / "m.yaml")
    swap(link, "2")
    assert not watched.changed()
    clock.now += 1
    swap(link, "1")
    assert settled(watched, clock) == NEVER


def test_the_swap_of_a_mounted_configmap_is_seen(tmp_path: Path, clock: Clock) -> None:
    """The file's own link never changes; the folder that it leads through does."""
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.yaml").write_text("same", encoding="utf-8")
    data = tmp_path / "..data"
    data.symlink_to("v1")
    (tmp_path / "m.yaml").symlink_to("..data/m.yaml")
    watched = watch(clock, tmp_path / "m.yaml")
    swap(data, "v2")
    assert settled(watched, clock) == ONCE


def swap(link: Path, target: str) -> None:
    fresh = link.with_name("fresh")
    fresh.symlink_to(target)
    fresh.replace(link)


def test_a_folder_stands_for_the_files_in_it(tmp_path: Path, clock: Clock) -> None:
    watched = watch(clock, tmp_path)
    (tmp_path / "SYNCD_API_KEY").write_text("k", encoding="utf-8")
    assert settled(watched, clock) == ONCE
