"""Signals are counted, not queued, and a stop comes first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from syncd.service.signals import RELOAD, STOP, SYNC, SignalQueue

OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


@pytest.fixture
def received() -> Iterator[SignalQueue]:
    before = {number: signal.getsignal(number) for number in OURS}
    made = SignalQueue()
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def send(*numbers: signal.Signals) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


def commands(received: SignalQueue) -> list[str]:
    """All that it has now."""
    found = []
    while command := received.next(0):
        found.append(command)
    return found


def test_there_is_no_command_when_nothing_came(received: SignalQueue) -> None:
    assert received.next(0) == ""


def test_waking_turns_the_loop_without_a_command(received: SignalQueue) -> None:
    received.wake()
    assert received.next(10) == ""


def test_a_thousand_syncs_are_one(received: SignalQueue) -> None:
    send(*[signal.SIGUSR1] * 1000)
    assert commands(received) == [SYNC]
    send(signal.SIGUSR1)
    assert commands(received) == [SYNC]


def test_a_second_reload_is_told_apart_and_no_third(received: SignalQueue) -> None:
    send(signal.SIGHUP)
    assert commands(received) == [RELOAD]
    send(*[signal.SIGHUP] * 300)
    assert commands(received) == [RELOAD, RELOAD]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_does_not_wait_behind_others(received: SignalQueue, number: signal.Signals) -> None:
    send(signal.SIGHUP, signal.SIGUSR1, number)
    assert received.next(0) == STOP
    assert commands(received) == [RELOAD, SYNC]


def test_two_stops_at_once_are_one(received: SignalQueue) -> None:
    send(signal.SIGTERM, signal.SIGINT)
    assert commands(received) == [STOP]
