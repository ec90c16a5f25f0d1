"""A workbook that is saved anew each night, by the installed command."""

from __future__ import annotations

from tests.support.cli_harness import Office
from tests.support.nightly_workbook import workbook

SAID = "same content as the file online, in other bytes"


def test_a_workbook_that_says_the_same_is_not_sent_and_that_is_said(office: Office) -> None:
    resource = office.resource("Musées", "vieux.xlsx", workbook(0))
    office.entry(resource=resource, object="m.xlsx", unchanged="content")
    office.bucket.put("m.xlsx", workbook(1))
    assert office.run("check").code == 0
    uploads = office.uploads()
    assert office.run("plan", "--json").actions == {"m.xlsx": "adopt"}

    first = office.sync("--json")
    assert first.code == 0, first.all
    office.bucket.put("m.xlsx", workbook(2))
    assert office.run("plan", "--json").actions == {"m.xlsx": "unchanged"}
    second = office.sync("--json")

    assert second.code == 0, second.all
    assert (first.outcomes, second.outcomes) == ({"m.xlsx": "adopted"}, {"m.xlsx": "unchanged"})
    assert SAID in second.reasons["m.xlsx"]
    assert office.uploads() == uploads
    assert SAID in office.run("status", "--json").out
    assert "same content already, in other bytes" in office.run("history", "--json").out
    changed = workbook(3, [30, "Louvre"])
    office.bucket.put("m.xlsx", changed)
    assert office.sync("--json").outcomes == {"m.xlsx": "replaced"}
    assert office.permanent_link(resource) == changed
