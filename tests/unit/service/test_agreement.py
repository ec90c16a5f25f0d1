"""Whose turn it is where replicas differ. What is on a server, tests/contract/locks."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from syncd.core.service_records import Fleet, Replica
from syncd.service.agreement import Own, differences, gives_way, number

OLD, NEW = "0" * 64, "1" * 64
SINCE = datetime(2026, 3, 10, tzinfo=UTC)


def other(manifest: str, version: str = "1.2.0", *, able: bool = True) -> Replica:
    return Replica("h", 1, version, SINCE, leads=False, id="o", manifest=manifest, able=able)


def own(manifest: str, version: str = "1.2.0") -> Own:
    return Own(version, manifest, has_any=True)


@pytest.mark.parametrize(
    ("mine", "one", "gives"),
    [
        (own(NEW), other(OLD), True),  # in force is the old one
        (own(NEW), other(OLD, able=False), False),
        (own(NEW), other(NEW), False),
        (own(OLD), other(NEW), False),
        (own(OLD), other(OLD), False),
        (own(OLD, "1.2.0"), other(OLD, "1.10.0"), True),
        (own(OLD, "1.10.0"), other(OLD, "1.2.0"), False),
        (own(NEW, "1.3.0"), other(OLD, "1.2.0"), True),  # the manifest comes first
        (own(""), other(OLD), True),
        (own(""), other(""), False),
    ],
)
def test_the_lead_is_left_to_who_goes_on_as_before(mine: Own, one: Replica, gives: bool) -> None:
    assert gives_way(mine, [one], OLD) is gives


def test_where_nothing_was_in_force_only_the_program_counts() -> None:
    assert not gives_way(own(NEW), [other(OLD)], "")
    assert gives_way(own(NEW, "1.2.0"), [other(OLD, "2.0.0")], "")


def test_there_is_always_one_that_gives_way_to_nobody() -> None:
    several = [(OLD, "1.0.0"), (NEW, "2.0.0"), (OLD, "2.0.0"), ("", "3.0.0"), ("", "")]
    for those in permutations(several, 3):
        firm = [
            mine
            for mine in those
            if not gives_way(own(*mine), [other(*one) for one in those if one != mine], OLD)
        ]
        assert firm


def test_a_version_is_compared_by_its_numbers() -> None:
    assert number("0.10.0") > number("0.9.9")
    assert number("1.0.0rc1") == number("1.0.0")
    assert number("") < number("0.0.1")


@pytest.mark.parametrize(
    ("mine", "led_by", "codes"),
    [
        (own(OLD), "1.2.0", set()),
        (own(NEW), "1.2.0", {"replica_other_manifest"}),
        (Own("1.2.0", NEW, has_any=True, is_behind=True), "1.2.0", {"replica_behind"}),
        (Own("1.2.0", "", has_any=True), "1.2.0", {"replica_bad_manifest"}),
        (Own("1.2.0", ""), "1.2.0", {"replica_no_manifest"}),
        (own(OLD, "1.3.0"), "1.2.0", {"replica_other_version"}),
        (Own("1.1.0", OLD, has_any=True, is_outdated=True), "1.2.0", {"replica_outdated"}),
        (own(NEW, "1.3.0"), "1.2.0", {"replica_other_manifest", "replica_other_version"}),
    ],
)
def test_what_differs_is_said_by_its_own_sentence(mine: Own, led_by: str, codes: set[str]) -> None:
    fleet = Fleet((), is_led=True, manifest=OLD, version=led_by)
    assert {one.code for one in differences(mine, fleet).values()} == codes


def test_who_could_lead() -> None:
    assert own(OLD).is_able
    assert Own("1", "", has_any=True).is_able
    assert not Own("1", "").is_able
    assert not Own("1", OLD, has_any=True, is_outdated=True).is_able
