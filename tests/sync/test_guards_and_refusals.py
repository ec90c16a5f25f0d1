"""What must not go online stays off, one target's trouble stays its own, and it is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.core.errors import ObjectMissing
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.text import sentence
from tests.support.sync_harness import House, many, outcomes

BIG = b"id\n" + b"1\n" * 100
WIDE = b"id\n" + b"1000\n" * 40  # as many bytes, fewer rows


def held(house: House) -> str:
    result = house.sync_one()
    assert result.outcome is Outcome.HELD, result
    return result.reason.code


# -- guards ------------------------------------------------------------------------------------


def test_an_empty_file_is_held_and_the_old_one_stays(house: House) -> None:
    resource = house.resource("Titre", content=b"ancien\n")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"")

    assert held(house) == "guard_empty"
    assert house.bytes_online(resource) == b"ancien\n"
    assert house.uploads() == 0


def test_a_file_that_lost_more_than_half_is_held_with_the_figures(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG[:80])

    result = house.sync_one()

    assert result.reason.code == "guard_shrink"
    assert dict(result.reason.facts) == {"size": 80, "online": 203, "lost": 61, "limit": 50}
    assert house.bytes_online(resource) == BIG


@pytest.mark.parametrize("size", [102, 203, 500])
def test_a_file_that_lost_no_more_than_the_limit_passes(house: House, size: int) -> None:
    house.target(house.resource("Titre", content=BIG), "a.csv")
    house.bucket.put("a.csv", (b"id\n" + b"2\n" * 300)[:size])

    assert house.sync_one().outcome is Outcome.REPLACED


def test_a_held_version_is_not_read_again_and_a_relaxed_limit_releases_it(house: House) -> None:
    resource = house.resource("Titre", content=WIDE)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG[:80])
    house.sync()
    house.bucket.reads.clear()

    assert held(house) == "guard_shrink"
    assert house.bucket.reads == []
    house.entries.clear()
    house.target(resource, "a.csv", guards={"shrink": "80%"})
    assert house.sync_one().outcome is Outcome.REPLACED


def test_a_new_version_after_a_hold_is_judged_anew(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"")
    house.sync()
    house.bucket.put("a.csv", BIG + b"2\n")

    assert house.sync_one().outcome is Outcome.REPLACED


@pytest.mark.parametrize(
    ("name", "code"), [("a.parquet", "guard_extension"), ("LISEZMOI", "guard_no_extension")]
)
def test_a_type_that_this_portal_refuses_is_held_without_sending(
    house: House, name: str, code: str
) -> None:
    house.target(house.resource("Titre"), name)
    house.bucket.put(name, b"id\n1\n2\n")

    assert held(house) == code
    assert house.uploads() == 0


def test_force_lifts_guards_but_never_sends_the_same_bytes(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"")
    assert house.sync_one(force=True, only=resource).outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b""
    sent = house.uploads()

    house.sync(force=True, only=resource)

    assert house.uploads() == sent


def test_guards_that_warn_publish_and_say_so(house: House) -> None:
    house.target(house.resource("Titre", content=WIDE), "a.csv", guards={"shrink": "warn"})
    house.bucket.put("a.csv", BIG[:80])

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert [w.code for w in result.warnings] == ["guard_shrink"]


def test_newest_never_goes_back_when_the_newest_export_is_deleted(house: House) -> None:
    resource = house.resource("Exports")
    house.entry(resource=resource, newest="e/export_*.csv")
    house.bucket.put("e/export_2025.csv", b"id\n2025\n")
    house.bucket.put("e/export_2026.csv", b"id\n2026\n")
    house.sync()
    house.bucket.delete("e/export_2026.csv")

    assert held(house) == "guard_older_date"
    assert house.bytes_online(resource) == b"id\n2026\n"


def test_newest_never_goes_back_when_an_old_export_is_deposited_again(house: House) -> None:
    resource = house.resource("Exports")
    house.entry(resource=resource, newest="e/export_*.csv")
    house.bucket.put("e/export_2026.csv", b"id\n2026\n")
    house.sync()
    house.bucket.put("e/export_2025.csv", b"id\n2025\n")

    assert held(house) == "guard_older_name"
    assert house.bytes_online(resource) == b"id\n2026\n"


def test_an_object_that_is_still_being_written_is_left_alone(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", settle="2m")
    house.bucket.put("a.csv", b"id\n1\n2\n", at=house.now().replace(microsecond=0))
    assert house.sync_one().reason.code == "settling"
    assert house.bucket.reads == []
    house.pass_time(121)

    assert house.sync_one().outcome is Outcome.REPLACED


def _rewritten_for(house: House, minutes: int, key: str = "a.csv") -> list[Result]:
    """What each look says, once every ten minutes."""
    told = []
    for minute in range(0, minutes + 1, 10):
        house.pass_time(600)
        content = f"id\n{minute}\n".encode()
        house.bucket.put(key, content, at=house.now().replace(microsecond=0))
        told.append(house.sync_one())
    return told


def test_one_that_is_written_to_for_ever_is_not_waited_for_in_silence(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", settle="2m")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    assert house.sync_one().outcome is Outcome.REPLACED

    told = _rewritten_for(house, 80)
    said = [one.reason.code for one in told]
    assert said == ["settling"] * 7 + ["never_still"] * 2
    assert {one.outcome for one in told[7:]} == {Outcome.FAILED}
    assert told[8].reason == told[7].reason  # since when, and no new news
    house.pass_time(121)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert _rewritten_for(house, 50)[-1].outcome is Outcome.UNCHANGED  # counted anew


def test_nor_is_one_that_was_never_online(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", settle="10m")
    said = [one.reason.code for one in _rewritten_for(house, 110)]
    assert said == ["settling"] * 10 + ["never_still"] * 2  # ten times `settle`
    assert house.uploads() == 0
    house.pass_time(600)
    assert house.sync_one().outcome is Outcome.REPLACED


def test_nor_is_one_called_so_that_was_written_once_by_a_clock_ahead_of_ours(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", settle="5m")
    ahead = house.now().replace(microsecond=0) + timedelta(minutes=59)
    house.bucket.put("a.csv", b"id\n1\n2\n", at=ahead)
    for _ in range(64):
        assert house.sync_one().reason.code == "settling"
        house.pass_time(60)
    house.pass_time(60)
    assert house.sync_one().outcome is Outcome.REPLACED


def test_an_object_that_goes_again_before_it_is_read_leaves_nothing_behind(house: House) -> None:
    house.entry(each="f_{n:int}.csv", title="Fichier {n}", create=True, settle="10m")
    house.bucket.put("f_1.csv", b"id\n1\n", at=house.now().replace(microsecond=0))
    assert house.sync_one().reason.code == "settling"
    house.bucket.delete("f_1.csv")
    house.sync()
    assert house.rows() == ()


def test_rare_looks_at_an_object_that_was_read_in_between_say_nothing(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", settle="2m")
    for day in range(3):
        content = f"id\n2{day}\n".encode()
        house.bucket.put("a.csv", content, at=house.now().replace(microsecond=0))
        assert house.sync_one().reason.code == "settling"
        house.pass_time(86_400)
        assert house.sync_one().outcome is Outcome.REPLACED


def test_one_that_was_missing_stays_so_until_it_has_settled_and_is_known_to_settle(
    house: House,
) -> None:
    house.target(house.resource("Titre"), "a.csv", settle="2m")
    assert house.sync_one().settling is False
    house.bucket.put("a.csv", b"id\n1\n2\n", at=house.now().replace(microsecond=0))

    found = house.sync_one()
    assert (found.outcome, found.settling) == (Outcome.MISSING, True)
    assert found.reason.code == "settling"
    (row,) = house.rows()
    assert (row.state, row.reason) == (Outcome.MISSING, found.reason)
    house.pass_time(121)
    assert house.sync_one().outcome is Outcome.REPLACED


# -- the brake ---------------------------------------------------------------------------------


def test_the_brake_holds_a_wrong_paste_and_lets_adoptions_pass(house: House) -> None:
    many(house, 10, changed=6)

    plan = house.plan()
    report = house.sync()

    assert plan.planned == {"adopt": 4, "hold": 6}
    assert report.summary == {"adopted": 4, "held": 6}
    assert {r.reason.code for r in report.results if r.outcome is Outcome.HELD} == {"guard_brake"}
    assert house.uploads() == 0
    assert house.sync(force=True).summary == {"replaced": 6, "unchanged": 4}


@pytest.mark.parametrize(("count", "changed"), [(9, 9), (10, 5), (12, 6)])
def test_the_brake_lets_an_ordinary_first_day_pass(house: House, count: int, changed: int) -> None:
    many(house, count, changed)

    assert house.sync().summary["replaced"] == changed


def test_fresh_data_on_known_bindings_never_trips_the_brake(house: House) -> None:
    many(house, 12, changed=0)
    house.sync()
    for number in range(12):
        house.bucket.put(f"m/{number}.csv", f"id\n{number + 700}\n".encode())

    assert house.sync().summary == {"replaced": 12}


# -- drift -------------------------------------------------------------------------------------


@pytest.fixture
def replaced_by_hand(house: House) -> str:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", b"a la main\n")
    house.portal.store.retitle(house.dataset, resource, "Titre")
    return resource


def test_a_file_replaced_by_hand_is_drifted(house: House, replaced_by_hand: str) -> None:
    assert house.plan_one(ask=True).outcome is Outcome.DRIFTED

    result = house.sync_one(ask=True)

    assert result.outcome is Outcome.DRIFTED
    assert house.bytes_online(replaced_by_hand) == b"a la main\n"


def test_a_file_replaced_by_hand_and_a_new_object_is_a_conflict(
    house: House, replaced_by_hand: str
) -> None:
    house.bucket.put("a.csv", b"id\n1\n2\n3\n")

    assert held(house) == "conflict"
    assert house.bytes_online(replaced_by_hand) == b"a la main\n"
    assert house.sync_one(force=True).outcome is Outcome.REPLACED
    assert house.online(replaced_by_hand).title == "Titre"


def test_drift_republish_lets_the_bucket_win(house: House, replaced_by_hand: str) -> None:
    house.entries.clear()
    house.target(replaced_by_hand, "a.csv", drift="republish")

    assert house.sync_one(ask=True).outcome is Outcome.REPLACED
    assert house.bytes_online(replaced_by_hand) == b"id\n1\n2\n"


def test_a_hand_made_file_that_equals_the_new_object_is_adopted(
    house: House, replaced_by_hand: str
) -> None:
    house.bucket.put("a.csv", b"a la main\n")

    assert house.sync_one().outcome is Outcome.ADOPTED
    assert replaced_by_hand


# -- refusals ----------------------------------------------------------------------------------


def refused(house: House) -> str:
    house.bucket.put("a.csv", b"id\n1\n2\n")
    result = house.sync_one()
    assert result.outcome is Outcome.REFUSED, result
    assert house.uploads() == 0
    assert house.bucket.reads == []  # nobody downloads gigabytes to be refused
    assert house.plan_one().outcome is Outcome.REFUSED
    return result.reason.code


def test_a_remote_resource_is_refused(house: House) -> None:
    remote = house.portal.new_remote(house.dataset, "Ailleurs", "https://www.example.org/a.csv")
    house.target(remote, "a.csv")

    assert refused(house) == "resource_remote"


def test_a_harvested_resource_is_refused(house: House) -> None:
    resource = house.resource("Moissonnée")
    house.portal.store.harvest(house.dataset, resource)
    house.target(resource, "a.csv")

    assert refused(house) in {"resource_harvested", "dataset_harvested"}


def test_a_deleted_dataset_that_still_answers_to_its_editor_is_refused(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.portal.store.delete_dataset(house.dataset)

    assert refused(house) == "dataset_deleted"


def test_an_archived_dataset_is_refused(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.portal.store.archive(house.dataset)

    assert refused(house) == "dataset_archived"


def test_a_dataset_that_the_key_may_not_edit_is_refused(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.key = house.portal.keys["partial"]

    assert refused(house) == "dataset_no_right"


def test_an_unknown_resource_is_refused(house: House) -> None:
    house.target("00000000-0000-4000-8000-000000000000", "a.csv")

    assert refused(house) == "resource_unknown"


def test_an_unknown_dataset_is_refused(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.dataset = "000000000000000000000000"

    assert refused(house) == "portal_not_found"


def test_a_resource_withdrawn_by_a_person_is_refused_and_not_made_again(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    made = house.sync_one().resource
    assert made
    house.portal.store.withdraw(house.dataset, made)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\nplus\n")

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.REFUSED, "resource_withdrawn_each")
    assert house.resources() == []


def test_a_resource_withdrawn_while_its_object_is_read_is_refused(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.before_open = lambda _key: house.portal.store.withdraw(house.dataset, resource)

    assert house.sync_one().outcome is Outcome.REFUSED
    assert house.uploads() == 0


# -- one item's trouble stays its own ----------------------------------------------------------


def test_the_others_are_published_beside_the_refused_the_missing_and_the_held(
    house: House,
) -> None:
    house.target(house.resource("Bon"), "bon.csv")
    house.target("00000000-0000-4000-8000-000000000000", "faux.csv")
    house.target(house.resource("Absent"), "absent.csv")
    house.target(house.resource("Vide"), "vide.csv")
    house.bucket.put("bon.csv", b"id\n1\n2\n")
    house.bucket.put("faux.csv", b"id\n1\n2\n")
    house.bucket.put("vide.csv", b"")

    report = house.sync()

    assert outcomes(report) == {
        "bon.csv": Outcome.REPLACED,
        "faux.csv": Outcome.REFUSED,
        "absent.csv": Outcome.MISSING,
        "vide.csv": Outcome.HELD,
    }
    assert report.exit_code == 3


def test_a_deleted_object_is_missing_and_the_portal_untouched(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.sync()
    house.bucket.delete("a.csv")
    house.portal.journal.clear()

    report = house.sync()

    assert report.summary == {"missing": 1}
    assert report.exit_code == 3
    assert house.portal.requests == []
    assert house.bytes_online(resource) == b"id\n1\n2\n"
    house.bucket.put("a.csv", b"id\n1\n2\n")
    assert house.sync_one().outcome is Outcome.UNCHANGED


def test_a_file_of_each_that_disappears_is_missing(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    house.bucket.put("f/f_2023.csv", b"annee\n2023\n")
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    house.sync()
    house.bucket.delete("f/f_2023.csv")

    assert outcomes(house.sync()) == {
        "f/f_2024.csv": Outcome.UNCHANGED,
        "f/f_2023.csv": Outcome.MISSING,
    }
    assert len(house.resources()) == 2


def test_a_listing_that_breaks_half_way_is_a_failure_and_nothing_is_missing(house: House) -> None:
    house.target(house.resource("Un"), "a.csv")
    house.target(house.resource("Deux"), "b.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.put("b.csv", b"id\n1\n2\n")
    house.sync()
    house.bucket.broken_after = 1

    report = house.sync()

    assert report.summary == {"failed": 2}
    assert report.exit_code == 1
    house.bucket.broken_after = None
    assert house.sync().summary == {"unchanged": 2}


def test_an_object_overwritten_between_listing_and_reading_is_published_as_it_is_now(
    house: House,
) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")

    def overwrite(_key: str) -> None:
        house.bucket.before_open = lambda _key: None
        house.bucket.put("a.csv", b"id\n3\n4\n")

    house.bucket.before_open = overwrite

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n3\n4\n"
    assert house.sync_one().outcome is Outcome.UNCHANGED


def test_an_object_that_never_stays_still_fails_and_is_not_published(house: House) -> None:
    resource = house.resource("Titre", content=b"ancien\n")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    count = iter(range(100))
    house.bucket.before_open = lambda key: void(
        house.bucket.put(key, f"id\n{next(count)}".encode())
    )

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "object_keeps_changing")
    assert house.bytes_online(resource) == b"ancien\n"


def test_an_object_that_is_listed_and_never_there_is_said_to_be_gone(house: House) -> None:
    house.target(house.resource("Titre", content=b"ancien\n"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")

    def gone(key: str) -> None:
        raise ObjectMissing("s3_object_missing", key=key, bucket="b")

    house.bucket.before_open = gone

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "object_listed_and_gone")
    assert "a.csv is listed, but was not there" in sentence(result.reason)


def void(_: object) -> None:
    pass


def test_an_object_deleted_between_listing_and_reading_is_missing(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.before_open = lambda key: house.bucket.objects.pop(key, None) and None

    assert house.sync_one().outcome is Outcome.MISSING


def test_a_refused_key_is_asked_once_and_unchanged_targets_are_not_concerned(
    house: House,
) -> None:
    for number in range(4):
        house.target(house.resource(f"Titre {number}"), f"{number}.csv")
        house.bucket.put(f"{number}.csv", b"id\n1\n2\n")
    house.sync()
    house.bucket.put("1.csv", b"id\n5\n6\n")
    house.bucket.put("2.csv", b"id\n5\n6\n")
    house.key = "udata_wrong"
    house.portal.journal.clear()

    report = house.sync()

    assert report.summary == {"failed": 2, "unchanged": 2}
    assert {r.reason.code for r in report.results if r.outcome is Outcome.FAILED} == {
        "portal_key_refused"
    }
    assert len(house.portal.requests) == 1


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_passing_trouble_of_the_portal_is_sat_out(house: House, status: int) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.portal.faults.add(method="GET", times=2, status=status, headers={"Retry-After": "7"})

    assert house.sync_one().outcome is Outcome.REPLACED
    assert 7.0 in house.waited or status == 502


def test_two_files_of_one_name_are_spaced_by_more_than_a_second(house: House) -> None:
    house.target(house.resource("Un", "u.csv"), "a/données.csv")
    house.target(house.resource("Deux", "d.csv"), "b/Donnees.csv")
    house.bucket.put("a/données.csv", b"id\n1\n2\n")
    house.bucket.put("b/Donnees.csv", b"id\n3\n4\n")

    house.stop_the_clock()  # else a busy machine spaces them by itself

    assert house.sync().summary == {"replaced": 2}
    assert any(wait > 1 for wait in house.waited)


def test_a_held_lock_fails_only_that_dataset_and_says_who_holds_it(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    with house.adapters() as adapters, adapters.locks.hold(house.url, house.dataset, 0):
        result = house.sync_one(patience=5.0)

    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "lock_held")
    assert "pid" in result.reason.facts
    assert house.uploads() == 0


def test_what_another_syncd_published_after_our_listing_is_not_taken_for_old(house: House) -> None:
    resource = house.resource("Exports")
    house.entry(resource=resource, newest="e/export_*.csv")
    house.bucket.put("e/export_1.csv", b"id\n1\n")

    def the_other_one(_seconds: float) -> None:
        house.on_wait = lambda _seconds: None
        other.__exit__(None, None, None)
        house.bucket.put("e/export_2.csv", b"id\n2\n")
        house.pass_time(5)
        assert house.sync_one().object == "e/export_2.csv"

    with house.adapters() as adapters:
        other = adapters.locks.hold(house.url, house.dataset, 0)
        other.__enter__()
        house.on_wait = the_other_one
        result = house.sync_one()

    assert (result.object, result.outcome) == ("e/export_2.csv", Outcome.UNCHANGED)


def test_a_portal_that_is_down_stops_what_needs_it_and_the_plan_says_the_same(
    house: House,
) -> None:
    house.target(house.resource("Un"), "a.csv")
    house.target(house.resource("Deux"), "b.csv")
    house.target(house.resource("Trois"), "c.csv")
    for key in ("a.csv", "b.csv", "c.csv"):
        house.bucket.put(key, b"id\n1\n2\n")
    house.sync()
    house.bucket.put("a.csv", b"id\n3\n4\n")
    house.bucket.delete("c.csv")
    house.portal.faults.add(times=None, cut="before")

    plan = house.plan()
    report = house.sync()

    assert plan.planned == {"missing": 1, "unchanged": 1}
    assert len(plan.failures) == 1
    assert report.summary == {"failed": 1, "missing": 1, "unchanged": 1}
    assert plan.exit_code == report.exit_code == 1


def test_a_dataset_that_is_gone_refuses_even_what_did_not_change(house: House) -> None:
    house.target(house.resource("Un"), "a.csv")
    house.target(house.resource("Deux"), "b.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.put("b.csv", b"id\n1\n2\n")
    house.sync()
    house.bucket.put("a.csv", b"id\n3\n4\n")
    house.portal.faults.add(times=None, status=410)

    assert house.plan().planned == {"refused": 2}
    assert house.sync().summary == {"refused": 2}


def test_one_target_can_be_synced_alone(house: House) -> None:
    house.target(house.resource("Un"), "a.csv")
    second = house.resource("Deux")
    house.target(second, "b.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.put("b.csv", b"id\n1\n2\n")

    assert [r.object for r in house.sync(only="a.csv").results] == ["a.csv"]
    assert [r.object for r in house.sync(only=second[:8]).results] == ["b.csv"]
    with house.adapters() as adapters, adapters.locks.hold(house.url, house.dataset, 0):
        assert [r.object for r in house.sync(only="a.csv", patience=1.0).results] == ["a.csv"]
