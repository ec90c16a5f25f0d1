"""A green light means that every dataset succeeded lately, not that a process exists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from syncd.telemetry.readiness import STALLED_AFTER, alive, not_ready
from tests.support.readiness_builders import WELL

TROUBLE: list[tuple[dict[str, Any], str]] = [
    ({"turned": STALLED_AFTER + 0.1}, "loop_stalled"),
    ({"stopping": True}, "stopping"),
    ({"manifest": "invalid"}, "manifest_invalid"),
    ({"manifest": "behind"}, "manifest_behind"),
    ({"manifest": "held"}, "manifest_held"),
    ({"outdated": True}, "program_outdated"),
    ({"ledger": False}, "ledger_unusable"),
    ({"portal": False}, "portal_unreachable"),
    ({"sources": {"depot": False, "other": True}}, "source_unreachable:depot"),
    ({"portal": False, "key_refused": True}, "key_refused"),
    (
        {"sources": {"depot": False}, "sources_refusing": frozenset({"depot"})},
        "source_refused:depot",
    ),
    ({"overdue": ("d1",)}, "cycle_overdue:d1"),
    ({"late": ("d1",)}, "dataset_late:d1"),
]


def test_a_service_whose_datasets_all_succeeded_lately_is_ready() -> None:
    assert not_ready(WELL) == ()


@pytest.mark.parametrize(("fields", "reason"), TROUBLE)
def test_each_trouble_has_its_own_reason(fields: dict[str, Any], reason: str) -> None:
    assert not_ready(replace(WELL, **fields)) == (reason,)


def test_all_troubles_are_told_at_once_and_always_in_the_same_order() -> None:
    fields: dict[str, Any] = {}
    for one, _ in TROUBLE:
        fields |= one
    fields |= {"late": ("d2", "d1"), "sources": {"z": False, "a": False, "new": None}}
    fields |= {"key_refused": False, "sources_refusing": frozenset({"z"})}

    assert not_ready(replace(WELL, **fields)) == (
        "loop_stalled",
        "stopping",
        "manifest_held",
        "program_outdated",
        "ledger_unusable",
        "portal_unreachable",
        "source_unreachable:a",
        "source_refused:z",
        "cycle_overdue:d1",
        "dataset_late:d1",
        "dataset_late:d2",
    )


def test_what_was_not_used_yet_is_no_trouble() -> None:
    assert not_ready(replace(WELL, portal=None, sources={"depot": None})) == ()


@pytest.mark.parametrize(("turned", "lives"), [(0.0, True), (30.0, True), (30.1, False)])
def test_it_lives_while_its_loop_turns(turned: float, lives: bool) -> None:
    assert alive(replace(WELL, turned=turned)) is lives


@pytest.mark.parametrize("fields", [fields for fields, _ in TROUBLE if "turned" not in fields])
def test_nothing_that_a_restart_would_not_mend_makes_it_look_dead(fields: dict[str, Any]) -> None:
    assert alive(replace(WELL, **fields))
