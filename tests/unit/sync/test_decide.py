"""What to do with each target, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.objects import Digest
from syncd.core.portal import Resource
from syncd.core.reasons import because
from syncd.core.records import Outcome, Row
from syncd.core.targets import DayOfYear, Expect
from syncd.sync import decide
from syncd.sync.decide import MARK, Bound, Decision, Fetch, Final, ToCreate
from syncd.sync.matching import Item, Status
from tests.support.builders import (
    BINDING,
    NOW,
    OTHER,
    PORTAL,
    RESOURCE,
    dataset,
    digest,
    each,
    exactly,
    item,
    judged,
    newest,
    resource,
    row,
    target,
    version,
)

BASE = timedelta(seconds=60)
SEEN = version()  # what every row below has read last, unless it says otherwise


FETCH = "fetch"


def word(decision: Decision) -> Outcome | str:
    return FETCH if isinstance(decision, Fetch) else decision.outcome


# -- first look --------------------------------------------------------------------------------


def known(state: Outcome = Outcome.REPLACED, published: str | None = "abc") -> Row:
    return row(judged("abc", SEEN), judged(published, SEEN) if published else None, state=state)


@pytest.mark.parametrize(
    ("remembered", "seen", "action", "code"),
    [
        (None, SEEN, FETCH, "first_contact"),
        (row(), SEEN, FETCH, "first_contact"),
        (known(), SEEN, Outcome.UNCHANGED, "same_version"),
        (known(), version(etag='"2"'), FETCH, "deposited_again"),
        (known(), version(age=0), FETCH, "deposited_again"),
        (known(), version(size=4), FETCH, "size_changed"),
        (known(), version(etag='"2"', size=4), FETCH, "size_changed"),
        (known(), version("b.csv"), FETCH, "newer_object"),
        (known(published=None), SEEN, FETCH, "look_again"),
        (known(published="older"), SEEN, FETCH, "look_again"),
    ],
)
def test_only_the_version_that_is_published_is_unchanged(
    remembered: Row | None, seen: Any, action: Outcome | str, code: str
) -> None:
    look = decide.first_look(item(newest("*.csv"), seen), remembered, NOW)
    assert (word(look), look.reason.code) == (action, code)


@pytest.mark.parametrize("state", Outcome)
def test_a_version_that_went_badly_is_looked_at_again_without_reading_it(state: Outcome) -> None:
    look = decide.first_look(item(), known(state), NOW)
    settled = state.is_well or state is Outcome.LATE  # late is the producer's trouble
    assert word(look) is (Outcome.UNCHANGED if settled else FETCH)
    assert look.digest == digest("abc")


@pytest.mark.parametrize("seen", [version(etag='"2"'), version("b.csv"), version(size=9)])
def test_the_digest_of_another_version_is_not_taken_for_this_ones(seen: Any) -> None:
    assert decide.first_look(item(newest("*.csv"), seen), known(), NOW).digest is None


@pytest.mark.parametrize(
    ("settle", "age", "action"),
    [
        (0, 0, FETCH),
        (0, -30, FETCH),  # the server's clock is ahead of ours
        (120, 119, Outcome.UNCHANGED),
        (120, 120, FETCH),
        (120, -30, Outcome.UNCHANGED),
        (120, -3600, Outcome.UNCHANGED),
    ],
)
def test_an_object_must_have_been_still_for_as_long_as_settle_says(
    settle: int, age: int, action: Outcome | str
) -> None:
    one = item(seen=version(age=age), settle=timedelta(seconds=settle))
    look = decide.first_look(one, None, NOW)
    assert (word(look), look.digest) == (action, None)
    assert look.reason.code == ("settling" if action is Outcome.UNCHANGED else "first_contact")


def test_an_object_of_a_day_to_come_is_not_waited_for_in_silence() -> None:
    """Gateways in front of a file system show the dates that its files have."""
    seen = version(age=-3601)
    one = item(seen=seen, settle=timedelta(seconds=120))
    look = decide.first_look(one, None, NOW)
    assert (word(look), look.reason.code) == (Outcome.FAILED, "dated_ahead")
    of_before = row(judged("abc", seen), judged("abc", seen), state=Outcome.REPLACED)
    assert decide.first_look(one, of_before, NOW).reason.code == "same_version"
    assert word(decide.first_look(item(seen=seen), None, NOW)) == FETCH


@pytest.mark.parametrize(
    ("status", "action"),
    [(Status.MISSING, Outcome.MISSING), (Status.AMBIGUOUS, Outcome.AMBIGUOUS)],
)
@pytest.mark.parametrize("remembered", [None, known()])
def test_without_one_object_the_mapping_has_the_word(
    status: Status, action: Outcome | str, remembered: Row | None
) -> None:
    reason = because("object_missing", key="a.csv")
    one = Item(target(exactly("a.csv")), status, "a.csv", reason=reason)
    assert decide.first_look(one, remembered, NOW) == Final(action, reason)


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, None),
        ({"deleted": True}, "dataset_deleted"),
        ({"archived": True}, "dataset_archived"),
        ({"harvested": True}, "dataset_harvested"),
        ({"may_edit": False}, "dataset_no_right"),
        ({"deleted": True, "archived": True, "may_edit": False}, "dataset_deleted"),
    ],
)
def test_some_datasets_are_left_alone(fields: dict[str, bool], code: str | None) -> None:
    refusal = decide.refusal_of_dataset(dataset(**fields))
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("found", "was_ours", "code"),
    [
        (resource(), True, None),
        (resource(), False, None),
        (None, True, "resource_withdrawn"),
        (None, False, "resource_unknown"),
        (resource(filetype="remote"), False, "resource_remote"),
        (resource(harvested=True), False, "resource_harvested"),
    ],
)
def test_some_resources_are_left_alone(
    found: Resource | None, was_ours: bool, code: str | None
) -> None:
    refusal = decide.refusal_of_resource(found, RESOURCE, dataset(), was_ours=was_ours)
    assert (refusal.code if refusal else None) == code


# -- bind --------------------------------------------------------------------------------------

YEARS = each("f_{annee:yyyy}.csv", "Festivals {annee}")
YEARS_KNOWN = each("f_{annee:yyyy}.csv", "Festivals {annee}", _2024=RESOURCE)


def year(rule: Any = YEARS, **fields: Any) -> Item:
    return item(rule, version("f_2024.csv"), {"annee": "2024"}, **fields)


def marked(identifier: str, mark: str = "mine", **fields: Any) -> Resource:
    return resource(id=identifier, extras={MARK: mark}, **fields)


ROW_OF_OTHER = row(binding=replace(BINDING, resource=OTHER))
ROW_UNBORN = row(binding=replace(BINDING, resource=""))


@pytest.mark.parametrize(
    ("rule", "remembered", "online", "expected"),
    [
        (YEARS_KNOWN, ROW_OF_OTHER, [marked("m")], RESOURCE),  # the manifest's word first
        (YEARS, ROW_OF_OTHER, [marked("m")], OTHER),  # then the ledger's
        (YEARS, ROW_UNBORN, [marked("m")], "m"),  # then our mark
        (YEARS, None, [marked("m"), marked("n", "theirs"), resource()], "m"),
        (YEARS, None, [marked("n", "theirs"), resource()], None),
        (YEARS, None, [], None),
        (YEARS, ROW_UNBORN, [], None),
    ],
)
def test_a_resource_is_named_by_manifest_then_ledger_then_mark(
    rule: Any, remembered: Row | None, online: list[Resource], expected: str | None
) -> None:
    there = [resource(id=i) for i in (RESOURCE, OTHER) if i not in {r.id for r in online}]
    found = dataset(*online, *there)
    where = decide.destination(year(rule), remembered, found, "mine")
    wanted = found.find(expected) if expected else None
    assert where == (Bound(wanted) if wanted else ToCreate())


def test_a_plain_target_is_bound_by_the_manifest_alone() -> None:
    mine, other = resource(), resource(id=OTHER)
    where = decide.destination(item(), ROW_OF_OTHER, dataset(mine, other), "mine")
    assert where == Bound(mine)


def test_two_resources_with_our_mark_are_left_to_a_person() -> None:
    where = decide.destination(year(), None, dataset(marked("m"), marked("n")), "mine")
    assert isinstance(where, Final)
    assert where.outcome is Outcome.HELD
    assert (where.reason.code, where.reason.facts["count"]) == ("marked_twice", 2)


@pytest.mark.parametrize("remembered", [ROW_OF_OTHER, None])
def test_what_the_manifest_gives_to_another_target_is_asked_about(remembered: Row | None) -> None:
    there = dataset(resource(), marked(OTHER))
    where = decide.destination(year(), remembered, there, "mine", {OTHER})
    assert isinstance(where, Final)
    assert (where.outcome, where.reason.code) == (Outcome.HELD, "given_away")


@pytest.mark.parametrize("remembered", [None, row(None, judged("a"))])
def test_a_dataset_or_resource_that_is_left_alone_is_no_destination(remembered: Row | None) -> None:
    gone = decide.destination(item(), remembered, dataset(), "mine")
    shut = decide.destination(item(), remembered, dataset(resource(), archived=True), "mine")
    assert isinstance(gone, Final)
    assert isinstance(shut, Final)
    assert (gone.outcome, shut.outcome) == (Outcome.REFUSED, Outcome.REFUSED)
    assert gone.reason.code == ("resource_withdrawn" if remembered else "resource_unknown")
    assert shut.reason.code == "dataset_archived"


# -- first publication of an `each` file -------------------------------------------------------

NEW = digest("new")
TITLED = {"title": "Festivals 2024"}
NAMED = {"url": f"{PORTAL}/x/f-2024.csv"}


def same(identifier: str = OTHER, **fields: Any) -> Resource:
    return resource("new", id=identifier, **fields)


@pytest.mark.parametrize(
    ("online", "action", "code", "concerned"),
    [
        ([], Outcome.CREATED, "new_file", None),
        ([resource()], Outcome.CREATED, "new_file", None),
        # the same bytes: adopted
        ([same()], Outcome.ADOPTED, "same_bytes_online", OTHER),
        ([resource(), same()], Outcome.ADOPTED, "same_bytes_online", OTHER),
        ([same(size=1)], Outcome.ADOPTED, "same_bytes_online", OTHER),
        # … unless two have them
        ([same("m"), same("n")], Outcome.HELD, "adopt_it", None),
        # a mark of somebody else is respected, unless the title is ours too
        ([same(extras={MARK: "theirs"})], Outcome.HELD, "adopt_it", None),
        ([same(extras={MARK: "theirs"}, **TITLED)], Outcome.ADOPTED, "same_bytes_online", OTHER),
        (
            [same("m"), same("n", extras={MARK: "theirs"})],
            Outcome.ADOPTED,
            "same_bytes_online",
            "m",
        ),
        # looks alike: a person decides
        ([resource(**TITLED)], Outcome.HELD, "adopt_it", None),
        ([resource(title=" Festivals 2024 ")], Outcome.HELD, "adopt_it", None),
        ([resource(**NAMED)], Outcome.HELD, "adopt_it", None),
        ([resource(filetype="remote", **TITLED)], Outcome.HELD, "adopt_it", None),
        ([resource(harvested=True, **TITLED)], Outcome.HELD, "adopt_it", None),
        # what cannot take a file is no candidate for adoption
        ([same(filetype="remote")], Outcome.CREATED, "new_file", None),
        ([same(harvested=True)], Outcome.CREATED, "new_file", None),
    ],
)
def test_a_new_file_is_adopted_asked_about_or_created(
    online: list[Resource], action: Outcome | str, code: str, concerned: str | None
) -> None:
    verdict = decide.first_publication(year(), NEW, dataset(*online), ())
    assert (word(verdict), verdict.reason.code) == (action, code)
    assert (verdict.resource.id if verdict.resource else None) == concerned


@pytest.mark.parametrize("mine", [same(), resource(id=OTHER, **TITLED)])
def test_what_belongs_to_another_target_is_never_taken(mine: Resource) -> None:
    verdict = decide.first_publication(year(), NEW, dataset(mine), {OTHER})
    assert word(verdict) is Outcome.CREATED


def test_nothing_is_created_unless_the_manifest_allows_it() -> None:
    rule = each("f_{annee:yyyy}.csv", "Festivals {annee}", create=False)
    verdict = decide.first_publication(year(rule, line=7), NEW, dataset(), ())
    assert (word(verdict), verdict.reason.code) == (Outcome.HELD, "to_be_created")
    assert verdict.reason.facts == {"title": "Festivals 2024", "line": 7}


def test_the_question_says_what_to_write_and_where() -> None:
    verdict = decide.first_publication(year(line=7), NEW, dataset(resource(**TITLED)), ())
    facts = verdict.reason.facts
    assert (facts["known"], facts["resource"], facts["line"]) == ("2024", RESOURCE, 7)


# -- second look -------------------------------------------------------------------------------

# What was published, what is online, what the object has now -> without and with `republish`.
# "mine": the object's bytes; "sent": sent by us without seeing the end; "foreign": a person's.
REPLACE, HOLD, DRIFTED = Outcome.REPLACED, Outcome.HELD, Outcome.DRIFTED
UNCHANGED = (Outcome.UNCHANGED, "same_bytes")
ADOPT = (Outcome.ADOPTED, "same_bytes_online")
SECOND: dict[tuple[str, str, str], tuple[tuple[Outcome, str], tuple[Outcome, str]]] = {
    ("nothing", "mine", "new"): (ADOPT, ADOPT),
    ("nothing", "last", "new"): ((REPLACE, "first_replacement"),) * 2,
    ("nothing", "sent", "new"): ((REPLACE, "first_replacement"),) * 2,
    ("nothing", "foreign", "new"): ((REPLACE, "first_replacement"),) * 2,
    ("nothing", "unknown", "new"): ((REPLACE, "first_replacement"),) * 2,
    ("last", "mine", "new"): (ADOPT, ADOPT),
    ("last", "last", "new"): ((REPLACE, "new_bytes"),) * 2,
    ("last", "sent", "new"): ((REPLACE, "new_bytes"),) * 2,
    ("last", "foreign", "new"): ((HOLD, "conflict"), (REPLACE, "bucket_wins")),
    ("last", "unknown", "new"): ((HOLD, "conflict"), (REPLACE, "bucket_wins")),
    ("last", "last", "same"): (UNCHANGED, UNCHANGED),
    ("last", "sent", "same"): ((REPLACE, "online_is_wrong"),) * 2,
    ("last", "foreign", "same"): ((DRIFTED, "drifted"), (REPLACE, "bucket_wins")),
    ("last", "unknown", "same"): ((DRIFTED, "drifted"), (REPLACE, "bucket_wins")),
}
WORDS = {"mine": "new", "last": "last", "sent": "sent", "foreign": "foreign", "unknown": None}


def rows_with(published: str) -> list[Row | None]:
    if published == "nothing":
        return [None, row(), row(judged("foreign"), state=Outcome.HELD)]
    last = judged("last")
    return [row(last, last), row(judged("new"), last, state=Outcome.HELD), row(None, last)]


@pytest.mark.parametrize("republish", [False, True])
@pytest.mark.parametrize(("published", "online", "bytes_now"), SECOND)
def test_the_second_look_knows_every_case(
    published: str, online: str, bytes_now: str, republish: bool
) -> None:
    expected = SECOND[published, online, bytes_now][republish]
    there = resource(WORDS[online])
    now = digest("new" if bytes_now == "new" else "last")
    sent = {digest("sent").sha1}
    for remembered in rows_with(published):
        verdict = decide.second_look(remembered, now, there, sent, republish=republish)
        assert (word(verdict), verdict.reason.code) == expected
        assert verdict.resource == there


DIGESTS = st.sampled_from(["new", "last", "sent", "foreign"]).map(digest)
SIZES = st.sampled_from([None, 0, 3, 4, 10**9])


@given(
    digest_now=DIGESTS,
    online=st.one_of(st.none(), DIGESTS),
    size=SIZES,
    published=st.one_of(st.none(), DIGESTS),
    last=st.one_of(st.none(), DIGESTS),
    state=st.sampled_from(list(Outcome)),
    sent=st.sets(DIGESTS.map(lambda d: d.sha1)),
    republish=st.booleans(),
    remembers=st.booleans(),
)
def test_same_bytes_are_never_sent(
    digest_now: Digest,
    online: Digest | None,
    size: int | None,
    published: Digest | None,
    last: Digest | None,
    state: Outcome,
    sent: set[str],
    republish: bool,
    remembers: bool,
) -> None:
    def read(one: Digest | None) -> Any:
        return replace(judged("x"), digest=one) if one else None

    remembered = row(read(last), read(published), state=state) if remembers else None
    there = resource(None, sha1=online.sha1 if online else None, size=size)
    verdict = decide.second_look(remembered, digest_now, there, sent, republish=republish)
    has_them = online == digest_now
    assert (word(verdict) in {Outcome.UNCHANGED, Outcome.ADOPTED}) == has_them
    foreign = there.sha1 not in {*sent, published.sha1 if published else None}
    if remembered and published and foreign and not has_them and not republish:
        assert word(verdict) in {
            Outcome.HELD,
            Outcome.DRIFTED,
        }  # a person's file is not overwritten


def test_a_replacement_says_both_sizes() -> None:
    verdict = decide.second_look(None, digest("n", 7), resource(size=5), (), republish=False)
    assert verdict.reason.facts == {"size": 7, "previous": 5}


@pytest.mark.parametrize(
    ("remembered", "new"),
    [(None, True), (row(), True), (row(judged("a")), True), (row(None, judged("a")), False)],
)
def test_a_binding_is_new_until_something_of_it_was_online(
    remembered: Row | None, new: bool
) -> None:
    assert decide.is_new_binding(remembered) is new


def test_every_case_of_the_second_look_is_in_the_table() -> None:
    """What cannot be: the object's bytes are the published ones, and both `mine` and `last`."""
    possible = set(product(["nothing", "last"], WORDS, ["new", "same"]))
    impossible = {("last", "mine", "same")} | {
        c for c in possible if c[0::2] == ("nothing", "same")
    }
    assert set(SECOND) == possible - impossible


# -- late deposits -------------------------------------------------------------------------------

DAILY = Expect(timedelta(days=1), timedelta(hours=6))


@pytest.mark.parametrize(
    ("expect", "age", "late"),
    [
        (None, timedelta(days=9999), False),
        (DAILY, timedelta(hours=30), False),
        (DAILY, timedelta(hours=30, seconds=1), True),
        (Expect(timedelta(days=1)), timedelta(days=1), False),
        (Expect(timedelta(days=1)), timedelta(days=1, seconds=1), True),
        (DAILY, timedelta(days=-1), False),  # the bucket's clock is ahead of ours
    ],
)
def test_a_deposit_is_late_after_the_time_and_its_grace(
    expect: Expect | None, age: timedelta, late: bool
) -> None:
    wanted = target(exactly("a.csv"), expect=expect)
    reason = decide.lateness(wanted, NOW - age, NOW)
    assert (reason is not None) == late


def test_a_deadline_is_said_with_its_date() -> None:
    expect = Expect(before=(DayOfYear(NOW.month, 1),))
    wanted = target(exactly("a.csv"), expect=expect)
    reason = decide.lateness(wanted, NOW - timedelta(days=365), NOW + timedelta(days=31))
    assert reason is not None
    assert (reason.code, reason.facts["due"]) == (
        "deposit_late_by",
        f"{NOW:%Y-%m}-02T00:00:00+00:00",
    )


def test_a_late_target_needs_no_portal_in_the_next_cycle() -> None:
    known = row(judged("x"), judged("x"), state=Outcome.LATE)
    assert word(decide.first_look(item(), known, NOW)) is Outcome.UNCHANGED
