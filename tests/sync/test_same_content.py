"""A file that is packed anew each night and says the same is not sent; one that does not, is."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from syncd.core.records import Act, Outcome
from syncd.core.results import Result
from syncd.text import sentence
from tests.support.nightly_workbook import workbook
from tests.support.sync_harness import House, killed_between_upload_and_title

MUSEUMS = b"id;musee;commune\n" + b"".join(b"%d;Beaux-Arts;Lyon\n" % n for n in range(40))
NOTE = b"Produit par le service\n"
FEWER = MUSEUMS[:80].rsplit(b"\n", 1)[0] + b"\n"
DOWNLOAD = r"/s/resources/"


def packed(night: int, members: Mapping[str, bytes] | None = None) -> bytes:
    """As an export of that night packs it: other dates, another order, other compression."""
    named = list((members or {"musees.csv": MUSEUMS, "lisez-moi.txt": NOTE}).items())
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in named if night % 2 else reversed(named):
            info = zipfile.ZipInfo(name, (2026, 1, 1 + night, 2, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, 1 + night % 9)
    return made.getvalue()


def other(night: int) -> bytes:
    return packed(night, {"musees.csv": MUSEUMS + b"40;Louvre;Paris\n", "lisez-moi.txt": NOTE})


def deposit(house: House, content: bytes, key: str = "m/musees.zip") -> None:
    house.pass_time(3600)
    house.bucket.put(key, content, at=house.now().replace(microsecond=0))


def published(house: House, **options: Any) -> str:
    """The resource, with the file of night 1 online."""
    resource = house.resource("Musées", "vieux.zip", other(0))
    house.target(resource, "m/musees.zip", **{"unchanged": "content", **options})
    deposit(house, packed(1))
    assert house.sync_one().outcome is Outcome.REPLACED
    return resource


def both(house: House, **options: Any) -> Result:
    """What the sync did, which is what the plan before it said."""
    planned = house.plan_one(**options)
    result = house.sync_one(**options)
    assert (planned.outcome, planned.reason) == (result.outcome, result.reason)
    return result


def code(result: Result) -> tuple[Outcome, str]:
    return result.outcome, result.reason.code


def downloads(house: House) -> int:
    return sum(DOWNLOAD in one.path for one in house.portal.requests)


SAME = (Outcome.UNCHANGED, "same_content")
OTHER = (Outcome.REPLACED, "new_bytes")


# -- not sent ----------------------------------------------------------------------------------


def test_what_is_packed_anew_each_night_is_not_sent_and_read_once(house: House) -> None:
    resource = published(house)
    online = house.bytes_online(resource)
    for night in range(2, 5):
        deposit(house, packed(night))
        assert [code(both(house)) for _ in range(2)] == [SAME] * 2
        requests, reads = len(house.portal.requests), len(house.bucket.reads)
        assert [code(both(house)) for _ in range(2)] == [SAME] * 2
        assert (len(house.portal.requests), len(house.bucket.reads)) == (requests, reads)

    assert house.bytes_online(resource) == online
    assert house.uploads() == 1
    assert downloads(house) == 1  # the file that was there before


def test_the_sentence_says_what_differs(house: House) -> None:
    published(house)
    deposit(house, packed(2))

    said = sentence(both(house).reason)

    assert "same content as the file online, in other bytes" in said


def test_a_workbook_that_is_saved_anew_is_not_sent(house: House) -> None:
    resource = house.resource("Musées", "vieux.xlsx", workbook(0, [99, "Ancien"]))
    house.target(resource, "m/musees.xlsx", unchanged="content")
    found = []
    for content in (workbook(1), workbook(2), workbook(3, [30, "Louvre"]), workbook(4)):
        deposit(house, content, "m/musees.xlsx")
        found.append(code(both(house)))

    assert found == [(Outcome.REPLACED, "first_replacement"), SAME, OTHER, OTHER]


@pytest.mark.parametrize("guards", ["off", {"header": "hold"}])
def test_it_needs_no_guards(house: House, guards: Any) -> None:
    published(house, guards=guards)
    deposit(house, packed(2))

    assert code(both(house)) == SAME


def test_what_a_guard_would_hold_is_not_held_when_it_says_the_same(house: House) -> None:
    published(house)
    house.entries = [house.entries[0].replace("}", ", guards: {extension: hold}}")]
    house.portal.store.extensions = {"csv"}
    deposit(house, packed(2))

    assert code(both(house)) == SAME


def test_after_a_held_file_the_old_content_is_well_again(house: House) -> None:
    published(house)
    deposit(house, packed(2, {"musees.csv": FEWER, "lisez-moi.txt": NOTE}))
    assert both(house).outcome is Outcome.HELD
    deposit(house, packed(3))

    assert code(both(house)) == SAME


def test_a_newer_object_with_the_same_content_is_not_gone_back_behind(house: House) -> None:
    resource = house.resource("Musées", "vieux.zip", other(0))
    house.entry(resource=resource, newest="m/*.zip", unchanged="content")
    deposit(house, packed(1), "m/a.zip")
    house.sync_one()
    between = house.now().replace(microsecond=0)
    deposit(house, packed(2), "m/b.zip")
    newer = both(house)
    house.bucket.delete("m/b.zip")
    house.bucket.put("m/a.zip", other(3), at=between)
    older = both(house)

    assert (code(newer), newer.object) == (SAME, "m/b.zip")
    assert code(older) == (Outcome.HELD, "guard_older_date")


def test_a_late_producer_is_told_of_and_the_file_is_not_read_again(house: House) -> None:
    published(house, expect={"every": "1d"})
    deposit(house, packed(2))
    assert code(both(house)) == SAME
    house.pass_time(3 * 86400)
    house.sync_one()
    reads = len(house.bucket.reads)

    assert [both(house).outcome for _ in range(2)] == [Outcome.LATE] * 2
    assert len(house.bucket.reads) == reads


def test_after_a_failure_it_is_still_known(house: House) -> None:
    published(house)
    deposit(house, packed(2))
    house.sync_one()
    reads = len(house.bucket.reads)
    house.bucket.broken_after = 0
    assert house.sync_one().outcome is Outcome.FAILED
    house.bucket.broken_after = None

    assert code(both(house)) == SAME
    assert len(house.bucket.reads) == reads


# -- sent --------------------------------------------------------------------------------------


def test_without_the_key_other_bytes_are_sent(house: House) -> None:
    published(house, unchanged="bytes")
    deposit(house, packed(2))

    assert code(both(house)) == OTHER


def test_what_says_something_else_is_sent(house: House) -> None:
    resource = published(house)
    deposit(house, packed(2))
    house.sync_one()
    deposit(house, other(3))

    assert code(both(house)) == OTHER
    assert house.bytes_online(resource) == other(3)


def test_a_person_may_have_it_sent_all_the_same(house: House) -> None:
    resource = published(house)
    deposit(house, packed(2))
    assert code(both(house)) == SAME

    assert code(house.sync_one(force=True, only=resource)) == OTHER
    assert house.bytes_online(resource) == packed(2)
    deposit(house, packed(3))
    assert code(both(house)) == SAME


def test_it_is_sent_once_the_manifest_says_bytes_again(house: House) -> None:
    resource = published(house)
    deposit(house, packed(2))
    assert code(both(house)) == SAME
    house.entries = [house.entries[0].replace("'content'", "'bytes'")]

    assert code(both(house)) == OTHER
    assert house.bytes_online(resource) == packed(2)


def test_a_csv_is_its_bytes(house: House) -> None:
    resource = house.resource("Musées", content=MUSEUMS)
    house.entry(resource=resource, newest="m/*", unchanged="content")
    deposit(house, MUSEUMS + b"40;Louvre;Paris\n", "m/a.csv")
    house.sync_one()
    deposit(house, MUSEUMS + b'40;Louvre;"Paris"\n', "m/a.csv")

    assert code(both(house)) == OTHER


def test_what_cannot_be_looked_into_is_its_bytes(house: House) -> None:
    published(house, guards="off")
    for night in (2, 3):
        deposit(house, packed(night)[:-30])
        assert code(both(house)) == OTHER


# -- online something else ---------------------------------------------------------------------


def replace_by_hand(house: House, resource: str, content: bytes) -> None:
    house.pass_time(90000)
    house.portal.store.replace_file(house.dataset, resource, "main.zip", content)


@pytest.mark.parametrize("by_hand", [other(7), packed(7)])
def test_somebody_elses_file_is_drift_whatever_it_says(house: House, by_hand: bytes) -> None:
    resource = published(house)
    deposit(house, packed(2))
    assert code(both(house)) == SAME
    replace_by_hand(house, resource, by_hand)
    reads = len(house.bucket.reads)

    assert [both(house).outcome for _ in range(3)] == [Outcome.DRIFTED] * 3
    assert len(house.bucket.reads) == reads
    assert house.bytes_online(resource) == by_hand


def test_the_bucket_wins_over_somebody_elses_file_where_the_manifest_says_so(house: House) -> None:
    resource = published(house, drift="republish")
    deposit(house, packed(2))
    house.sync_one()
    replace_by_hand(house, resource, other(7))

    assert code(both(house)) == (Outcome.REPLACED, "bucket_wins")
    assert house.bytes_online(resource) == packed(2)


def test_somebody_elses_file_and_a_new_one_are_a_conflict(house: House) -> None:
    resource = published(house)
    replace_by_hand(house, resource, packed(7))
    deposit(house, packed(2))

    assert code(both(house)) == (Outcome.HELD, "conflict")


def test_the_very_bytes_that_somebody_put_there_are_adopted(house: House) -> None:
    resource = published(house)
    deposit(house, packed(2))
    house.sync_one()
    replace_by_hand(house, resource, packed(2))

    assert code(both(house)) == (Outcome.ADOPTED, "same_bytes_online")
    deposit(house, packed(3))
    assert code(both(house)) == SAME


# -- a person went back ------------------------------------------------------------------------


def test_a_file_that_was_undone_stays_undone_however_it_is_packed(house: House) -> None:
    resource = published(house)
    deposit(house, other(2))
    house.sync_one()
    assert house.undo(resource).outcome is Outcome.PINNED
    for night in (3, 4, 5):
        deposit(house, other(night))
        assert [both(house).outcome for _ in range(2)] == [Outcome.PINNED] * 2
        reads = len(house.bucket.reads)
        assert both(house).outcome is Outcome.PINNED
        assert len(house.bucket.reads) == reads
    assert house.bytes_online(resource) == packed(1)
    deposit(house, packed(6, {"musees.csv": MUSEUMS + b"41;Orsay;Paris\n"}))
    assert code(both(house)) == OTHER


def test_undone_after_it_was_packed_anew_it_stays_undone(house: House) -> None:
    resource = published(house)
    deposit(house, other(2))
    house.sync_one()
    deposit(house, other(3))
    assert code(both(house)) == SAME
    house.undo(resource)
    for night in (4, 5):
        deposit(house, other(night))
        assert both(house).outcome is Outcome.PINNED


def test_a_pin_ends_when_the_bucket_says_what_is_online(house: House) -> None:
    resource = published(house)
    deposit(house, other(2))
    house.sync_one()
    house.undo(resource)
    deposit(house, packed(3))

    assert code(both(house)) == SAME
    (row,) = house.rows()
    assert row.pin is None


def test_an_unpinned_file_is_sent(house: House) -> None:
    resource = published(house)
    deposit(house, other(2))
    house.sync_one()
    house.undo(resource)
    house.unpin(resource)

    assert code(both(house)) == OTHER
    assert house.bytes_online(resource) == other(2)


# -- the first time ----------------------------------------------------------------------------


def test_a_first_mapping_onto_the_same_content_is_adopted(house: House) -> None:
    resource = house.resource("Musées", "vieux.zip", packed(0))
    house.target(resource, "m/musees.zip", unchanged="content")
    deposit(house, packed(1))

    assert code(both(house)) == (Outcome.ADOPTED, "same_content_online")
    assert code(both(house)) == SAME
    assert (house.uploads(), downloads(house)) == (0, 2)  # one for the plan
    (line,) = house.history()
    assert line.act is Act.ADOPTED
    assert line.receipt is not None
    assert (line.receipt["sha1"], line.receipt["checks"]) == (
        hashlib.sha1(packed(0), usedforsecurity=False).hexdigest(),
        ["read-pinned", "content"],
    )
    assert [finding.code for finding in line.findings] == ["same_content_online"]
    assert house.verify().results[0].outcome is Outcome.UNCHANGED
    deposit(house, packed(2))
    assert code(both(house)) == SAME
    deposit(house, other(3))
    assert code(both(house)) == OTHER
    assert house.undo(resource).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == packed(0)


def test_a_file_published_before_the_key_was_written_is_fetched_once(house: House) -> None:
    published(house, unchanged="bytes")
    house.entries = [house.entries[0].replace("'bytes'", "'content'")]
    deposit(house, packed(2))
    assert code(both(house)) == SAME
    fetched = downloads(house)
    deposit(house, packed(3))

    assert code(both(house)) == SAME
    assert downloads(house) == fetched


def test_killed_in_the_middle_it_is_known_what_went_online(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = house.resource("Musées", "vieux.zip", other(0))
    house.target(resource, "m/musees.zip", unchanged="content")
    deposit(house, packed(1))
    killed_between_upload_and_title(house, monkeypatch)
    deposit(house, packed(2))
    house.sync_one()
    deposit(house, packed(3))

    assert code(both(house)) == SAME
    assert house.uploads() == 1
    assert house.online(resource).title == "Musées"


def test_a_file_that_syncd_made_a_resource_for_is_known_too(house: House) -> None:
    house.entry(each="m/{nom}.zip", title="{nom}", create=True, unchanged="content")
    deposit(house, packed(1))
    assert house.sync_one().outcome is Outcome.CREATED
    deposit(house, packed(2))

    assert code(both(house)) == SAME


def test_what_a_person_pushes_is_sent(house: House) -> None:
    resource = published(house)
    mapped = house.mapped(resource)

    pushed = house.push(house.request("m.zip", packed(5), resource=resource, mapped=mapped))

    assert pushed.outcome is Outcome.PINNED
    assert house.bytes_online(resource) == packed(5)
