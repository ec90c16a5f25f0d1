"""Files are looked into before they go online, in whole cycles."""

from __future__ import annotations

import gzip

import pytest

from syncd.core.records import Outcome
from tests.support.sync_harness import House

PAGE = b"<!DOCTYPE html>\n<html><body>503 Service Unavailable</body></html>\n"
GOOD = b"id,nom\n1,Louvre\n2,Orsay\n"
UNEVEN = b"id,nom\n1,Louvre\n2,Orsay,Paris\n"
NIR = b"id,nir\n1,185057800608491\n"
NO_NIR = b"id,nir\n1,\n"


def test_a_web_page_saved_as_csv_is_held_and_the_old_file_stays(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", PAGE)

    assert house.plan_one().outcome is Outcome.HELD
    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_html")
    assert house.bytes_online(resource) == GOOD
    assert house.uploads() == 0


def test_what_is_held_for_its_content_is_not_read_again_in_each_cycle(house: House) -> None:
    house.target(house.resource("Titre", content=GOOD), "a.csv")
    house.bucket.put("a.csv", PAGE)

    assert [house.sync_one().reason.code for _ in range(3)] == ["guard_html"] * 3
    assert house.plan_one().reason.code == "guard_html"
    assert house.bucket.reads == ["a.csv"]


def test_a_changed_setting_is_judged_anew(house: House) -> None:
    resource = house.resource("Titre", content=NO_NIR)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NIR)
    assert house.sync_one().reason.code == "guard_nir"

    house.entries.clear()
    house.target(resource, "a.csv", guards={"personal": "warn"})
    assert house.plan_one().outcome is Outcome.REPLACED
    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert [reason.code for reason in result.warnings] == ["guard_nir"]
    assert house.bytes_online(resource) == NIR


def test_other_settings_that_do_not_help_keep_it_held(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NIR)
    house.sync_one()

    house.entries.clear()
    house.target(resource, "a.csv", guards={"names": "off"})

    assert house.sync_one().reason.code == "guard_nir"
    assert house.bucket.reads == ["a.csv", "a.csv"]
    assert house.uploads() == 0


def test_a_new_version_is_judged_anew(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", PAGE)
    house.sync_one()
    house.bucket.put("a.csv", GOOD + b"3,Fabre\n")

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == GOOD + b"3,Fabre\n"


def test_force_lifts_the_guards_of_content(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", PAGE)
    house.sync_one()

    assert house.sync_one(force=True, only="a.csv").outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == PAGE


def test_guards_off_look_at_nothing(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", PAGE)

    result = house.sync_one()

    assert (result.outcome, result.warnings) == (Outcome.REPLACED, ())


def test_uneven_rows_are_told_at_a_first_publication_with_the_line(house: House) -> None:
    house.target(house.resource("Titre", content=b""), "a.csv")
    house.bucket.put("a.csv", UNEVEN)

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    (reason,) = result.warnings
    assert (reason.code, reason.facts["line"]) == ("guard_uneven", 3)


def test_a_stated_level_holds_a_first_publication_too(house: House) -> None:
    house.target(house.resource("Titre", content=b""), "a.csv", guards={"uneven": "hold"})
    house.bucket.put("a.csv", UNEVEN)

    assert house.sync_one().reason.code == "guard_uneven"


def test_a_compressed_file_is_looked_into(house: House) -> None:
    house.entry(each="f/{nom}.csv.gz", title="{nom}", create=True)
    house.bucket.put("f/bon.csv.gz", gzip.compress(GOOD))
    house.bucket.put("f/mauvais.csv.gz", gzip.compress(NIR))

    outcomes = {result.object: result.reason.code for result in house.sync().results}

    assert outcomes["f/mauvais.csv.gz"] == "guard_nir"
    assert [record.title for record in house.resources()] == ["bon"]


@pytest.mark.parametrize(
    ("title", "name", "code"),
    [("Musées 2025", "musees_2024.csv", "guard_year"), ("Musées 2024", "musees_2024.csv", None)],
)
def test_another_year_in_the_name_than_in_the_title_is_told(
    house: House, title: str, name: str, code: str | None
) -> None:
    house.target(house.resource(title, content=b"id,nom\n9,x\n"), name)
    house.bucket.put(name, GOOD)

    result = house.sync_one()

    assert result.outcome is Outcome.REPLACED
    assert [reason.code for reason in result.warnings] == ([code] if code else [])


def test_the_bytes_of_another_resource_of_the_dataset_are_told(house: House) -> None:
    house.resource("Autre", "autre.csv", content=GOOD)
    house.target(house.resource("Titre", content=b"id,nom\n9,x\n"), "a.csv")
    house.bucket.put("a.csv", GOOD)

    result = house.sync_one()

    assert [reason.code for reason in result.warnings] == ["guard_twin"]
    assert dict(result.warnings[0].facts) == {"title": "Autre"}


# -- against the last publication --------------------------------------------------------------

RENAMED = b"id,libelle\n1,Louvre\n2,Orsay\n"


def published(house: House, content: bytes = GOOD, **options: object) -> str:
    """A resource that syncd replaced by `content`."""
    resource = house.resource("Titre", content=content.partition(b"\n")[0] + b"\n")
    house.target(resource, "a.csv", **options)
    house.bucket.put("a.csv", content)
    assert house.sync_one().outcome is Outcome.REPLACED
    return resource


def test_a_renamed_column_is_held_and_the_old_file_stays(house: House) -> None:
    resource = published(house)
    house.bucket.put("a.csv", RENAMED)

    assert house.plan_one().outcome is Outcome.HELD
    result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_columns_renamed")
    assert (result.reason.facts["gone"], result.reason.facts["new"]) == ("“nom”", "“libelle”")
    assert house.bytes_online(resource) == GOOD


def test_a_file_that_was_adopted_is_compared_with_too(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", GOOD)
    assert house.sync_one().outcome is Outcome.ADOPTED
    house.bucket.put("a.csv", RENAMED)

    assert house.sync_one().reason.code == "guard_columns_renamed"


def test_a_new_resource_is_compared_with_later(house: House) -> None:
    house.entry(each="f/{nom}.csv", title="{nom}", create=True)
    house.bucket.put("f/a.csv", GOOD)
    assert house.sync_one().outcome is Outcome.CREATED
    house.bucket.put("f/a.csv", RENAMED)

    assert house.sync_one().reason.code == "guard_columns_renamed"


def test_lost_rows_are_held_although_the_bytes_are_as_many(house: House) -> None:
    published(house, b"id,nom\n" + b"1,a\n" * 100)
    house.bucket.put("a.csv", b"id,nom\n" + b'1,"' + b"a" * 400 + b'"\n')

    result = house.sync_one()

    assert result.reason.code == "guard_rows"
    facts = result.reason.facts
    assert (facts["rows"], facts["before"], facts["lost"], facts["limit"]) == (1, 100, 99, 50)


def test_a_relaxed_limit_of_rows_lets_the_same_file_pass(house: House) -> None:
    resource = published(house, b"id,nom\n" + b"1,a\n" * 100)
    bad = b"id,nom\n" + b'1,"' + b"a" * 400 + b'"\n'
    house.bucket.put("a.csv", bad)
    assert house.sync_one().reason.code == "guard_rows"

    house.entries.clear()
    house.target(resource, "a.csv", guards={"rows": "100%"})

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == bad


def test_another_encoding_than_before_is_held(house: House) -> None:
    published(house, "id,nom\n1,Évreux\n".encode())
    house.bucket.put("a.csv", "id,nom\n1,Évreux\n".encode("cp1252"))

    assert house.sync_one().reason.code == "guard_encoding_changed"


def test_what_a_person_forced_is_what_the_next_file_is_compared_with(house: House) -> None:
    published(house)
    house.bucket.put("a.csv", RENAMED)
    assert house.sync_one(force=True, only="a.csv").outcome is Outcome.REPLACED
    house.bucket.put("a.csv", RENAMED + b"3,Fabre\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    house.bucket.put("a.csv", GOOD)

    assert house.sync_one().reason.code == "guard_columns_renamed"


def test_a_column_that_had_addresses_may_have_others(house: House) -> None:
    published(house, b"id,courriel\n1,a@example.fr\n")
    house.bucket.put("a.csv", b"id,courriel\n1,a@example.fr\n2,b@example.fr\n")

    assert house.sync_one().warnings == ()


def test_a_ledger_without_profiles_is_a_first_publication(house: House) -> None:
    resource = published(house, guards="off")
    house.entries.clear()
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", RENAMED)
    house.portal.faults.add(method="GET", path="/s/resources/", status=404)

    assert house.sync_one().outcome is Outcome.REPLACED


def test_without_a_profile_in_the_ledger_the_file_online_is_compared_with(house: House) -> None:
    resource = published(house, guards="off")
    house.entries.clear()
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", RENAMED)

    assert house.plan_one().reason.code == "guard_columns_renamed"
    assert house.sync_one().reason.code == "guard_columns_renamed"
    assert house.bytes_online(resource) == GOOD


# -- what a person does about it ---------------------------------------------------------------


def test_a_released_file_goes_online_and_is_what_the_next_is_compared_with(house: House) -> None:
    resource = published(house)
    house.bucket.put("a.csv", RENAMED)
    house.sync_one()

    (result,) = house.release(resource).results

    assert (result.outcome, result.reason.code) == (Outcome.REPLACED, "released")
    assert [reason.code for reason in result.warnings] == ["guard_columns_renamed"]
    assert house.bytes_online(resource) == RENAMED
    house.bucket.put("a.csv", GOOD)
    assert house.sync_one().reason.code == "guard_columns_renamed"


def test_after_an_undo_the_next_file_is_compared_with_what_is_online_again(house: House) -> None:
    resource = published(house)
    house.bucket.put("a.csv", RENAMED)
    assert house.sync_one(force=True, only="a.csv").outcome is Outcome.REPLACED
    house.undo(resource)
    assert house.bytes_online(resource) == GOOD
    house.bucket.put("a.csv", RENAMED + b"3,Fabre\n")

    assert house.sync_one().reason.code == "guard_columns_renamed"


def test_a_file_that_is_pushed_by_hand_is_looked_into_as_well(house: House) -> None:
    resource = house.resource("Titre", content=GOOD)
    bad = house.request("a.csv", PAGE, resource=resource)

    assert house.plan_push(bad).reason.code == "guard_html"
    assert house.push(bad).reason.code == "guard_html"
    assert house.bytes_online(resource) == GOOD


def test_an_encoding_is_remembered_through_a_file_without_accents(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    accents, plain = "id,nom\n1,Évreux\n2,Orléans\n", b"id,nom\n1,Lyon\n2,Nantes\n"
    for content in (accents.encode("cp1252"), plain):
        house.pass_time(3600)
        house.bucket.put("a.csv", content)
        assert house.sync_one().outcome is Outcome.REPLACED
    house.bucket.put("a.csv", accents.encode())

    found = house.sync_one()

    assert (found.outcome, found.reason.code) == (Outcome.HELD, "guard_encoding_changed")
    assert house.bytes_online(resource) == plain
