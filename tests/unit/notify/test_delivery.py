"""Told once, recalled daily, never in the way: the delivery of alerts on a real ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import structlog

from syncd.adapters.ledger import SqlLedger
from syncd.core.errors import LedgerError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import Reason, because
from syncd.core.records import DatasetNote, Outcome
from syncd.core.service_records import Alert
from syncd.notify import Address, Letter
from syncd.notify.delivery import AlertDelivery
from tests.support.alert_builders import DOWN, SHRUNK, SLOW, result, well
from tests.support.builders import DATASET, NOW, OTHER, PORTAL, RESOURCE, row

CONTACT = "musees@example.fr"
MINUTES = timedelta(minutes=15)
TROUBLE = because("notify_failed", address="json://ops", detail="status 500")


@dataclass
class Post:
    """Takes letters; `down` names the addresses that do not."""

    ops: tuple[Address, ...] = (Address("ops", "json://ops"),)
    contacts: bool = True
    down: set[str] = field(default_factory=set)
    taken: list[Letter] = field(default_factory=list)
    tried: int = 0
    on_send: Callable[[], None] = lambda: None

    def contact(self, contact: str) -> Address | None:
        return Address(contact, f"mailto://{contact}", contact) if self.contacts else None

    def send(self, letters: Sequence[Letter]) -> list[Reason | None]:
        self.on_send()
        self.tried += len(letters)
        refused = [letter.address.label in self.down for letter in letters]
        self.taken += [one for one, no in zip(letters, refused, strict=True) if not no]
        return [TROUBLE if no else None for no in refused]

    def subjects(self, to: str = "ops") -> list[str]:
        return [letter.subject for letter in self.taken if letter.address.label == to]


class House:
    """A delivery with a clock in the test's hand."""

    def __init__(self, ledger: SqlLedger, post: Post) -> None:
        self.now = NOW
        self.receipts = False
        self.post = post
        self.ledger = ledger
        self.delivery = self.restarted()

    def restarted(self) -> AlertDelivery:
        self.delivery = AlertDelivery(self.ledger, self.post, PORTAL, lambda: self.now)
        return self.delivery

    def cycle(self, *results: Any, dataset: str = DATASET, flush: bool = True) -> None:
        self.delivery.observe(dataset, results, CONTACT, receipts=self.receipts)
        if flush:
            self.delivery.flush(self.now)

    def later(self, time: timedelta) -> None:
        self.now += time

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return self.ledger.alerts(PORTAL)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(SqlLedger(None, tmp_path)) as opened:
        yield opened


@pytest.fixture
def house(ledger: SqlLedger) -> House:
    return House(ledger, Post())


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


# -- what is told, and how often -----------------------------------------------------------------


def test_a_hold_is_told_to_ops_and_to_the_contact_once(house: House) -> None:
    for _ in range(4):
        house.cycle(result())
        house.later(MINUTES)

    assert house.post.subjects() == ["syncd: Liste des musées: held"]
    assert house.post.subjects(CONTACT) == ["syncd: Liste des musées: held"]
    assert house.alerts[0].told_at == NOW


def test_a_failure_that_lasts_a_week_is_told_once_and_recalled_six_times(house: House) -> None:
    for _ in range(7 * 24 * 4):
        house.cycle(result(Outcome.FAILED, DOWN))
        house.later(MINUTES)

    assert len(house.post.subjects()) == 1 + 6
    assert house.post.subjects()[0] == "syncd: Liste des musées: failed"
    assert set(house.post.subjects()[1:]) == {"syncd: Liste des musées: failed (reminder)"}
    assert house.post.subjects(CONTACT) == []


def test_a_hold_that_lasts_a_week_is_told_once_and_recalled_six_times_to_both(house: House) -> None:
    for _ in range(7 * 24 * 4):
        house.cycle(result())
        house.later(MINUTES)

    assert len(house.post.subjects()) == len(house.post.subjects(CONTACT)) == 1 + 6


def test_an_outage_with_many_faces_is_one_trouble(house: House) -> None:
    for number in range(24 * 4):
        house.cycle(result(Outcome.FAILED, (DOWN, SLOW)[number % 2]))
        house.later(MINUTES)

    assert len(house.post.subjects()) == 1


def test_each_change_is_told(house: House) -> None:
    for _ in range(3):
        house.cycle(result())
        house.later(MINUTES)
        house.cycle(well())
        house.later(MINUTES)

    told = ["syncd: Liste des musées: held", "syncd: Liste des musées is well again"]
    assert house.post.subjects() == told * 3
    assert house.alerts == ()


def test_what_ends_before_anyone_could_be_told_is_never_told(house: House) -> None:
    house.cycle(result(), flush=False)
    house.cycle(well())

    assert house.post.tried == 0
    assert house.alerts == ()


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.stress)])
def test_hundreds_of_datasets_that_fail_at_once_are_one_message(house: House, count: int) -> None:
    for number in range(count):
        failed = result(Outcome.FAILED, DOWN, dataset=str(number), dataset_title=f"D{number:03}")
        house.cycle(failed, dataset=str(number), flush=False)

    house.delivery.flush(house.now)

    assert house.post.subjects() == [
        f"syncd: {count} targets of {count} datasets need you: D000: failed, …"
    ]
    assert house.post.subjects(CONTACT) == []
    assert len(house.post.taken[0].body.splitlines()) < 15


def test_many_held_files_of_one_contact_are_one_message(house: House) -> None:
    for number in range(30):
        held = result(dataset=str(number), dataset_title=f"D{number:03}")
        house.cycle(held, dataset=str(number), flush=False)

    house.delivery.flush(house.now)

    assert len(house.post.subjects(CONTACT)) == 1
    assert len(house.post.taken[-1].body.splitlines()) < 15


def test_a_contact_who_heard_of_a_trouble_hears_of_its_end_whatever_came_between(
    house: House,
) -> None:
    for outcome in (result(), result(Outcome.FAILED, DOWN), result(Outcome.FAILED, DOWN), well()):
        house.cycle(outcome)
        house.later(MINUTES)

    told = [letter for letter in house.post.taken if letter.address.label == CONTACT]
    assert [one.subject for one in told] == [
        "syncd: Liste des musées: held",
        "syncd: Liste des musées is well again",
    ]
    assert "(was: held)" in told[1].body
    assert "(was: failed)" in house.post.taken[-2].body


def test_a_contact_who_heard_of_nothing_is_told_of_no_end(house: House) -> None:
    for outcome in (result(Outcome.FAILED, DOWN), well()):
        house.cycle(outcome)
        house.later(MINUTES)

    assert len(house.post.subjects()) == 2
    assert house.post.subjects(CONTACT) == []


def test_messages_have_a_type(house: House) -> None:
    for outcome in (result(), well(), result(Outcome.FAILED, DOWN)):
        house.cycle(outcome)
        house.later(MINUTES)
    house.delivery.raise_("key", "ending", because("key_expires_30", at=NOW.isoformat()))
    house.delivery.flush(house.now)

    kinds = [letter.kind for letter in house.post.taken if letter.address.label == "ops"]
    assert kinds == ["warning", "info", "failure", "warning"]


def test_a_restart_tells_nothing_again(house: House) -> None:
    house.cycle(result())
    house.restarted()
    house.cycle(result())

    assert len(house.post.subjects()) == 1


def test_what_the_service_says_of_itself_goes_to_ops_alone(house: House) -> None:
    reason = because("fault", detail="x")
    for _ in range(3):
        house.delivery.raise_("manifest", "failed", reason)
        house.delivery.raise_("late", "late", reason, dataset=DATASET, title="M", contact=CONTACT)
        house.delivery.flush(house.now)
    house.delivery.clear("manifest")
    house.delivery.clear("manifest", dataset=DATASET)
    house.delivery.flush(house.now)

    assert len(house.post.subjects()) == 2
    assert house.post.subjects()[-1] == "syncd itself is well again"
    assert house.post.subjects(CONTACT) == []
    assert [alert.item for alert in house.alerts] == ["late"]


def test_datasets_that_left_are_not_recalled(house: House) -> None:
    house.cycle(result())
    house.delivery.forget_others([OTHER])
    house.later(timedelta(days=2))
    house.delivery.flush(house.now)

    assert house.alerts == ()
    assert len(house.post.subjects()) == 1


def test_a_failure_is_told_with_the_titles_that_the_ledger_knows(house: House) -> None:
    house.ledger.put_note(DatasetNote(PORTAL, DATASET, "Le vrai titre", "https://p/d", NOW))
    house.ledger.put(row())
    poor = result(Outcome.FAILED, DOWN, dataset_title="?", dataset_page="", title="", link="")

    house.cycle(poor)

    about = house.alerts[0].about
    assert about["dataset_title"] == "Le vrai titre"
    assert about["page"] == "https://p/d"
    assert (about["title"], about["link"]) == (row().title, row().link)


# -- nobody to tell ------------------------------------------------------------------------------


def test_without_any_address_alerts_are_kept_and_count_as_told(
    house: House, logged: list[Any]
) -> None:
    house.post.ops, house.post.contacts = (), False
    house.cycle(result())
    house.cycle(result())

    assert [alert.told_at for alert in house.alerts] == [NOW]
    assert [entry["event"] for entry in logged] == ["notify.nobody"]
    assert house.delivery.unsent == 0


def test_without_ops_the_contact_is_enough(house: House) -> None:
    house.post.ops = ()
    house.cycle(result())

    assert house.alerts[0].told_at == NOW
    assert house.post.subjects(CONTACT) == ["syncd: Liste des musées: held"]


# -- servers that do not take it -----------------------------------------------------------------


def test_what_was_not_taken_is_tried_again_after_longer_and_longer_pauses(
    house: House, logged: list[Any]
) -> None:
    house.post.down, house.post.contacts = {"ops"}, False
    tries = []
    for minute in range(240):
        before = house.post.tried
        house.cycle(result())
        if house.post.tried > before:
            tries.append(minute)
        house.later(timedelta(minutes=1))

    assert tries == [0, 5, 15, 35, 75, 135, 195]
    assert house.delivery.unsent == 1
    assert house.delivery.troubles == (TROUBLE,)
    assert house.alerts[0].told_at is None
    assert {entry["event"] for entry in logged} == {"notify.failed"}
    assert len(logged) == len(tries)

    house.post.down.clear()
    house.later(timedelta(hours=1))
    house.delivery.flush(house.now)

    assert house.post.subjects() == ["syncd: Liste des musées: held"]
    assert (house.delivery.unsent, house.delivery.troubles) == (0, ())


def test_an_address_that_is_down_does_not_make_the_others_hear_it_twice(house: House) -> None:
    house.post.ops += (Address("chat", "mmost://chat"),)
    house.post.down = {"chat"}
    for _ in range(3):
        house.cycle(result())
        house.later(timedelta(minutes=10))
    assert len(house.post.subjects("ops")) == len(house.post.subjects(CONTACT)) == 1
    assert house.alerts[0].told_at == NOW
    assert house.delivery.unsent == 1

    house.post.down.clear()
    house.later(timedelta(hours=1))
    house.cycle(result())

    assert house.post.subjects("chat") == ["syncd: Liste des musées: held"]
    assert len(house.post.subjects("ops")) == 1
    assert house.delivery.unsent == 0


def test_while_ops_cannot_be_reached_the_contact_hears_it_once(house: House) -> None:
    house.post.down = {"ops"}
    for _ in range(8):
        house.cycle(result())
        house.later(MINUTES)

    assert len(house.post.subjects(CONTACT)) == 1
    assert house.alerts[0].told_at is None


def test_what_happened_meanwhile_is_told_as_it_is_now(house: House) -> None:
    house.post.down = {"ops", CONTACT}
    house.cycle(result())
    house.later(timedelta(minutes=1))
    house.cycle(result(Outcome.HELD, SHRUNK))
    house.post.down.clear()
    house.later(timedelta(hours=1))
    house.delivery.flush(house.now)

    (letter,) = [one for one in house.post.taken if one.address.label == "ops"]
    assert "limit 50 %" in letter.body
    assert letter.body.count("- held") == 1


def test_good_news_are_offered_for_a_day(house: House) -> None:
    house.post.down = {CONTACT}
    house.cycle(result())
    house.cycle(well())
    assert house.alerts == ()
    house.later(timedelta(hours=2))
    house.delivery.flush(house.now)
    assert house.delivery.unsent == 1

    house.later(timedelta(hours=23))
    house.delivery.flush(house.now)
    assert house.delivery.unsent == 0
    assert house.post.subjects(CONTACT) == []


def test_a_change_while_the_message_is_on_its_way_is_told_as_well(house: House) -> None:
    def change() -> None:
        house.post.on_send = lambda: None
        house.later(timedelta(seconds=1))
        house.cycle(result(Outcome.FAILED, DOWN), flush=False)

    house.post.on_send = change
    house.cycle(result())
    assert house.alerts[0].told_at is None
    house.delivery.flush(house.now)

    assert house.post.subjects() == [
        "syncd: Liste des musées: held",
        "syncd: Liste des musées: failed",
    ]


def test_what_ends_while_its_message_is_on_its_way_is_told_as_over(house: House) -> None:
    """The receiver has it before the sender knows: as when a mail server takes its time."""
    house.post.on_send = lambda: house.cycle(well(), flush=False)
    house.cycle(result())
    house.post.on_send = lambda: None
    for _ in range(3):
        house.later(MINUTES)
        house.cycle(well())

    for to in ("ops", CONTACT):
        began, ended = house.post.subjects(to)
        assert began != ended
    assert house.alerts == ()


def test_a_fault_of_our_own_is_logged_and_nothing_more(house: House, logged: list[Any]) -> None:
    def burst() -> None:
        raise RuntimeError("bang")

    house.post.on_send = burst
    house.cycle(result())
    assert [entry["event"] for entry in logged] == ["notify.fault"]

    house.post.on_send = lambda: None
    house.delivery.flush(house.now)
    assert house.post.subjects() == ["syncd: Liste des musées: held"]


# -- a ledger that cannot be used ----------------------------------------------------------------


class FullDisk:
    """A ledger on a disk that has room, or not."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger
        self.readable = self.writable = True

    def put_alerts(self, changed: Any, dropped: Any = ()) -> None:
        self._must(self.writable)
        self._ledger.put_alerts(changed, dropped)

    def __getattr__(self, name: str) -> Any:
        self._must(self.readable)
        return getattr(self._ledger, name)

    @staticmethod
    def _must(works: bool) -> None:
        if not works:
            raise LedgerError("ledger_unusable", path="ledger", detail="disk full")


@pytest.mark.parametrize("readable", [True, False])
def test_a_full_disk_is_told_once_all_the_same(
    ledger: SqlLedger, readable: bool, logged: list[Any]
) -> None:
    disk = FullDisk(ledger)
    house = House(ledger, Post())
    house.delivery = AlertDelivery(
        cast("ServiceLedger", disk), house.post, PORTAL, lambda: house.now
    )
    disk.readable, disk.writable = readable, False
    for _ in range(5):
        house.cycle(result(Outcome.FAILED, because("spool_full", folder="s", needed=1, free=0)))
        house.later(MINUTES)
    assert house.post.subjects() == ["syncd: Liste des musées: failed"]
    assert house.alerts == ()
    assert [e["event"] for e in logged if e["log_level"] == "warning"] == ["notify.not_stored"]

    disk.readable = disk.writable = True
    house.cycle(well())

    assert house.post.subjects()[1:] == ["syncd: Liste des musées is well again"]
    assert house.alerts == ()


def test_many_cycles_may_end_at_once(house: House) -> None:
    def work(number: int) -> None:
        for outcome in (Outcome.HELD, Outcome.MISSING, Outcome.HELD):
            one = result(outcome, dataset=str(number), resource=f"{RESOURCE}{number}")
            house.delivery.observe(str(number), [one], CONTACT)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    house.delivery.flush(house.now)
    for thread in threads:
        thread.join(30)
    house.delivery.flush(house.now)

    assert sorted(alert.dataset for alert in house.alerts) == sorted(map(str, range(8)))
    assert {alert.state for alert in house.alerts} == {"held"}
    assert {alert.told_at for alert in house.alerts} == {NOW}


def test_a_clock_that_was_far_ahead_does_not_silence_anything(house: House) -> None:
    house.post.down = {"ops"}
    house.now = datetime(2036, 1, 1, tzinfo=NOW.tzinfo)
    house.cycle(result())
    house.now = NOW
    house.post.down.clear()
    house.cycle(result())

    assert len(house.post.subjects()) == 1


# -- receipts ------------------------------------------------------------------------------------

FIRST = result(Outcome.REPLACED, because("new_bytes", size=80, previous=9), size=80, sha1="a" * 40)


def test_the_contact_alone_is_told_once_of_a_file_that_went_online(house: House) -> None:
    house.receipts = True
    house.cycle(FIRST)
    for _ in range(3):
        house.later(timedelta(days=1))
        house.cycle(well())

    assert house.post.subjects(CONTACT) == ["syncd: Liste des musées: the new file is online"]
    (letter,) = house.post.taken
    assert f"a.csv (80 B, sha1 {'a' * 40}) is what re-users get now" in letter.body
    assert f"https://portal.example/r/{RESOURCE}" in letter.body
    assert house.alerts == ()


def test_the_contact_is_told_of_the_errors_under_the_schema_with_the_receipt(house: House) -> None:
    house.receipts = True
    errors = "“siret” french-siret ×12 (3, 5, …)"
    told = because("guard_schema", schema="etalab/a@1.0", count=1, errors=errors)
    house.cycle(replace(FIRST, warnings=(because("guard_preview"), told)))
    (letter,) = house.post.taken
    said = " ".join(letter.body.split())
    assert f"a.csv is online (80 B, sha1 {'a' * 40}). Under the schema etalab/a@1.0" in said
    assert errors in said


def test_a_receipt_that_was_not_taken_is_offered_again_and_only_the_newest(house: House) -> None:
    house.receipts = True
    house.post.down = {CONTACT}
    house.cycle(FIRST)
    house.later(MINUTES)
    house.cycle(result(Outcome.REPLACED, size=81, sha1="b" * 40))
    house.post.down = set()
    house.later(MINUTES)

    house.cycle(well())

    (letter,) = house.post.taken
    assert "b" * 40 in letter.body
    assert "a" * 40 not in letter.body


def test_a_hold_and_a_receipt_of_two_targets_are_one_message(house: House) -> None:
    house.receipts = True
    house.cycle(FIRST, result(resource=OTHER, object="b.csv", title="Autre"))

    assert house.post.subjects() == ["syncd: Liste des musées: held"]
    assert house.post.subjects(CONTACT) == ["syncd: Liste des musées: held"]
    (to_contact,) = [one for one in house.post.taken if one.address.label == CONTACT]
    assert "a" * 40 in to_contact.body
    assert "b.csv" in to_contact.body


def test_a_held_file_that_was_released_is_told_as_well_again_and_online(house: House) -> None:
    house.receipts = True
    house.cycle(result())
    house.later(MINUTES)
    house.cycle(FIRST)

    assert house.post.subjects() == [
        "syncd: Liste des musées: held",
        "syncd: Liste des musées is well again",
    ]
    last = [one for one in house.post.taken if one.address.label == CONTACT][-1]
    assert "the new file is online" in last.subject
    assert "well again" in last.body


@pytest.mark.parametrize("why", ["switched off", "no way to write"])
def test_without_receipts_nobody_is_told_and_nothing_is_kept(house: House, why: str) -> None:
    house.receipts = why != "switched off"
    house.post.contacts = why != "no way to write"
    house.cycle(FIRST)

    assert house.post.taken == []
    assert house.alerts == ()


def test_what_goes_well_without_an_upload_needs_no_receipt(house: House) -> None:
    house.receipts = True
    house.cycle(well(), result(Outcome.ADOPTED, resource=OTHER, object="b.csv"))
    assert house.post.taken == []
