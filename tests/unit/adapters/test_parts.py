"""A file cut into parts, and several of them on their way at once."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd import bootstrap
from syncd.adapters.portal import HttpPortal
from syncd.adapters.portal.parts import (
    PARALLEL,
    SIZE,
    THRESHOLD,
    FileSlice,
    ParallelUpload,
    Part,
    Stopped,
    cut_up,
)
from syncd.config import configuration
from syncd.config.manifest import loads
from syncd.config.settings import Settings, load_settings
from syncd.core.errors import Abandoned, AnswerLost, Busy, KeyRefused, SettingsError
from syncd.text import problem


class Told:
    """A transfer that remembers, and may be made to raise."""

    def __init__(self) -> None:
        self.passed = 0
        self.trouble: BaseException | None = None

    def advance(self, count: int) -> None:
        if self.trouble:
            raise self.trouble
        self.passed += count

    def restart(self) -> None:
        self.passed = 0


def heard(_part: Part, _position: int) -> None:
    pass


# -- cutting -------------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.integers(1, 500))
def test_the_parts_are_the_file_in_order_and_all_but_the_last_are_full(
    size: int, part_size: int
) -> None:
    parts = cut_up(size, part_size)
    assert [part.index for part in parts] == list(range(len(parts)))
    assert parts[0].offset == 0
    assert all(one.offset + one.size == two.offset for one, two in pairwise(parts))
    assert {part.size for part in parts[:-1]} <= {part_size}
    assert 0 < parts[-1].size <= part_size
    assert sum(part.size for part in parts) == size


@given(st.binary(min_size=1, max_size=300), st.integers(1, 100), st.integers(1, 70))
def test_what_is_read_through_the_windows_is_the_file(
    content: bytes, part_size: int, chunk: int
) -> None:
    stream = io.BytesIO(content)
    read = b""
    for part in cut_up(len(content), part_size):
        window = FileSlice(stream, part, heard, at_once=0)
        while got := window.read(chunk):
            assert len(got) <= chunk
            read += got
    assert read == content


def test_httpx_gets_a_part_in_larger_pieces_than_it_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(bytes(1_000_000))
    with path.open("rb") as stream:
        window = FileSlice(stream, Part(1, 10, 900_000), heard)
        request = httpx.Request("POST", "http://portal", files={"file": ("blob", window)})
        assert isinstance(request.stream, httpx.SyncByteStream)
        pieces = [len(piece) for piece in request.stream]
    assert sum(pieces) == int(request.headers["Content-Length"])
    assert len([size for size in pieces if size > 10_000]) == 4


def test_a_window_has_the_length_of_its_part_for_httpx_not_that_of_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(b"0123456789" * 100)
    with path.open("rb") as stream:
        window = FileSlice(stream, Part(1, 400, 7), heard)
        request = httpx.Request("POST", "http://portal", files={"file": ("blob", window)})
        body = request.read()
    assert int(request.headers["Content-Length"]) == len(body)
    assert body.count(b"0123456") == 1
    assert b"01234567" not in body


# -- the convoy ----------------------------------------------------------------------------------


def convoy(
    send: Callable[[ParallelUpload, Part], None], parts: int, told: Told | None = None
) -> ParallelUpload:
    return ParallelUpload(cut_up(parts * 10, 10), told or Told(), send)


def test_as_many_parts_as_allowed_are_on_their_way_at_once_and_no_more() -> None:
    lock, meet = threading.Lock(), threading.Barrier(PARALLEL)
    now, most = 0, 0

    def send(_: ParallelUpload, part: Part) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        if part.index < PARALLEL:
            meet.wait(60)
        with lock:
            now -= 1

    sent = convoy(send, 4 * PARALLEL)
    sent.go_on()
    assert (most, sent.left) == (PARALLEL, [])


def test_after_a_part_that_was_not_taken_no_further_one_is_begun() -> None:
    sent: list[int] = []

    def send(_: ParallelUpload, part: Part) -> None:
        sent.append(part.index)
        if part.index == 0:
            raise Busy("portal_busy")

    going = convoy(send, 9)
    with pytest.raises(Busy):
        going.go_on()
    assert going.left[0].index == 0
    assert {part.index for part in going.left} == {*range(9)} - {*sent[1:]} | {0}
    assert max(sent) <= PARALLEL + 1


def test_the_part_that_was_not_taken_goes_alone_and_then_all_others() -> None:
    refusals = [Busy("portal_busy"), Busy("portal_busy")]
    sent: list[int] = []

    def send(_: ParallelUpload, part: Part) -> None:
        sent.append(part.index)
        if part.index == 0 and refusals:
            raise refusals.pop()

    going = convoy(send, 9)
    for _ in range(2):
        with pytest.raises(Busy):
            going.go_on()
    first = len(sent)
    going.go_on()
    assert sent[first:] == [0]
    going.go_on()
    assert going.left == []
    assert sorted(sent) == [0, 0, *range(9)]


@pytest.mark.parametrize("error", [AnswerLost("x"), KeyRefused("x"), OSError("disk")])
def test_other_trouble_ends_the_attempt_and_stops_what_is_on_its_way(error: Exception) -> None:
    reading = threading.Event()
    ends: list[str] = []

    def send(going: ParallelUpload, part: Part) -> None:
        if part.index == 0:
            reading.wait(60)
            raise error
        try:
            while True:
                going.passed(part, 1)
                reading.set()
        except Stopped:
            ends.append("stopped")
            raise

    with pytest.raises(type(error)) as caught:
        convoy(send, 9).go_on()
    assert caught.value is error
    assert ends == ["stopped"] * (PARALLEL - 1)


def test_serious_trouble_outweighs_a_part_that_was_not_taken() -> None:
    meet = threading.Barrier(PARALLEL)

    def send(_: ParallelUpload, part: Part) -> None:
        meet.wait(60)
        raise KeyRefused("x") if part.index == 1 else Busy("x")

    with pytest.raises(KeyRefused):
        convoy(send, PARALLEL).go_on()


def test_bytes_of_a_part_that_is_sent_again_are_told_once() -> None:
    told = Told()

    def send(going: ParallelUpload, part: Part) -> None:
        for position in (4, 10, 4, 8, 10):
            going.passed(part, position)

    convoy(send, 3, told).go_on()
    assert told.passed == 30


def test_a_cut_by_a_reading_part_ends_all_at_once_though_others_wait_for_answers() -> None:
    answer = threading.Event()
    told = Told()

    def send(going: ParallelUpload, part: Part) -> None:
        if part.index:
            answer.wait(60)
            return
        told.trouble = Abandoned()
        going.passed(part, 1)

    with pytest.raises(Abandoned):
        convoy(send, 3, told).go_on()
    assert not answer.is_set()
    answer.set()


def test_a_part_that_was_cut_is_never_taken_for_one_that_arrived() -> None:
    def send(_: ParallelUpload, part: Part) -> None:
        if part.index == 1:
            raise Abandoned

    with pytest.raises(Abandoned):
        convoy(send, 3).go_on()


def test_a_cut_is_heard_while_all_parts_wait_for_their_answers() -> None:
    answer, waiting = threading.Event(), threading.Barrier(PARALLEL)
    told = Told()

    def send(_: ParallelUpload, _part: Part) -> None:
        if waiting.wait(60) == 0:
            told.trouble = Abandoned()
        answer.wait(60)

    with pytest.raises(Abandoned):
        convoy(send, 3, told).go_on()
    assert not answer.is_set()
    answer.set()


def test_no_thread_keeps_the_process_from_ending() -> None:
    daemons: list[bool] = []
    convoy(lambda _c, _p: daemons.append(threading.current_thread().daemon), 4).go_on()
    assert daemons == [True] * 4


# -- the settings --------------------------------------------------------------------------------


@pytest.fixture
def _no_secrets_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("syncd.config.settings.gathering.DEFAULT_SECRETS_DIR", tmp_path / "none")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_no_secrets_of_this_machine")
@pytest.mark.parametrize(("written", "size"), [("1MB", 10**6), ("16MiB", 2**24), ("100MB", 10**8)])
def test_the_size_of_a_part_is_read(written: str, size: int) -> None:
    assert load_settings({"SYNCD_UPLOAD_PART_SIZE": written}).upload_part_size == size


@pytest.mark.usefixtures("_no_secrets_of_this_machine")
@pytest.mark.parametrize("written", ["0", "999999", "101MB", "1GiB"])
def test_a_part_that_no_portal_could_take_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"SYNCD_UPLOAD_PART_SIZE": written})
    (found,) = caught.value.problems
    assert found.reason.code == "setting_part_size"
    assert "from 1.00 MB to 100 MB" in problem(found)


def test_the_settings_reach_the_portal(tmp_path: Path) -> None:
    manifest = loads(
        "version: 1\nportal: http://127.0.0.1:9\n"
        "sources:\n  depot: {endpoint: 'http://127.0.0.1:9', bucket: depot}\n"
        f"datasets:\n  - dataset: {'a' * 24}\n    resources:\n"
        "      - {resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975, object: a.csv, source: depot}\n",
        "manifest.yaml",
    )
    made = {"state_dir": tmp_path, "api_key": SecretStr("k")}
    for settings, threshold, size in (
        (Settings(**made), THRESHOLD, SIZE),
        (Settings(**made, upload_part_threshold=0, upload_part_size="5MB"), 0, 5_000_000),
    ):
        started = configuration.with_manifest(settings, manifest)
        with bootstrap.adapters(started, bootstrap.Silence(), read_only=True) as adapters:
            portal = adapters.portal
            assert isinstance(portal, HttpPortal)
            assert (portal._uploads.part_threshold, portal.part_size) == (threshold, size)
