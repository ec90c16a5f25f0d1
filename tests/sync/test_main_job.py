"""The main job on the simulated portal: what changed is published, and only that."""

from __future__ import annotations

import shutil

from syncd.core.objects import Location
from syncd.core.records import Outcome
from tests.support.sync_harness import House, outcomes


def test_a_changed_object_is_online_under_the_title_that_a_person_gave(house: House) -> None:
    resource = house.resource("Liste des musées")
    house.target(resource, "musees/liste_musees.csv")
    house.bucket.put("musees/liste_musees.csv", b"id\n1\n2\n")
    before = house.online(resource)

    result = house.sync_one()

    after = house.online(resource)
    assert result.outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n1\n2\n"
    assert (after.title, after.description, after.type, after.extras) == (
        "Liste des musées",
        "Mots de la personne",
        "update",
        before.extras,
    )
    assert result.link == f"{house.url}/api/1/datasets/r/{resource}"
    assert house.spool_is_empty()


def test_a_second_sync_asks_nothing_of_the_portal(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.sync()
    house.portal.journal.clear()

    assert house.sync_one().outcome is Outcome.UNCHANGED
    assert house.portal.requests == []


def test_without_its_ledger_syncd_adopts_and_sends_nothing(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv")
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("a.csv", b"id\n1\n2\n")
    for year in (2022, 2023, 2024):
        house.bucket.put(f"f/f_{year}.csv", f"annee\n{year}\n".encode())
    assert house.sync().summary == {"created": 3, "replaced": 1}
    shutil.rmtree(house.state)
    resources = [(r.id, r.title, r.modified_at) for r in house.resources()]
    house.portal.journal.clear()

    report = house.sync()

    assert report.summary == {"adopted": 4}
    assert house.uploads() == 0
    assert [(r.id, r.title, r.modified_at) for r in house.resources()] == resources


def test_the_same_bytes_deposited_again_move_nothing_on_the_portal(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.sync()
    before = house.online(resource).modified_at
    house.portal.journal.clear()

    house.bucket.put("a.csv", b"id\n1\n2\n", etag='"9b2cf535f27731c974343645a3985328-2"')

    assert house.sync_one().outcome is Outcome.UNCHANGED
    assert house.uploads() == 0
    assert house.online(resource).modified_at == before
    house.portal.journal.clear()
    house.sync()
    assert house.portal.requests == []


def test_an_etag_that_stays_while_the_date_moves_is_looked_at(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n", etag='"same"')
    house.sync()
    house.bucket.put("a.csv", b"id\n3\n4\n", etag='"same"')

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n3\n4\n"


def test_each_makes_one_resource_per_file_with_title_and_mark(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2023.csv", b"annee\n2023\n")
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")

    assert house.sync().summary == {"created": 2}

    assert {r.title for r in house.resources()} == {"Festivals 2023", "Festivals 2024"}
    assert all(list(r.extras) == ["syncd:source"] for r in house.resources())
    marks = " ".join(str(r.extras["syncd:source"]) for r in house.resources())
    assert "memory" not in marks
    assert "depot" not in marks
    assert house.sync().summary == {"unchanged": 2}


def test_a_new_file_of_each_waits_until_creation_is_allowed(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv")
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "to_be_created")
    assert house.resources() == []
    house.entries.clear()
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    assert house.sync_one().outcome is Outcome.CREATED
    assert len(house.rows()) == 1


def test_a_resource_of_the_same_title_is_not_doubled_but_asked_about(house: House) -> None:
    resource = house.resource("Festivals 2024", "autre.csv", b"annee\n2023\n")
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "adopt_it")
    assert (result.reason.facts["known"], result.reason.facts["resource"]) == ("2024", resource)
    house.entries.clear()
    house.entry(
        each="f/f_{annee:yyyy}.csv",
        title="Festivals {annee}",
        create=True,
        known={"2024": resource},
    )
    assert house.sync_one().outcome is Outcome.REPLACED
    assert len(house.resources()) == 1


def test_newest_follows_the_newest_object_and_a_tie_is_left_to_a_person(house: House) -> None:
    resource = house.resource("Exports")
    house.entry(resource=resource, newest="e/export_*.csv")
    house.bucket.put("e/export_9.csv", b"id\n9\n")
    house.bucket.put("e/export_10.csv", b"id\n10\n")
    assert house.sync_one().object == "e/export_10.csv"
    assert house.bytes_online(resource) == b"id\n10\n"
    same = house.bucket.put("e/export_11.csv", b"id\n11\n").modified
    house.bucket.put("e/export_12.csv", b"id\n12\n", at=same)
    assert house.sync_one().object == "e/export_12.csv"
    house.bucket.put("e/export_012.csv", b"id\n012\n", at=same)

    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.AMBIGUOUS, "newest_tie_date")
    assert house.bytes_online(resource) == b"id\n12\n"


def test_unmapped_objects_are_named_and_noise_is_not(house: House) -> None:
    house.target(house.resource("Titre"), "m/a.csv")
    for key in ("m/a.csv", "m/nouveau.csv", "m/~$a.csv", "m/.cache", "m/b.tmp", "m/dossier/"):
        house.bucket.put(key, b"id\n1\n")

    assert house.sync().unmapped == ("m/nouveau.csv",)


def test_the_plan_is_what_sync_does_and_writes_nothing(house: House) -> None:
    house.target(house.resource("Un"), "a.csv")
    house.target(house.resource("Deux", content=b"id\n1\n2\n"), "b.csv")
    house.target(house.resource("Trois"), "absent.csv")
    house.target(house.resource("Quatre"), "vide.csv")
    house.entry(each="f/f_{annee:yyyy}.csv", create=True)
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.bucket.put("b.csv", b"id\n1\n2\n")
    house.bucket.put("vide.csv", b"")
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")

    plan = house.plan()

    assert not house.state.exists()
    assert house.uploads() == 0
    assert all(asked.method == "GET" for asked in house.portal.requests)
    assert [(p.object, p.outcome) for p in plan.results] == [
        ("a.csv", Outcome.REPLACED),
        ("b.csv", Outcome.ADOPTED),
        ("absent.csv", Outcome.MISSING),
        ("vide.csv", Outcome.HELD),
        ("f/f_2024.csv", Outcome.CREATED),
    ]
    report = house.sync()
    assert list(outcomes(report).values()) == [
        Outcome.REPLACED,
        Outcome.ADOPTED,
        Outcome.MISSING,
        Outcome.HELD,
        Outcome.CREATED,
    ]
    assert plan.exit_code == report.exit_code == 3


def test_a_fast_plan_reads_no_object(house: House) -> None:
    house.target(house.resource("Un"), "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")

    assert house.plan_one(fast=True).planned == "fetch"
    assert house.bucket.reads == []


def test_another_portal_with_the_same_ids_is_looked_at_anew(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.sync()
    house.url = house.url.replace("127.0.0.1", "localhost")  # another address, the same ids
    house.portal.journal.clear()

    result = house.sync_one()

    assert result.outcome is Outcome.ADOPTED
    assert len(house.portal.requests) > 0


def test_an_idle_dataset_is_still_looked_at_once_a_day(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n2\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", b"a la main\n")
    assert house.sync_one().outcome is Outcome.UNCHANGED
    house.pass_time(24 * 3600 + 1)

    assert house.sync_one().outcome is Outcome.DRIFTED
    assert house.sync_one().outcome is Outcome.DRIFTED  # and it goes on saying so


def test_a_bucket_that_moved_makes_no_second_resource(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    for year in (2023, 2024):
        house.bucket.put(f"f/f_{year}.csv", f"annee\n{year}\n".encode())
    house.sync()
    house.bucket.location = Location("https://moved", "depot")
    house.portal.journal.clear()

    assert house.sync().summary == {"adopted": 2}
    assert len(house.resources()) == 2
    assert house.uploads() == 0


def test_a_moved_bucket_with_new_bytes_asks_before_it_makes_a_second_resource(house: House) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2024.csv", b"annee\n2024\n")
    house.sync()
    house.bucket.location = Location("https://moved", "depot")
    house.bucket.put("f/f_2024.csv", b"annee\n2024\nplus\n")

    assert house.sync_one().reason.code == "adopt_it"
    assert len(house.resources()) == 1


def test_two_files_of_the_same_bytes_get_a_resource_each_even_without_the_ledger(
    house: House,
) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
    house.bucket.put("f/f_2023.csv", b"vide\n")
    house.bucket.put("f/f_2024.csv", b"vide\n")
    assert house.sync().summary == {"created": 2}
    shutil.rmtree(house.state)

    assert house.sync().summary == {"adopted": 2}
    assert len(house.resources()) == 2
