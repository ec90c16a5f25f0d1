"""After a restored backup, what came online since is nobody's fault, and is not undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncd.core.history_records import LineKind
from syncd.core.records import Act, Outcome
from syncd.core.results import Result
from tests.support.sync_harness import House, Killed

OLD = b"id\n" + b"0\n" * 100
FIRST = b"id\n" + b"1\n" * 100
SECOND = b"id\n" + b"2\n" * 100
THIRD = b"id\n" + b"3\n" * 100
HAND = b"id\n" + b"8\n" * 100
TITLE = "Titre de la personne"


@pytest.fixture
def resource(house: House) -> str:
    """A target whose first file is online; then the backup is made."""
    found = house.resource(TITLE, content=OLD)
    house.target(found, "a.csv")
    deposit(house, FIRST)
    assert house.sync_one().outcome is Outcome.REPLACED
    return found


def deposit(house: House, content: bytes, key: str = "a.csv") -> None:
    house.pass_time(60)
    house.bucket.put(key, content, at=house.now().replace(microsecond=0))
    house.pass_time(60)


def by_hand(house: House, resource: str, content: bytes) -> None:
    house.pass_time(60)
    house.portal.store.replace_file(house.dataset, resource, "main.csv", content)
    house.pass_time(60)


@contextmanager
def back_to_the_backup(house: House) -> Iterator[None]:
    """What is done inside came after the backup, and is forgotten."""
    path = house.backup()
    house.pass_time(3600)
    yield
    house.pass_time(3600)
    house.restore(path)


def seen(house: House) -> Result:
    """Of the first cycle; the plan said the same, and the next one has nothing to do."""
    planned = house.plan_one()
    done = house.sync_one()
    assert (planned.outcome, planned.reason.code) == (done.outcome, done.reason.code)
    house.portal.journal.clear()
    house.sync()
    assert house.portal.journal.all() == []
    assert all(row.restored is None for row in house.rows())
    return done


def test_what_syncd_published_since_is_adopted_and_told_once(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        deposit(house, SECOND)
        house.sync()
    house.portal.journal.clear()
    planned, found = house.plan_one(), house.sync_one()

    assert planned.reason == found.reason
    assert (found.outcome, found.reason.code) == (Outcome.ADOPTED, "adopted_after_backup")
    assert (house.uploads(), house.bytes_online(resource)) == (0, SECOND)
    assert seen(house).outcome is Outcome.UNCHANGED
    assert [line.act for line in house.history(resource)][-1] is Act.ADOPTED


def test_where_nothing_came_since_nothing_is_told(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        pass
    lines = house.history(resource)
    assert seen(house).outcome is Outcome.UNCHANGED
    assert house.history(resource) == lines
    by_hand(house, resource, HAND)  # from now on it is somebody's again
    house.pass_time(90_000)
    assert house.sync_one().outcome is Outcome.DRIFTED


def test_a_deposit_that_is_younger_than_the_file_online_is_published(
    house: House, resource: str
) -> None:
    with back_to_the_backup(house):
        deposit(house, SECOND)
        house.sync()
        deposit(house, THIRD)  # and then the disk broke

    assert seen(house).outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == THIRD
    assert house.online(resource).title == TITLE


def test_a_bad_deposit_is_held_by_its_guard_and_blames_nobody(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        deposit(house, SECOND)
        house.sync()
        deposit(house, b"id\n1\n")

    found = house.sync_one()

    assert (found.outcome, found.reason.code[:6]) == (Outcome.HELD, "guard_")
    assert house.bytes_online(resource) == SECOND


def test_a_file_put_there_by_a_person_stays_and_is_no_drift(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        by_hand(house, resource, HAND)

    found = seen(house)

    assert (found.outcome, found.reason.code) == (Outcome.PINNED, "pinned_after_backup")
    with house.adapters(read_only=True) as adapters:
        told = [one.kind for one in adapters.ledger.events(house.url)]
    assert told.count(LineKind.PINNED) == 1
    deposit(house, SECOND)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == SECOND


def test_a_deposit_that_was_replaced_by_hand_stays_off(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        deposit(house, SECOND)
        by_hand(house, resource, HAND)

    assert seen(house).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == HAND
    house.unpin(resource)
    assert house.sync_one().outcome is Outcome.REPLACED


def test_an_undo_since_is_not_undone(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        deposit(house, SECOND)
        house.sync()
        house.pass_time(60)
        assert house.undo(resource).outcome is Outcome.PINNED  # to what the backup knows

    found = seen(house)

    assert (found.outcome, found.reason.code) == (Outcome.PINNED, "pinned_marked")
    assert house.bytes_online(resource) == FIRST


def test_an_undo_of_what_the_backup_knows_is_not_undone(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        house.undo(resource)

    assert seen(house).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == OLD


def test_a_pin_that_ended_since_is_over(house: House, resource: str) -> None:
    deposit(house, SECOND)
    house.sync()
    house.pass_time(60)
    house.undo(resource)
    with back_to_the_backup(house):
        house.unpin(resource)
        house.sync()

    assert seen(house).outcome is Outcome.ADOPTED
    assert house.bytes_online(resource) == SECOND
    assert [row.pin for row in house.rows()] == [None]


def test_a_pin_that_still_holds_is_the_persons(house: House, resource: str) -> None:
    house.undo(resource)
    with back_to_the_backup(house):
        pass
    found = seen(house)
    assert (found.outcome, found.reason.code) == (Outcome.PINNED, "pinned_undo")


def test_newest_does_not_go_back_to_what_the_backup_knew(house: House) -> None:
    resource = house.resource(TITLE, content=OLD)
    house.entry(resource=resource, newest="exports/a_*.csv", by="name")
    deposit(house, FIRST, "exports/a_2025.csv")
    house.sync()
    with back_to_the_backup(house):
        deposit(house, SECOND, "exports/a_2026.csv")
        house.sync()
        house.bucket.delete("exports/a_2026.csv")

    assert seen(house).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == SECOND


def test_a_resource_made_since_is_known_by_its_mark(house: House) -> None:
    house.entry(each="a_{an:yyyy}.csv", title="Fichier {an}", create=True)
    deposit(house, FIRST, "a_2025.csv")
    house.sync()
    with back_to_the_backup(house):
        deposit(house, SECOND, "a_2026.csv")
        house.sync()

    assert {one.object: one.outcome for one in house.sync().results} == {
        "a_2025.csv": Outcome.UNCHANGED,
        "a_2026.csv": Outcome.ADOPTED,
    }
    assert len(house.resources()) == 2


@pytest.mark.parametrize("trouble", ["portal", "object", "killed"])
def test_a_first_cycle_that_could_not_look_leaves_it_to_the_next(
    house: House, resource: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with back_to_the_backup(house):
        by_hand(house, resource, HAND)
    if trouble == "portal":
        house.portal.faults.add(method="GET", path="/datasets/", status=500, times=100)
        assert house.sync_one().outcome is Outcome.FAILED
        house.portal.faults.clear()
        house.pass_time(600)
    elif trouble == "object":
        content = house.bucket.objects.pop("a.csv")
        assert house.sync_one().outcome is Outcome.MISSING
        house.bucket.objects["a.csv"] = content
    else:
        with monkeypatch.context() as patched:

            def die(*_: object, **__: object) -> None:
                raise Killed

            patched.setattr("syncd.adapters.ledger.store.SqlLedger.keep", die)
            with pytest.raises(Killed):
                house.sync()

    assert house.sync_one().reason.code == "pinned_after_backup"
    assert house.bytes_online(resource) == HAND


def test_a_bucket_that_wins_over_others_wins_here_too(house: House) -> None:
    resource = house.resource(TITLE, content=OLD)
    house.target(resource, "a.csv", drift="republish")
    deposit(house, FIRST)
    house.sync()
    with back_to_the_backup(house):
        by_hand(house, resource, HAND)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == FIRST


def test_push_after_a_restore_puts_the_persons_file_online(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        deposit(house, SECOND)
        house.sync()
    house.pass_time(60)
    request = house.request("main.csv", HAND, resource=resource, mapped=house.mapped(resource))

    assert house.push(request).outcome is Outcome.PINNED
    assert house.bytes_online(resource) == HAND


def test_verify_blames_nobody_for_what_came_since(house: House, resource: str) -> None:
    with back_to_the_backup(house):
        by_hand(house, resource, HAND)

    (found,) = house.verify().results

    assert (found.outcome, found.reason.code) == (Outcome.DRIFTED, "verified_after_backup")
    assert seen(house).outcome is Outcome.PINNED


def test_open_uploads_of_the_backup_come_to_their_end(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit(house, SECOND)
    paths: list[Path] = []
    from syncd.sync import publish

    send = publish._send

    def saved(*given: object) -> object:
        paths.append(house.backup())
        return send(*given)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patched:
        patched.setattr(publish, "_send", saved)
        assert house.sync_one().outcome is Outcome.REPLACED
    house.pass_time(3600)
    house.restore(paths[0])

    found = house.sync_one()
    assert (found.outcome, found.reason.code) == (Outcome.REPLACED, "recovered")
    assert house.bytes_online(resource) == SECOND
    assert house.online(resource).title == TITLE
    assert house.sync_one().outcome is Outcome.UNCHANGED
