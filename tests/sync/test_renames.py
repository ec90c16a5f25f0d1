"""A renamed object: said with the missing one, followed by nobody but a person."""

from __future__ import annotations

from syncd.core.records import Outcome
from tests.support.sync_harness import House


def test_the_same_file_under_another_name_is_said_and_not_followed(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "m/liste_2025.csv")
    house.bucket.put("m/liste_2025.csv", b"id\n1\n2\n")
    house.sync()
    house.bucket.delete("m/liste_2025.csv")
    house.bucket.put("m/tout autre.csv", b"id\n1\n2\n")
    house.bucket.reads.clear()
    house.portal.journal.clear()

    plan = house.plan()
    report = house.sync()

    (planned,), (result,) = plan.results, report.results
    assert result.outcome is Outcome.MISSING
    assert planned.reason == result.reason
    assert result.reason.code == "object_renamed_same"
    assert result.reason.facts["near"] == "m/tout autre.csv"
    line = 1 + next(n for n, text in enumerate(house.text.splitlines()) if "liste_2025" in text)
    assert result.reason.facts["line"] == line
    assert [one.lost.key for one in report.renames] == ["m/liste_2025.csv"]
    assert house.bucket.reads == []
    assert house.portal.requests == []
    assert report.exit_code == plan.exit_code == 3


def test_who_writes_the_line_has_the_new_name_online(house: House) -> None:
    resource = house.resource("Titre")
    house.target(resource, "m/liste.csv")
    house.bucket.put("m/liste.csv", b"id\n1\n2\n")
    house.sync()
    house.bucket.delete("m/liste.csv")
    house.bucket.put("m/Liste.csv", b"id\n1\n2\n3\n")
    assert house.sync_one().reason.facts["write"] == "object: m/Liste.csv"
    house.entries.clear()
    house.target(resource, "m/Liste.csv")

    report = house.sync()

    assert report.summary == {"replaced": 1}
    assert report.renames == ()


def test_an_object_that_another_target_claims_is_nobodys_new_name(house: House) -> None:
    house.target(house.resource("Un"), "m/liste_2025.csv")
    house.target(house.resource("Deux"), "m/liste_2026.csv")
    house.bucket.put("m/liste_2026.csv", b"id\n1\n2\n")

    report = house.sync()

    missing = next(r for r in report.results if r.outcome is Outcome.MISSING)
    assert missing.reason.code == "object_missing"
    assert report.renames == ()


def test_a_pattern_that_matches_nothing_is_said_with_what_nearly_fits(house: House) -> None:
    house.entry(resource=house.resource("Titre"), newest="m/liste_*.csv")
    house.bucket.put("m/Liste_2026.csv", b"id\n1\n")

    reason = house.sync_one().reason

    assert reason.code == "pattern_near_known"
    assert reason.facts["write"] == 'newest: "m/Liste_*.csv"'
