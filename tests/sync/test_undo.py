"""A person goes back to an earlier file, and it stays until there is something new."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from syncd.core.errors import UsageError
from syncd.core.history_records import Event, LineKind
from syncd.core.records import Act, Cause, Kept, Outcome
from syncd.sync import retention
from tests.support.sync_harness import House

GOOD = b"id\n1\n2\n3\n"
BAD = b"id\n1\n"
NEW = b"id\n1\n2\n3\n4\n"
OLD = b"id\nancien\n"
UPLOAD = "/upload/"


@pytest.fixture
def spoilt(house: House) -> str:
    """Good bytes were published, then bad ones, with the guards off."""
    resource = house.resource("Titre de la personne", content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    house.pass_time(60)
    house.bucket.put("a.csv", BAD)
    house.sync()
    assert house.bytes_online(resource) == BAD
    return resource


def test_undo_puts_the_good_bytes_back_under_the_same_title_and_they_stay(
    house: House, spoilt: str
) -> None:
    result = house.undo(spoilt)

    assert result.outcome is Outcome.PINNED
    assert house.bytes_online(spoilt) == GOOD
    sent = house.uploads()
    for _ in range(3):
        house.pass_time(90_000)  # the portal is looked at too
        assert house.sync_one().outcome is Outcome.PINNED
        assert house.bytes_online(spoilt) == GOOD
        assert house.online(spoilt).title == "Titre de la personne"
    assert house.uploads() == sent


def test_a_pinned_target_costs_no_request_and_no_reading(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.portal.journal.clear()
    house.bucket.reads.clear()

    assert house.plan_one().outcome is Outcome.PINNED
    assert house.sync_one().outcome is Outcome.PINNED
    assert house.portal.journal.all() == []
    assert house.bucket.reads == []


def test_a_new_deposit_ends_the_pin(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.bucket.put("a.csv", NEW)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(spoilt) == NEW
    assert house.sync_one().outcome is Outcome.UNCHANGED
    house.bucket.put("a.csv", BAD)  # new bytes once more: nothing is pinned any longer
    assert house.sync_one().outcome is Outcome.REPLACED


def test_the_same_bad_bytes_deposited_again_stay_off(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.bucket.put("a.csv", BAD)

    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(spoilt) == GOOD


def test_a_held_new_deposit_does_not_end_the_pin(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.entries.clear()
    house.target(spoilt, "a.csv")
    house.bucket.put("a.csv", b"")
    assert house.sync_one().outcome is Outcome.HELD
    house.bucket.put("a.csv", BAD)

    assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(spoilt) == GOOD


def test_the_good_bytes_deposited_again_end_the_pin_without_an_upload(
    house: House, spoilt: str
) -> None:
    house.undo(spoilt)
    sent = house.uploads()
    house.bucket.put("a.csv", GOOD)

    assert house.sync_one().outcome is Outcome.UNCHANGED
    assert house.uploads() == sent
    house.bucket.put("a.csv", BAD)
    assert house.sync_one().outcome is Outcome.REPLACED


def test_unpin_lets_the_next_cycle_publish_the_buckets_file(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.unpin(spoilt)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(spoilt) == BAD
    assert house.online(spoilt).title == "Titre de la personne"
    unpinned = [line for line in house.history(spoilt) if line.act is Act.UNPINNED]
    assert [line.cause.by for line in unpinned] == ["Léa"]


def test_unpin_after_going_back_to_the_file_from_before_syncd_is_no_step_back_in_time(
    house: House,
) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    house.undo(resource)
    assert house.bytes_online(resource) == OLD
    house.unpin(resource)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == GOOD


def test_what_is_not_pinned_cannot_be_unpinned(house: House, spoilt: str) -> None:
    with pytest.raises(UsageError) as caught:
        house.unpin(spoilt)
    assert caught.value.reason.code == "not_pinned"


def test_undone_twice_it_goes_back_twice_and_never_forward(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.undo(spoilt)
    assert house.bytes_online(spoilt) == OLD  # from before syncd

    with pytest.raises(UsageError) as caught:
        house.undo(spoilt)

    assert caught.value.reason.code == "nothing_to_undo"
    assert house.bytes_online(spoilt) == OLD


def test_a_line_of_the_history_is_chosen_by_its_number(house: House, spoilt: str) -> None:
    found = house.history(spoilt)[0]
    assert found.act is Act.FOUND

    house.undo(spoilt, found.id)

    assert house.bytes_online(spoilt) == OLD
    assert house.online(spoilt).title == "Titre de la personne"


@pytest.mark.parametrize(("kept", "code"), [(True, "no_such_number"), (False, "number_not_kept")])
def test_a_number_that_cannot_be_gone_back_to_is_said(
    house: House, spoilt: str, kept: bool, code: str
) -> None:
    first = house.history(spoilt)[0]
    if not kept:
        with house.adapters() as adapters:
            let_go = Event(LineKind.LET_GO, house.now())
            adapters.ledger.forget_bytes([first.id], let_go)
    with pytest.raises(UsageError) as caught:
        house.undo(spoilt, 99 if kept else first.id)
    assert caught.value.reason.code == code
    assert house.bytes_online(spoilt) == BAD


def test_going_back_to_what_is_online_only_pins(house: House, spoilt: str) -> None:
    sent = house.uploads()
    last = house.history(spoilt)[-1]

    assert house.undo(spoilt, last.id).outcome is Outcome.PINNED
    assert house.uploads() == sent
    assert house.sync_one().outcome is Outcome.PINNED


def test_the_history_says_who_went_back_and_why(house: House, spoilt: str) -> None:
    house.undo(spoilt, by="Léa Martin")

    line = house.history(spoilt)[-1]
    assert (line.cause.trigger, line.cause.by, line.cause.note) == ("undo", "Léa Martin", "tronqué")
    assert house.rows()[0].pin is not None


def test_a_title_that_a_person_writes_during_the_undo_wins(house: House, spoilt: str) -> None:
    def rename() -> None:
        house.portal.store.retitle(house.dataset, spoilt, "Nouveau titre")

    house.portal.faults.add(method="POST", path=UPLOAD, hook=rename)

    house.undo(spoilt)

    assert house.online(spoilt).title == "Nouveau titre"
    assert house.bytes_online(spoilt) == GOOD


# -- trouble -----------------------------------------------------------------------------------


def test_an_undo_whose_answer_is_lost_converges_to_the_pin(house: House, spoilt: str) -> None:
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    result = house.undo(spoilt)  # the window passes, and nothing has appeared
    assert result.outcome is Outcome.FAILED
    gate.set()
    assert fault.done.wait(60)

    house.pass_time(90_000)
    house.sync()

    for _ in range(3):
        assert house.sync_one().outcome is Outcome.PINNED
    assert house.bytes_online(spoilt) == GOOD
    assert house.online(spoilt).title == "Titre de la personne"


@pytest.mark.parametrize("arrives", [False, True])
def test_an_undo_killed_in_its_upload_converges(house: House, spoilt: str, arrives: bool) -> None:
    """Killed where the answer should come; the portal may have taken the file all the same."""
    gate = threading.Event()
    fault = house.portal.faults.add(
        method="POST", path=UPLOAD, **({"gate": gate} if arrives else {"cut": "body"})
    )

    def killed(_seconds: float) -> None:
        if fault.reached.is_set():
            raise KeyboardInterrupt

    house.on_wait = killed
    with pytest.raises(KeyboardInterrupt):
        house.undo(spoilt)
    house.on_wait = lambda _seconds: None
    gate.set()
    assert fault.done.wait(10) or not arrives
    for _ in range(3):
        house.pass_time(90_000)
        house.sync()

    assert house.bytes_online(spoilt) == (GOOD if arrives else BAD)
    assert house.online(spoilt).title == "Titre de la personne"
    wanted = Outcome.PINNED if arrives else Outcome.UNCHANGED
    assert house.sync_one().outcome is wanted


def test_a_bad_upload_that_arrives_after_the_undo_is_told_and_stays_pinned(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", GOOD)
    house.sync()
    house.pass_time(60)
    house.bucket.put("a.csv", BAD)
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    assert house.sync_one().outcome is Outcome.FAILED
    house.undo(resource, house.history(resource)[-1].id)  # good bytes are online: pinned
    gate.set()
    assert fault.done.wait(60)
    assert house.bytes_online(resource) == BAD

    house.pass_time(90_000)
    report = house.sync_one()

    assert (report.outcome, report.reason.code) == (Outcome.DRIFTED, "pinned_drifted")
    assert house.online(resource).title == "Titre"
    assert house.undo(resource, house.history(resource)[1].id).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD


def test_a_file_put_by_hand_over_the_pinned_one_is_told_and_left(house: House, spoilt: str) -> None:
    house.undo(spoilt)
    house.portal.store.replace_file(house.dataset, spoilt, "main.csv", b"a la main\n")
    house.pass_time(90_000)

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.DRIFTED, "pinned_drifted")
    assert house.bytes_online(spoilt) == b"a la main\n"
    house.undo(spoilt)
    assert house.bytes_online(spoilt) == BAD or house.bytes_online(spoilt) == GOOD


@pytest.mark.parametrize("trouble", ["other bytes", "gone"])
def test_a_kept_file_that_was_damaged_is_never_published(
    house: House, spoilt: str, trouble: str
) -> None:
    good = next(line for line in house.history(spoilt) if line.judged.digest.size == len(GOOD))
    path = house.state / "archive" / good.judged.digest.sha1
    path.write_bytes(b"x") if trouble == "other bytes" else path.unlink()

    result = house.undo(spoilt)

    assert result.outcome is Outcome.FAILED
    assert house.bytes_online(spoilt) == BAD
    assert house.rows()[0].pin is None


def test_a_resource_that_a_person_removed_is_not_made_again(house: House, spoilt: str) -> None:
    house.portal.store.withdraw(house.dataset, spoilt)

    result = house.undo(spoilt)

    assert (result.outcome, result.reason.code) == (Outcome.REFUSED, "resource_withdrawn")
    assert house.resources() == []


# -- what is kept ------------------------------------------------------------------------------


def kept(house: House, resource: str) -> dict[int, Kept]:
    """By size."""
    return {line.judged.digest.size: line.kept for line in house.history(resource)}


def test_two_versions_and_the_file_from_before_syncd_are_kept(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    for count in range(1, 6):
        house.bucket.put("a.csv", b"id\n" + b"x" * (7 + count))
        house.sync()
        house.pass_time(60)

    places = kept(house, resource)
    archived = {size for size, place in places.items() if place is Kept.ARCHIVE}
    assert archived == {len(OLD), 14, 15}
    names = {p.name for p in (house.state / "archive").iterdir() if len(p.name) == 40}
    assert len(names) == 3


def test_a_versioned_bucket_keeps_the_versions_itself(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.keep_versions()
    for content in (GOOD, BAD):
        house.bucket.put("a.csv", content)
        house.sync()
        house.pass_time(60)
    assert kept(house, resource) == {
        len(OLD): Kept.ARCHIVE,
        len(GOOD): Kept.SOURCE,
        len(BAD): Kept.SOURCE,
    }

    assert house.undo(resource).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == GOOD


def test_a_version_with_other_bytes_than_those_published_is_refused(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.keep_versions()
    for content in (GOOD, BAD):
        house.bucket.put("a.csv", content)
        house.sync()
        house.pass_time(60)
    assert house.bucket.versions is not None
    stored = house.bucket.versions["a.csv", "v1"]
    house.bucket.versions["a.csv", "v1"] = replace(stored, body=GOOD.replace(b"2", b"7"))

    result = house.undo(resource)

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "version_other_bytes")
    assert house.bytes_online(resource) == BAD


def test_a_version_that_the_bucket_let_go_is_said(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.keep_versions()
    for content in (GOOD, BAD):
        house.bucket.put("a.csv", content)
        house.sync()
        house.pass_time(60)
    assert house.bucket.versions is not None
    del house.bucket.versions["a.csv", "v1"]

    result = house.undo(resource)

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "version_gone")


def test_a_file_that_cannot_be_kept_is_told_and_published_all_the_same(house: House) -> None:
    house.archive = type(house.archive)(house.state / "archive", 2, 20)
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n" + b"x" * 27)

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert [w.code for w in result.warnings] == ["archive_ceiling"]
    line = house.history(resource)[-1]
    assert line.kept is Kept.NOWHERE
    assert (line.receipt or {})["warnings"] == ["archive_ceiling"]


def test_an_online_file_that_cannot_be_read_is_told_and_replaced_all_the_same(
    house: House,
) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", GOOD)
    house.portal.faults.add(method="GET", path="/s/resources/", status=500)

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert [w.code for w in result.warnings] == ["online_not_kept"]


def test_an_online_file_with_another_checksum_is_not_taken_for_it(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", GOOD)
    house.portal.faults.add(method="GET", path="/s/resources/", status=200, body=b"proxy page")

    result = house.sync_one()

    assert [w.code for w in result.warnings] == ["online_not_kept"]
    assert [line.act for line in house.history(resource)] == [Act.REPLACED]


def test_purging_removes_this_targets_files_and_leaves_those_of_others(house: House) -> None:
    first, second = (house.resource(f"T{n}", f"v{n}.csv", OLD) for n in (1, 2))
    for resource, key in ((first, "a.csv"), (second, "b.csv")):
        house.target(resource, key)
        house.bucket.put(key, GOOD if key == "a.csv" else NEW)
    house.sync()
    with house.adapters() as adapters:
        assert (
            retention.purge(house.history(first)[0].binding, adapters, Cause("purge", "Léa")) == 2
        )

    assert set(kept(house, first).values()) == {Kept.NOWHERE}
    assert set(kept(house, second).values()) == {Kept.ARCHIVE}
    names = [p for p in (house.state / "archive").iterdir() if len(p.name) == 40]
    assert len(names) == 2  # OLD is still kept for the second


# -- verify ------------------------------------------------------------------------------------


def test_verify_says_whether_reusers_get_what_was_published(house: House, spoilt: str) -> None:
    assert house.verify().summary == {"unchanged": 1}
    house.portal.store.replace_file(house.dataset, spoilt, "main.csv", b"a la main\n")

    (result,) = house.verify(spoilt).results

    assert result.outcome is Outcome.DRIFTED
    assert result.reason.facts["online_size"] == len(b"a la main\n")
    assert house.verify().exit_code == 3


def test_what_verify_finds_is_looked_at_by_the_next_cycle(house: House, spoilt: str) -> None:
    house.portal.store.replace_file(house.dataset, spoilt, "main.csv", b"a la main\n")
    house.portal.store.retitle(house.dataset, spoilt, "Titre de la personne")
    house.verify()

    assert house.sync_one().outcome is Outcome.DRIFTED


def test_a_link_to_elsewhere_in_place_of_our_file_is_not_followed(
    house: House, spoilt: str
) -> None:
    record = house.portal.store.resource(house.dataset, spoilt)
    record.filetype, record.link = "remote", f"{house.portal.url}/inner.csv"
    before = len(house.portal.journal.all())

    (result,) = house.verify().results

    assert (result.outcome, result.reason.code) == (Outcome.DRIFTED, "verified_remote")
    assert not [one for one in house.portal.journal.all()[before:] if "/datasets/r/" in one.path]


def test_a_download_that_fails_fails_the_verification(house: House, spoilt: str) -> None:
    house.portal.faults.add(method="GET", path="/datasets/r/", status=500)
    assert house.verify().exit_code == 1


def test_nothing_published_is_nothing_to_verify(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    assert house.verify().results == ()


def test_a_title_written_while_the_old_file_is_kept_is_the_one_put_back(house: House) -> None:
    """Keeping a big file takes minutes; the title is read after it."""
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", GOOD)

    def rename() -> None:
        house.portal.store.retitle(house.dataset, resource, "Nouveau titre")

    house.portal.faults.add(method="GET", path="/s/resources/", hook=rename)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Nouveau titre"
