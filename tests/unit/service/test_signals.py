"""Signals are counted, not queued, and a stop comes first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from syncd.service.signals import RELOAD, STOP, SYNC, Bell

OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


@pytest.fixture
def bell() -> Iterator[Bell]:
    before = {number: signal.getsignal(number) for number in OURS}
    made = Bell()
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def send(*numbers: signal.Signals) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


def words(bell: Bell) -> list[str]:
    """All that it says now."""
    found = []
    while word := bell.next(0):
        found.append(word)
    return found


def test_nothing_is_said_when_nothing_rang(bell: Bell) -> None:
    assert bell.next(0) == ""


def test_ringing_turns_the_loop_without_a_word(bell: Bell) -> None:
    bell.ring()
    assert bell.next(10) == ""


def test_a_thousand_syncs_are_one(bell: Bell) -> None:
    send(*[signal.SIGUSR1] * 1000)
    assert words(bell) == [SYNC]
    send(signal.SIGUSR1)
    assert words(bell) == [SYNC]


def test_a_second_reload_is_told_apart_and_no_third(bell: Bell) -> None:
    send(signal.SIGHUP)
    assert words(bell) == [RELOAD]
    send(*[signal.SIGHUP] * 300)
    assert words(bell) == [RELOAD, RELOAD]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_does_not_wait_behind_others(bell: Bell, number: signal.Signals) -> None:
    send(signal.SIGHUP, signal.SIGUSR1, number)
    assert bell.next(0) == STOP
    assert words(bell) == [RELOAD, SYNC]


def test_two_stops_at_once_are_one(bell: Bell) -> None:
    send(signal.SIGTERM, signal.SIGINT)
    assert words(bell) == [STOP]
