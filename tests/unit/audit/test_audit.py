"""The audit as a whole: what is looked at, and in which order it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd import audit
from syncd.audit import (
    EFFORTS,
    SCORED,
    Audited,
    Effort,
    Finding,
    Known,
    Rating,
    Visibility,
    Visible,
)
from syncd.audit.findings import ranked
from syncd.audit.frequencies import FREQUENCIES
from syncd.audit.naming import faults
from syncd.core.reasons import because
from syncd.core.records import Act, Cause, Publication
from syncd.core.results import FAILED, OK
from syncd.core.targets import DatasetEntry, Expect, Place, Schedule
from syncd.text.audit import AUDIT_SCREENS
from tests.support.audit_builders import (
    EDIT,
    NINE,
    SITE,
    days,
    deposited,
    entry,
    file,
    mapped,
    said,
    seen,
    subject,
)
from tests.support.builders import (
    BINDING,
    NOW,
    OTHER,
    RESOURCE,
    SOURCE,
    each,
    exactly,
    newest,
    target,
)

WELL = because("audit_ok")
PLACES = {"depot": SOURCE}


def finding(criterion: str, status: Rating = Rating.IMPROVE) -> Finding:
    return Finding(criterion, status, WELL)


def audited(*criteria: str, **fields: object) -> Audited:
    given = {"dataset": "d", "title": "", "link": "", "score": 0.5, **fields}
    return Audited(findings=tuple(finding(one) for one in criteria), **given)  # type: ignore[arg-type]


# -- the order -----------------------------------------------------------------------------------


def test_the_nine_criteria_of_the_portal_and_no_other_count_in_its_score() -> None:
    assert set(NINE) == SCORED


def test_what_is_easiest_stands_first_whatever_its_status() -> None:
    shuffled = [
        finding("preview"),
        finding("tags", Rating.OK),
        finding("same_bytes", Rating.PROBLEM),
        finding("column_names", Rating.UNKNOWN),
        finding("description_short"),
        finding("license"),
    ]
    order = [one.criterion for one in ranked(shuffled)]
    assert order == [
        "license",
        "description_short",
        "same_bytes",
        "preview",
        "column_names",
        "tags",
    ]


def test_of_two_that_are_as_easy_the_one_in_the_score_stands_first() -> None:
    order = [one.criterion for one in ranked([finding("category_tags"), finding("spatial")])]
    assert order == ["spatial", "category_tags"]


def test_the_dataset_with_the_easiest_gain_stands_first() -> None:
    work, words = audited("preview"), audited("tags")
    one, two = audited("license"), audited("license", "spatial")
    nothing = audited()
    failed = audited(score=None, failed=WELL)
    hidden = audited(thematic=(Visibility(SITE, Visible.NO, WELL),))
    found = audit.first_things_first([nothing, work, failed, hidden, one, words, two])
    assert found.datasets == (two, one, words, hidden, work, failed, nothing)


def test_advice_ends_well_and_trouble_does_not() -> None:
    assert audit.first_things_first([audited("license")]).exit_code == OK
    assert audit.first_things_first([audited("license", failed=WELL)]).exit_code == FAILED


# -- the whole -----------------------------------------------------------------------------------


def test_a_dataset_that_is_as_it_should_be_has_nothing_to_do() -> None:
    whole = subject(mapped(), published=tuple(NOW - days(age) for age in (22, 15, 8, 1)))
    result = audit.evaluate(whole, {SITE: frozenset([whole.entry.id])})
    assert result.open == ()
    assert {one.status for one in result.findings} == {Rating.OK}
    assert {one.criterion for one in result.findings} == set(EFFORTS) - {"portal", "resource"}
    assert [one.visible for one in result.thematic] == [Visible.YES]
    assert (result.score, result.failed) == (1, None)


def test_every_finding_has_a_link_to_where_it_is_put_right() -> None:
    result = audit.evaluate(subject(mapped(file(description=""))), {})
    links = {one.criterion: one.link for one in result.findings}
    assert links["license"] == EDIT
    assert links["resource_description"] == f"{EDIT}/files?resource_id={RESOURCE}"


def test_a_dataset_that_cannot_be_read_is_unknown_everywhere() -> None:
    why = because("portal_not_found", what="dataset", host="h", status=404, words="", request_id="")
    result = audit.failure("d", "Musées", EDIT, why, {SITE: frozenset()})
    assert result.score is None
    assert said(result.findings, "portal") == (Rating.UNKNOWN, "portal_not_found")
    assert [one.visible for one in result.thematic] == [Visible.UNKNOWN]
    assert result.failed == why


# -- what is looked at ---------------------------------------------------------------------------


def manifest(*targets: object) -> DatasetEntry:
    return DatasetEntry("d", "", "musees@example.fr", Schedule(), targets, Place(1, 1))  # type: ignore[arg-type]


def line(age: float, act: Act = Act.REPLACED, resource: str = RESOURCE) -> Publication:
    return Publication(
        id=1,
        binding=replace(BINDING, resource=resource),
        judged=deposited("x", age),
        title="",
        link="",
        act=act,
        cause=Cause(),
        begun_at=NOW - days(age),
    )


def look(*targets: object, known: Known | None = None) -> audit.Subject:
    shown = entry(file(id=RESOURCE), file("other", id=OTHER))
    return audit.subject_of(manifest(*targets), shown, known or Known(), PLACES, NOW, EDIT)


def test_without_a_ledger_the_manifest_says_the_names_that_it_knows() -> None:
    found = look(target(exactly("depot/a.csv")), target(newest("b_*.csv"), resource=OTHER))
    assert [(one.resource, one.name) for one in found.files] == [(RESOURCE, "a.csv"), (OTHER, "")]
    assert found.contact == "musees@example.fr"


def test_with_a_ledger_the_object_that_is_online_has_its_name() -> None:
    row = seen(deposited("new", 1, "x/b_2025.csv"), deposited("old", 9, "x/b_2024.csv"))
    row = replace(row, binding=replace(BINDING, key="newest:b_*.csv"))
    found = look(target(newest("b_*.csv"), expect=Expect(days(7))), known=Known([row]))
    (one,) = found.files
    assert (one.name, one.row, one.expect) == ("b_2024.csv", row, Expect(days(7)))


def test_an_each_stands_for_the_resources_that_are_known_and_those_in_the_ledger() -> None:
    row = replace(
        seen(deposited("x", 1, "f_2025.csv"), None),
        binding=replace(BINDING, resource=OTHER, key="f_2025.csv"),
    )
    found = look(target(each("f_{annee:yyyy}.csv", _2024=RESOURCE)), known=Known([row]))
    assert [(one.resource, one.in_series) for one in found.files] == [
        (RESOURCE, True),
        (OTHER, True),
    ]


def test_a_resource_that_the_dataset_does_not_have_is_kept_to_be_said() -> None:
    gone = "0" * 8 + RESOURCE[8:]
    found = look(target(exactly("a.csv"), resource=gone))
    assert [(one.resource, one.file) for one in found.files] == [(gone, None)]


def test_news_are_what_went_online_by_syncd_on_the_manifests_resources() -> None:
    lines = [line(1), line(5), line(3, Act.ADOPTED), line(4, Act.FOUND), line(2, resource=OTHER)]
    found = look(target(exactly("a.csv")), known=Known(history=lines))
    assert found.published == (NOW - days(5), NOW - days(1))


# -- the words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("criterion", set(EFFORTS)),
        ("effort", {str(one.value) for one in Effort}),
        ("visible", {one.value for one in Visible}),
        ("frequency", set(FREQUENCIES)),
        ("fault", set(faults("É a(.csv"))),
    ],
)
def test_every_word_of_the_audit_is_said_and_no_other(kind: str, words: set[str]) -> None:
    prefix = f"{kind}."
    assert {k.removeprefix(prefix) for k in AUDIT_SCREENS if k.startswith(prefix)} == words
