"""A held file goes online only when a person says so, and then it is exactly that file."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.core.errors import UsageError
from syncd.core.records import Act, Outcome
from tests.support.sync_harness import House

BIG = b"id\n" + b"1000\n" * 100
CUT = b"id\n" + b"1\n" * 60


@pytest.fixture
def held(house: House) -> str:
    """A resource whose new file lost more than half."""
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", CUT)
    assert house.sync_one().outcome is Outcome.HELD
    return resource


def test_a_released_file_goes_online_under_its_title_and_stays(house: House, held: str) -> None:
    (result,) = house.release(held).results

    assert result.outcome is Outcome.REPLACED
    assert result.reason.code == "released"
    assert [w.code for w in result.warnings] == ["guard_shrink"]
    assert house.bytes_online(held) == CUT
    assert house.online(held).title == "Titre"
    assert house.sync_one().outcome is Outcome.UNCHANGED
    assert house.uploads() == 1


def test_the_history_says_who_released_it_why_and_against_which_guard(
    house: House, held: str
) -> None:
    house.release(held, by="Léa Martin", note="le service confirme")

    line = house.history(held)[-1]
    assert (line.cause.trigger, line.cause.by) == ("release", "Léa Martin")
    assert line.cause.note == "le service confirme"
    assert [finding.code for finding in line.findings] == ["guard_shrink"]


def test_an_object_that_changed_since_is_not_published_by_a_release(
    house: House, held: str
) -> None:
    house.bucket.put("a.csv", BIG + b"2\n")

    (result,) = house.release(held).results

    assert (result.outcome, result.reason.code) == (Outcome.REFUSED, "release_other_bytes")
    assert house.uploads() == 0
    assert house.sync_one().outcome is Outcome.REPLACED  # judged anew, as any new file
    assert house.bytes_online(held) == BIG + b"2\n"


def test_an_object_that_changed_since_into_another_bad_one_is_held_anew(
    house: House, held: str
) -> None:
    house.bucket.put("a.csv", CUT[:40])

    (result,) = house.release(held).results

    assert result.outcome is Outcome.HELD
    assert house.sync_one().outcome is Outcome.HELD
    assert house.uploads() == 0


def test_a_permission_ends_with_its_version(house: House, held: str) -> None:
    """Else the bytes that were released once would pass for ever."""
    house.bucket.put("a.csv", b"")
    house.release(held)  # the object is another one: nothing is published, now or later
    house.bucket.put("a.csv", CUT)

    assert house.sync_one().outcome is Outcome.HELD


def test_a_permission_outlives_a_portal_that_is_down(house: House, held: str) -> None:
    house.portal.faults.add(method="POST", path="/upload/", cut="body", times=9)
    (first,) = house.release(held).results
    assert first.outcome is Outcome.FAILED
    house.portal.faults.clear()

    house.pass_time(600)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.history(held)[-1].cause.by == "Léa"


def test_a_conflict_can_be_released(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", b"a la main\n")
    house.portal.store.retitle(house.dataset, resource, "Titre")
    house.bucket.put("a.csv", b"id\n2\n")
    assert house.sync_one().reason.code == "conflict"

    (result,) = house.release(resource).results

    assert result.outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n2\n"
    found = [line for line in house.history(resource) if line.act is Act.FOUND]
    assert found[-1].judged.digest.size == len(b"a la main\n")


def entry_to_be_created(house: House) -> str:
    house.entry(each="f/f_{annee:yyyy}.csv")
    house.bucket.put("f/f_2024.csv", b"id\n1\n")
    return "f/f_2024.csv"


def test_a_hold_that_the_manifest_must_answer_is_not_released(house: House) -> None:
    key = entry_to_be_created(house)
    assert house.sync_one().reason.code == "to_be_created"

    with pytest.raises(UsageError) as caught:
        house.release(key)

    assert caught.value.reason.code == "hold_not_for_release"


@pytest.mark.parametrize("looked", [False, True])
def test_what_is_not_held_is_not_released(house: House, looked: bool) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    if looked:
        house.sync()

    with pytest.raises(UsageError) as caught:
        house.release(resource)

    assert caught.value.reason.code == ("not_held" if looked else "target_never_looked")


def test_a_release_never_touches_the_other_targets(house: House, held: str) -> None:
    other = house.resource("Autre", "b.csv", BIG)
    house.target(other, "b.csv")
    house.bucket.put("b.csv", CUT)
    house.sync()

    outcomes = {r.object: r.outcome for r in house.release(held).results}

    assert outcomes == {"a.csv": Outcome.REPLACED}
    assert house.bytes_online(other) == BIG


def test_a_braked_target_can_be_released_alone(house: House) -> None:
    resources = []
    for number in range(10):
        resources.append(house.resource(f"Titre {number}", f"v{number}.csv"))
        house.target(resources[-1], f"m/{number}.csv")
        house.bucket.put(f"m/{number}.csv", f"id\n{number}\n{number}\n".encode())
    assert house.sync().summary == {"held": 10}

    (result,) = house.release(resources[3]).results

    assert result.outcome is Outcome.REPLACED
    assert house.sync().summary == {"held": 9, "unchanged": 1}


# -- the history -------------------------------------------------------------------------------


def acts(house: House, resource: str = "") -> list[str]:
    return [line.act.value for line in house.history(resource)]


def test_every_publication_leaves_a_line_with_its_receipt(house: House) -> None:
    resource = house.resource("Titre", content=b"id\nancien\n")
    house.target(resource, "a.csv")
    seen = house.bucket.put("a.csv", b"id\n1\n")
    house.sync()

    found, line = house.history(resource)

    assert found.act is Act.FOUND
    assert found.judged.digest.size == len(b"id\nancien\n")
    assert (line.act, line.title, line.judged.fingerprint) == (Act.REPLACED, "Titre", seen)
    assert line.begun_at <= (line.answered_at or line.begun_at) <= (line.titled_at or house.now())
    receipt: dict[str, Any] = dict(line.receipt or {})
    assert receipt["answer"]["sha1"] == receipt["sha1"] == line.judged.digest.sha1
    assert receipt["checks"] == ["read-pinned", "sha1", "size", "title"]
    assert receipt["link"] == line.link != ""


def test_an_adoption_leaves_a_line_and_unchanged_cycles_leave_none(house: House) -> None:
    resource = house.resource("Titre", content=b"id\n1\n")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.sync()
    house.sync()

    assert acts(house, resource) == ["adopted"]


def test_a_creation_leaves_a_line(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    house.bucket.put("f/f_2024.csv", b"id\n1\n")
    house.sync()

    assert acts(house) == ["created"]


def test_an_upload_whose_answer_was_lost_leaves_one_line(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.portal.faults.add(method="POST", path="/upload/", cut="after")
    for _ in range(3):
        house.sync()
        house.pass_time(60)

    assert acts(house, resource) == ["found", "replaced"]
