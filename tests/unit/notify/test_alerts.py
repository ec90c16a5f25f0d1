"""When a person is told: at a change, once a day while it lasts, and once when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd import text
from syncd.core.reasons import Reason, because
from syncd.core.records import Outcome
from syncd.core.service_records import Alert
from syncd.notify import messages
from syncd.notify.alerts import (
    RECOVERED,
    Change,
    Delivery,
    after_listing,
    clear_alert,
    deliveries,
    due,
    forget_others,
    in_order,
    raise_alert,
)
from syncd.notify.messages import MOST_TARGETS, message
from syncd.text.screens import SCREENS
from tests.support.alert_builders import (
    DOWN,
    EMPTY,
    FINE,
    SHRUNK,
    SLOW,
    SOON,
    alert,
    cycle,
    of,
    result,
    well,
)
from tests.support.builders import DATASET, NOW, OTHER, PORTAL, RESOURCE

REFUSED = because("portal_key_refused", host="portal.example", words="no", request_id="")


# -- what changed --------------------------------------------------------------------------------


def test_what_is_well_is_no_alert() -> None:
    assert not cycle([well(), result(Outcome.REPLACED, FINE, resource=OTHER)])


def test_a_trouble_is_a_new_alert_that_nobody_was_told_of() -> None:
    (found,) = cycle([result()]).changed

    assert (found.portal, found.dataset, found.item) == (PORTAL, DATASET, RESOURCE)
    assert (found.state, found.reason, found.since, found.told_at) == ("held", EMPTY, NOW, None)
    assert found.about["contact"] == "musees@example.fr"
    assert found.about["link"].endswith(RESOURCE)


def test_a_target_without_a_resource_is_known_by_its_object() -> None:
    assert cycle([result(resource=None)]).changed[0].item == "a.csv"


def test_the_same_trouble_is_no_change() -> None:
    assert not cycle([result()], alert(told_at=NOW), now=SOON)


def test_new_figures_of_the_same_trouble_are_kept_and_not_told() -> None:
    smaller = replace(SHRUNK, facts={**SHRUNK.facts, "size": 70})
    known = alert("held", SHRUNK, told_at=NOW)

    change = cycle([result(reason=smaller)], known, now=SOON)

    assert change == Change(changed=(replace(known, reason=smaller),))


@pytest.mark.parametrize(
    ("state", "reason", "then", "why", "told_again"),
    [
        ("held", EMPTY, Outcome.HELD, SHRUNK, True),
        ("held", EMPTY, Outcome.MISSING, because("object_missing", key="a.csv"), True),
        ("held", EMPTY, Outcome.FAILED, DOWN, True),
        ("failed", DOWN, Outcome.FAILED, REFUSED, True),
        ("failed", DOWN, Outcome.FAILED, SLOW, False),
        ("failed", SLOW, Outcome.FAILED, because("s3_timeout", endpoint="x"), True),
    ],
)
def test_another_state_or_reason_is_news_but_not_the_faces_of_one_outage(
    state: str, reason: Reason, then: Outcome, why: Reason, told_again: bool
) -> None:
    known = alert(state, reason, told_at=NOW)

    (found,) = cycle([result(then, why)], known, now=SOON).changed

    assert found.reason == why
    assert (found.told_at is None) == told_again
    assert found.since == (SOON if told_again else NOW)


def test_a_trouble_that_was_told_is_told_to_be_over() -> None:
    (found,) = cycle([well()], alert(told_at=NOW), now=SOON).changed

    assert (found.state, found.since, found.told_at) == (RECOVERED, SOON, None)
    assert found.about["was"] == "held"
    assert not cycle([well()], found, now=SOON)


def test_a_trouble_that_nobody_heard_of_is_dropped_when_it_is_over() -> None:
    known = alert()

    assert cycle([well()], known) == Change(dropped=(known,))


def test_a_trouble_that_returns_is_news() -> None:
    over = cycle([well()], alert(told_at=NOW), now=SOON).changed[0]

    (found,) = cycle([result()], over, now=SOON).changed

    assert (found.state, found.told_at, found.since) == ("held", None, SOON)


def test_a_target_that_left_the_manifest_is_forgotten() -> None:
    known = alert(told_at=NOW)

    assert cycle([well(resource=OTHER, object="b.csv")], known) == Change(dropped=(known,))
    assert cycle([], known) == Change(dropped=(known,))


def test_absence_proves_nothing_where_something_failed_or_not_all_was_looked_at() -> None:
    known = alert(told_at=NOW)
    failed = result(Outcome.FAILED, DOWN, resource=None, object="f_*.csv")

    assert known not in cycle([failed], known).dropped
    assert not cycle([well(resource=OTHER)], known, partial=True)


def test_what_was_told_of_a_target_stands_while_its_object_is_too_young() -> None:
    known = alert("missing", told_at=NOW)
    reason = because("settling", key="a.csv", settle=120)
    young = result(Outcome.MISSING, reason, settling=True)
    assert not cycle([young], known)
    assert not cycle([young])
    assert cycle([well()], known).changed[0].state == RECOVERED


def test_the_failure_of_a_pattern_is_over_when_its_files_are_looked_at_again() -> None:
    failed = cycle([result(Outcome.FAILED, DOWN, resource=None, object="f_*.csv")]).changed[0]

    (found,) = cycle([well(object="f_2024.csv")], replace(failed, told_at=NOW)).changed

    assert (found.item, found.state) == ("f_*.csv", RECOVERED)


def test_a_failure_keeps_what_was_known_of_titles_and_links() -> None:
    poor = result(Outcome.FAILED, DOWN, title="", link="", dataset_page="")
    first = cycle([result(Outcome.FAILED, SLOW)]).changed[0]

    (found,) = cycle([poor], first, now=SOON).changed

    assert found.about["title"] == "Les musées"
    assert found.about["link"].endswith(RESOURCE)


def test_a_contact_that_was_taken_out_is_not_written_to_any_more() -> None:
    (found,) = cycle([result()], alert(told_at=NOW), contact="").changed

    assert (found.about["contact"], found.told_at) == ("", NOW)


def test_of_two_results_for_one_resource_the_worse_counts() -> None:
    for better, worse in ((well(), result()), (result(), result(Outcome.FAILED, DOWN))):
        for order in ([better, worse], [worse, better]):
            assert [a.state for a in cycle(order).changed] == [worse.outcome]


def test_what_the_service_says_of_itself_is_no_targets_business() -> None:
    late = Alert(PORTAL, DATASET, "late", "late", because("x"), {}, NOW, told_at=NOW)

    assert not cycle([well()], late)
    assert not raise_alert([late], replace(late, since=SOON, told_at=None))
    assert clear_alert([late], (DATASET, "late"), SOON).changed[0].state == RECOVERED
    assert not clear_alert([late], ("", "late"), SOON)


def test_datasets_that_are_no_longer_watched_are_forgotten() -> None:
    manifest = Alert(PORTAL, "", "manifest", "held", because("x"), {}, NOW)
    known = alert()

    assert forget_others([known, manifest], {DATASET}) == Change()
    assert forget_others([known, manifest], {OTHER}) == Change(dropped=(known,))


# -- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told_ago", "is_due"),
    [
        ("held", None, True),
        (RECOVERED, None, True),
        ("held", timedelta(hours=23, minutes=59), False),
        ("held", timedelta(days=1), True),
        (RECOVERED, timedelta(days=2), False),
        ("held", -timedelta(minutes=1), False),
        ("held", -timedelta(days=400), True),
    ],
)
def test_an_alert_is_due_when_untold_and_a_day_later(
    state: str, told_ago: timedelta | None, is_due: bool
) -> None:
    known = alert(state, told_at=None if told_ago is None else NOW - told_ago)

    assert bool(due([known], NOW)) == is_due


def test_what_was_told_within_an_hour_is_recalled_together() -> None:
    first = alert(told_at=NOW)
    second = alert(item=OTHER, told_at=NOW + timedelta(minutes=10))
    third = alert(item="x", told_at=NOW + timedelta(hours=3))

    assert due([first, second, third], NOW + timedelta(days=1)) == (first, second)
    assert due([second, third], NOW + timedelta(days=1)) == ()


# -- to whom -------------------------------------------------------------------------------------


def test_ops_get_everything_and_a_contact_what_is_theirs() -> None:
    museums = of("1", "Musées", "m@example.fr")
    parks = of("2", "Parcs", "p@example.fr")
    nobody = of("3", "Gares", "")
    service = of("", "", "m@example.fr")
    everything = [parks, service, nobody, museums]

    found = deliveries(everything, ops=True, contacts=True)

    assert found == (
        Delivery("", in_order(everything)),
        Delivery("m@example.fr", (museums,)),
        Delivery("p@example.fr", (parks,)),
    )
    assert deliveries(everything, ops=False, contacts=False) == ()
    assert deliveries([], ops=True, contacts=True) == ()


def test_the_worst_comes_first_then_the_titles() -> None:
    states = ["recovered", "overdue", "late", "missing", "held", "failed"]
    mixed = [of("1", "B", "", state) for state in states] + [of("2", "a", "", "held")]

    assert [(a.state, a.dataset) for a in in_order(mixed)] == [
        ("failed", "1"),
        ("held", "2"),
        ("held", "1"),
        ("missing", "1"),
        ("late", "1"),
        ("overdue", "1"),
        ("recovered", "1"),
    ]


# -- in which words ------------------------------------------------------------------------------


def said(*alerts: Alert, contact: str = "") -> tuple[str, str]:
    found = message(Delivery(contact, in_order(alerts)))
    return found.subject, found.body


def test_a_message_says_what_happened_where_and_what_to_do_next() -> None:
    subject, body = said(alert())

    assert subject == "syncd: Liste des musées: held"
    lines = body.splitlines()
    assert lines[:2] == ["Liste des musées", "https://portal.example/datasets/musees/"]
    assert lines[2].startswith("- held: “Les musées” (a.csv), since 2026-03-10")
    assert lines[3] == "  " + text.sentence(EMPTY)
    assert lines[4] == f"  https://portal.example/r/{RESOURCE}"
    assert lines[-1] == "`syncd status` shows the state of every target."


def test_a_contact_is_told_why_it_is_written_to() -> None:
    assert "contact" in said(alert(), contact="musees@example.fr")[1].splitlines()[-1]


def test_a_reminder_says_that_it_is_one() -> None:
    subject, body = said(alert(told_at=NOW))

    assert subject.endswith("(reminder)")
    assert "(reminder)" in body


def test_good_news_say_what_it_was() -> None:
    subject, body = said(cycle([well()], alert(told_at=NOW), now=SOON).changed[0])

    assert subject == "syncd: Liste des musées is well again"
    assert "(was: held)" in body
    assert text.sentence(EMPTY) not in body


def test_one_trouble_of_all_targets_of_a_dataset_is_one_line() -> None:
    down = [of("1", "Musées", "", "failed", f"{n:02}.csv") for n in range(12)]

    subject, body = said(*down)

    assert subject == "syncd: 12 targets need you: Musées: failed"
    assert body.count("- failed: 12 targets, since ") == 1
    assert body.count(text.sentence(EMPTY)) == 1
    assert "  · … and 7 more" in body


def test_one_trouble_of_many_datasets_is_one_line() -> None:
    numbers = [
        replace(
            of(f"{n:03}", f"D{n:03}", "", "failed"),
            reason=replace(REFUSED, facts={**REFUSED.facts, "request_id": str(n)}),
        )
        for n in range(500)
    ]

    subject, body = said(*numbers, of("x", "Musées", ""))

    assert subject == "syncd: 501 targets of 501 datasets need you: D000: failed, …"
    assert "- failed: 500 targets of 500 datasets, since " in body
    assert "… and 495 more" in body
    assert "[" not in body
    assert len(body.splitlines()) < 20
    assert "- held: a, since" in body


def test_a_message_has_an_end() -> None:
    many = [
        replace(of(f"{n:03}", f"D{n:03}", ""), reason=because("guard_empty", key=str(n)))
        for n in range(MOST_TARGETS + 7)
    ]

    body = said(*many)[1]

    assert body.count("\n- held: ") == MOST_TARGETS
    assert "… and 7 more" in body


def test_addresses_of_internal_servers_stay_inside() -> None:
    reason = because(
        "s3_unreachable",
        endpoint="https://s3.interne.example.fr",
        detail="no way to s3.interne.example.fr",
    )

    body = said(alert("failed", reason))[1]

    assert "interne" not in body
    assert "The S3 server cannot be reached (no way to the S3 server)." in body


def test_other_peoples_titles_cannot_break_a_message() -> None:
    strange = of("1", "Musées\r\nBcc: x@example.fr\u2028{title}", "", item="a\nb {x}")

    subject, body = said(strange)

    assert subject == "syncd: Musées Bcc: x@example.fr {title}: held"
    assert "- held: a b {x}, since" in body


def test_a_subject_is_short() -> None:
    assert len(said(of("1", "Musées " * 100, ""))[0]) <= 140


def test_the_service_speaks_of_itself() -> None:
    service = replace(of("", "", ""), about={}, state="failed", reason=DOWN)

    subject, body = said(service)

    assert subject.startswith("syncd: portal.example cannot be reached (connection refused).")
    assert body.splitlines()[0] == "The service"


def test_a_state_without_a_word_is_shown_as_it_is() -> None:
    assert "- strange: a, since" in said(of("1", "Musées", "", "strange"))[1]


def test_every_piece_of_a_message_is_used() -> None:
    source = Path(messages.__file__).read_text(encoding="utf-8")
    kinds = ("one", "some", "many", "service")
    subjects = {f"message.subject_{over}{kind}" for over in ("", "over_") for kind in kinds}
    subjects |= {f"message.subject_online_{kind}" for kind in kinds if kind != "service"}
    subjects |= {"message.endpoint", "message.proxy"}
    pieces = {key for key in SCREENS if key.startswith("message.")}
    assert {key for key in pieces - subjects if f'"{key}"' not in source.replace("'", '"')} == set()


# -- objects that no target claims ----------------------------------------------------------------

NEAR = because("unclaimed_pattern", key="b.csv", near="a_*.csv", line=3, ignore="ignore: [b.csv]")
STRAY = Alert(PORTAL, DATASET, "unclaimed depot b.csv", "unclaimed", NEAR, {"object": "b.csv"}, NOW)


def test_an_unclaimed_object_is_told_to_those_who_run_syncd_alone() -> None:
    (found,) = after_listing([], DATASET, [STRAY], NOW).changed

    told = deliveries([found], ops=True, contacts=True)

    assert [one.contact for one in told] == [""]


def test_an_unclaimed_object_is_told_once_and_never_recalled() -> None:
    told = replace(STRAY, told_at=NOW)

    assert not after_listing([told], DATASET, [replace(STRAY, since=SOON)], SOON)
    assert due([told], NOW + timedelta(days=3)) == ()


def test_an_unclaimed_object_that_is_near_to_another_target_now_is_no_news() -> None:
    told = replace(STRAY, told_at=NOW)
    other = replace(STRAY, reason=because("unclaimed_object", **NEAR.facts, write="object: b.csv"))

    (kept,) = after_listing([told], DATASET, [other], SOON).changed

    assert (kept.reason, kept.told_at) == (other.reason, NOW)


def test_an_object_that_is_claimed_now_is_told_to_be_so() -> None:
    (over,) = after_listing([replace(STRAY, told_at=NOW)], DATASET, [], SOON).changed

    assert (over.state, over.about["was"], over.told_at) == ("recovered", "unclaimed", None)


@pytest.mark.parametrize(
    "known", [STRAY, replace(STRAY, state="recovered", about={**STRAY.about, "was": "unclaimed"})]
)
def test_a_cycle_leaves_unclaimed_objects_and_a_listing_leaves_targets_alone(known: Alert) -> None:
    assert not cycle([well()], known, now=SOON)
    assert not after_listing([alert(told_at=NOW)], DATASET, [], SOON)
