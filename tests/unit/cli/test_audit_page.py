"""What the dataset's page says of the dataset."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.audit import Finding, Rating, page
from syncd.audit.frequencies import FREQUENCIES, PLAIN, better, rhythm
from syncd.core.catalogue import ThematicSite
from tests.support.audit_builders import (
    NINE,
    SITE,
    entry,
    file,
    found,
    mapped,
    published,
    said,
    subject,
)

OK = (Rating.OK, "audit_ok")


def look(*sites: ThematicSite, **fields: Any) -> list[Finding]:
    instants = fields.pop("published", ())
    shown = file()
    whole = subject(mapped(shown), of=entry(shown, **fields), published=instants)
    return list(page.findings(whole, sites))


@pytest.mark.parametrize("criterion", [c for c in NINE if c != "update_fulfilled_in_time"])
def test_the_portals_word_counts(criterion: str) -> None:
    assert said(look(), criterion) == OK
    status = found(look(unmet=[criterion]), criterion).status
    broken = criterion == "all_resources_available"
    assert status is (Rating.PROBLEM if broken else Rating.IMPROVE)
    assert said(look(untold=[criterion]), criterion) == (Rating.UNKNOWN, "audit_not_told")


def test_a_dataset_without_a_file_says_so_where_files_are_judged() -> None:
    empty = entry(untold=["has_open_format"])
    findings = list(page.findings(subject(of=empty), ()))
    assert said(findings, "has_open_format") == (Rating.UNKNOWN, "audit_no_file")


def test_the_description_is_counted() -> None:
    findings = look(description="x" * 42, unmet=["dataset_description_quality"])
    facts = found(findings, "dataset_description_quality").reason.facts
    assert dict(facts) == {"length": 42, "least": 101}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (Rating.IMPROVE, "audit_short")),
        ("   ", (Rating.IMPROVE, "audit_short")),
        ("x" * 200, OK),
        ("x" * 201, (Rating.IMPROVE, "audit_short_long")),
    ],
)
def test_the_short_description_is_there_and_short(text: str, expected: tuple[Rating, str]) -> None:
    assert said(look(description_short=text), "description_short") == expected


@pytest.mark.parametrize(
    ("count", "status"), [(0, Rating.IMPROVE), (2, Rating.IMPROVE), (3, Rating.OK)]
)
def test_a_few_keywords_are_wanted(count: int, status: Rating) -> None:
    assert found(look(tags=("abc", "def", "ghi")[:count]), "tags").status is status


def test_each_thematic_site_wants_a_keyword_of_its_categories() -> None:
    other = ThematicSite("Mer", "https://mer.example", "mer", ("peche",))
    plain = ThematicSite("Tout", "https://tout.example", "tout")
    findings = [one for one in look(SITE, other, plain) if one.criterion == "category_tags"]
    assert [(one.status, one.reason.facts.get("site")) for one in findings] == [
        (Rating.OK, None),
        (Rating.IMPROVE, "Mer"),
    ]


@pytest.mark.parametrize(
    ("state", "code"),
    [("private", "audit_private"), ("archived", "audit_archived"), ("deleted", "audit_deleted")],
)
def test_a_hidden_dataset_is_a_problem(state: str, code: str) -> None:
    assert said(look(), "public") == OK
    assert said(look(**{state: True}), "public") == (Rating.PROBLEM, code)


# -- declared and real frequency -----------------------------------------------------------------


def test_a_frequency_that_is_true_is_well() -> None:
    assert said(look(published=published(29, 22, 15, 8, 1)), "frequency") == OK


def test_a_dataset_that_is_really_monthly_is_not_weekly() -> None:
    one = found(look(published=published(125, 94, 63, 32, 1)), "frequency")
    assert one.status is Rating.IMPROVE
    assert dict(one.reason.facts) == {"declared": "weekly", "days": 31, "proposed": "monthly"}


def test_a_dataset_that_comes_more_often_than_declared_is_said_as_well() -> None:
    one = found(look(frequency="annual", published=published(4, 3, 2, 1, 0)), "frequency")
    assert one.reason.facts["proposed"] == "daily"


def test_too_few_publications_are_no_rhythm() -> None:
    findings = look(published=published(30, 20, 10))
    assert said(findings, "frequency") == (Rating.UNKNOWN, "audit_rhythm_unknown")


def test_no_frequency_is_no_promise_to_be_held_against() -> None:
    findings = look(frequency="unknown", unmet=["update_frequency"])
    assert said(findings, "frequency") == (Rating.UNKNOWN, "audit_no_frequency")
    assert said(look(frequency="punctual"), "frequency") == OK


def test_files_of_one_delivery_count_once() -> None:
    weekly = published(*(age + hour for age in (22, 15, 8, 1) for hour in (0, 0.01, 0.02)))
    assert rhythm(weekly) == pytest.approx(7, abs=0.05)
    assert rhythm(published(0, 0.01, 0.02, 0.03)) is None


def test_a_delivery_that_takes_hours_is_still_one() -> None:
    assert rhythm(published(*(0.03 * n for n in range(10)))) is None


def test_one_long_gap_does_not_change_a_rhythm() -> None:
    assert rhythm(published(100, 4, 3, 2, 1, 0)) == 1


@pytest.mark.parametrize("declared", sorted(FREQUENCIES))
def test_no_frequency_is_told_to_change_when_it_is_kept(declared: str) -> None:
    assert better(declared, FREQUENCIES[declared].usual) == ""
    assert FREQUENCIES[declared].due >= FREQUENCIES[declared].usual * 0.99


def test_working_days_are_five_times_a_week_and_daily() -> None:
    assert better("fiveTimesAWeek", 1) == better("daily", 7 / 5) == ""


def test_proposals_are_frequencies_that_people_know() -> None:
    proposed = {better("decennial", days) for days in (0.01, 1, 7, 30, 60, 90, 183, 365)}
    assert proposed <= set(PLAIN)
    assert better("daily", 400) == "annual"
    assert better("annual", 8) == "weekly"
