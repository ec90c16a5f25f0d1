"""Waiting is said, and a person who typed a command does not wait for ever."""

from __future__ import annotations

import errno
import io
import os
import re
import sys

import pytest

from syncd import bootstrap
from syncd.cli import session
from syncd.cli.output.progress import LONG, Bars
from syncd.core.reasons import because

WHY = because("wait_portal", host="www.data.gouv.fr", why="503: maintenance")


@pytest.fixture(params=[True, False])
def typed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(session, "is_typed", lambda: request.param)
    return bool(request.param)


def test_a_wait_is_one_line_with_the_host_the_reason_and_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Bars().waiting(WHY, 120)
    said = " ".join(capsys.readouterr().err.split())
    assert re.fullmatch(
        r"Waiting for 2m at most, until \d{4}-\d\d-\d\d \d\d:\d\d(?: \S+)?\. "
        r"www\.data\.gouv\.fr asks for time \(503: maintenance\); then syncd asks again\.",
        said,
    )


def test_what_is_over_in_a_moment_is_not_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    Bars().waiting(WHY, 0.4)
    assert capsys.readouterr().err == ""


def test_what_nobody_typed_waits_as_the_service_does(typed: bool) -> None:
    with session.limited() as waits:
        assert waits.allows(session.PATIENCE)
        assert waits.allows(10_000) is not typed


def test_what_is_asked_for_holds_for_everybody(
    typed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    del typed
    with session.limited(90) as waits:
        assert waits.allows(80)
        assert not waits.allows(120)
    said = capsys.readouterr().err
    assert "`--wait` allows 1m30s in all, and 2m more were asked for" in said
    assert "with more, as `--wait 10m`" in said


def test_nothing_is_said_of_the_limit_where_it_was_enough(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with session.limited(90) as waits:
        assert waits.allows(80)
    assert capsys.readouterr().err == ""


def test_a_file_that_is_sent_whole_is_with_the_portal_and_one_in_the_guards_is_checked() -> None:
    bars = Bars()
    with bars.transfer("d/gros.csv", "send", 10_000_000) as sending:
        (task,) = bars._display.tasks
        sending.advance(9_000_000)
        assert task.description == "sending gros.csv"
        sending.advance(1_000_000)
        assert task.description == "gros.csv is sent; the portal stores it"
    with bars.transfer("d/gros.csv", "guard", 10_000_000):
        (task,) = bars._display.tasks
        assert (task.description, task.total) == ("checking gros.csv", None)


def test_a_service_says_nothing_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.Silence().waiting(WHY, 120)
    assert capsys.readouterr().err == ""


def test_a_terminal_that_is_gone_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str, /) -> int:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Gone())
    monkeypatch.setenv("TERM", "xterm")
    bars = Bars()
    bars.waiting(WHY, 120)
    with bars.transfer("a.csv", "send", LONG) as transfer:
        transfer.advance(LONG)
    bars.waiting(WHY, 120)
