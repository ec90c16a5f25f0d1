"""Histories: manifest edits, crashes, people's acts and faults, one after the other.

Each was once a way to break a promise of the README.
"""

from __future__ import annotations

import threading

import pytest

from syncd.actions.selection import by_target
from syncd.core.errors import UsageError
from syncd.core.records import Outcome
from tests.support.sync_harness import (
    UPLOAD,
    House,
    Killed,
    killed_between_upload_and_title,
    many,
    outcomes,
)

NEW = b"id\n1\n2\n"


def test_a_mapping_that_was_changed_and_changed_back_is_not_taken_for_unchanged(
    house: House,
) -> None:
    r = house.resource("Titre")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.put("b.csv", b"id\n3\n4\n")
    house.sync()
    house.entries.clear()
    house.target(r, "b.csv")
    assert house.sync_one().outcome is Outcome.REPLACED
    house.entries.clear()
    house.target(r, "a.csv")
    out = [house.sync_one().outcome, house.sync_one(ask=True).outcome, house.sync_one().outcome]
    assert house.bytes_online(r) == b"id\n1\n2\n", out


def test_the_brake_still_holds_in_the_next_cycle(house: House) -> None:
    many(house, 10, changed=6)
    assert house.sync().summary == {"adopted": 4, "held": 6}
    assert house.sync().summary == {"unchanged": 4, "held": 6}


@pytest.mark.parametrize("status", [400, 401, 403, 413, 423, 429])
def test_a_title_survives_wrong_bytes_and_then_a_refusal(house: House, status: int) -> None:
    r = house.resource("Titre humain")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path=UPLOAD, corrupt=True)
    house.portal.faults.add(
        method="POST", path=UPLOAD, status=status, times=4 if status in (423, 429) else 1
    )
    house.sync()
    out = [house.sync_one().outcome for _ in range(2)]
    assert (house.bytes_online(r), house.online(r).title) == (NEW, "Titre humain"), out


def test_wrong_bytes_with_a_lost_answer_lose_no_title(house: House) -> None:
    r = house.resource("Titre humain")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path=UPLOAD, corrupt=True, cut="after")
    house.sync()
    out = [house.sync_one() for _ in range(2)]
    assert (house.bytes_online(r), house.online(r).title) == (NEW, "Titre humain"), out


def test_wrong_bytes_with_a_lost_answer_on_a_known_binding(house: House) -> None:
    r = house.resource("Titre humain")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", b"id\n9\n9\n")
    house.sync()
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path=UPLOAD, corrupt=True, cut="after")
    house.sync()
    out = [house.sync_one() for _ in range(2)]
    assert (house.bytes_online(r), house.online(r).title) == (NEW, "Titre humain"), out


def test_two_files_of_the_same_bytes_do_not_adopt_the_same_resource(house: House) -> None:
    house.resource("Fait main", "main.csv", b"vide\n")
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2023.csv", b"vide\n")
    house.bucket.put("f/f_2024.csv", b"vide\n")
    report = house.sync()
    bound = [r.resource for r in report.results]
    assert len(set(bound)) == 2 or None in bound, report


def test_a_created_resource_withdrawn_at_once_is_not_made_again(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    house.portal.faults.add(
        method="POST",
        path=UPLOAD,
        hook=lambda: house.portal.store.withdraw(house.dataset, house.resources()[0].id),
    )
    assert house.sync_one().outcome is Outcome.REFUSED
    r = house.sync_one()
    assert house.resources() == [], r


def test_a_created_resource_withdrawn_after_a_crash_is_not_made_again(house: House, monkeypatch):
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    killed_between_upload_and_title(house, monkeypatch)
    house.portal.store.withdraw(house.dataset, house.resources()[0].id)
    r = house.sync_one()
    assert house.resources() == [], r


def test_a_pending_upload_is_not_overtaken_by_another_object_of_the_same_resource(
    house: House, monkeypatch
):
    r = house.resource("Titre humain")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.bucket.put("b.csv", b"id\n3\n4\n")
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr("syncd.sync.publish.read_back", die)
        with pytest.raises(Killed):
            house.sync()
    house.entries.clear()
    house.target(r, "b.csv")

    def commit(_seconds: float) -> None:
        if sum(house.waited) >= 4:
            gate.set()
            fault.done.wait(60)

    house.on_wait = commit
    first = house.sync_one()
    gate.set()
    fault.done.wait(60)
    out = [first.outcome] + [house.sync_one().outcome for _ in range(3)]
    assert (house.bytes_online(r), house.online(r).title) == (b"id\n3\n4\n", "Titre humain"), out
    assert out[-1] is Outcome.UNCHANGED, out


@pytest.mark.parametrize("status", [400, 413])
def test_a_file_that_the_portal_refuses_is_not_sent_again_each_cycle(
    house: House, status: int
) -> None:
    r = house.resource("Titre")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.portal.faults.add(method="POST", path=UPLOAD, status=status, times=None)
    for _ in range(4):
        assert house.sync_one().outcome is Outcome.REFUSED
    assert house.uploads() == 1, (house.uploads(), house.bucket.reads)
    house.pass_time(24 * 3600 + 1)
    house.sync()
    assert house.uploads() == 2


def test_a_target_can_be_named_by_its_pattern(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")

    _, only = by_target(house.manifest.datasets, house.manifest.portal, (), "f/f_{annee:yyyy}.csv")
    assert house.sync(only=only).results


def test_a_key_that_is_not_there_is_not_passed_over_in_silence(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")

    _, only = by_target(house.manifest.datasets, house.manifest.portal, (), "f/f_2025.csv")
    with pytest.raises(UsageError):
        house.sync(only=only)


def test_an_unfinished_title_of_a_target_that_left_the_manifest_is_told(house: House, monkeypatch):
    r = house.resource("Titre humain")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    killed_between_upload_and_title(house, monkeypatch)
    house.entries.clear()
    house.target(house.resource("Autre"), "b.csv")
    house.bucket.put("b.csv", b"id\n5\n")
    house.portal.faults.add(method="PUT", path=f"/resources/{r}/$", times=None, status=403)
    codes = [house.sync().exit_code for _ in range(3)]
    assert house.online(r).title == "a.csv"
    assert codes[-1] != 0, codes


def test_an_expired_creation_does_not_take_the_ledger_back(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")
    assert house.sync_one().outcome is Outcome.FAILED
    house.bucket.put("f/f_2024.csv", b"annee\n2024\nplus\n")
    assert house.sync_one().outcome is Outcome.CREATED
    out = [house.sync_one(ask=True) for _ in range(2)]
    assert [o.outcome for o in out] == [Outcome.UNCHANGED] * 2, out


def test_the_title_of_a_lost_upload_does_not_beat_a_later_one(house: House) -> None:
    r = house.resource("T1")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    gate = threading.Event()
    fault = house.portal.faults.add(method="POST", path=UPLOAD, gate=gate)
    assert house.sync_one().outcome is Outcome.FAILED
    house.portal.store.retitle(house.dataset, r, "T2")
    house.bucket.put("a.csv", b"id\n7\n8\n9\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.online(r).title == "T2"
    gate.set()
    fault.done.wait(60)
    house.pass_time(24 * 3600 + 1)
    house.sync()
    assert house.online(r).title == "T2"


@pytest.mark.parametrize("key", ["udata_SECRET\n", "udata_SECRET\x00x"])
def test_a_malformed_key_is_not_told(house: House, key: str) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", NEW)
    house.key = key
    result = house.sync_one()
    assert "SECR" not in str(dict(result.reason.facts)), result


def test_a_resource_stated_for_another_object_is_not_also_an_each_files(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    made = house.sync_one().resource
    house.target(made, "autre.csv")
    house.bucket.put("autre.csv", b"id\n5\n6\n7\n")
    a = outcomes(house.sync())
    b = outcomes(house.sync())
    assert not b["f/f_2024.csv"].is_well, (a, b)


def test_an_answer_lost_after_recovery_keeps_the_baseline(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    r = house.resource("Titre humain")
    house.target(r, "a.csv")
    house.bucket.put("a.csv", NEW)
    killed_between_upload_and_title(house, monkeypatch)
    # describe #1 works, describe #2 (after recovery) is down
    house.portal.faults.add(
        method="GET", path=f"/datasets/{house.dataset}/$", after=1, times=4, status=502
    )
    one = house.sync_one()
    house.portal.store.replace_file(house.dataset, r, "main.csv", b"a la main\n")
    two = house.sync_one()
    assert house.bytes_online(r) == b"a la main\n", (one, two)


def test_a_look_at_one_target_does_not_postpone_the_daily_look_at_the_others(house: House) -> None:
    a, b = house.resource("A"), house.resource("B")
    house.target(a, "a.csv")
    house.target(b, "b.csv")
    house.bucket.put("a.csv", NEW)
    house.bucket.put("b.csv", NEW + b"3\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, b, "main.csv", b"a la main\n")
    house.pass_time(24 * 3600 + 1)
    house.sync(only=a)
    assert outcomes(house.sync())["b.csv"] is Outcome.DRIFTED


def test_a_lost_creation_and_a_crashed_one_do_not_share_a_resource(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.entry(each="f/{annee:yyyy}/data.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/2023/data.csv", b"vide\n")
    house.portal.faults.add(method="POST", path=UPLOAD, cut="body")
    assert house.sync_one().outcome is Outcome.FAILED
    house.bucket.delete("f/2023/data.csv")
    house.bucket.put("f/2024/data.csv", b"vide\n")
    killed_between_upload_and_title(house, monkeypatch)
    house.bucket.put("f/2023/data.csv", b"vide\n")
    house.sync()
    rep = house.sync()
    ids = [r.resource for r in rep.results]
    assert len(set(ids)) == 2, rep


def test_a_fault_of_our_own_does_not_stop_the_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", NEW)
    monkeypatch.setattr("syncd.sync.engine.brake_on", lambda *_: 1 / 0)
    assert house.sync().exit_code == 1


def test_a_target_that_moved_is_not_stopped_by_its_former_resource(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    r1, r2 = house.resource("Un"), house.resource("Deux")
    house.target(r1, "a.csv")
    house.bucket.put("a.csv", NEW)
    killed_between_upload_and_title(house, monkeypatch)
    house.entries.clear()
    house.target(r2, "a.csv")
    house.portal.faults.add(method="PUT", path=f"/resources/{r1}/$", times=None, status=403)
    out = [house.sync() for _ in range(3)]
    assert house.bytes_online(r2) == NEW, out
    assert out[-1].exit_code != 0  # the title of the former one is still to be put back


def test_waiting_for_a_quiet_object_does_not_hide_that_it_is_held(house: House) -> None:
    r = house.resource("Titre", content=b"x" * 100)
    house.target(r, "a.csv", settle="2m")
    house.bucket.put("a.csv", b"")
    assert house.sync_one().outcome is Outcome.HELD
    for _ in range(5):
        house.pass_time(60)
        house.bucket.put("a.csv", b"", at=house.now().replace(microsecond=0))
        last = house.sync_one()
    assert last.outcome is not Outcome.UNCHANGED, last
