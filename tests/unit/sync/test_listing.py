"""What is asked of the buckets: all that the manifest needs, and as little else as can be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.errors import SourceDenied, SourceUnreachable
from syncd.core.targets import Target
from syncd.sync import prefixes
from syncd.sync.listing import Listing, scan
from syncd.sync.matching import Index
from syncd.sync.prefixes import PAGE
from tests.support.builders import each, exactly, newest, target
from tests.support.matching_strategies import KEYS, LISTINGS, MANIFESTS
from tests.support.memory_source import MemorySource

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def holding(*keys: str) -> MemorySource:
    source = MemorySource()
    for key in keys:
        source.put(key, b"x")
    return source


def look(source: MemorySource, *targets: Target) -> Listing:
    return scan(targets, targets, {"depot": source}, NOW)


def found_by(seen: Listing, wanted: Target) -> list[str]:
    return [match.version.key for match in seen.found.matches(wanted)]


# -- few keys in a large folder ----------------------------------------------------------------


def test_a_folder_that_is_short_is_listed_once_whatever_is_wanted_in_it() -> None:
    source = holding(*(f"a/{n:04}" for n in range(PAGE)))
    seen = look(source, target(exactly("a/0007"), 1), target(exactly("a/gone"), 2))
    assert (source.lists, source.stats) == (["a/"], [])
    assert seen.unmapped_count == PAGE - 1


def test_in_a_long_folder_only_the_wanted_keys_are_asked_for() -> None:
    source = holding(*(f"a/{n:05}" for n in range(20 * PAGE)))
    source.page_size = 1
    wanted = [target(exactly(f"a/{n:05}"), n + 1) for n in (7, 19_999, 20_000)]
    seen = look(source, *wanted)
    assert source.stats == ["a/00007", "a/19999", "a/20000"]
    assert source.shown <= PAGE + 1
    assert [found_by(seen, one) for one in wanted] == [["a/00007"], ["a/19999"], []]
    assert seen.unmapped_count == 0
    assert seen.unmapped == ()


def test_a_long_folder_in_which_a_pattern_looks_is_listed_to_its_end() -> None:
    source = holding(*(f"a/{n:04}" for n in range(2 * PAGE)))
    pattern, exact = target(newest("a/*", "name"), 1), target(exactly("b/x"), 2)
    seen = look(source, pattern, exact)
    assert found_by(seen, pattern) == [f"a/{2 * PAGE - 1:04}"]
    assert source.stats == []
    assert seen.unmapped_count == 0


def test_many_keys_of_a_long_folder_are_worth_its_listing() -> None:
    source = holding(*(f"a/{n:05}" for n in range(4 * PAGE)))
    wanted = [target(exactly(f"a/{n:05}"), n + 1) for n in range(0, 4 * PAGE, 100)]
    seen = look(source, *wanted)
    assert (source.lists, source.stats) == (["a/"], [])
    assert all(found_by(seen, one) for one in wanted)


# -- many folders ------------------------------------------------------------------------------


def of_folders(count: int) -> list[Target]:
    return [target(exactly(f"t/f{n:03}/x.csv"), n + 1) for n in range(count)]


def test_many_small_folders_are_seen_by_one_listing_over_them() -> None:
    source = holding(*(f"t/f{n:03}/{name}" for n in range(200) for name in ("x.csv", "y.csv")))
    wanted = of_folders(200)
    seen = look(source, *wanted)
    assert source.lists == ["t/"]
    assert all(found_by(seen, one) for one in wanted)
    assert seen.unmapped_count == 200


def test_what_nobody_asked_for_ends_the_listing_over_many_folders() -> None:
    """A large archive beside them: each folder is listed by itself, and it is not read through."""
    source = holding(*(f"t/archive/{n:05}" for n in range(20 * PAGE)))
    source.page_size = 1
    wanted = of_folders(20)
    for one in wanted:
        source.put(one.selector, b"x")
    seen = look(source, *wanted)
    assert source.lists[0] == "t/"
    assert len(source.lists) == 21
    assert source.shown < 3 * PAGE
    assert all(found_by(seen, one) for one in wanted)
    assert seen.unmapped_count == 0


def test_a_right_that_ends_at_the_wanted_folders_is_enough() -> None:
    wanted = of_folders(10)
    source = holding(*(one.selector for one in wanted), "t/f003/y.csv")
    source.denied = frozenset({"t/"})
    seen = look(source, *wanted)
    assert seen.failures == {}
    assert all(found_by(seen, one) for one in wanted)
    assert seen.unmapped == ("t/f003/y.csv",)


def test_a_folder_without_a_right_fails_alone() -> None:
    wanted = of_folders(10)
    source = holding(*(one.selector for one in wanted))
    source.denied = frozenset({"t/", "t/f003/"})
    seen = look(source, *wanted)
    failed = [one for one in wanted if seen.failure_of(one)]
    assert failed == [wanted[3]]
    assert isinstance(seen.failure_of(wanted[3]), SourceDenied)


def test_a_listing_that_breaks_is_the_failure_of_all_and_is_not_tried_folder_by_folder() -> None:
    wanted = of_folders(10)
    source = holding(*(one.selector for one in wanted))
    source.broken_after = 3
    seen = look(source, *wanted)
    assert all(isinstance(seen.failure_of(one), SourceUnreachable) for one in wanted)
    assert source.lists == ["t/"]


def test_a_failure_is_that_of_every_target_under_the_listing() -> None:
    deep, inside = target(each("a/**/{n}.csv"), 1), target(exactly("a/b/c/x.csv"), 2)
    beside = target(exactly("b/x.csv"), 3)
    source = holding("b/x.csv")
    source.denied = frozenset({"a/"})
    seen = look(source, deep, inside, beside)
    assert [bool(seen.failure_of(one)) for one in (deep, inside, beside)] == [True, True, False]


# -- whatever the way, the same is found -------------------------------------------------------


@given(MANIFESTS, LISTINGS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 4))
def test_every_way_finds_what_reading_the_whole_bucket_would(
    targets: list[Target], keys: list[str], page: int, many: int, shown_at_once: int
) -> None:
    source = holding(*keys)
    source.page_size = shown_at_once
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefixes, "PAGE", page)
        patch.setattr(prefixes, "_MANY", many)
        seen = look(source, *targets)
    for wanted in targets:
        whole = scan([wanted], targets, {"depot": holding(*keys)}, NOW)
        assert sorted(found_by(seen, wanted)) == sorted(found_by(whole, wanted))
    unclaimed = [key for key in keys if not list(Index(targets).claims("depot", key))]
    assert set(seen.unmapped) <= set(unclaimed)
    assert len(set(seen.unmapped)) == len(seen.unmapped) == seen.unmapped_count


@given(MANIFESTS, st.lists(KEYS, unique=True, max_size=12))
def test_a_bucket_of_a_page_is_seen_with_all_that_lies_beside_the_wanted(
    targets: list[Target], keys: list[str]
) -> None:
    seen = look(holding(*keys), *targets)
    shown = {
        key
        for prefix in prefixes.prefixes(targets)
        for key in keys
        if key.startswith(prefix.prefix)
        and (prefix.recursive or "/" not in key[len(prefix.prefix) :])
    }
    index = Index(targets)
    unclaimed = {k for k in shown if not list(index.claims("depot", k)) and not index.is_noise(k)}
    assert set(seen.unmapped) == unclaimed
