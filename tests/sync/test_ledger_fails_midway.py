"""A ledger that fails once, at any moment of a publication, whether it had written or not: the
next pass finds its own file online, and nothing is sent twice, held or told wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from syncd.actions import sync
from syncd.core.errors import LedgerError
from syncd.core.records import Outcome
from syncd.sync.context import RunOptions
from tests.support.sync_harness import House

WELL = {Outcome.REPLACED, Outcome.UNCHANGED, Outcome.CREATED}


Call = tuple[str, int]  # a method's name, and which of its calls


class Failing:
    """A ledger of which one call fails, before or after it was carried out."""

    def __init__(self, ledger: Any, fails: Call, *, after: bool) -> None:
        self._ledger = ledger
        self._fails = fails
        self._after = after
        self._counts: Counter[str] = Counter()
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._ledger, name)
        return self._failing(name, found) if callable(found) else found

    def _failing(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            self._counts[name] += 1
            this = name, self._counts[name]
            self.calls.append(this)
            if this == self._fails and not self._after:
                raise LedgerError("ledger_database_busy", host="h", database="d", detail="lock")
            found = call(*given, **named)
            if this == self._fails:
                raise LedgerError("ledger_database_busy", host="h", database="d", detail="lock")
            return found

        return called


def synced(house: House, fails: Call = ("", 0), *, after: bool = False) -> list[Call]:
    """What the ledger was called for."""
    entries = house.manifest.datasets
    with house.adapters() as adapters:
        ledger: Any = Failing(adapters.ledger, fails, after=after)
        odd = replace(adapters, ledger=ledger)
        sync.sync(entries, entries, odd, RunOptions(), house.now())
    return ledger.calls  # type: ignore[no-any-return]


@pytest.mark.parametrize("after", [False, True], ids=["before it wrote", "after it had written"])
@pytest.mark.parametrize("creates", [False, True], ids=["replaced", "created"])
def test_our_own_file_is_ours_whatever_fails_in_the_ledger(
    house: House, after: bool, creates: bool
) -> None:
    house.target(house.resource("Titre écrit"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.sync()
    if creates:
        house.entry(each="n/f_{numero}.csv", title="Jeu {numero}", create=True)
    numbers = count(2)

    def deposit() -> tuple[str, bytes]:
        """Its title, and the bytes."""
        number = next(numbers)
        content = b"id\n" + b"1\n" * number
        house.bucket.put(f"n/f_{number}.csv" if creates else "a.csv", content)
        house.pass_time(60)
        return f"Jeu {number}" if creates else "Titre écrit", content

    for _ in range(4):  # so that a publication lets go of one that was kept
        deposit()
        house.sync()
    deposit()
    calls = [one for one in synced(house) if one[1] <= 2]
    assert {"begin", "finish"} | (set() if creates else {"forget_bytes"}) <= {n for n, _ in calls}
    for call in calls:
        title, content = deposit()
        before = house.uploads()

        assert call in synced(house, call, after=after)
        house.pass_time(3600)
        report = house.sync()

        assert {one.outcome for one in report.results} <= WELL, (call, report.summary)
        assert house.uploads() == before + 1, call
        online = {one.title: one for one in house.resources()}
        assert "Titre écrit" in online, call
        assert house.bytes_online(online[title].id) == content, call
    assert house.spool_is_empty()
