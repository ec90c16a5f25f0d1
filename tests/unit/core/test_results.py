"""Summaries and exit codes."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from syncd.core.reasons import because
from syncd.core.records import Outcome
from syncd.core.results import Report, Result

REASON = because("same_bytes")


def result(outcome: Outcome) -> Result:
    return Result("d", "D", "", None, "T", "k", outcome, REASON)


def report(*outcomes: Outcome) -> Report:
    return Report(tuple(result(o) for o in outcomes))


UNREAD = replace(result(Outcome.UNCHANGED), unread=True)


# The table of docs/reference/commands.md, written out.
CODES = {
    Outcome.UNCHANGED: 0,
    Outcome.ADOPTED: 0,
    Outcome.REPLACED: 0,
    Outcome.CREATED: 0,
    Outcome.PINNED: 0,
    Outcome.HELD: 3,
    Outcome.MISSING: 3,
    Outcome.AMBIGUOUS: 3,
    Outcome.DRIFTED: 3,
    Outcome.REFUSED: 3,
    Outcome.LATE: 3,
    Outcome.FAILED: 1,
}
WORDS = {
    Outcome.UNCHANGED: "unchanged",
    Outcome.ADOPTED: "adopt",
    Outcome.REPLACED: "replace",
    Outcome.CREATED: "create",
    Outcome.PINNED: "pinned",
    Outcome.HELD: "hold",
    Outcome.MISSING: "missing",
    Outcome.AMBIGUOUS: "ambiguous",
    Outcome.DRIFTED: "drifted",
    Outcome.REFUSED: "refused",
    Outcome.LATE: "late",
    Outcome.FAILED: "failed",
}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_exit_code(outcome: Outcome) -> None:
    assert report(outcome).exit_code == CODES[outcome]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_plans_word(outcome: Outcome) -> None:
    assert result(outcome).planned == WORDS[outcome]


def test_what_a_plan_did_not_read_is_to_be_fetched_and_is_no_trouble() -> None:
    plan = Report((UNREAD,))
    assert (plan.planned, plan.exit_code) == ({"fetch": 1}, 0)


def worst(codes: list[int]) -> int:
    return 1 if 1 in codes else max(codes)


def test_failures_come_before_persons_and_persons_before_success() -> None:
    for pair in product(Outcome, repeat=2):
        assert report(*pair).exit_code == worst([CODES[o] for o in pair])


def test_nothing_to_do_is_well() -> None:
    assert (report().exit_code, report().summary) == (0, {})
    assert report().planned == {}


def test_the_summary_counts_words_in_alphabetical_order() -> None:
    mixed = report(Outcome.REPLACED, Outcome.FAILED, Outcome.REPLACED)
    assert list(mixed.summary.items()) == [("failed", 1), ("replaced", 2)]


def test_what_could_not_be_planned_is_no_action() -> None:
    found = Report((result(Outcome.HELD), result(Outcome.FAILED), UNREAD))
    assert found.planned == {"fetch": 1, "hold": 1}
    assert [one.outcome for one in found.failures] == [Outcome.FAILED]
