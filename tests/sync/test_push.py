"""By hand, with the care of a cycle: guards, checksum, title, history."""

from __future__ import annotations

import os
import threading

import pytest

from syncd.core.errors import UsageError
from syncd.core.records import Outcome
from syncd.text import sentence
from tests.support.sync_harness import House

OLD = b"id\nancien\n"
FILE = b"id\n1\n2\n"
UPLOAD = "/upload/"


def test_a_resource_that_no_bucket_feeds_is_replaced_under_its_title(house: House) -> None:
    resource = house.resource("Titre de la personne", content=OLD)

    result = house.push(house.request("budget 2024.csv", FILE, resource=resource))

    assert (result.outcome, result.reason.code) == (Outcome.REPLACED, "pushed")
    assert house.bytes_online(resource) == FILE
    assert house.online(resource).title == result.title == "Titre de la personne"
    found, line = house.history(resource)
    assert found.judged.digest.size == len(OLD)
    assert (line.cause.trigger, line.cause.by, line.cause.note) == ("push", "Léa", "à la main")
    assert line.receipt is not None
    assert house.spool_is_empty()


def test_pushing_the_same_bytes_sends_nothing(house: House) -> None:
    resource = house.resource("Titre", content=FILE)
    assert house.push(house.request("b.csv", FILE, resource=resource)).outcome is Outcome.ADOPTED
    assert house.uploads() == 0


def test_a_file_whose_name_is_no_text_is_refused_in_a_sentence(house: House) -> None:
    """As older disks and archives have them: é in Latin-1."""
    resource = house.resource("Titre", content=OLD)
    request = house.request("caf\udce9.csv", FILE, resource=resource)
    for act in (house.plan_push, house.push):
        with pytest.raises(UsageError, match="push_name"):
            act(request)
    assert house.bytes_online(resource) == OLD


def test_a_new_resource_gets_the_title_that_was_given(house: House) -> None:
    title = "Budget {2024} de l'État"
    result = house.push(house.request("b.csv", FILE, title=title))

    assert result.outcome is Outcome.CREATED
    (made,) = house.resources()
    assert (made.id, made.title) == (result.resource, title)
    assert house.bytes_online(made.id) == FILE


@pytest.mark.parametrize(("name", "title"), [("autre.csv", "Budget"), ("b.csv", "Autre titre")])
def test_a_second_resource_of_the_same_title_or_name_is_asked_about(
    house: House, name: str, title: str
) -> None:
    first = house.push(house.request("b.csv", FILE, title="Budget"))
    house.pass_time(60)

    result = house.push(house.request(name, FILE + b"3\n", title=title))

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "push_like")
    assert result.reason.facts["resource"] == first.resource
    assert len(house.resources()) == 1


def test_the_guards_look_at_it_and_force_lifts_them(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    empty = house.request("b.csv", b"", resource=resource)
    assert house.push(empty).reason.code == "guard_empty"
    assert house.bytes_online(resource) == OLD

    forced = house.request("b.csv", b"", resource=resource, force=True)
    assert house.push(forced).outcome is Outcome.REPLACED


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.portal.journal.clear()

    planned = house.plan_push(house.request("b.csv", FILE, resource=resource))

    assert (planned.outcome, planned.title) == (Outcome.REPLACED, "Titre")
    assert (planned.listed_size, planned.previous_size) == (len(FILE), len(OLD))
    assert sentence(planned.told) == "The file would be put online by hand."
    assert {asked.method for asked in house.portal.journal.all()} == {"GET"}
    assert not house.state.exists()


def test_a_dry_run_beside_a_ledger_leaves_it_as_it_is(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.push(house.request("a.csv", b"id\n1\n", resource=resource))
    ledger = house.state / "ledger.sqlite"
    before = ledger.read_bytes()

    planned = house.plan_push(house.request("b.csv", FILE, resource=resource))

    assert planned.outcome is Outcome.REPLACED
    assert ledger.read_bytes() == before


def test_a_file_that_cannot_be_read_is_a_mistake_of_usage(house: House) -> None:
    request = house.request("b.csv", FILE, title="T")
    request.path.unlink()
    with pytest.raises(UsageError):
        house.push(request)


def test_a_pipe_is_no_file_to_push_and_is_not_waited_for(house: House) -> None:
    request = house.request("b.csv", FILE, title="T")
    request.path.unlink()
    os.mkfifo(request.path)
    with pytest.raises(UsageError, match="push_unreadable"):
        house.push(request)


def test_on_a_target_that_a_bucket_feeds_it_pins(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.sync()
    house.pass_time(60)

    request = house.request("b.csv", FILE, resource=resource, mapped=house.mapped(resource))
    planned = house.plan_push(request)
    result = house.push(request)

    assert (result.outcome, result.reason.code) == (Outcome.PINNED, "pushed_and_pinned")
    assert planned.reason.code == "push_would_pin"
    for _ in range(3):
        house.pass_time(90_000)
        assert house.sync_one().outcome is Outcome.PINNED
        assert house.bytes_online(resource) == FILE
        assert house.online(resource).title == "Titre"
    house.bucket.put("a.csv", b"id\n1\n2\n3\n")
    assert house.sync_one().outcome is Outcome.REPLACED


def test_what_is_online_already_is_pinned_where_the_bucket_has_something_else(
    house: House,
) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", FILE)
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", OLD)
    house.portal.store.retitle(house.dataset, resource, "Titre")
    sent = house.uploads()

    result = house.push(
        house.request("b.csv", OLD, resource=resource, mapped=house.mapped(resource))
    )

    assert result.outcome is Outcome.PINNED
    assert house.uploads() == sent
    house.pass_time(90_000)
    assert house.sync_one().outcome is Outcome.PINNED


def test_undo_goes_back_from_a_pushed_file(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.sync()
    house.pass_time(60)
    house.push(house.request("b.csv", FILE, resource=resource, mapped=house.mapped(resource)))
    house.pass_time(60)

    house.undo(resource)

    assert house.bytes_online(resource) == b"id\n1\n"
    assert house.sync_one().outcome is Outcome.PINNED


def test_a_push_whose_answer_is_lost_is_brought_to_its_end_by_the_next(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    request = house.request("b.csv", FILE, resource=resource)
    assert house.push(request).outcome is Outcome.FAILED
    gate.set()
    assert fault.done.wait(10)

    result = house.push(request)

    assert result.outcome in {Outcome.UNCHANGED, Outcome.ADOPTED}
    assert house.online(resource).title == "Titre"
    assert house.bytes_online(resource) == FILE


def test_a_resource_that_does_not_exist_is_refused(house: House) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert house.push(house.request("b.csv", FILE, resource=nowhere)).outcome is Outcome.REFUSED


def test_a_pushed_file_stops_no_later_export_by_its_own_name_or_date(house: House) -> None:
    """`newest` compares names; what a person pushed is not one of the exports."""
    resource = house.resource("Titre", content=OLD)
    house.entry(resource=resource, newest="e/export_*.csv")
    house.bucket.put("e/export_2025.csv", b"id\n1\n")
    house.sync()
    house.pass_time(60)
    house.push(
        house.request("zzz_9999.csv", FILE, resource=resource, mapped=house.mapped(resource))
    )
    house.bucket.put("e/export_2026.csv", b"id\n1\n2\n3\n")

    assert house.sync_one().outcome is Outcome.REPLACED
