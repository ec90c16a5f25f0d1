"""Whether a dataset can be found on a thematic site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from syncd.audit import Visible, visibility
from syncd.core.reasons import because
from tests.support.audit_builders import SITE, days, entry
from tests.support.builders import DATASET, NOW

LISTED, EMPTY = frozenset({DATASET, "another"}), frozenset({"another"})


def look(listed: Any = LISTED, site: Any = SITE, **fields: Any) -> tuple[Visible, str]:
    one = visibility.visibility_on(entry(**fields), site, listed, NOW)
    return one.visible, one.reason.code


def test_a_listed_dataset_with_a_category_is_visible() -> None:
    assert look() == (Visible.YES, "audit_visible")


def test_a_listed_dataset_without_a_category_is_visible_but_in_no_filter() -> None:
    assert look(tags=("patrimoine",)) == (Visible.YES, "audit_visible_no_category")
    plain = replace(SITE, tags=())
    assert look(site=plain, tags=()) == (Visible.YES, "audit_visible")


@pytest.mark.parametrize("state", ["private", "archived", "deleted"])
@pytest.mark.parametrize("listed", [LISTED, EMPTY])
def test_a_hidden_dataset_is_not_visible_though_it_may_be_listed(
    state: str, listed: frozenset[str]
) -> None:
    assert look(listed, **{state: True}) == (Visible.NO, f"audit_{state}")


def test_an_old_dataset_that_is_not_listed_must_be_asked_for() -> None:
    one = visibility.visibility_on(entry(), SITE, EMPTY, NOW)
    assert (one.visible, one.reason.code) == (Visible.NO, "audit_not_listed_contact")
    assert one.reason.facts["contact"] == "ask@example.org"
    assert look(EMPTY, replace(SITE, contact="")) == (Visible.NO, "audit_not_listed")


@pytest.mark.parametrize(
    ("age", "expected"), [(0.99, Visible.NOT_YET), (1, Visible.NO), (2, Visible.NO)]
)
def test_a_new_dataset_is_given_a_day(age: float, expected: Visible) -> None:
    moment = NOW - days(age)
    fields = {"created_at": moment, "modified_at": moment, "updated_at": moment}
    assert look(EMPTY, **fields)[0] is expected


def test_a_change_of_the_dataset_is_given_a_day_and_a_fresh_file_is_not() -> None:
    """Else a dataset that is published every day would be new for ever."""
    edited = {"modified_at": NOW - days(0.1), "updated_at": NOW - days(5)}
    fresh = {"modified_at": NOW - days(0.1), "updated_at": NOW - days(0.1)}
    assert look(EMPTY, **edited)[0] is Visible.NOT_YET
    assert look(EMPTY, **fresh)[0] is Visible.NO


def test_a_list_that_could_not_be_read_leaves_it_open() -> None:
    why = because("portal_not_found", what="topic")
    assert look(why) == (Visible.UNKNOWN, "portal_not_found")
    assert look(why, private=True) == (Visible.NO, "audit_private")
