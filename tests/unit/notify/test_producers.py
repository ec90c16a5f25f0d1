"""A dataset's contact reads nothing that is for operators, whatever the reason, in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from string import Formatter

import pytest

from syncd import text
from syncd.cli.commands import syncd as commands
from syncd.config.manifest.models import Dataset, EachTarget, Expect, Manifest, NewestTarget
from syncd.config.settings import Settings
from syncd.core.i18n_markers import Counted
from syncd.core.reasons import Fact, Reason, because
from syncd.core.records import WELL, Outcome
from syncd.core.service_records import Alert
from syncd.guards import GUARDS
from syncd.notify.alerts import ONLINE, RECOVERED, contact_of, deliveries
from syncd.notify.messages import message
from syncd.text import producers
from syncd.text.sentences import SENTENCES
from tests.support.alert_builders import DOWN, SHRUNK, alert
from tests.support.builders import NOW

CONTACT = "musees@example.fr"
SHAPES = (Manifest, Dataset, NewestTarget, EachTarget, Expect)
KEYS = {name for shape in SHAPES for name in shape.model_fields} - {"title", "name", "before"}
# A command, an option, a setting, a line of the manifest; and words that only operators know.
FOR_OPERATORS = re.compile(
    rf"`|--|SYNCD_|{'|'.join(name.upper() for name in Settings.model_fields)}"
    rf"|\bsyncd (?:{'|'.join(commands.commands)})\b|\b(?:{'|'.join(sorted(KEYS))}): "
    r"|\bmanifeste?s?\b|\bproducer|\bproducteur|\btarget\b|\bcible\b|\bthe key\b|\bla clé d’API\b"
    r"|\bproxy\b|\bserver\b|\bserveur\b"
)
STATES = [*(one.value for one in Outcome if one not in WELL), RECOVERED, ONLINE]
TOLD = {  # what a contact is told of, without which this test would hold of an empty table
    "deposit_late",
    "object_missing",
    "newest_tie_date",
    "drifted",
    "conflict",
    "receipt",
    *(code for code in SENTENCES if re.fullmatch("guard_(?:empty|shrink|rows|columns|type)", code)),
}
INFRASTRUCTURE = re.compile(
    "(?:s3|portal|key|disk|spool|ledger|state|lock|shortage|reader|notify|manifest|http|cycle"
    "|dataset_late|guard_brake|guard_fault|fault|archive|clock|route|settings)(?:_.*)?"
)


@pytest.fixture(autouse=True, params=text.LANGUAGES)
def language(request: pytest.FixtureRequest) -> None:
    text.speak(request.param)


def facts_of(template: str) -> Mapping[str, Fact]:
    """Something for each of its fields."""
    both = template + (template.many if isinstance(template, Counted) else "")
    by_spec: dict[str, Fact] = {
        "date": "2026-11-29T22:00:00+00:00",
        "names": "“a”",
        "format": "csv",
        **dict.fromkeys(("n", "size", "duration", "datasets", "targets"), 3),
    }
    fields = [(name, spec) for _, name, spec, _ in Formatter().parse(both) if name]
    return {name: by_spec.get(spec or "", "x") for name, spec in fields}


def reasons() -> Iterator[Reason]:
    for code, said in SENTENCES.items():
        yield Reason(code, {**facts_of(said), **facts_of(producers.template(code))})
        yield Reason(code)  # its facts are another version's
    yield because("guard_of_another_version", what=1)
    yield because("of_another_version", what=1)


@pytest.mark.parametrize("state", STATES)
def test_a_contact_reads_no_command_no_setting_and_no_advice_for_operators(state: str) -> None:
    told = 0
    # Of the others only the word differs.
    every = 1 if state in {"held", RECOVERED, ONLINE} else 20
    for reason in islice(reasons(), 0, None, every):
        one = alert(state, reason)
        for shown in (
            one,
            replace(one, told_at=NOW),
            replace(one, about={**one.about, "was": "held"}),
        ):
            for delivery in deliveries([shown], ops=False, contacts=True):
                said = message(delivery)
                told += 1
                found = FOR_OPERATORS.search(f"{said.subject}\n{said.body}")
                assert found is None, f"{reason.code}: {found}\n{said.body}"
    assert told > 3 * len(TOLD) // every


def test_nor_where_many_troubles_are_told_together() -> None:
    every = [
        replace(alert("held", reason), dataset=f"{at:03}", item=str(item))
        for at, reason in enumerate(islice(reasons(), 0, None, 12))
        for item in range(1 + at % 3)
    ]
    shared = [replace(alert("missing"), dataset=f"s{at}") for at in range(6)]
    for delivery in deliveries([*every, *shared], ops=False, contacts=True):
        said = message(delivery)
        assert FOR_OPERATORS.search(f"{said.subject}\n{said.body}") is None, said.body


def test_what_a_producer_can_mend_reaches_the_contact() -> None:
    assert {one.code for one in reasons() if contact_of(alert("held", one)) == CONTACT} >= TOLD


def test_every_guard_but_those_for_operators_reaches_the_contact() -> None:
    silent = {code for code in SENTENCES if code.startswith("guard_")} - {
        one.code for one in reasons() if contact_of(alert("held", one)) == CONTACT
    }
    assert {one for one in silent if not one.startswith("guard_schema_")} == {
        "guard_brake",
        "guard_fault",
    }
    assert len(GUARDS) > 10


def test_failures_of_the_infrastructure_reach_no_contact() -> None:
    told = [one.code for one in reasons() if contact_of(alert("failed", one))]
    assert [code for code in told if INFRASTRUCTURE.fullmatch(code)] == ["portal_bad_type"] * 2


def test_what_reaches_a_contact_says_more_than_that_nothing_changed() -> None:
    unsaid = text.for_producers(because("of_another_version"))
    for code in producers.PRODUCERS:
        facts = facts_of(producers.template(code))
        assert text.for_producers(Reason(code, facts)) != unsaid
    for one in reasons():
        if one.facts and producers.reaches_producers(one.code):
            assert len(text.for_producers(one)) > len(unsaid) + 10, one.code


def test_operators_read_the_whole_sentence_of_the_same_alert() -> None:
    [ops, contact] = deliveries([alert(reason=SHRUNK)], ops=True, contacts=True)
    assert "syncd release" in message(ops).body
    assert "syncd release" not in message(contact).body
    assert [one.contact for one in deliveries([alert("failed", DOWN)], True, True)] == [""]


@pytest.mark.parametrize("item", ["key", "manifest", "overdue"])
def test_what_is_well_again_does_not_repeat_its_trouble(item: str) -> None:
    reason = because("manifest_not_taken", count=3, first="unknown key objet")
    over = Alert("p", "", item, RECOVERED, reason, {"was": "failed"}, NOW)
    [delivery] = deliveries([over], ops=True, contacts=True)
    body = message(delivery).body
    assert "objet" not in body
    assert text.text(f"item.{item}") in body


def test_a_key_that_ends_is_not_called_a_service_that_is_late() -> None:
    ending = Alert("p", "", "key", "ending", because("key_expires_7", at=NOW.isoformat()), {}, NOW)
    [delivery] = deliveries([ending], ops=True, contacts=True)
    body = message(delivery).body
    assert text.text("word.late") not in body
    assert f"- {text.text('word.ending')}" in body
    assert text.text("item.key") in body
