"""Who goes from page to page waits for no look that takes long, and sees what was decided."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from syncd.actions.status import StatusReport
from syncd.core.errors import LedgerError
from syncd.web.reading import Look, Reading

PATIENCE = 60.0  # seconds that nothing needs unless it failed


class Looks(Reading):
    """Each takes a second of work, and as long as a test wants."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.work = 0.0
        self.a_look = 1.0  # second
        self.made = 0
        self.wrong: LedgerError | None = None
        self.may_end = threading.Event()
        self.may_end.set()
        self.ended = threading.Semaphore(0)
        self.configuration: Any = SimpleNamespace()
        self.planned: list[tuple[float, Callable[[], None]]] = []
        super().__init__(
            lambda: self.configuration,
            now=lambda: datetime(2026, 3, 10, tzinfo=UTC),
            monotonic=lambda: self.seconds,
            worked=self._work_done,
            later=lambda seconds, act: self.planned.append((seconds, act)),
        )

    def _work_done(self) -> float:
        self.work += self.a_look
        return self.work

    def _looked(self, app: Any) -> Look:
        assert self.may_end.wait(PATIENCE)
        try:
            if self.wrong is not None:
                raise self.wrong
            self.made += 1
            return Look(app, StatusReport((), None), (), self.now())
        finally:
            self.ended.release()

    def pass_time(self) -> None:
        """Until what was planned is due, and done."""
        ((seconds, act),) = self.planned
        self.planned.clear()
        self.seconds += seconds
        act()

    def wait_for_end(self) -> None:
        assert self.ended.acquire(timeout=PATIENCE)
        renewing = [one for one in threading.enumerate() if one.name == "renewing"]
        for one in renewing:
            one.join(PATIENCE)


def first(looks: Looks) -> Look:
    found = looks.look()
    looks.wait_for_end()
    return found


def test_a_look_is_kept_for_ten_times_as_long_as_it_took() -> None:
    looks = Looks()
    assert first(looks) is looks.look()
    looks.seconds = 9.9
    looks.look()
    assert looks.made == 1


def test_an_old_one_is_shown_while_a_new_one_is_made_beside_the_page() -> None:
    looks = Looks()
    old = first(looks)
    looks.seconds = 11.0
    looks.may_end.clear()
    assert looks.look() is old
    assert looks.look() is old  # and nobody begins a second one
    looks.may_end.set()
    looks.wait_for_end()
    assert looks.look() is not old
    assert looks.made == 2


def test_whoever_comes_after_an_hour_waits_for_none() -> None:
    looks = Looks()
    first(looks)
    for _ in range(60):
        looks.pass_time()
        looks.wait_for_end()
    latest = looks.made
    looks.look()
    assert looks.made == latest == 61
    looks.seconds += 9.0
    looks.look()
    assert (looks.made, len(looks.planned)) == (61, 1)  # however often pages are asked for


def test_what_is_looked_at_in_no_time_is_not_looked_at_for_nobody() -> None:
    looks = Looks()
    looks.a_look = 0.01
    first(looks)
    assert looks.planned == []


def test_after_trouble_nobody_looks_until_somebody_asks() -> None:
    looks = Looks()
    first(looks)
    looks.wrong = LedgerError("ledger_database_away", host="h", database="d", detail="gone")
    looks.pass_time()
    looks.wait_for_end()
    looks.pass_time()
    assert looks.planned == []
    looks.wrong = None
    looks.look()
    assert (looks.made, len(looks.planned)) == (2, 1)


def test_one_of_long_ago_is_not_shown() -> None:
    looks = Looks()
    old = first(looks)
    looks.seconds = 71.0
    assert looks.look() is not old


def test_what_was_decided_meanwhile_is_looked_at() -> None:
    looks = Looks()
    first(looks)
    looks.seconds = 11.0
    looks.may_end.clear()
    looks.look()
    looks.forget()
    looks.may_end.set()
    looks.wait_for_end()
    looks.look()
    assert looks.made == 3  # the one that was begun before the decision counts for nothing


def test_another_configuration_is_looked_at_at_once() -> None:
    looks = Looks()
    first(looks)
    looks.configuration = SimpleNamespace()
    assert looks.look().app is looks.configuration


def test_trouble_beside_the_page_is_told_by_the_next() -> None:
    looks = Looks()
    old = first(looks)
    looks.seconds = 11.0
    looks.wrong = LedgerError("ledger_database_away", host="h", database="d", detail="gone")
    assert looks.look() is old
    looks.wait_for_end()
    with pytest.raises(LedgerError):
        looks.look()
