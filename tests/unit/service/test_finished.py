"""What became of a job crosses from one process to another whole, as far as it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.core.service_records import Unclaimed
from syncd.service.finished import Finished, as_facts, from_facts

FACTS = st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=9))
REASONS = st.builds(Reason, st.text(max_size=9), FACTS)
RESULTS = st.builds(
    Result,
    dataset=st.text(max_size=9),
    dataset_title=st.text(max_size=9),
    dataset_page=st.text(max_size=9),
    resource=st.none() | st.text(max_size=9),
    title=st.text(max_size=9),
    object=st.text(max_size=9),
    outcome=st.sampled_from(Outcome),
    reason=REASONS,
    warnings=st.lists(REASONS, max_size=2).map(tuple),
    sha1=st.none() | st.text(max_size=9),
    size=st.none() | st.integers(),
    listed_size=st.none() | st.integers(),
    previous_size=st.none() | st.integers(),
    shapes=st.none(),
    schema=st.none(),
    seconds=st.floats(0, 9),
    link=st.text(max_size=9),
    lost=st.none(),
    unread=st.just(False),
    settling=st.booleans(),
)
UNCLAIMED = st.builds(
    Unclaimed,
    *[st.text(max_size=9)] * 4,
    reason=REASONS,
    since=st.datetimes(timezones=st.just(UTC)),
)
JOBS = st.builds(
    Finished,
    dataset=st.text(max_size=9),
    kind=st.sampled_from(["cycle", "check"]),
    end=st.sampled_from(["done", "failed", "held", "abandoned", "left", "overdue"]),
    exit_code=st.integers(0, 3),
    results=st.lists(RESULTS, max_size=3).map(tuple),
    unclaimed=st.none() | st.lists(UNCLAIMED, max_size=2).map(tuple),
    seconds=st.floats(0, 9),
    partial=st.booleans(),
    held_by=st.none() | REASONS,
)


@given(JOBS)
def test_it_is_the_same_after_json(finished: Finished) -> None:
    assert from_facts(json.loads(json.dumps(as_facts(finished)))) == finished


def test_what_a_former_version_did_not_tell_is_as_if_it_was_not() -> None:
    told = Result("d", "", "", "r", "", "a.csv", Outcome.HELD, Reason("held", {}))
    facts = as_facts(Finished(dataset="d", kind="cycle", end="done", results=(told,)))
    del facts["results"][0]["settling"]
    assert from_facts(facts).results == (told,)


def test_what_nobody_is_told_stays_behind() -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    told = Result("d", "", "", "r", "", "a.csv", Outcome.HELD, Reason("held", {"at": str(at)}))
    much = replace(told, schema={"name": "x"}, unread=True)
    finished = Finished(dataset="d", kind="cycle", end="done", results=(much,))
    assert from_facts(as_facts(finished)).results == (told,)
