"""What the page decides: let pass for the next cycle, left as it is, and nothing unseen."""

from __future__ import annotations

import shutil

import pytest

from syncd.actions import seen
from syncd.core.errors import Overtaken, UsageError
from syncd.core.history_records import LineKind
from syncd.core.records import Outcome
from tests.support.sync_harness import House

BIG = b"id\n" + b"1000\n" * 100
CUT = b"id\n" + b"1\n" * 60


@pytest.fixture
def held(house: House) -> str:
    """A resource whose new file lost more than half; what was there before is syncd's own."""
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"7\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    house.pass_time(60)
    house.bucket.put("a.csv", CUT)
    assert house.sync_one().outcome is Outcome.HELD
    return resource


def shown(house: House) -> str:
    (row,) = house.rows()
    return seen.to_decide(row)


def told(house: House, kind: LineKind) -> list[str]:
    with house.adapters(read_only=True) as adapters:
        return [one.by for one in adapters.ledger.events(house.url) if one.kind is kind]


# -- let pass --------------------------------------------------------------------------------


def test_a_permission_is_carried_out_by_the_next_cycle_in_the_name_of_who_gave_it(
    house: House, held: str
) -> None:
    house.permit(held, shown=shown(house))
    assert house.bytes_online(held) == BIG + b"7\n"

    assert house.sync_one().reason.code == "released"

    assert house.bytes_online(held) == CUT
    line = house.history(held)[-1]
    assert (line.cause.trigger, line.cause.by, line.cause.note) == ("release", "Léa", "vu")
    assert [one.code for one in line.lifted] == ["guard_shrink"]


def test_a_permission_that_is_given_twice_is_noted_and_carried_out_once(
    house: House, held: str
) -> None:
    name = shown(house)
    house.permit(held, shown=name)
    house.permit(held, by="Zoé", shown=name)
    sent = house.uploads()
    house.sync()
    house.sync()
    assert house.uploads() == sent + 1
    assert told(house, LineKind.RELEASED) == ["Léa"]


def test_another_held_file_than_the_one_that_was_shown_is_not_let_pass(
    house: House, held: str
) -> None:
    name = shown(house)
    house.bucket.put("a.csv", CUT[:-20])
    house.sync()
    assert shown(house) != name

    for act in (house.permit, house.leave):
        with pytest.raises(Overtaken):
            act(held, shown=name)

    house.sync()
    assert house.bytes_online(held) == BIG + b"7\n"
    assert told(house, LineKind.RELEASED) == told(house, LineKind.PINNED) == []


def test_the_same_file_held_for_another_reason_is_another_question(house: House, held: str) -> None:
    name = shown(house)
    house.entries.clear()
    house.target(held, "a.csv", guards={"shrink": "10%"})
    house.sync()
    with pytest.raises(Overtaken):
        house.permit(held, shown=name)


def test_a_cycle_in_between_changes_nothing_of_the_question(house: House, held: str) -> None:
    name = shown(house)
    house.pass_time(90000)
    house.sync()
    house.sync(ask=True)
    assert shown(house) == name


# -- left as it is ---------------------------------------------------------------------------


def test_a_file_that_is_left_waits_for_nobody_until_the_next_deposit(
    house: House, held: str
) -> None:
    result = house.leave(held, shown=shown(house))

    assert (result.outcome, result.reason.code) == (Outcome.PINNED, "pinned_leave")
    house.pass_time(90000)  # the portal is asked, too
    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(held) == BIG + b"7\n"
    assert told(house, LineKind.PINNED) == ["Léa"]
    house.bucket.put("a.csv", BIG + b"8\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.rows()[0].pin is None


def test_what_is_left_may_be_let_go_of_and_is_held_again(house: House, held: str) -> None:
    house.leave(held)
    house.unpin(held)
    assert house.sync_one().outcome is Outcome.HELD


def test_who_leaves_a_file_overrules_who_let_it_pass(house: House, held: str) -> None:
    house.permit(held)
    house.leave(held)
    assert house.sync_one().outcome is Outcome.PINNED
    house.unpin(held)
    assert house.sync_one().outcome is Outcome.HELD


def test_a_file_of_which_syncd_published_nothing_yet_can_be_left(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", CUT)
    assert house.sync_one().outcome is Outcome.HELD

    house.leave(resource)

    house.pass_time(90000)
    assert house.sync_one(ask=True).outcome is Outcome.PINNED
    assert house.rows()[0].pin is not None
    assert house.bytes_online(resource) == BIG
    shutil.rmtree(house.state)  # the portal's mark says it to a ledger that is lost
    assert house.sync_one().outcome is Outcome.PINNED


@pytest.mark.parametrize("is_changed", [False, True], ids=["drifted", "conflict"])
def test_what_somebody_else_put_online_can_be_left_there(house: House, is_changed: bool) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"7\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", BIG + b"99\n")
    if is_changed:
        house.bucket.put("a.csv", BIG + b"8\n")
    house.pass_time(90000)
    outcome = Outcome.HELD if is_changed else Outcome.DRIFTED
    assert house.sync_one(ask=True).outcome is outcome
    sent = house.uploads()

    house.leave(resource, shown=shown(house))

    house.pass_time(90000)
    assert house.sync_one(ask=True).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == BIG + b"99\n"
    assert house.uploads() == sent


def test_what_is_well_cannot_be_left(house: House, held: str) -> None:
    house.release(held)
    with pytest.raises(UsageError) as refused:
        house.leave(held)
    assert refused.value.reason.code == "not_to_leave"


def test_a_resource_that_is_gone_cannot_be_left(house: House, held: str) -> None:
    house.portal.store.withdraw(house.dataset, held)
    result = house.leave(held)
    assert (result.outcome, result.reason.code) == (Outcome.REFUSED, "resource_withdrawn")
    assert house.rows()[0].pin is None


# -- going back ------------------------------------------------------------------------------


def test_going_back_from_another_file_than_the_one_that_was_shown_is_refused(
    house: House, held: str
) -> None:
    before = seen.online(house.rows()[0])
    house.release(held)
    with pytest.raises(Overtaken):
        house.undo(held, shown=before)
    assert house.bytes_online(held) == CUT
    house.pass_time(60)
    house.undo(held, shown=seen.online(house.rows()[0]))
    assert house.bytes_online(held) == BIG + b"7\n"


def test_a_pin_is_let_go_of_once(house: House, held: str) -> None:
    house.leave(held)
    (row,) = house.rows()
    house.unpin(held, shown=seen.pin(row))
    house.undo(held)
    with pytest.raises(Overtaken):
        house.unpin(held, shown=seen.pin(row))
