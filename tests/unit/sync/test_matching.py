"""Which object feeds which resource."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.composed import composed
from syncd.core.objects import ObjectPage, Version
from syncd.core.patterns import Pattern
from syncd.core.targets import ObjectRule, Rule, Target
from syncd.sync.matching import MOST_UNMAPPED, Index, Item, MatchIndex, Status, items
from syncd.sync.prefixes import Prefix, covering, prefixes
from tests.support.builders import NOW, RESOURCE, each, exactly, newest, target, version
from tests.support.matching_strategies import KEYS, LISTINGS, MANIFESTS, targets_of


def found(targets: list[Target], *versions: Version) -> MatchIndex:
    seen = MatchIndex(Index(targets), targets)
    for one in versions:
        seen.see("depot", ObjectPage.of([one]))
    return seen


def of(wanted: Target, *versions: Version, bound: tuple[str, ...] = ()) -> tuple[Item, ...]:
    return items(wanted, found([wanted], *versions), bound)


def only(wanted: Target, *versions: Version) -> Item:
    (one,) = of(wanted, *versions)
    return one


def listed(keys: list[str], prefix: Prefix) -> list[str]:
    """What a source lists under a prefix."""
    under = [key for key in keys if key.startswith(prefix.prefix)]
    return [k for k in under if prefix.recursive or "/" not in k[len(prefix.prefix) :]]


# -- object ------------------------------------------------------------------------------------


def test_an_object_is_found_by_its_exact_key() -> None:
    wanted = target(exactly("a/liste.csv"))
    one = only(wanted, version("a/liste.csv"), version("a/liste.csv.bak"), version("liste.csv"))
    assert (one.status, one.key, one.version) == (
        Status.FOUND,
        "a/liste.csv",
        version("a/liste.csv"),
    )


def test_an_absent_object_is_missing_and_named() -> None:
    one = only(target(exactly("a/liste.csv")), version("a/Liste.csv"))
    assert one.status is Status.MISSING
    assert one.reason is not None
    assert (one.reason.code, one.reason.facts["key"]) == ("object_missing", "a/liste.csv")
    with pytest.raises(ValueError, match="no object"):
        _ = one.version


# -- newest ------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8, unique=True), st.randoms())
def test_newest_by_date_is_the_latest_whatever_the_order_of_the_listing(
    ages: list[int], chance: Random
) -> None:
    versions = [version(f"exports/liste_{n}.csv", age=age) for n, age in enumerate(ages)]
    expected = min(zip(ages, versions, strict=True), key=lambda pair: pair[0])[1]
    chance.shuffle(versions)
    assert only(target(newest("exports/liste_*.csv")), *versions).version == expected


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8, unique=True), st.randoms())
def test_newest_by_name_counts_as_people_do_whatever_the_order_of_the_listing(
    numbers: list[int], chance: Random
) -> None:
    versions = [version(f"exports/liste_{n}.csv") for n in numbers]
    chance.shuffle(versions)
    one = only(target(newest("exports/liste_*.csv", "name")), *versions)
    assert one.key == f"exports/liste_{max(numbers)}.csv"


def test_newest_keeps_its_binding_when_a_newer_object_comes() -> None:
    wanted = target(newest("e/*.csv"))
    before = only(wanted, version("e/1.csv", age=9))
    after = only(wanted, version("e/1.csv", age=9), version("e/2.csv", age=1))
    assert (before.key, after.key) == ("e/1.csv", "e/2.csv")
    assert before.binding_key == after.binding_key == "newest:e/*.csv"


@pytest.mark.parametrize(
    ("by", "keys", "code"),
    [
        ("date", ["e/01.csv", "e/1.csv"], "newest_tie_date"),
        ("name", ["e/01.csv", "e/1.csv"], "newest_tie_name"),
    ],
)
def test_a_tie_at_the_top_is_ambiguous(by: str, keys: list[str], code: str) -> None:
    older = version("e/0.csv", age=10**6)
    one = only(target(newest("e/*.csv", by)), older, *(version(key, age=5) for key in keys))
    assert one.status is Status.AMBIGUOUS
    assert one.reason is not None
    assert one.reason.code == code
    assert (one.reason.facts["count"], one.reason.facts["first"]) == (2, keys[0])


@pytest.mark.parametrize(
    ("keys", "newest_of_them"),
    [
        (["e/export_9.csv", "e/export_10.csv"], "e/export_10.csv"),
        (["e/2026-01.csv", "e/2025-12.csv"], "e/2026-01.csv"),
        (["e/b.csv", "e/a.csv", "e/c.csv"], "e/c.csv"),
    ],
)
def test_of_objects_of_the_same_second_the_last_by_name_is_the_newest(
    keys: list[str], newest_of_them: str
) -> None:
    found = [version(key, age=5) for key in keys]
    older = version("e/z.csv", age=10**6)
    for listed in (found, found[::-1]):
        one = only(target(newest("e/*.csv")), older, *listed)
        assert (one.status, one.key) == (Status.FOUND, newest_of_them)


def test_of_names_of_equal_rank_the_later_is_the_newest() -> None:
    wanted = target(newest("e/*.csv", "name"))
    one = only(wanted, version("e/01.csv", age=5), version("e/1.csv", age=9))
    assert (one.status, one.key) == (Status.FOUND, "e/01.csv")


def test_a_tie_below_the_newest_concerns_nobody() -> None:
    one = only(
        target(newest("e/*.csv")),
        version("e/a.csv", age=9),
        version("e/b.csv", age=9),
        version("e/c.csv", age=1),
    )
    assert (one.status, one.key) == (Status.FOUND, "e/c.csv")


def test_no_match_for_newest_is_missing() -> None:
    one = only(target(newest("e/*.csv")), version("e/a.txt"))
    assert one.reason is not None
    assert (one.status, one.reason.code) == (Status.MISSING, "newest_missing")


def test_temporary_files_are_never_the_newest() -> None:
    wanted = target(newest("e/*.csv"), ignore=("~$*", ".*"))
    versions = [version("e/a.csv", age=9), version("e/~$a.csv", age=1), version("e/.b.csv", age=0)]
    assert only(wanted, *versions).key == "e/a.csv"


# -- each --------------------------------------------------------------------------------------


def test_each_makes_one_item_per_object_with_its_title_and_known_resource() -> None:
    wanted = target(each("f/f_{annee:yyyy}.csv", "Festivals {annee}", _2024=RESOURCE))
    found = of(wanted, version("f/f_2023.csv"), version("f/f_2024.csv"), version("f/f_x.csv"))
    assert [(i.key, i.title, i.known_resource, i.binding_key) for i in found] == [
        ("f/f_2023.csv", "Festivals 2023", None, "f/f_2023.csv"),
        ("f/f_2024.csv", "Festivals 2024", RESOURCE, "f/f_2024.csv"),
    ]


def test_known_joins_several_variables_with_a_dash() -> None:
    wanted = target(each("f/{a:yyyy}/{m:mm}.csv", **{"_2024-03": RESOURCE}))
    assert only(wanted, version("f/2024/03.csv")).known_resource == RESOURCE


def test_without_a_template_the_title_is_the_files_name() -> None:
    assert only(target(each("f/{n}.csv")), version("f/Été.csv")).title == "Été.csv"


def test_two_files_of_one_name_are_both_ambiguous() -> None:
    wanted = target(each("**/f_{annee:yyyy}.csv"))
    pair = of(wanted, version("a/f_2024.csv"), version("b/f_2024.csv"), version("b/f_2025.csv"))
    assert {i.key: i.status for i in pair} == {
        "a/f_2024.csv": Status.AMBIGUOUS,
        "b/f_2024.csv": Status.AMBIGUOUS,
        "b/f_2025.csv": Status.FOUND,
    }


def test_a_bound_file_that_disappears_is_missing_beside_the_others() -> None:
    wanted = target(each("f/{n}.csv"))
    pair = of(wanted, version("f/a.csv"), bound=("f/a.csv", "f/b.csv", "f/b.csv"))
    assert [(i.key, i.status) for i in pair] == [
        ("f/a.csv", Status.FOUND),
        ("f/b.csv", Status.MISSING),
    ]


def test_each_without_any_match_says_so() -> None:
    one = only(target(each("f/{n}.csv")))
    assert one.reason is not None
    assert (one.status, one.reason.code) == (Status.MISSING, "each_missing")


# -- all together ------------------------------------------------------------------------------


def test_an_object_claimed_twice_feeds_neither() -> None:
    one, two = target(exactly("a/x.csv"), 1), target(newest("a/*.csv"), 2)
    seen = found([one, two], version("a/x.csv"))
    for wanted in (one, two):
        (item,) = items(wanted, seen)
        assert item.reason is not None
        assert (item.status, item.reason.code) == (Status.AMBIGUOUS, "claimed_twice")


def test_a_rival_that_is_not_looked_at_now_still_counts() -> None:
    one, two = target(exactly("a/x.csv"), 1), target(newest("a/*.csv"), 2)
    seen = MatchIndex(Index([one, two]), [one])
    seen.see("depot", ObjectPage.of([version("a/x.csv")]))
    assert items(one, seen)[0].status is Status.AMBIGUOUS
    assert items(two, seen)[0].status is Status.MISSING


def test_what_nobody_claims_is_unmapped_but_noise_is_not() -> None:
    wanted = target(newest("a/*.csv"), ignore=("~$*", "*.tmp"))
    keys = ["a/", "a/x.csv", "a/autre.txt", "a/~$x.csv", "a/x.tmp", "b/~$y.csv"]
    seen = found([wanted], *(version(key) for key in keys))
    assert seen.unmapped == ["a/autre.txt"]


def test_unmapped_objects_are_counted_but_only_the_first_are_named() -> None:
    seen = found(
        [target(exactly("a/x.csv"))], *(version(f"a/{n:05}") for n in range(MOST_UNMAPPED + 5))
    )
    assert seen.unmapped == [f"a/{n:05}" for n in range(MOST_UNMAPPED)]
    assert seen.unmapped_count == MOST_UNMAPPED + 5


def test_what_lies_between_the_wanted_folders_is_not_unmapped() -> None:
    wanted = [target(exactly("a/x.csv"), 1), target(newest("b/**/x.csv"), 2)]
    keys = ["a/y.csv", "a/sub/y.csv", "b/y.csv", "b/sub/y.csv", "c/y.csv", "y.csv"]
    assert found(wanted, *map(version, keys)).unmapped == ["a/y.csv", "b/y.csv", "b/sub/y.csv"]


def test_an_object_seen_twice_counts_once_as_it_was_seen_last() -> None:
    for rule in (exactly("a/x.csv"), newest("a/*.csv"), each("a/{n}.csv")):
        wanted = target(rule)
        one = only(wanted, version("a/x.csv", age=9), version("a/x.csv", age=1))
        assert (one.status, one.version) == (Status.FOUND, version("a/x.csv", age=1))


def test_a_key_is_tried_only_on_patterns_that_begin_and_end_like_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []
    match = Pattern.match

    def counted(self: Pattern, key: str) -> Mapping[str, str] | None:
        tried.append(self.text)
        return match(self, key)

    monkeypatch.setattr(Pattern, "match", counted)
    rules = [newest(f"a/liste_{n:03}_*.csv") for n in range(500)]
    rules += [newest(f"a/*/commune_{n:03}.csv") for n in range(500)]
    index = Index(targets_of(rules))
    assert len(list(index.claims("depot", "a/liste_042_2025.csv"))) == 1
    assert len(list(index.claims("depot", "a/2025/commune_042.csv"))) == 1
    assert list(index.claims("depot", "a/autre.csv")) == []
    assert tried == ["a/liste_042_*.csv", "a/*/commune_042.csv"]


def test_the_same_key_in_another_source_is_another_object() -> None:
    here, there = target(exactly("x.csv"), 1), target(exactly("x.csv"), 2, source="archive")
    seen = found([here, there], version("x.csv"))
    assert items(here, seen)[0].status is Status.FOUND
    assert items(there, seen)[0].status is Status.MISSING


@given(MANIFESTS, LISTINGS)
def test_no_object_feeds_two_resources(targets: list[Target], keys: list[str]) -> None:
    seen = found(targets, *(version(key, age=n) for n, key in enumerate(keys)))
    feeding = [i.key for t in targets for i in items(t, seen) if i.status is Status.FOUND]
    assert len(feeding) == len(set(feeding))


@given(MANIFESTS, KEYS)
def test_the_index_claims_what_trying_every_pattern_would(targets: list[Target], key: str) -> None:
    def claims(wanted: Target) -> bool:
        if isinstance(wanted.rule, ObjectRule):
            return wanted.rule.key == key
        return wanted.rule.pattern.match(key) is not None and not key.split("/")[-1].startswith(
            "~$"
        )

    expected = [wanted.place for wanted in targets if claims(wanted)]
    claimed = [wanted.place for wanted, _ in Index(targets).claims("depot", key)]
    assert sorted(claimed, key=lambda p: p.line) == expected


@given(MANIFESTS, LISTINGS)
def test_the_listings_show_every_object_of_every_target_and_none_twice(
    targets: list[Target], keys: list[str]
) -> None:
    shown = [key for prefix in prefixes(targets) for key in listed(keys, prefix)]
    assert len(shown) == len(set(shown))
    claimed = {key for key in keys if list(Index(targets).claims("depot", key))}
    assert claimed <= set(shown)


@given(MANIFESTS, LISTINGS)
def test_a_listing_covers_exactly_the_targets_whose_objects_it_shows(
    targets: list[Target], keys: list[str]
) -> None:
    for wanted in targets:
        mine = [p for p in prefixes(targets) if p in set(covering(wanted))]
        assert len(mine) == 1
        claimed = {key for key in keys if list(Index([wanted]).claims("depot", key))}
        assert claimed <= set(listed(keys, mine[0]))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([exactly("x.csv")], [("", False)]),
        ([exactly("a/x.csv"), exactly("a/y.csv")], [("a/", False)]),
        ([newest("a/*.csv"), exactly("a/y.csv")], [("a/", False)]),
        ([newest("a/**"), exactly("a/b/y.csv"), exactly("c.csv")], [("", False), ("a/", True)]),
        ([newest("a/*/x.csv")], [("a/", True)]),
        ([newest("**"), exactly("a/b/y.csv")], [("", True)]),
        ([exactly("a/x.csv"), exactly("ab/x.csv")], [("a/", False), ("ab/", False)]),
    ],
)
def test_the_fewest_listings_are_asked_for(
    rules: list[Rule], expected: list[tuple[str, bool]]
) -> None:
    assert [(p.prefix, p.recursive) for p in prefixes(targets_of(rules))] == expected


def test_each_source_has_listings_of_its_own() -> None:
    here, there = target(newest("**")), target(exactly("a/x.csv"), source="archive")
    assert [(p.source, p.prefix) for p in prefixes([here, there])] == [
        ("archive", "a/"),
        ("depot", ""),
    ]


def test_of_very_many_recent_objects_that_nobody_claims_the_latest_are_kept() -> None:
    wanted = target(exactly("a/x.csv"))
    seen = MatchIndex(Index([wanted]), [wanted], {"depot": NOW - timedelta(days=1)})
    ages = range(2 * MOST_UNMAPPED + 1, 0, -1)
    seen.see("depot", ObjectPage.of(version(f"a/{age:05}", age=age) for age in ages))
    seen.see("depot", ObjectPage.of([version("a/old", age=10**6)]))

    assert len(seen.recent) == MOST_UNMAPPED
    assert ("depot", "a/00001") in seen.recent


# -- many at once ------------------------------------------------------------------------------


@given(MANIFESTS, LISTINGS, st.integers(1, 5))
def test_objects_shown_at_once_are_seen_as_one_by_one(
    targets: list[Target], keys: list[str], page_size: int
) -> None:
    versions = [version(key, age=n) for n, key in enumerate(keys)]
    since = {"depot": NOW - timedelta(hours=5)}
    alone, together = (MatchIndex(Index(targets), targets, since) for _ in range(2))
    for one in versions:
        alone.see("depot", ObjectPage.of([one]))
    for at in range(0, len(versions), page_size):
        together.see("depot", ObjectPage.of(versions[at : at + page_size]))
    assert [items(one, together) for one in targets] == [items(one, alone) for one in targets]
    assert (together.unclaimed, together.recent) == (alone.unclaimed, alone.recent)
    assert alone.unmapped_count == len(alone.unclaimed)


def test_of_very_many_objects_values_are_made_only_of_those_that_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    make = ObjectPage.version

    def counted(self: ObjectPage, at: int) -> Version:
        made.append(self.keys[at])
        return make(self, at)

    page = ObjectPage.of(version(f"a/autre_{n:05}.csv") for n in range(3 * MOST_UNMAPPED))
    more = ObjectPage.of(map(version, ("a/liste_2024.csv", "a/x.csv", "b/x.csv")))
    wanted = [target(exactly("a/x.csv"), 1), target(newest("a/liste_*.csv"), 2)]
    seen = MatchIndex(Index(wanted), wanted, {"depot": NOW})
    monkeypatch.setattr(ObjectPage, "version", counted)
    seen.see("depot", page)
    seen.see("depot", more)

    assert made == [*page.keys[:MOST_UNMAPPED], "a/liste_2024.csv", "a/x.csv"]
    assert seen.unmapped_count == 3 * MOST_UNMAPPED


GLOBS = ["~$*", ".*", "*.tmp", "*", "**", "*.*", "?", "a?", "*a*", "[ab]*", "*[ab]", "", "b", "é*"]


@given(
    st.lists(st.sampled_from(GLOBS), max_size=3),
    st.one_of(
        st.sampled_from(["~$x", ".x", "a.tmp", "b", "aa", "e\u0301t\u00e9"]), st.text("ab.~$*[]?")
    ),
)
def test_what_is_ignored_is_what_the_shell_would_match(globs: list[str], name: str) -> None:
    index = Index([target(exactly("x.csv"), ignore=tuple(globs))])
    ignored = any(fnmatchcase(composed(name), composed(glob)) for glob in globs)
    assert index.is_noise(f"a/{name}") == (ignored or not name)


@given(MANIFESTS, LISTINGS)
def test_what_is_not_likely_to_be_claimed_is_not(targets: list[Target], keys: list[str]) -> None:
    index = Index(targets)
    claimed = {key for key in keys if list(index.claims("depot", key))}
    likely = index.likely("depot", keys)
    assert claimed <= likely.keys() <= set(keys)
    for key, by_patterns in likely.items():
        every = list(index.claims("depot", key))
        assert list(index.claims("depot", key, by_patterns=by_patterns)) == every


@given(
    st.lists(st.sampled_from(["~$*", ".*", "*.tmp", "*.part", "*", "a?c", "[ab]*", "*b", "b*"])),
    st.lists(st.text("ab.~$*\ncptmr", max_size=6)),
)
def test_of_many_names_those_are_ignored_that_are_by_themselves(
    globs: list[str], names: list[str]
) -> None:
    noise = Index([target(exactly("x.csv"), ignore=tuple(globs))]).noise
    assert noise.among(names) == {name for name in names if noise.have(name)}
