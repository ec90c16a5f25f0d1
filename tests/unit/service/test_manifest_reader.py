"""The service reads a manifest apart from itself, and outlives whatever stands in it."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from syncd.config.manifest import load, plain_form
from syncd.core.errors import Abandoned, ManifestError, ReaderError
from syncd.service.manifest_reader import ManifestReader
from tests.support.hostile_manifests import SORTS
from tests.support.manifest_builders import GOOD, with_lines
from tests.unit.adapters.test_reader import STAND_IN


def nothing() -> None:
    pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "manifest.yaml"
    made.write_text(GOOD, encoding="utf-8")
    return made


def refused(reader: ManifestReader, path: Path) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        reader.load(path, nothing)
    return caught.value


def standing_in(then: str, seconds: int = 60) -> ManifestReader:
    """Reads by a program that does `then` with the file that it gets."""
    return ManifestReader(small=0, seconds=seconds, command=(sys.executable, "-c", STAND_IN + then))


@pytest.mark.parametrize("zone", ["Europe/Paris", "Indian/Reunion"])
def test_a_good_manifest_is_the_same_wherever_it_is_read(path: Path, zone: str) -> None:
    path.write_text(f"{GOOD}timezone: {zone}\n", encoding="utf-8")
    assert ManifestReader(small=0).load(path, nothing) == load(path)
    assert ManifestReader().load(path, nothing) == load(path)


@pytest.mark.parametrize("count", [1, 99, 250])
def test_the_same_problems_are_shown_wherever_a_bad_one_is_read(path: Path, count: int) -> None:
    path.write_text(with_lines({1: "version: 3"}) + "".join(f"k{n}: 1\n" for n in range(count - 1)))
    with pytest.raises(ManifestError) as caught:
        load(path)
    found = refused(ManifestReader(small=0), path)
    assert found.shown == caught.value.shown
    assert found.reason == caught.value.reason
    assert len(found.shown) == min(count, 101)


def test_a_small_file_needs_no_process_and_an_anchor_makes_it_a_large_one(path: Path) -> None:
    reader = ManifestReader(command=(sys.executable, "-c", "raise SystemExit(3)"))
    assert reader.load(path, nothing) == load(path)
    path.write_text(GOOD.replace("festivals\n", "&a festivals\n"), encoding="utf-8")
    with pytest.raises(ReaderError):
        reader.load(path, nothing)


def test_the_same_bytes_are_not_read_again(path: Path) -> None:
    reader = ManifestReader()
    first = reader.load(path, nothing)
    other = path.with_name("copy.yaml")
    other.write_bytes(path.read_bytes())
    assert reader.load(other, nothing) is first


def test_a_bad_manifest_is_not_remembered(path: Path) -> None:
    reader = ManifestReader(small=0)
    reader.load(path, nothing)
    path.write_text("version: 3\n", encoding="utf-8")
    for _ in range(2):
        assert refused(reader, path).problems[0].file == str(path)


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ("os.kill(os.getpid(), 9)", "manifest_killed"),
        (f"os.kill(os.getpid(), {int(signal.SIGPROF)})", "manifest_limits"),
        (f"os.kill(os.getpid(), {int(signal.SIGSEGV)})", "manifest_limits"),
        ("""answer(b'{"trouble": "memory"}')""", "manifest_limits"),
        ("""answer(b'{"trouble": "fault", "detail": "E", "where": "a:1"}')""", "manifest_fault"),
        ("""answer(b'nonsense')""", "manifest_fault"),
        ("""answer(b'{"manifest": [["LoadedManifest"], []]}')""", "manifest_fault"),
        ("""answer(b'{"problems": [], "count": 0}')""", "manifest_fault"),
        ("""answer(b'[' * 200000)""", "manifest_fault"),
    ],
)
def test_a_reading_that_does_not_end_well_is_one_problem(path: Path, then: str, code: str) -> None:
    found = refused(standing_in(then), path)
    assert [(p.reason.code, p.file) for p in found.problems] == [(code, str(path))]


def test_another_manifest_than_the_one_that_was_sent_is_refused(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(GOOD + "timezone: Europe/Paris\n", encoding="utf-8")
    answer = json.dumps({"manifest": plain_form.written(load(other))})
    found = refused(standing_in(f"answer({answer.encode()!r})"), path)
    assert found.problems[0].reason.code == "manifest_fault"


def test_it_ends_when_the_processors_time_is_used_up(path: Path) -> None:
    path.write_bytes(SORTS["tags"](1_000_000))
    found = refused(ManifestReader(seconds=1), path)
    assert dict(found.problems[0].reason.facts)["seconds"] == 1


def test_a_stop_ends_the_reading_and_its_process(path: Path) -> None:
    path.write_bytes(SORTS["tags"](1_000_000))

    def stop() -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        ManifestReader().load(path, stop)
    assert not any("manifest_process" in command for command in commands_of_children())


def commands_of_children() -> list[str]:
    children = [
        child
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    return [Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8") for child in children]


def longest_hold(work: Callable[[], object]) -> float:
    """Seconds of this process's processor within which no other thread had a turn."""
    done, longest = threading.Event(), 0.0

    def turn() -> None:
        nonlocal longest
        last = time.process_time()
        while not done.wait(0.001):
            now = time.process_time()
            longest, last = max(longest, now - last), now

    watching = threading.Thread(target=turn)
    watching.start()
    try:
        work()
    finally:
        done.set()
        watching.join()
    return longest


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.stress)])
def test_many_targets_are_read_without_holding_the_other_threads(path: Path, count: int) -> None:
    lines = GOOD.splitlines()[:9]
    for at in range(count // 10):
        lines += [f"  - dataset: d{at}", "    resources:"]
        for n in range(10):
            lines += [f"      - resource: {at:08x}-0000-4000-8000-{n:012x}"]
            lines += [f"        newest: d/direction/{at}/exports/fichier_{n}_{{d:yyyy}}*.csv"]
    path.write_text("\n".join(lines), encoding="utf-8")
    reader = ManifestReader()
    # What holds them does so each time; a busy machine does not.
    assert any(longest_hold(lambda: reader.load(path, nothing)) < 0.2 for _ in range(3))
    manifest = reader.load(path, nothing)
    assert sum(len(entry.targets) for entry in manifest.datasets) == count


HARMFUL = ["unknown keys of an entry", "tags", "aliases of aliases", "one list"]


@pytest.mark.parametrize("sort", HARMFUL)
def test_a_bad_one_costs_the_service_next_to_nothing(path: Path, sort: str) -> None:
    path.write_bytes(SORTS[sort](60_000))
    started = time.process_time()
    held = longest_hold(lambda: refused(ManifestReader(), path))
    assert held < 0.2
    assert time.process_time() - started < 1
