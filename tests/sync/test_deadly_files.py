"""A file that ends whoever looks into it is held at its third time, and the others go on."""

from __future__ import annotations

import hashlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.reader.client import ReaderProcess
from syncd.core.errors import Abandoned, ReaderError, ReaderKilled
from syncd.core.objects import Digest
from syncd.core.ports import SpooledFile
from syncd.core.records import Outcome
from syncd.sync import content
from tests.support import sync_harness
from tests.support.shared_reader import READER
from tests.support.sync_harness import House
from tests.unit.adapters.test_reader import STAND_IN

GOOD = b"id,nom\n1,Louvre\n"
BAD = b"id,nom\n1,Deadly\n"


class Deadly:
    """Reads like the real one, but for the bad file."""

    def __init__(self, *ends: type[BaseException]) -> None:
        self.ends = list(ends)
        self.opened = 0

    def read(
        self, file: SpooledFile, name: str, on_open: Callable[[], None], *more: Any, **other: Any
    ) -> str:
        if file.path.read_bytes() == BAD:
            on_open()
            self.opened += 1
            if self.ends:
                raise self.ends.pop(0)("reader_killed", key=name)
        return READER.read(file, name, on_open, *more, **other)


def with_reader(monkeypatch: pytest.MonkeyPatch, *ends: type[BaseException]) -> Deadly:
    reader = Deadly(*ends)
    monkeypatch.setattr(sync_harness, "READER", reader)
    return reader


@pytest.fixture
def deposited(house: House) -> House:
    house.target(house.resource("Bon"), "bon.csv")
    house.target(house.resource("Mauvais"), "mauvais.csv")
    house.bucket.put("bon.csv", GOOD)
    house.bucket.put("mauvais.csv", BAD)
    return house


def outcomes(house: House) -> dict[str, Outcome]:
    return {result.object: result.outcome for result in house.sync().results}


def reason(house: House) -> str:
    (row,) = (row for row in house.rows() if row.binding.key == "mauvais.csv")
    return row.reason.code


def test_a_reader_killed_three_times_leaves_one_file_held(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = with_reader(monkeypatch, *[ReaderKilled] * 3)
    assert outcomes(deposited) == {"bon.csv": Outcome.REPLACED, "mauvais.csv": Outcome.FAILED}
    assert outcomes(deposited) == {"bon.csv": Outcome.UNCHANGED, "mauvais.csv": Outcome.FAILED}
    assert reason(deposited) == "reader_killed"
    assert outcomes(deposited) == {"bon.csv": Outcome.UNCHANGED, "mauvais.csv": Outcome.HELD}
    assert reason(deposited) == "guard_deaths"
    assert outcomes(deposited)["mauvais.csv"] is Outcome.HELD
    assert reader.opened == 3


def test_a_killed_reader_is_forgotten_when_the_file_was_read_after_all(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_reader(monkeypatch, ReaderKilled)
    outcomes(deposited)
    assert outcomes(deposited)["mauvais.csv"] is Outcome.REPLACED
    with deposited.adapters() as adapters:
        sha1 = deposited.rows()[0].judged
        assert sha1 is not None
        assert adapters.ledger.deaths(sha1.digest.sha1, "mauvais.csv") == 0


def test_a_service_that_died_three_times_at_a_file_opens_it_no_more(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = with_reader(monkeypatch)
    file = SpooledFile(Path("unused"), digest_of(BAD))
    with deposited.adapters() as adapters:
        for _ in range(content.DEATHS):
            adapters.ledger.begin_reading(file.digest.sha1, "mauvais.csv", deposited.now())
    assert outcomes(deposited) == {"bon.csv": Outcome.REPLACED, "mauvais.csv": Outcome.HELD}
    assert (reason(deposited), reader.opened) == ("guard_deaths", 0)
    assert deposited.plan().results[1].outcome is Outcome.HELD


def test_a_released_file_is_published_unopened(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = with_reader(monkeypatch, *[ReaderKilled] * 3)
    for _ in range(3):
        outcomes(deposited)
    deposited.release("mauvais.csv")
    (row,) = (row for row in deposited.rows() if row.binding.key == "mauvais.csv")
    assert (row.state, reader.opened) == (Outcome.REPLACED, 3)


def test_a_shortage_of_our_own_never_holds_a_file(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_reader(monkeypatch, *[ReaderError] * 4)
    for _ in range(4):
        assert outcomes(deposited)["mauvais.csv"] is Outcome.FAILED
    assert outcomes(deposited)["mauvais.csv"] is Outcome.REPLACED


def test_a_service_that_is_told_to_stop_has_not_died(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_reader(monkeypatch, *[Stopped] * 3)
    for _ in range(3):
        with pytest.raises(Abandoned):
            deposited.sync()
    assert outcomes(deposited)["mauvais.csv"] is Outcome.REPLACED


@pytest.mark.parametrize("deaths", [1, content.DEATHS - 1])
def test_a_service_killed_while_a_file_waits_for_its_turn_says_nothing_against_it(
    deposited: House, monkeypatch: pytest.MonkeyPatch, deaths: int
) -> None:
    """Others are being read, or the reader is starting: the file was not opened."""
    monkeypatch.setattr(sync_harness, "READER", Waiting())
    bad = digest_of(BAD).sha1
    with deposited.adapters() as adapters:
        for _ in range(deaths):
            adapters.ledger.begin_reading(bad, "mauvais.csv", deposited.now())
    for _ in range(3):
        with pytest.raises(Abandoned):
            deposited.sync()
    with deposited.adapters() as adapters:
        assert adapters.ledger.deaths(bad, "mauvais.csv") == deaths


class Waiting:
    """Never comes to the file."""

    def read(self, *_: object, **__: object) -> str:
        raise Abandoned


class Stopped(Abandoned):
    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()


def test_the_process_killed_by_the_kernel_is_such_a_death(
    deposited: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = ReaderProcess(
        command=(sys.executable, "-c", f"{STAND_IN}os.kill(os.getpid(), {int(signal.SIGKILL)})")
    )
    monkeypatch.setattr(sync_harness, "READER", reader)
    deposited.sync()
    deposited.sync()
    assert set(outcomes(deposited).values()) == {Outcome.HELD}


def digest_of(content: bytes) -> Digest:
    return Digest(hashlib.sha1(content).hexdigest(), len(content))


def test_a_file_is_read_once_and_only_when_it_is_asked_for(house: House, tmp_path: Path) -> None:
    path = tmp_path / "x"
    with house.adapters() as adapters:
        known = content.Content(SpooledFile(path, digest_of(GOOD)), "a.csv", adapters)
        path.write_bytes(b"id\n1\n")
        first = known.profile
        path.write_bytes(b"id\n1\n2\n")
        assert known.profile is first
