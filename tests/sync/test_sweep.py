"""Every request of a cycle, and every write to the ledger, goes wrong once in every way.

Whatever happened, the next clean cycles must end as if nothing had, and a cycle that did not end
well must have said so (docs/architecture.md, Promises 4 and 10).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.core.errors import LedgerError
from tests.support.examples import shared_out
from tests.support.portal_faults import CUTS, ODD_ANSWERS
from tests.support.replaced_and_made import assert_replaced_and_made
from tests.support.sync_harness import House, Killed

NEW = b"id\n1\n2\n"
YEAR = b"annee\n2024\n"
REQUESTS = 12  # of a cycle that replaces one file and makes one resource; held below
WAYS: dict[str, dict[str, Any]] = {
    **{str(status): {"status": status} for status in (400, 401, 403, 404, 410, 423, 500, 502)},
    **ODD_ANSWERS,
    "cut before": {"cut": "before"},
    **CUTS,
}
LASTING = ("423", "502", "cut after the work")
TROUBLES = {
    **{way: {**how, "times": 1} for way, how in WAYS.items()},
    **{f"{way}, 6 times": {**WAYS[way], "times": 6} for way in LASTING},
}
WRITES = ("put", "begin", "amend", "finish", "abandon", "put_note", "put_cycle", "record")


ENDS = {"error": LedgerError("ledger_unusable", path="", detail=""), "kill": Killed()}


@pytest.fixture
def replaced(house: House) -> str:
    """The manifest: one resource to replace, one to make. The id of the first."""
    resource = house.resource("Titre humain")
    house.target(resource, "a.csv")
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("a.csv", NEW)
    house.bucket.put("f/f_2024.csv", YEAR)
    return resource


def assert_as_if_nothing_had_happened(house: House, replaced: str) -> None:
    assert_replaced_and_made(house, replaced, NEW, YEAR)
    house.portal.journal.clear()
    house.sync()
    assert house.portal.requests == []


def test_a_cycle_has_as_many_requests_as_the_sweep_visits(house: House, replaced: str) -> None:
    house.sync()

    assert len(house.portal.requests) == REQUESTS
    assert_as_if_nothing_had_happened(house, replaced)


@pytest.mark.parametrize(("request_number", "trouble"), shared_out(7, range(REQUESTS), TROUBLES))
def test_a_request_goes_wrong(
    house: House, replaced: str, request_number: int, trouble: str
) -> None:
    house.portal.faults.add(after=request_number, **TROUBLES[trouble])

    report = house.sync()

    done = house.bytes_online(replaced) == NEW and house.online(replaced).title == "Titre humain"
    assert done or report.exit_code != 0
    assert_as_if_nothing_had_happened(house, replaced)


@pytest.mark.parametrize(
    ("written", "write", "at", "trouble"),
    shared_out(5, [False, True], WRITES, range(4), ENDS),
)
def test_a_write_to_the_ledger_goes_wrong(
    house: House,
    replaced: str,
    monkeypatch: pytest.MonkeyPatch,
    written: bool,
    write: str,
    at: int,
    trouble: str,
) -> None:
    """`written`: the trouble comes just after the write, not before it."""
    real = getattr(SqlLedger, write)
    calls = iter(range(1000))

    def broken(*arguments: Any, **options: Any) -> Any:
        if next(calls) != at:
            return real(*arguments, **options)
        if written:
            real(*arguments, **options)
        raise ENDS[trouble]

    with monkeypatch.context() as patched:
        patched.setattr(SqlLedger, write, broken)
        with suppress(Killed, LedgerError):
            house.sync()
    assert_as_if_nothing_had_happened(house, replaced)
