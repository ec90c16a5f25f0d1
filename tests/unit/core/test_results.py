"""Summaries and exit codes."""

from __future__ import annotations

from itertools import product

import pytest

from syncd.core.reasons import because
from syncd.core.records import Action, Outcome
from syncd.core.results import Plan, Planned, Result, SyncReport

REASON = because("same_bytes")


def result(outcome: Outcome) -> Result:
    return Result("d", "D", "", None, "T", "k", outcome, REASON)


def planned(action: Action | None) -> Planned:
    return Planned("d", "D", None, "T", "k", action, REASON)


def synced(*outcomes: Outcome) -> SyncReport:
    return SyncReport(tuple(result(o) for o in outcomes), ())


def plan(*actions: Action | None) -> Plan:
    return Plan(tuple(planned(a) for a in actions), ())


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
PLANNED = {
    Action.UNCHANGED: 0,
    Action.FETCH: 0,
    Action.ADOPT: 0,
    Action.REPLACE: 0,
    Action.CREATE: 0,
    Action.PINNED: 0,
    Action.HOLD: 3,
    Action.MISSING: 3,
    Action.AMBIGUOUS: 3,
    Action.DRIFTED: 3,
    Action.REFUSED: 3,
    Action.LATE: 3,
    None: 1,
}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_exit_code(outcome: Outcome) -> None:
    assert synced(outcome).exit_code == CODES[outcome]


@pytest.mark.parametrize("action", [*Action, None])
def test_every_action_has_its_exit_code(action: Action | None) -> None:
    assert plan(action).exit_code == PLANNED[action]


def worst(codes: list[int]) -> int:
    return 1 if 1 in codes else max(codes)


def test_failures_come_before_persons_and_persons_before_success() -> None:
    for pair in product(Outcome, repeat=2):
        assert synced(*pair).exit_code == worst([CODES[o] for o in pair])
    for couple in product([*Action, None], repeat=2):
        assert plan(*couple).exit_code == worst([PLANNED[a] for a in couple])


def test_nothing_to_do_is_well() -> None:
    assert (synced().exit_code, synced().summary) == (0, {})
    assert (plan().exit_code, plan().summary) == (0, {})


def test_the_summary_counts_words_in_alphabetical_order() -> None:
    report = synced(Outcome.REPLACED, Outcome.FAILED, Outcome.REPLACED)
    assert list(report.summary.items()) == [("failed", 1), ("replaced", 2)]


def test_what_could_not_be_planned_is_no_action() -> None:
    found = plan(Action.HOLD, None, Action.FETCH)
    assert found.summary == {"fetch": 1, "hold": 1}
    assert [one.action for one in found.known] == [Action.HOLD, Action.FETCH]
    assert [one.action for one in found.failures] == [None]
