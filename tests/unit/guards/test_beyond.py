"""A figure that is beyond its limit is shown beyond it: no sentence says that it is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd import guards, text
from syncd.guards.beyond import beyond, percent_beyond
from syncd.guards.profile import Profile
from tests.support.builders import digest, resource
from tests.unit.guards.test_guards import case

PERCENT = re.compile(r"([\d.]+) % (?:less|fewer) .*limit ([\d.]+) %")
TIMES = re.compile(r"([\d.,]+) times as many \(limit ([\d.]+)\)")


@pytest.mark.parametrize(
    ("found", "limit", "shown"),
    [
        (0.92, 0.5, (92, 50)),
        (0.503, 0.5, (50.3, 50)),
        (0.5000004, 0.5, (50.00004, 50)),
        (0.997, 0.5, (99.7, 50)),  # something is left
        (1.0, 0.5, (100, 50)),
        (0.0701, 0.07, (7.01, 7)),  # 100 * 0.07 is a little more than 7
        (0.334, 1 / 3, (33.4, 33.33333333)),
    ],
)
def test_shares_have_the_digits_that_tell_them_apart(
    found: float, limit: float, shown: tuple[float, float]
) -> None:
    assert percent_beyond(found, limit) == shown


def test_times_have_them_too() -> None:
    assert beyond(5.2, 5.0) == (5.2, 5)
    assert beyond(12.3, 5.0) == (12, 5)
    assert beyond(3.1, 2.5) == (3, 2.5)


LIMITS = st.integers(0, 99).map(lambda percent: percent / 100)
COUNTS = st.integers(1, 3_000_000)


@given(COUNTS, COUNTS, LIMITS)
def test_bytes_and_rows_that_are_too_few_are_never_said_to_be_within_the_limit(
    now: int, before: int, limit: float
) -> None:
    limits = {"shrink": limit, "rows": limit}
    shrunk = guards.OF_A_FILE["shrink"].look(
        case(digest=digest("x", now), online=resource("o", size=before), limits=limits)
    )
    fewer = guards.OF_A_FILE["rows"].look(
        case(found=Profile(rows=now), before=Profile(rows=before), limits=limits)
    )
    for reason in filter(None, (shrunk, fewer)):
        found = PERCENT.search(text.finding(reason))
        assert found is not None
        assert float(found[2]) < float(found[1]) < 100


@example(375_000, 1, 1.1)  # 375,000 times
@given(COUNTS, COUNTS, st.integers(11, 90).map(lambda tenths: tenths / 10))
def test_rows_that_are_too_many_are_never_said_to_be_within_the_limit(
    now: int, before: int, limit: float
) -> None:
    past = (Profile(rows=before),)
    reason = guards.OF_A_FILE["growth"].look(
        case(found=Profile(rows=now), before=past[0], past=past, limits={"growth": limit})
    )
    if reason is not None:
        found = TIMES.search(text.finding(reason))
        assert found is not None
        assert float(found[2]) < float(found[1].replace(",", ""))
