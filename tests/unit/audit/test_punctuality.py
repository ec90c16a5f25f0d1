"""Why a dataset is shown as late: the producer is silent, or nothing changed, or it waits."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.audit import Rating, Subject, punctuality
from syncd.core.records import Outcome, Pin
from syncd.core.targets import Expect
from tests.support.audit_builders import days, deposited, entry, file, mapped, seen, subject
from tests.support.builders import NOW

LATE = "update_fulfilled_in_time"


def late(*rows: Any, frequency: str = "weekly", **fields: Any) -> Subject:
    """A dataset whose newest file is thirty days old, and a resource for each row."""
    shown = file()
    expect = fields.pop("expect", None)
    files = [mapped(shown, row=row, expect=expect) for row in rows]
    page = entry(shown, unmet=[LATE], frequency=frequency, updated_at=NOW - days(30))
    return subject(*files, of=page, **fields)


def why(whole: Subject) -> tuple[Rating, str]:
    one = punctuality.finding(whole)
    assert one.criterion == LATE
    return one.status, one.reason.code


def test_a_dataset_in_time_is_well_whatever_the_ledger_says() -> None:
    assert why(subject(mapped())) == (Rating.OK, "audit_ok")


def test_without_a_frequency_nobody_is_late() -> None:
    whole = subject(of=entry(untold=[LATE], frequency="unknown"))
    assert why(whole) == (Rating.UNKNOWN, "audit_no_frequency")


def test_without_a_ledger_nobody_knows_why() -> None:
    assert why(late(None)) == (Rating.UNKNOWN, "audit_late_never_looked")
    assert why(late()) == (Rating.UNKNOWN, "audit_late_never_looked")


OLD = deposited("same", 30)


def test_the_same_bytes_deposited_in_time_are_no_silence() -> None:
    row = seen(deposited("same", 2), OLD)
    assert why(late(row)) == (Rating.IMPROVE, "audit_late_unchanged")


def test_nothing_deposited_is_silence_and_says_whom_to_ask() -> None:
    row = seen(OLD, OLD)
    assert why(late(row)) == (Rating.PROBLEM, "audit_late_silent")
    asked = punctuality.finding(late(row, contact="musees@example.fr"))
    assert asked.reason.code == "audit_late_silent_contact"
    assert asked.reason.facts["contact"] == "musees@example.fr"


@pytest.mark.parametrize(
    ("age", "code"),
    [(7.9, "audit_late_unchanged"), (8, "audit_late_unchanged"), (8.1, "audit_late_silent")],
)
def test_a_deposit_has_the_portals_day_of_tolerance(age: float, code: str) -> None:
    assert why(late(seen(deposited("same", age), OLD)))[1] == code


def test_silence_is_only_said_when_syncd_looked_after_a_file_was_due() -> None:
    """Online since thirty days, weekly: due 23 days ago."""
    early = seen(OLD, OLD, looked=24)
    assert why(late(early)) == (Rating.UNKNOWN, "audit_late_not_looked")
    assert why(late(seen(OLD, OLD, looked=22)))[1] == "audit_late_silent"


def test_a_file_that_is_held_back_is_nobodys_silence() -> None:
    row = seen(deposited("new", 3), OLD, state=Outcome.HELD)
    assert why(late(row)) == (Rating.PROBLEM, "audit_late_held")


def test_a_file_that_failed_to_go_online_is_said() -> None:
    row = seen(deposited("new", 3), OLD, state=Outcome.FAILED)
    assert why(late(row)) == (Rating.PROBLEM, "audit_late_waiting")


def test_a_first_file_that_is_held_back_is_said() -> None:
    row = seen(deposited("new", 3), None, state=Outcome.HELD)
    assert why(late(row)) == (Rating.PROBLEM, "audit_late_held")


def test_a_pin_is_said_with_who_set_it() -> None:
    pin = Pin(deposited("new", 3), "undo", "Alice", "", NOW)
    row = seen(deposited("new", 3), OLD, state=Outcome.PINNED, pin=pin)
    one = punctuality.finding(late(row))
    assert (one.reason.code, one.reason.facts["by"]) == ("audit_late_pinned", "Alice")


def test_one_producer_in_time_speaks_for_the_dataset() -> None:
    silent, active = seen(OLD, OLD), seen(deposited("same", 1), OLD)
    assert why(late(silent, active))[1] == "audit_late_unchanged"


def test_where_the_manifest_expects_nothing_yet_the_frequency_is_wrong() -> None:
    row = seen(OLD, OLD)
    assert why(late(row, expect=Expect(days(31))))[1] == "audit_late_expected"
    assert why(late(row, expect=Expect(days(29))))[1] == "audit_late_silent"
    assert why(late(row, expect=Expect(days(29), days(1))))[1] == "audit_late_expected"


def test_a_frequency_that_only_the_portal_knows_still_has_an_answer() -> None:
    row = seen(OLD, OLD)
    assert why(late(row, frequency="everyFullMoon"))[1] == "audit_late_silent"
