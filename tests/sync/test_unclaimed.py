"""A deposit that no target claims: seen, remembered with the line to write, and over in time."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from syncd.core.service_records import Unclaimed
from syncd.core.targets import DatasetEntry
from syncd.text import sentence
from tests.support.sync_harness import House

PATTERN = "Fréquentation musées {annee:yyyy}.csv"


@pytest.fixture
def years(house: House) -> House:
    """A pattern with one object, watched since a cycle that is over."""
    house.entry(each=PATTERN, title="Fréquentation {annee}", create=True)
    house.bucket.put("Fréquentation musées 2026.csv", b"id\n1\n", at=house.now())
    house.sync()
    house.pass_time(3600)
    return house


def deposit(house: House, key: str, body: bytes = b"id\n2\n") -> None:
    house.bucket.put(key, body, at=house.now())
    house.pass_time(60)


def unclaimed(house: House) -> list[Unclaimed]:
    found = house.sync().unclaimed
    assert found is not None
    return list(found)


def remembered(house: House) -> list[str]:
    with house.adapters(read_only=True) as adapters:
        return [one.key for one in adapters.ledger.unclaimed(house.url)]


def only(house: House) -> Unclaimed:
    (one,) = unclaimed(house)
    return one


def line_of(house: House, text: str) -> int:
    return 1 + next(n for n, line in enumerate(house.text.splitlines()) if text in line)


def test_a_name_that_is_spelled_otherwise_is_told_with_its_pattern_and_the_line(
    years: House,
) -> None:
    deposit(years, "Frequentation_musees_2027.csv")

    one = only(years)

    assert (one.dataset, one.key) == (years.dataset, "Frequentation_musees_2027.csv")
    facts = one.reason.facts
    assert facts["near"] == PATTERN
    assert facts["line"] == line_of(years, "musées {annee")
    assert facts["instead"] == "Fréquentation musées 2027.csv"
    assert facts["write"] == 'each: "Fr*quentation*mus*es*{annee:yyyy}.csv"'
    said = sentence(one.reason)
    assert all(str(facts[name]) in said for name in ("near", "instead", "write", "ignore"))


def test_who_writes_the_line_has_both_years_online_and_nothing_unclaimed(years: House) -> None:
    deposit(years, "Frequentation_musees_2027.csv")
    write = str(only(years).reason.facts["write"])
    years.entries[0] = years.entries[0].replace(f"each: '{PATTERN}'", write)

    report = years.sync()

    assert report.summary == {"created": 1, "unchanged": 1}
    assert report.unclaimed == ()
    assert remembered(years) == []


def test_who_writes_the_ignore_line_has_nothing_unclaimed_and_the_usual_noise_stays_out(
    years: House,
) -> None:
    deposit(years, "Frequentation_musees_2027 [copie].csv")
    ignore = str(only(years).reason.facts["ignore"])
    deposit(years, "~$Frequentation_musees_2027.csv")
    years.entries[0] = years.entries[0].replace("}.csv'", "}.csv', " + ignore)

    assert unclaimed(years) == []


def test_an_object_that_is_gone_is_no_longer_unclaimed(years: House) -> None:
    deposit(years, "Frequentation_musees_2027.csv")
    only(years)
    years.bucket.delete("Frequentation_musees_2027.csv")

    assert unclaimed(years) == []
    assert remembered(years) == []


def test_what_was_there_before_the_target_was_watched_is_no_news(house: House) -> None:
    deposit(house, "Frequentation_musees_2019.csv")
    deposit(house, "Fréquentation musées 2026.csv")
    house.entry(each=PATTERN, create=True)

    assert [unclaimed(house), unclaimed(house)] == [[], []]


def test_a_target_that_is_written_later_is_watched_from_then_on(years: House) -> None:
    deposit(years, "entrees_2026 (1).csv")
    assert unclaimed(years) == []
    years.entry(resource=years.resource("Entrées"), newest="entrees_{annee:yyyy}.csv")
    deposit(years, "entrees_2026.csv")
    years.sync()
    years.pass_time(60)
    deposit(years, "entrees_2027 (1).csv")

    assert [one.key for one in unclaimed(years)] == ["entrees_2027 (1).csv"]


@pytest.mark.parametrize(
    "key", ["notes de réunion.docx", "autre.csv", "Fréquentation musées 2027.pdf", "sous/2027.csv"]
)
def test_what_resembles_no_target_is_nobodys_business(years: House, key: str) -> None:
    deposit(years, key)

    assert unclaimed(years) == []


def test_beside_an_exact_key_the_line_names_the_new_object(house: House) -> None:
    house.target(house.resource("Musées"), "m/musees_2026.csv")
    deposit(house, "m/musees_2026.csv")
    house.sync()
    deposit(house, "m/musees_2027.csv")

    one = only(house)

    assert one.reason.code == "unclaimed_object"
    assert one.reason.facts["write"] == "object: m/musees_2027.csv"
    assert "m/musees_2027.csv" in sentence(one.reason)


def test_what_only_begins_as_a_pattern_does_is_told_without_a_line_that_would_not_do(
    house: House,
) -> None:
    house.entry(resource=house.resource("Export"), newest="export_{jour:yyyy}.csv")
    deposit(house, "export_2026.csv")
    house.sync()
    deposit(house, "export_version_corrigee.csv")

    assert only(house).reason.code == "unclaimed_pattern"


def test_a_missing_targets_new_name_is_told_with_the_missing_one_alone(house: House) -> None:
    house.target(house.resource("Musées"), "musees.csv")
    deposit(house, "musees.csv")
    house.sync()
    house.bucket.delete("musees.csv")
    deposit(house, "Musees.csv")

    report = house.sync()

    assert [one.lost.key for one in report.renames] == ["musees.csv"]
    assert report.unclaimed == ()


def test_a_listing_that_breaks_ends_nothing(years: House) -> None:
    deposit(years, "Frequentation_musees_2027.csv")
    only(years)
    years.bucket.broken_after = 0
    years.sync()

    assert remembered(years) == ["Frequentation_musees_2027.csv"]


def test_an_object_in_a_folder_too_long_to_be_listed_is_not_gone(house: House) -> None:
    house.target(house.resource("Z"), "a/zone.csv")
    deposit(house, "a/zone.csv")
    house.sync()
    house.pass_time(60)
    deposit(house, "a/zones.csv")
    assert only(house).key == "a/zones.csv"
    for number in range(1001):
        house.bucket.put(f"a/{number:04}.txt", b"x")

    assert [one.key for one in unclaimed(house)] == ["a/zones.csv"]


def test_a_macs_deposit_is_told_with_a_line_that_everybody_can_type(years: House) -> None:
    deposit(years, normalize("NFD", "Fréquentation_musées_2027.csv"))

    write = str(only(years).reason.facts["write"])

    assert write == normalize("NFC", 'each: "Fréquentation*musées*{annee:yyyy}.csv"')


def test_of_two_datasets_in_one_folder_the_nearest_ones_cycle_tells_it_once(house: House) -> None:
    house.target(house.resource("Musées"), "musees_2026.csv")
    house.more = (
        f"  - dataset: {house.portal.new_dataset('Théâtres')}\n"
        "    resources:\n      - {each: 'theatres_{annee:yyyy}.csv', create: true}\n"
    )
    deposit(house, "musees_2026.csv")
    deposit(house, "theatres_2026.csv")
    house.sync()
    deposit(house, "Theatres-2027.csv")
    first, second = house.manifest.datasets

    def told_by(entry: DatasetEntry) -> list[str]:
        found = house.sync_entry(entry).unclaimed
        assert found is not None
        return [one.key for one in found]

    assert told_by(first) == []
    assert told_by(second) == ["Theatres-2027.csv"]
    assert told_by(first) == []
    assert remembered(house) == ["Theatres-2027.csv"]


def test_a_dataset_that_left_the_manifest_leaves_nothing_unclaimed(years: House) -> None:
    deposit(years, "Frequentation_musees_2027.csv")
    only(years)
    years.dataset = years.portal.new_dataset("Autre")

    years.sync()

    assert remembered(years) == []


def test_a_pause_forgets_nothing_and_tells_nothing_twice(years: House) -> None:
    deposit(years, "Frequentation_musees_2027.csv")
    before = only(years)
    (written,) = years.entries
    years.entries = [written.replace("{each", "{paused: travaux, each")]

    years.sync()

    assert remembered(years) == [before.key]
    years.entries = [written]
    assert only(years) == before


def test_a_plan_notes_nothing(years: House) -> None:
    deposit(years, "Frequentation_musees_2027.csv")

    assert years.plan().unclaimed is None
    assert remembered(years) == []


def test_a_pattern_that_is_changed_and_still_does_not_match_leaves_the_object_unclaimed(
    years: House,
) -> None:
    deposit(years, "Frequentation_musees_2027.csv")
    first = only(years)
    years.entries[0] = years.entries[0].replace(":yyyy", ":int")

    assert [(one.key, one.since) for one in unclaimed(years)] == [(first.key, first.since)]
    assert [one.key for one in unclaimed(years)] == [first.key]
