"""What a person must do, of what `status` found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest

from syncd.actions.needs import Need, Why, handles, needs, paused
from syncd.actions.status import StatusReport, TargetStatus, Trouble
from syncd.core.activity import Doing
from syncd.core.reasons import because
from syncd.core.records import Outcome
from syncd.core.service_records import Unclaimed
from syncd.text.screens import SCREENS
from tests.support.builders import NOW, RESOURCE
from tests.unit.cli.test_output import target_status

DOWN = because("s3_timeout", endpoint="https://s3.example")


def one(state: Outcome | str, **fields: Any) -> TargetStatus:
    given = {
        "state": str(state),
        "reason": because("settling", key="a.csv", settle=1),
        "since": NOW,
    }
    return target_status(**{**given, **fields})


def found(*targets: TargetStatus, by: str = "", troubles: tuple[Trouble, ...] = ()) -> list[Need]:
    resources = frozenset(target.resource for target in targets if target.resource)
    return needs(StatusReport(targets, None, troubles=troubles, resources=resources), by)


def typed(need: Need) -> list[str]:
    return [" ".join(command) for step in need.steps for command in (step.look, step.command)]


@pytest.mark.parametrize("state", [*Outcome, "paused", "unknown"])
def test_whatever_is_not_well_is_a_need_and_nothing_else(state: str) -> None:
    expected = {"held", "missing", "ambiguous", "drifted", "refused", "late", "failed"}
    assert bool(found(one(state))) is (state in expected)


def test_the_oldest_comes_first_and_what_has_no_date_last() -> None:
    ages = (2, 9, None, 5)
    targets = [
        one(
            Outcome.MISSING,
            resource=str(age),
            reason=because("object_missing", key=str(age)),
            since=None if age is None else NOW - timedelta(days=age),
        )
        for age in ages
    ]
    assert [need.targets[0].resource for need in found(*targets)] == ["9", "5", "2", "None"]


def test_what_one_cause_stopped_is_one_need_since_the_first() -> None:
    stopped = [
        one(Outcome.FAILED, reason=DOWN, resource=str(n), since=NOW - timedelta(hours=n))
        for n in range(3)
    ]
    (need,) = found(*stopped)
    assert (len(need.targets), need.dataset) == (3, "d1")
    assert need.since == NOW - timedelta(hours=2)
    assert typed(need)[1:] == ["syncd sync --dataset d1"]
    (need,) = found(*stopped, one(Outcome.FAILED, reason=DOWN, resource="x", dataset="d2"))
    assert (len(need.targets), need.dataset) == (4, "")
    assert typed(need)[1:] == ["syncd sync"]


@pytest.mark.parametrize(
    ("state", "releasable", "commands"),
    [
        (Outcome.HELD, True, ["syncd diff 47ac11", "syncd release 47ac11 --by NAME"]),
        (Outcome.HELD, False, ["", "syncd sync --resource 47ac11"]),
        (Outcome.MISSING, False, ["", "syncd sync --resource 47ac11"]),
        (Outcome.REFUSED, False, ["", "syncd sync --resource 47ac11"]),
        (Outcome.FAILED, False, ["", "syncd sync --resource 47ac11"]),
        (Outcome.LATE, False, ["", "syncd history 47ac11"]),
        (
            Outcome.DRIFTED,
            False,
            ["syncd diff 47ac11", "syncd sync --resource 47ac11 --force --by NAME"],
        ),
    ],
)
def test_each_has_its_whole_command(state: Outcome, releasable: bool, commands: list[str]) -> None:
    target = one(state, releasable=releasable)
    assert typed(found(target)[0]) == commands
    who_is_known = [command.replace(" --by NAME", "") for command in commands]
    assert typed(found(target, by="Ada")[0]) == who_is_known


def test_each_command_and_all_that_is_done_has_its_words() -> None:
    assert [why for why in get_args(Why) if f"step.{why}" not in SCREENS] == []
    doing = (*get_args(Doing), "read", "sent")
    assert [one for one in doing if f"doing.{one}" not in SCREENS] == []


def test_a_target_without_a_resource_is_named_by_its_object() -> None:
    (need,) = found(one(Outcome.HELD, resource=None, object="a b.csv"))
    assert need.steps[0].command[-1] == "a b.csv"


def test_ids_are_as_short_as_they_can_be_and_mean_one_alone() -> None:
    other = RESOURCE[:9] + "0" * 27
    assert handles([RESOURCE]) == {RESOURCE: "47ac11"}
    assert handles([RESOURCE, other]) == {RESOURCE: "47ac11c2-8", other: "47ac11c2-0"}
    assert handles(["a", "ab"]) == {"a": "a", "ab": "ab"}
    assert handles([]) == {}


def test_a_dataset_or_the_service_as_a_whole_is_a_need_too() -> None:
    late = Trouble("d1", "Musées", "late", because("dataset_late", since=NOW.isoformat()), NOW)
    failed = Trouble("d2", "", "failed", because("dataset_failed", at=NOW.isoformat()), NOW)
    key = Trouble("", "", "late", because("key_expires_7", at=NOW.isoformat()), NOW)
    first, second, third = found(troubles=(late, failed, key))
    assert (first.state, first.dataset_title, first.steps) == ("late", "Musées", ())
    assert typed(second)[1:] == ["syncd sync --dataset d2"]
    assert (third.dataset, third.steps) == ("", ())


def test_what_one_reason_pauses_is_said_once() -> None:
    why = because("paused", why="travaux")
    targets = [one("paused", reason=why, resource=str(n)) for n in range(3)]
    other = one("paused", reason=why, dataset="d2")
    told = paused(StatusReport((*targets, other, one(Outcome.HELD)), None))
    assert [(need.dataset, len(need.targets), need.steps) for need in told] == [
        ("d1", 3, ()),
        ("d2", 1, ()),
    ]


def test_a_deposit_that_no_target_claims_is_a_need_of_its_dataset() -> None:
    target = one(Outcome.UNCHANGED)
    why = because("object_missing", key="b.csv")
    stray = Unclaimed("", target.dataset, "depot", "b.csv", why, NOW)
    (need,) = needs(StatusReport((target,), None, unclaimed=(stray,)))
    assert (need.state, need.reason, need.since) == ("unclaimed", why, NOW)
    assert need.dataset_title == target.dataset_title
