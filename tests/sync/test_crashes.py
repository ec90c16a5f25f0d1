"""What a crash, a lost answer or a person in between must not break (docs/architecture.md,
Promises 2 to 4, and Hard cases)."""

from __future__ import annotations

import threading

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.bootstrap import Silence
from syncd.core.reasons import Reason
from syncd.core.records import Act, Intent, IntentState, Outcome
from syncd.simulator.faults import Fault
from tests.support.builders import digest
from tests.support.sync_harness import UPLOAD, House, Killed, killed_between_upload_and_title

NEW = b"id\n1\n2\n"


class Told(Silence):
    """What is said of waiting."""

    def __init__(self) -> None:
        self.waits: list[tuple[Reason, float]] = []

    def waiting(self, why: Reason, seconds: float) -> None:
        self.waits.append((why, seconds))


@pytest.fixture
def resource(house: House) -> str:
    found = house.resource("Titre humain")
    house.target(found, "a.csv")
    house.bucket.put("a.csv", NEW)
    return found


def test_killed_between_upload_and_title_the_title_comes_back_and_nothing_is_sent_again(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_between_upload_and_title(house, monkeypatch)
    assert house.online(resource).title == "a.csv"

    result = house.sync_one()

    assert house.online(resource).title == "Titre humain"
    assert house.uploads() == 1
    assert (result.outcome, result.reason.code) == (Outcome.REPLACED, "recovered")
    assert house.intents() == 0
    assert house.sync_one().outcome is Outcome.UNCHANGED


def test_a_title_written_by_a_person_after_the_crash_is_kept(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_between_upload_and_title(house, monkeypatch)
    house.portal.store.retitle(house.dataset, resource, "Le titre d'une personne")

    house.sync()

    assert house.online(resource).title == "Le titre d'une personne"
    assert house.intents() == 0


def test_a_title_written_between_our_upload_and_our_restore_is_kept(
    house: House, resource: str
) -> None:
    house.portal.faults.add(
        method="POST",
        path=UPLOAD,
        hook=lambda: house.portal.store.retitle(house.dataset, resource, "À l'instant"),
    )

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "À l'instant"


def test_what_did_not_wait_for_the_disk_and_was_undone_by_a_power_cut_is_found_again(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", NEW + b"2024\n")
    amend = SqlLedger.amend

    def only_on_disk(ledger: SqlLedger, intent: Intent, *, wait_for_disk: bool = True) -> None:
        if wait_for_disk:
            amend(ledger, intent)

    with monkeypatch.context() as undone:
        undone.setattr(SqlLedger, "amend", only_on_disk)
        undone.setattr(SqlLedger, "finish", lambda *_: None)
        undone.setattr(SqlLedger, "put", lambda *_: None)
        assert house.sync().exit_code == 0
    assert house.open_intents() == 2
    titles = {one.id: one.title for one in house.resources()}
    house.portal.journal.clear()

    after = house.sync()

    assert [result.reason.code for result in after.results] == ["recovered", "recovered"]
    assert {one.method for one in house.portal.requests} == {"GET"}
    assert {one.id: one.title for one in house.resources()} == titles
    assert house.open_intents() == 0
    assert house.sync().summary == {"unchanged": 2}


@pytest.mark.parametrize("status", [429, 423, 502])
def test_a_title_written_while_the_portal_asks_for_a_pause_is_kept(
    house: House, resource: str, status: int
) -> None:
    house.portal.faults.add(
        method="POST", path=UPLOAD, status=status, headers={"Retry-After": "100"}
    )
    house.on_wait = lambda _seconds: house.portal.store.retitle(
        house.dataset, resource, "Nouveau titre"
    )

    house.sync()
    house.on_wait = lambda _seconds: None
    house.pass_time(60)
    house.sync()

    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Nouveau titre"


def test_a_title_written_while_the_object_is_being_read_is_the_one_kept(
    house: House, resource: str
) -> None:
    house.bucket.before_open = lambda _key: house.portal.store.retitle(
        house.dataset, resource, "Corrigé pendant la lecture"
    )

    house.sync()

    assert house.online(resource).title == "Corrigé pendant la lecture"


def test_an_upload_that_commits_late_is_waited_for_and_not_sent_twice(
    house: House, resource: str
) -> None:
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)

    def commit_after_four_seconds(_seconds: float) -> None:
        if sum(house.waited) >= 4:
            gate.set()
            fault.done.wait(60)

    house.on_wait = commit_after_four_seconds
    house.progress = told = Told()

    result = house.sync_one()

    ((why, seconds),) = told.waits
    assert why.code == "wait_upload"
    assert why.facts["key"] == "a.csv"
    assert 0 < seconds <= 60  # the window: never less than what it takes

    assert result.outcome is Outcome.REPLACED
    assert house.uploads() == 1
    assert house.online(resource).title == "Titre humain"
    assert house.bytes_online(resource) == NEW


@pytest.fixture
def killed_while_the_server_is_busy(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[threading.Event, Fault]:
    """The client died after its last byte; the server has not committed yet."""
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr("syncd.sync.publish.read_back", die)
        with pytest.raises(Killed):
            house.sync()
    return gate, fault


def test_killed_while_the_server_is_busy_the_next_sync_waits_for_the_upload(
    house: House, resource: str, killed_while_the_server_is_busy: tuple[threading.Event, Fault]
) -> None:
    gate, fault = killed_while_the_server_is_busy

    def commit(_seconds: float) -> None:
        if sum(house.waited) >= 4:
            gate.set()
            fault.done.wait(60)

    house.on_wait = commit

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.REPLACED, "recovered")
    assert house.uploads() == 1
    assert house.online(resource).title == "Titre humain"


def test_an_upload_that_never_arrives_is_sent_again_only_after_its_window(
    house: House, resource: str
) -> None:
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")

    first = house.sync_one()

    assert (first.outcome, first.reason.code) == (Outcome.FAILED, "upload_lost")
    assert sum(house.waited) >= 15
    assert house.uploads() == 1
    assert house.online(resource).title == "Titre humain"
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Titre humain"


def test_an_upload_that_arrives_after_its_window_loses_no_title(
    house: House, resource: str
) -> None:
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    assert house.sync_one().outcome is Outcome.FAILED
    gate.set()
    fault.done.wait(60)
    assert house.online(resource).title == "a.csv"

    house.sync()

    assert house.online(resource).title == "Titre humain"
    assert house.uploads() == 1


def test_a_late_upload_of_older_bytes_is_replaced_and_the_title_survives(
    house: House, resource: str
) -> None:
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    assert house.sync_one().outcome is Outcome.FAILED
    house.bucket.put("a.csv", b"id\n7\n8\n9\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    gate.set()
    fault.done.wait(60)
    assert house.bytes_online(resource) == NEW
    house.pass_time(24 * 3600 + 1)

    house.sync()

    assert house.bytes_online(resource) == b"id\n7\n8\n9\n"
    assert house.online(resource).title == "Titre humain"


def test_for_an_hour_each_pass_looks_whether_a_given_up_upload_came_after_all(
    house: House, resource: str
) -> None:
    house.stop_the_clock()
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    assert house.sync_one().outcome is Outcome.FAILED
    house.bucket.put("a.csv", b"id\n7\n8\n9\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    house.pass_time(45 * 60)
    gate.set()
    fault.done.wait(60)
    assert house.bytes_online(resource) == NEW

    house.sync()

    assert house.bytes_online(resource) == b"id\n7\n8\n9\n"
    assert house.online(resource).title == "Titre humain"


def test_after_an_hour_a_pass_without_news_asks_the_portal_nothing_again(
    house: House, resource: str
) -> None:
    house.stop_the_clock()
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")
    assert house.sync_one().outcome is Outcome.FAILED
    assert house.sync_one().outcome is Outcome.REPLACED
    asked = len(house.portal.requests)
    house.sync()
    assert len(house.portal.requests) > asked
    house.pass_time(3600)
    asked = len(house.portal.requests)

    house.sync()

    assert len(house.portal.requests) == asked
    assert house.online(resource).title == "Titre humain"


def test_the_portal_is_down_when_the_title_is_due_and_the_next_sync_puts_it_back(
    house: House, resource: str
) -> None:
    house.portal.faults.add(method="PUT", path=f"/resources/{resource}/$", times=4, status=502)

    first = house.sync_one()

    assert first.outcome is Outcome.FAILED
    assert house.bytes_online(resource) == NEW
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(resource).title == "Titre humain"
    assert house.uploads() == 1


def test_while_the_title_cannot_be_put_back_the_outcome_stays_failed(
    house: House, resource: str
) -> None:
    house.portal.faults.add(method="PUT", path=f"/resources/{resource}/$", times=8, status=502)

    assert [house.sync_one().outcome for _ in range(3)] == [
        Outcome.FAILED,
        Outcome.FAILED,
        Outcome.REPLACED,
    ]


def test_wrong_bytes_online_are_sent_again_at_once(house: House, resource: str) -> None:
    house.portal.faults.add(method="POST", path=UPLOAD, corrupt=True)

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.uploads() == 2
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"


def test_bytes_that_stay_wrong_are_a_loud_failure_and_mended_by_the_next_cycle(
    house: House, resource: str
) -> None:
    house.portal.faults.add(method="POST", path=UPLOAD, corrupt=True, times=2)

    first = house.sync_one()

    assert (first.outcome, first.reason.code) == (Outcome.FAILED, "verify_bytes")
    assert house.online(resource).title == "Titre humain"
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == NEW
    assert house.online(resource).title == "Titre humain"


def test_a_creation_whose_answer_was_lost_is_found_and_not_doubled(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    house.portal.faults.add(method="POST", path=UPLOAD, cut="after")

    assert house.sync_one().outcome is Outcome.CREATED
    (made,) = house.resources()
    assert made.title == "Festivals 2024"
    assert list(made.extras) == ["syncd:source"]


@pytest.mark.parametrize("name", ["cœur.csv", "日本 2024.csv", "a_b c%d+e.csv"])
def test_a_creation_cut_before_its_mark_is_completed_whatever_the_name(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    house.entry(each="f/{nom}.csv", title="Fichier {nom}", create=True)
    house.bucket.put(f"f/{name}", b"annee\n2024\n")
    gate = threading.Event()
    house.portal.faults.add(method="POST", path=UPLOAD, cut="after")
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr("syncd.sync.publish.read_back", die)
        with pytest.raises(Killed):
            house.sync()
    gate.set()

    assert house.sync_one().outcome is Outcome.CREATED
    (made,) = house.resources()
    assert made.title == f"Fichier {name.removesuffix('.csv')}"
    assert house.uploads() == 1


def test_a_creation_cut_while_ledger_is_kept_never_makes_two(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    killed_between_upload_and_title(house, monkeypatch)

    assert house.sync_one().outcome is Outcome.CREATED
    assert [r.title for r in house.resources()] == ["Festivals 2024"]
    assert house.uploads() == 1


def test_an_intent_is_on_disk_before_the_upload_begins(house: House, resource: str) -> None:
    seen: list[IntentState] = []

    def look() -> None:
        with house.adapters(read_only=True) as adapters:
            seen.extend(i.state for i in adapters.ledger.intents(house.url, house.dataset))

    house.portal.faults.add(method="POST", path=UPLOAD, hook=look)
    house.sync()

    assert seen == [IntentState.OPEN]
    assert resource


def test_an_intent_of_a_target_that_left_the_manifest_is_still_brought_to_its_end(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_between_upload_and_title(house, monkeypatch)
    house.entries.clear()
    house.target(house.resource("Autre"), "b.csv")
    house.bucket.put("b.csv", b"id\n5\n")

    house.sync()

    assert house.online(resource).title == "Titre humain"


def test_a_resource_withdrawn_during_its_upload_is_refused_and_nothing_stays_open(
    house: House, resource: str
) -> None:
    house.portal.faults.add(
        method="POST",
        path=UPLOAD,
        hook=lambda: house.portal.store.withdraw(house.dataset, resource),
    )

    assert house.sync_one().outcome is Outcome.REFUSED
    house.portal.journal.clear()
    assert house.sync_one().outcome is Outcome.REFUSED
    assert house.uploads() == 0
    assert sum(house.waited) < 5


def test_a_creation_that_never_arrived_says_nothing_of_the_one_that_did(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")
    assert house.sync_one().outcome is Outcome.FAILED
    house.bucket.put("f/f_2024.csv", b"annee\n2024\nplus\n")
    assert house.sync_one().outcome is Outcome.CREATED

    assert house.sync_one(ask=True).outcome is Outcome.UNCHANGED
    assert len(house.resources()) == 1


def test_an_upload_that_never_arrived_is_forgotten_after_a_week(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.portal.faults.add(method="POST", path="/upload/$", cut="body")
    assert house.sync_one().outcome is Outcome.FAILED
    house.pass_time(3600)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert (house.intents(), house.open_intents()) == (1, 0)
    house.pass_time(8 * 86400)
    house.sync_one()
    assert house.intents() == 0


def test_a_second_upload_of_one_file_is_not_taken_for_the_first_which_was_lost(
    house: House, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.portal.faults.add(method="POST", path=UPLOAD, cut="before")
    house.sync()
    house.pass_time(3600)
    killed_between_upload_and_title(house, monkeypatch)
    assert (house.intents(), house.open_intents()) == (2, 1)

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.REPLACED, "recovered")
    assert house.online(resource).title == "Titre humain"
    sent = [
        line.act for line in house.history(resource) if line.judged.digest == digest(NEW.decode())
    ]
    assert sent == [Act.REPLACED]
