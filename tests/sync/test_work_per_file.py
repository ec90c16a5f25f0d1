"""What one more changed file costs: requests, statements, processes; by counting, never by time."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from syncd.core.records import Outcome
from syncd.sync import apply
from tests.support.sync_harness import House, outcomes

FEW, MANY = 2, 6
READ = 3  # what is kept, before and after it; when a file of its name was sent last
INTENT = 1
FINISH = 12  # the line of the history, its place in the chain, the intents, the row


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Statements by their first word, and commits; in all ledgers."""
    found: Counter[str] = Counter()

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found[statement.split()[0]] += 1

    def committed(_connection: Any) -> None:
        found["COMMIT"] += 1

    sa.event.listen(sa.Engine, "before_cursor_execute", executed)
    sa.event.listen(sa.Engine, "commit", committed)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", executed)
        sa.event.remove(sa.Engine, "commit", committed)


def changed(house: House, count: int) -> tuple[Counter[str], int]:
    """So many published files, with new bytes; what a sync of them asks of ledger and portal."""
    for number in range(count):
        key = f"{number}.csv"
        house.target(
            house.resource(f"Titre {number}", name=f"vieux{number}.csv"), key, guards="off"
        )
        house.bucket.put(key, b"id\n1\n%d\n" % number)
    assert house.sync().exit_code == 0
    for number in range(count):
        house.bucket.put(f"{number}.csv", b"id\n2\n3\n%d\n" % number)
    house.pass_time(5)
    house.stop_the_clock()
    house.portal.journal.clear()
    with counted() as found:
        assert set(outcomes(house.sync()).values()) == {Outcome.REPLACED}
    return found, len(house.portal.requests)


@pytest.fixture
def others(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(house.portal, tmp_path_factory.mktemp("others"))


def test_one_more_file_costs_four_requests_and_sixteen_statements(
    house: House, others: House
) -> None:
    few, asked_for_few = changed(house, FEW)
    many, asked_for_many = changed(others, MANY)
    more = MANY - FEW
    assert asked_for_many - asked_for_few == 4 * more
    many.subtract(few)
    commits = many.pop("COMMIT")
    assert commits == 2 * more  # the intent, on disk before the upload; the end
    assert many.total() == (READ + INTENT + FINISH) * more, many


def test_a_file_is_judged_once_where_the_portal_shows_nothing_new_before_the_upload(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[object] = []
    evaluate = apply.evaluate

    def counting(*arguments: Any) -> Any:
        judged.append(arguments)
        return evaluate(*arguments)

    monkeypatch.setattr(apply, "evaluate", counting)
    changed(house, MANY)
    assert len(judged) == 2 * MANY  # at their first publication, and with new bytes


def test_files_that_nobody_looks_into_start_no_process(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    popen = subprocess.Popen.__init__

    def begun(self: Any, *arguments: Any, **options: Any) -> None:
        started.append(arguments)
        popen(self, *arguments, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", begun)
    changed(house, MANY)
    assert started == []
