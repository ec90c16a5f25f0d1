"""What became of what was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.portal.upload_rules import UdataUploads
from syncd.core.portal import Resource
from syncd.core.records import Intent, IntentState
from syncd.sync import aftermath
from syncd.sync.aftermath import Aftermath, End
from syncd.sync.decide import MARK
from tests.support.builders import (
    BINDING,
    NOW,
    OTHER,
    PORTAL,
    RESOURCE,
    dataset,
    digest,
    intent,
    judged,
    resource,
)

BASE = timedelta(seconds=60)


def marked(identifier: str, mark: str = "mine", **fields: Any) -> Resource:
    return resource(id=identifier, extras={MARK: mark}, **fields)


def same(identifier: str = OTHER, **fields: Any) -> Resource:
    return resource("new", id=identifier, **fields)


# -- uploads whose end nobody saw --------------------------------------------------------------

JUST_NOW = NOW - timedelta(seconds=59)
LONG_AGO = NOW - timedelta(seconds=61)


def creation(**fields: Any) -> Intent:
    return intent(resource_id="", before=(RESOURCE,), **fields)


@pytest.mark.parametrize(
    ("begun", "online", "end", "which"),
    [
        # a replacement
        (intent(), [resource("new")], End.ARRIVED, RESOURCE),
        (intent(state=IntentState.EXPIRED), [resource("new")], End.ARRIVED, RESOURCE),
        (intent(), [resource("old")], End.PENDING, None),
        (intent(settle_from=JUST_NOW), [resource("old")], End.PENDING, None),
        (intent(settle_from=LONG_AGO), [resource("old")], End.LOST, None),
        (intent(settle_from=LONG_AGO), [resource("new")], End.ARRIVED, RESOURCE),
        (intent(), [], End.WITHDRAWN, None),
        (intent(), [resource("new", id=OTHER)], End.WITHDRAWN, None),
        (intent(settle_from=LONG_AGO), [resource(None)], End.LOST, None),
        # a creation that nobody answered
        (creation(), [resource()], End.PENDING, None),
        (creation(settle_from=JUST_NOW), [resource()], End.PENDING, None),
        (creation(settle_from=LONG_AGO), [resource()], End.LOST, None),
        (creation(), [same(url=f"{PORTAL}/x/a.csv"), resource()], End.ARRIVED, OTHER),
        (creation(), [same(url=f"{PORTAL}/x/b.csv"), resource()], End.PENDING, None),
        (creation(), [same(url=f"{PORTAL}/x/a.csv", extras={MARK: "x"})], End.PENDING, None),
        (creation(), [resource("new", url=f"{PORTAL}/x/a.csv")], End.PENDING, None),  # was there
        (creation(), [resource("other", id=OTHER, url=f"{PORTAL}/x/a.csv")], End.PENDING, None),
        (creation(), [same(extras={MARK: "mine"})], End.ARRIVED, OTHER),
        (creation(), [marked(OTHER)], End.PENDING, None),  # a later one's: these are other bytes
        # a creation that was answered is bound to its resource
        (replace(creation(), binding=BINDING), [resource("new")], End.ARRIVED, RESOURCE),
        (replace(creation(), binding=BINDING), [], End.WITHDRAWN, None),
    ],
)
def test_an_upload_is_judged_by_what_is_online(
    begun: Intent, online: list[Resource], end: End, which: str | None
) -> None:
    after = aftermath.judge(begun, dataset(*online), "mine", NOW, BASE)
    expected = next((r for r in online if r.id == which), None)
    assert after == Aftermath(end, expected)


@given(st.integers(0, 10**13), st.integers(0, 600))
def test_nothing_is_given_up_before_its_window_has_passed(size: int, waited: int) -> None:
    window = BASE + UdataUploads().busy_with(size)
    heavy = replace(judged("new"), digest=digest("new", size))
    begun = intent(judged=heavy, settle_from=NOW - timedelta(seconds=waited))
    after = aftermath.judge(begun, dataset(resource()), "mine", NOW, window)
    assert (after.end is End.LOST) == (timedelta(seconds=waited) >= window)


def test_the_window_ends_on_the_instant() -> None:
    over = intent(settle_from=NOW - BASE)
    almost = intent(settle_from=NOW - BASE + timedelta(microseconds=1))
    ends = [aftermath.judge(i, dataset(resource()), "m", NOW, BASE).end for i in (over, almost)]
    assert ends == [End.LOST, End.PENDING]


# -- titles ------------------------------------------------------------------------------------

MADE = {"title": "musees.csv"}  # what an upload gives: the last segment of the URL
EARLIER = replace(intent("old"), title="Titre d'avant")
REFUSED = replace(EARLIER, state=IntentState.REFUSED, filename="musees.csv")
LATER = replace(intent("old"), id=2, title="Titre d'après")


@pytest.mark.parametrize(
    ("online", "intents", "title"),
    [
        (resource("old"), [], "Liste des musées"),
        (resource("old"), [EARLIER], "Liste des musées"),  # a person's words win
        (resource("old", **MADE), [], "musees.csv"),  # a person may like that title
        (resource("old", **MADE), [EARLIER], "Titre d'avant"),
        (resource("old", **MADE), [EARLIER, LATER], "Titre d'après"),
        (resource("foreign", **MADE), [EARLIER], "musees.csv"),
        (resource("old", **MADE), [REFUSED], "Titre d'avant"),
        (resource("foreign", **MADE), [REFUSED], "musees.csv"),  # a person's, under our name
        (resource("old", **MADE), [replace(REFUSED, filename="b.csv")], "musees.csv"),
        (resource("old", id=OTHER, **MADE), [EARLIER], "musees.csv"),
        (
            resource("wrong", **MADE),
            [replace(EARLIER, answered_sha1=digest("wrong").sha1)],
            "Titre d'avant",
        ),
        (
            resource("old", title="l'été.csv", url=f"{PORTAL}/x/l%27%C3%A9t%C3%A9.csv"),
            [EARLIER],
            "Titre d'avant",
        ),
    ],
)
def test_the_title_to_keep_is_the_last_that_a_person_wrote(
    online: Resource, intents: list[Intent], title: str
) -> None:
    assert aftermath.titles_to_keep(online, None, intents).wanted == title


@pytest.mark.parametrize(
    ("online", "title"),
    [
        (None, "Titre d'avant"),
        (resource("old"), "Liste des musées"),
        (resource("old", **MADE), "Titre d'avant"),
        (resource("old", title=""), "Titre d'avant"),
        (resource("old", title="Titre d'avant"), "Titre d'avant"),
    ],
)
def test_the_title_that_a_person_has_written_since_is_the_one_to_keep(
    online: Resource | None, title: str
) -> None:
    assert aftermath.retitled_since(EARLIER, online).title == title


# -- uploads that were given up, or refused ----------------------------------------------------

BORN = replace(REFUSED, binding=replace(BINDING, resource=""), before=())


@pytest.mark.parametrize(
    ("begun", "online", "ours"),
    [
        (REFUSED, resource("old", **MADE), True),
        (REFUSED, resource("old"), False),  # a person has written a title, or put it there
        (replace(REFUSED, title="musees.csv"), resource("old", **MADE), False),  # nothing to do
        (replace(REFUSED, filename="b.csv"), resource("old", **MADE), False),
        (BORN, resource("old", **MADE), True),
        (replace(BORN, title="musees.csv"), resource("old", **MADE), True),  # the mark is missing
        (BORN, resource("old"), False),
        (BORN, resource("old", extras={MARK: "mine"}), True),
        (BORN, resource("old", extras={MARK: "another's"}), False),
        (REFUSED, resource("old", extras={MARK: "mine"}), False),
    ],
)
def test_bytes_that_came_late_are_ours_while_nobody_has_touched_their_title(
    begun: Intent, online: Resource, ours: bool
) -> None:
    assert aftermath.came_late(begun, online, "mine") is ours


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"title": "Titre d'après"}, True),
        ({"state": IntentState.EXPIRED}, False),
        ({"judged": judged("other")}, False),
        ({"filename": "b.csv"}, False),
        ({"binding": replace(BINDING, resource=OTHER)}, False),
    ],
)
def test_one_refusal_stands_for_all_of_the_same_file(other: dict[str, Any], same: bool) -> None:
    assert aftermath.is_same_refusal(REFUSED, replace(REFUSED, id=9, **other)) is same


# -- whether the portal has what we sent ---------------------------------------------------------

SENT = digest("sent", 4)


@pytest.mark.parametrize(
    ("sha1", "size", "right"),
    [
        (SENT.sha1, 4, True),
        (SENT.sha1, 3, False),
        (SENT.sha1, None, False),
        (digest("other").sha1, 4, False),
        (None, 4, False),
        (None, None, False),
    ],
)
def test_only_our_sha1_and_our_size_are_right(
    sha1: str | None, size: int | None, right: bool
) -> None:
    assert (aftermath.answer(resource(None, sha1=sha1, size=size), SENT) is None) == right


def test_what_differs_is_said() -> None:
    reason = aftermath.answer(resource(None, sha1=None, size=None), SENT)
    assert reason is not None
    assert reason.code == "verify_bytes"
    assert reason.facts == {
        "sha1": SENT.sha1,
        "size": 4,
        "online_sha1": "-",
        "online_size": -1,
    }


@pytest.mark.parametrize(
    ("title", "url", "wanted", "put_back"),
    [
        ("musees.csv", f"{PORTAL}/x/musees.csv", "Liste des musées", True),
        ("l'été.csv", f"{PORTAL}/x/l%27%C3%A9t%C3%A9.csv", "Liste", True),
        ("Mots d'une personne", f"{PORTAL}/x/musees.csv", "Liste des musées", False),
        ("Liste des musées", f"{PORTAL}/x/musees.csv", "Liste des musées", False),
        ("musees.csv", f"{PORTAL}/x/musees.csv", "musees.csv", False),  # no needless write
        ("musees.csv", f"{PORTAL}/x/musees-2.csv", "Liste", False),
    ],
)
def test_only_a_title_that_our_upload_made_is_put_back(
    title: str, url: str, wanted: str, put_back: bool
) -> None:
    assert aftermath.may_retitle(resource(title=title, url=url), wanted) is put_back
