"""The work of reading a manifest is in proportion to its size, whatever stands in it.

Measured in seconds of the processor, never of the clock: of four times as many bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from syncd.config.manifest import loaded
from syncd.config.manifest.limits import (
    MAX_BESIDE,
    MAX_EXPLAINED,
    MAX_KEY,
    MAX_VALUE,
    MAX_WRITTEN,
)
from syncd.core.errors import SHOWN, ManifestError
from syncd.text import lesson, sentence
from tests.support.examples import shared_out
from tests.support.hostile_manifests import DATASET, ENTRY, HEAD, SORTS
from tests.support.manifest_builders import GOOD, problems_of
from tests.unit.guards.test_content_linear import is_linear

# The larger ones take several minutes of a processor.
SIZES = [12_000, 100_000] if os.environ.get("SYNCD_TEST_TORTURE") == "1" else [12_000]
GOOD_SORTS = {"exact keys and patterns", "an ignored list under each target"}


def told(data: bytes) -> ManifestError | None:
    """What is wrong with it, worded as a command words it."""
    try:
        loaded(data, "m.yaml")
    except ManifestError as error:
        for problem in error.shown:
            lesson(problem)
        return error
    return None


@pytest.mark.parametrize(("sort", "size"), shared_out(5, SORTS, SIZES))
def test_four_times_the_bytes_take_no_more_than_their_share(sort: str, size: int) -> None:
    def work(size: int) -> Callable[[], object]:
        data = SORTS[sort](size)
        return lambda: told(data)

    is_linear(work, size)


@pytest.mark.parametrize("sort", shared_out(3, SORTS))
def test_whatever_is_written_the_answer_fits_on_a_screen_or_three(sort: str) -> None:
    error = told(SORTS[sort](20_000))
    assert (error is None) == (sort in GOOD_SORTS)
    if error is not None:
        assert 1 <= len(error.shown) <= SHOWN + 1
        assert all(len(lesson(problem)) < 2_000 for problem in error.shown)


def test_of_very_many_problems_the_first_are_shown_and_the_others_counted() -> None:
    count = MAX_EXPLAINED + 1_000
    error = told((GOOD + "".join(f"k{n}: 1\n" for n in range(count))).encode())
    assert error is not None
    assert error.reason.facts["count"] == count
    first, *_, last = error.shown
    assert (first.line, last.reason.code) == (19, "problems_more")
    assert last.reason.facts["count"] == count - SHOWN
    assert "5,900 more problems" in sentence(last.reason).replace("\N{NO-BREAK SPACE}", ",")


def test_one_problem_more_than_are_shown_is_said_as_such() -> None:
    error = told((GOOD + "".join(f"k{n}: 1\n" for n in range(SHOWN + 1))).encode())
    assert error is not None
    assert error.shown[-1].reason.facts["count"] == 1


@pytest.mark.parametrize("keys", [MAX_WRITTEN // 2 - 20, MAX_WRITTEN // 2])
@pytest.mark.stress
def test_more_keys_than_any_manifest_has_are_one_problem(keys: int) -> None:
    error = told(("known:\n" + "".join(f"  {n}:\n" for n in range(keys - 1))).encode())
    assert error is not None
    assert (error.problems[0].reason.code == "yaml_too_many") == (keys * 2 + 1 > MAX_WRITTEN)


@pytest.mark.parametrize("where", ["", HEAD, HEAD + DATASET + ENTRY])
def test_keys_without_end_are_one_problem_and_the_rest_is_not_read(where: str) -> None:
    indent = "        " if ENTRY in where else "  " * bool(where)
    above = where if ENTRY in where else f"{where}defaults:\n" if where else ""

    data = (above + "".join(f"{indent}k{n}: 1\n" for n in range(60_000))).encode()
    error = told(data)
    assert error is not None
    (problem,) = error.problems
    assert problem.reason.code == "yaml_too_many_beside"
    assert MAX_BESIDE <= problem.line <= MAX_BESIDE + 30


def test_a_long_list_under_known_is_no_mistake_of_its_length() -> None:
    known = "".join(f"          k{n}: {n}\n" for n in range(MAX_BESIDE + 20))
    error = told((HEAD + DATASET + "      - each: 'a/{n}'\n        known:\n" + known).encode())
    assert error is not None
    assert {one.reason.code for one in error.problems} == {"bad_resource"}


@pytest.mark.parametrize("key", ["paused", "title"])
def test_a_value_that_is_too_long_is_one_problem_at_its_place(key: str) -> None:
    def said(letters: int) -> list[tuple[int, str]]:
        entry = "      - each: 'a/{n}'\n" + f"        {key}: {'a' * letters}\n"
        error = told((HEAD + DATASET + entry).encode())
        return [(p.line, p.reason.code) for p in error.problems] if error else []

    assert said(MAX_VALUE) == []
    assert said(MAX_VALUE + 1) == [(11, "value_too_long")]


def test_a_key_that_is_too_long_is_one_problem() -> None:
    text = HEAD + DATASET + ENTRY + f"? {'k' * (MAX_KEY + 1)}\n: 1\n"
    assert [p.reason.code for p in problems_of(text)] == ["key_too_long"]
