"""What is paused in the manifest is left alone, and said each time."""

from __future__ import annotations

import sqlite3

import pytest

from syncd.cli.output.json_documents import plan_document, sync_document
from syncd.cli.output.screen import Screen
from syncd.core.results import OK
from tests.support.sync_harness import House


def test_plan_and_sync_say_what_is_paused_why_and_since_when(house: House) -> None:
    paused = house.resource("Titre", content=b"id\n1\n")
    house.target(paused, "a.csv", paused="travaux")
    other = house.resource("Autre", content=b"id\n2\n")
    house.target(other, "b.csv")
    house.bucket.put("b.csv", b"id\n2\n")

    (before,) = house.plan().paused
    assert (before.object, before.reason.code) == ("a.csv", "paused")
    report = house.sync()
    (now,) = report.paused
    assert (now.reason.code, now.reason.facts["why"]) == ("paused", "travaux")
    (later,) = house.sync().paused
    assert later.reason.code == "paused_since"
    assert later.dataset_title
    assert later.dataset_page
    assert report.exit_code == OK
    assert report.summary == {"adopted": 1}  # what documents count stays


def test_a_dataset_that_is_paused_as_a_whole_is_no_empty_manifest(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = house.resource("Titre", content=b"id\n1\n")
    house.target(resource, "a.csv", paused="travaux")
    for report, document, show in (
        (house.plan(), plan_document, Screen().plan),
        (house.sync(), sync_document, Screen().sync),
    ):
        show(report)
        shown = capsys.readouterr().out
        assert "travaux" in shown
        assert "Total: 1 paused." in shown
        (told,) = document(report)["paused"]
        assert "travaux" in told["reason"]
        assert report.exit_code == OK


def test_who_asks_for_one_target_is_not_told_of_the_others(house: House) -> None:
    resource = house.resource("Titre", content=b"id\n1\n")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", b"id\n1\n")
    house.target(house.resource("Autre"), "b.csv", paused="travaux")
    assert house.plan(only="a.csv").paused == ()


def test_what_was_done_is_reported_although_the_pauses_cannot_be_read(house: House) -> None:
    house.target(house.resource("Titre"), "a.csv", paused="travaux")
    other = house.resource("Autre")
    house.target(other, "b.csv")
    house.bucket.put("b.csv", b"id\n1\n")
    house.sync()
    with sqlite3.connect(house.state / "ledger.sqlite") as ledger:
        assert ledger.execute("UPDATE pauses SET since = 'damaged'").rowcount == 1
    house.bucket.put("b.csv", b"id\n1\n2\n")
    house.pass_time(60)

    report = house.sync()

    assert report.summary == {"replaced": 1}
    assert house.bytes_online(other) == b"id\n1\n2\n"
