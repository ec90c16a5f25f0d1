"""What looks at a file before it goes online."""

from __future__ import annotations

from dataclasses import fields
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd import guards
from syncd.config.manifest import json_schema
from syncd.core.objects import KnownVersion
from syncd.core.reasons import Reason
from syncd.core.targets import GuardPolicy
from syncd.guards import CheckInput, Scope, brake
from syncd.guards.profile import Profile
from tests.support.builders import digest, each, exactly, judged, newest, resource, version

NEWEST = newest("e/*.csv")
BY_NAME = newest("e/*.csv", "name")


def case(**fields: Any) -> CheckInput:
    given: dict[str, Any] = {
        "version": version("e/b.csv"),
        "digest": digest("new", 100),
        "rule": exactly("e/b.csv"),
        "online": resource("old", size=100),
        "published": None,
        "accepted": frozenset({"csv", "gz", "geojson"}),
    }
    return CheckInput(**{**given, **fields})


def look(name: str, **fields: Any) -> str | None:
    reason = guards.OF_A_FILE[name].look(case(**fields))
    return reason.code if reason else None


@pytest.mark.parametrize(("size", "code"), [(0, "guard_empty"), (1, None), (10**12, None)])
def test_a_file_without_bytes_is_never_meant(size: int, code: str | None) -> None:
    assert look("empty", digest=digest("x", size)) == code


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("e/a.csv", None),
        ("e/a.CSV", None),
        ("e/a.csv.gz", None),
        ("e.csv/a.exe", "guard_extension"),
        ("e/a.", "guard_extension"),
        ("e/a", "guard_no_extension"),
        ("e.csv/a", "guard_no_extension"),
        ("e/.csv", "guard_no_extension"),
    ],
)
def test_only_what_the_portal_accepts_is_sent(key: str, code: str | None) -> None:
    assert look("extension", version=version(key)) == code


@pytest.mark.parametrize(
    ("size", "online", "limit", "code"),
    [
        (50, 100, 0.5, None),  # the limit itself may be lost
        (49, 100, 0.5, "guard_shrink"),
        (100, 100, 0.5, None),
        (500, 100, 0.5, None),
        (99, 100, 0.0, "guard_shrink"),
        (1, 100, 1.0, None),
        (20, 100, 0.8, None),
        (19, 100, 0.8, "guard_shrink"),
        (1, None, 0.5, None),  # the portal does not say
        (1, 0, 0.5, None),
        (0, 100, 0.5, None),  # `empty` speaks for itself
    ],
)
def test_a_file_that_lost_more_than_the_limit_is_noticed(
    size: int, online: int | None, limit: float, code: str | None
) -> None:
    there = resource("old", size=online)
    assert look("shrink", digest=digest("x", size), online=there, limits={"shrink": limit}) == code


def test_a_new_resource_has_nothing_to_shrink_from() -> None:
    assert look("shrink", online=None, digest=digest("x", 1)) is None


def test_the_loss_is_said_in_figures() -> None:
    reason = guards.OF_A_FILE["shrink"].look(
        case(digest=digest("x", 413), online=resource("o", size=5210))
    )
    assert reason is not None
    assert reason.facts == {"size": 413, "online": 5210, "lost": 92, "limit": 50}


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.floats(0, 1))
def test_a_growing_file_never_shrinks(size: int, online: int, limit: float) -> None:
    found = look(
        "shrink",
        digest=digest("x", size),
        online=resource("o", size=online),
        limits={"shrink": limit},
    )
    assert found is None or size < online


def published(key: str, age: float, word: str = "old") -> KnownVersion:
    return judged(word, version(key, age=age))


@pytest.mark.parametrize(
    ("rule", "key", "age", "last", "code"),
    [
        (NEWEST, "e/b.csv", 5, None, None),
        (NEWEST, "e/b.csv", 5, published("e/a.csv", 9), None),
        (NEWEST, "e/b.csv", 9, published("e/a.csv", 5), "guard_older_date"),
        (NEWEST, "e/a.csv", 5, published("e/b.csv", 9), "guard_older_name"),
        (NEWEST, "e/a.csv", 9, published("e/b.csv", 5), "guard_older_date"),
        (NEWEST, "e/b.csv", 5, published("e/b.csv", 9), None),  # deposited again
        (NEWEST, "e/b.csv", 5, published("e/b.csv", 5), None),
        (BY_NAME, "e/b.csv", 9, published("e/a.csv", 5), "guard_older_date"),
        (BY_NAME, "e/a.csv", 5, published("e/b.csv", 9), "guard_older_name"),
        (NEWEST, "e/x_10.csv", 5, published("e/x_9.csv", 9), None),
        (NEWEST, "e/x_9.csv", 5, published("e/x_10.csv", 9), "guard_older_name"),
        (exactly("e/b.csv"), "e/b.csv", 9, published("e/b.csv", 5), "guard_older_date"),
        (each("e/{n}.csv"), "e/b.csv", 9, published("e/b.csv", 5), "guard_older_date"),
        (each("e/{n}.csv"), "e/b.csv", 5, published("e/b.csv", 9), None),
        # the same bytes are no step back
        (NEWEST, "e/a.csv", 9, judged("new", version("e/b.csv", age=5)), None),
    ],
)
def test_time_does_not_run_backwards(
    rule: Any, key: str, age: float, last: KnownVersion | None, code: str | None
) -> None:
    found = look(
        "backwards",
        rule=rule,
        version=version(key, age=age),
        digest=digest("new"),
        published=last,
    )
    assert found == code


@pytest.mark.parametrize(
    ("new", "replacing", "held"),
    [
        (9, 9, False),
        (10, 5, False),
        (10, 6, True),
        (11, 5, False),
        (11, 6, True),
        (1000, 0, False),
        (1000, 500, False),
        (1000, 501, True),
    ],
)
def test_the_brake_acts_from_ten_new_bindings_on_above_half(
    new: int, replacing: int, held: bool
) -> None:
    reason = brake.look(new, replacing)
    assert (reason is not None) == held
    if reason is not None:
        assert reason.facts == {"new": new, "replacing": replacing, "fewest": 10}


EVERYTHING = case(found=Profile("csv", header=("a",), rows=1), before=Profile("csv", rows=9))


# -- policies ----------------------------------------------------------------------------------

BAD = case(version=version("e/b.exe"), digest=digest("x", 1))  # extension and shrink


def codes(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.code for reason in reasons]


@pytest.mark.parametrize(
    ("levels", "held", "warned"),
    [
        ({}, ["guard_extension", "guard_shrink"], []),
        ({"shrink": "warn"}, ["guard_extension"], ["guard_shrink"]),
        ({"shrink": "off"}, ["guard_extension"], []),
        ({"shrink": "off", "extension": "warn"}, [], ["guard_extension"]),
        ({"shrink": "off", "extension": "off"}, [], []),
    ],
)
def test_the_policy_says_which_findings_hold(
    levels: dict[str, Any], held: list[str], warned: list[str]
) -> None:
    findings = guards.judge(BAD, GuardPolicy(levels))
    assert (codes(findings.held), codes(findings.warned)) == (held, warned)


def test_a_good_file_passes_every_guard() -> None:
    assert guards.judge(case(), GuardPolicy({})) == guards.Findings()


def test_the_manifest_knows_every_guard_and_no_other() -> None:
    _, by_guard = json_schema()["$defs"]["Guards"]["oneOf"]
    assert list(by_guard["properties"]) == list(guards.GUARDS)
    assert set(guards.GUARDS) == {*guards.OF_A_FILE, "brake"}


@pytest.mark.parametrize(
    "other",
    [
        GuardPolicy({"empty": "warn", "shrink": "hold"}),
        GuardPolicy({"empty": "hold"}),
        GuardPolicy({"empty": "hold", "shrink": "hold"}, {"shrink": 0.8, "rows": 0.5}),
    ],
)
def test_a_changed_policy_has_another_identity(other: GuardPolicy) -> None:
    mine = GuardPolicy({"shrink": "hold", "empty": "hold"}, guards.USUAL_LIMITS)
    assert mine.identity != other.identity
    same = GuardPolicy({"empty": "hold", "shrink": "hold"}, guards.USUAL_LIMITS)
    assert mine.identity == same.identity


def test_an_identity_is_the_one_that_older_ledgers_hold() -> None:
    mine = GuardPolicy({"shrink": "hold", "empty": "off"}, guards.USUAL_LIMITS)
    assert mine.identity == "empty=off,shrink=hold;shrink=0.5;rows=0.5"


def test_limits_of_guards_that_learn_are_part_of_it_only_where_they_are_said() -> None:
    said = GuardPolicy({"growth": "hold"}, {**guards.USUAL_LIMITS, "growth": 50.0})
    assert said.identity == "growth=hold;shrink=0.5;rows=0.5;growth=50"
    assert guards.loosened(said) == {"growth": "50x"}
    assert guards.is_looser("50x", "20x")


# -- what a guard declares ---------------------------------------------------------------------


_NOT_GUARDS = {
    *("beyond", "check_input", "column", "comparison", "geography", "guard", "listed", "past"),
    *("profile", "verdict"),
}


def test_every_file_of_a_guard_declares_one() -> None:
    files = {file.name for file in iter_modules(guards.__path__) if not file.ispkg}
    assert len(guards.GUARDS) == len(files - _NOT_GUARDS)


def test_no_two_guards_are_told_in_the_same_place() -> None:
    ranks = [guard.rank for guard in guards.GUARDS.values()]
    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize("name", guards.OF_A_FILE)
def test_a_guard_looks_at_no_more_than_it_declares(name: str) -> None:
    guard = guards.OF_A_FILE[name]
    beyond = {
        Scope.OUTSIDE: {"profile", "found", "before"},
        Scope.CONTENT: {"before"},
        Scope.CHANGES: set[str](),
    }[guard.scope]

    class Watched(CheckInput):
        def __getattribute__(self, field: str) -> Any:
            assert field not in beyond, f"{name} looks at {field}"
            return super().__getattribute__(field)

    known = {field.name: getattr(EVERYTHING, field.name) for field in fields(CheckInput)}
    guard.look(Watched(**known))
