"""A plan says what the sync after it does: the same verdict and reason for each target.

Random histories of deposits, people's acts, crashes and lost answers; after each step a plan is
made, and then carried out.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest

from syncd.core.errors import SyncdError
from syncd.core.results import Report
from tests.support.examples import shared_out
from tests.support.sync_harness import House
from tests.sync.test_crashes import UPLOAD, Killed

STEPS = 8
KEYS = ("a.csv", "b.csv", "d/x_2024.csv", "d/x_2025.csv", "f/f_2023.csv", "f/f_2024.csv")
CONTENTS = (b"id\n1\n2\n", b"id\n3\n4\n5\n", b"", b"<!DOCTYPE html><html></html>", b"id\n0\n")

Step = Callable[[], None]


class Histories:
    """What may happen between two passes. `dice` decides; a seed tells the whole story again."""

    def __init__(self, house: House, dice: random.Random, patch: pytest.MonkeyPatch) -> None:
        self.house, self.dice, self._patch = house, dice, patch
        self.resources = [house.resource(f"Titre {n}", f"vieux-{n}.csv") for n in range(3)]
        house.target(self.resources[0], "a.csv")
        house.target(self.resources[1], "b.csv", drift="republish")
        house.entry(resource=self.resources[2], newest="d/x_*.csv", by="date")
        house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
        self.steps: list[Step] = [
            *[self.deposit] * 4,
            self.disappear,
            self.person_replaces,
            self.person_retitles,
            self.person_withdraws,
            self.go_back,
            self.release,
            self.lost_answer,
            self.lost_upload,
            self.crash_before_the_title,
            self.wait,
        ]

    def step(self) -> str:
        chosen = self.dice.choice(self.steps)
        self.house.pass_time(self.dice.choice([2, 60, 3 * 24 * 3600]))
        chosen()
        return chosen.__name__

    def deposit(self) -> None:
        self.house.bucket.put(self.dice.choice(KEYS), self.dice.choice(CONTENTS))

    def disappear(self) -> None:
        key = self.dice.choice(KEYS)
        if self.house.bucket.stat(key) is not None:
            self.house.bucket.delete(key)

    def _online(self) -> str | None:
        found = self.house.resources()
        return self.dice.choice(found).id if found else None

    def person_replaces(self) -> None:
        if (one := self._online()) is not None:
            content = self.dice.choice(CONTENTS[:2])
            self.house.portal.store.replace_file(self.house.dataset, one, "main.csv", content)

    def person_retitles(self) -> None:
        if (one := self._online()) is not None:
            title = f"Autre titre {self.dice.random()}"
            self.house.portal.store.retitle(self.house.dataset, one, title)

    def person_withdraws(self) -> None:
        if (one := self._online()) is not None and self.dice.random() < 0.3:
            self.house.portal.store.withdraw(self.house.dataset, one)

    def go_back(self) -> None:
        self._by_hand(self.house.undo)

    def release(self) -> None:
        self._by_hand(self.house.release)

    def _by_hand(self, act: Callable[[str], object]) -> None:
        one = self._online()
        if one is not None:
            with suppress(SyncdError):  # there was nothing to go back to, or to release
                act(one)

    def lost_answer(self) -> None:
        self._trouble("after")

    def lost_upload(self) -> None:
        self._trouble("before")

    def _trouble(self, cut: Literal["before", "after"]) -> None:
        """A pass whose upload ends in silence, and that dies while it waits for the end."""
        self._deposit_fresh()
        self.house.portal.faults.add(method="POST", path=UPLOAD, cut=cut)
        self._killed_in("syncd.sync.publish.read_back")
        self.house.portal.faults.clear()

    def _deposit_fresh(self) -> None:
        content = b"id\n%d\n" % self.dice.randrange(10**6)
        self.house.bucket.put(self.dice.choice(KEYS[:2]), content)

    def crash_before_the_title(self) -> None:
        self._deposit_fresh()
        self._killed_in("syncd.sync.publish.complete")

    def _killed_in(self, function: str) -> None:
        def die(*_: object) -> None:
            raise Killed

        with self._patch.context() as patched:
            patched.setattr(function, die)
            with suppress(Killed):
                self.house.sync()

    def wait(self) -> None:
        self.house.pass_time(100)


def told(report: Report) -> list[tuple[object, ...]]:
    return [
        (
            one.object,
            one.resource,
            one.title,
            one.outcome,
            one.reason.code,
            dict(one.reason.facts),
            [warning.code for warning in one.warnings],
            one.sha1 if one.outcome.is_well else None,
        )
        for one in report.results
    ]


def created_alike(planned: list[tuple[object, ...]], done: list[tuple[object, ...]]) -> None:
    """A plan cannot know the id of a resource that is still to be made."""
    for at, (before, after) in enumerate(zip(planned, done, strict=True)):
        if before[1] is None:
            planned[at] = (before[0], after[1], *before[2:])


@pytest.mark.parametrize(("seed", "ask"), shared_out(5, range(6), [False, True]))
def test_a_plan_and_the_sync_after_it_say_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, seed: int, ask: bool
) -> None:
    dice = random.Random(seed)
    histories = Histories(house, dice, monkeypatch)
    story = []
    for _ in range(STEPS):
        story.append(histories.step())
        before = _everything_in(house.state)
        seen = len(house.portal.requests)

        plan = house.plan(ask=ask)

        assert {asked.method for asked in house.portal.requests[seen:]} <= {"GET"}
        assert _everything_in(house.state) == before
        report = house.sync(ask=ask)
        planned, done = told(plan), told(report)
        created_alike(planned, done)
        assert planned == done, story
        assert plan.exit_code == report.exit_code
        assert plan.unmapped == report.unmapped


def _everything_in(folder: Path) -> dict[str, bytes]:
    """The ledger's bytes, too: its side files come and go with each reader."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-shm", "-wal"))
    }
