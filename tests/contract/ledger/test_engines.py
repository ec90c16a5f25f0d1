"""What engines see differently by themselves, and syncd does not: on both it is the same."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.core.errors import LedgerError
from syncd.core.history_records import Event, LineKind
from syncd.core.reasons import Reason
from syncd.core.records import DatasetNote
from syncd.core.service_records import Unclaimed
from tests.contract.ledger.conftest import Opening
from tests.support.builders import (
    BINDING,
    DATASET,
    NOW,
    PORTAL,
    digest,
    intent,
    judged,
    row,
    version,
)
from tests.support.ledger_values import rows

TEXTS = [
    "a\0b",
    "\0",
    "\x1a",
    "\x1a0\x1a1\0",
    "é",
    "e\u0301",
    "🏛",
    "%",
    "_",
    "\\",
    "'\"",
    "",
    " ",
    "x" * 70_000,
]


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:20] for text in TEXTS])
def test_any_text_is_kept_in_columns_and_in_json(ledger: SqlLedger, text: str) -> None:
    stored = row(title=text, reason=Reason("x", {text: text}), version_id=text)
    ledger.put(stored)
    ledger.put_note(DatasetNote(PORTAL, DATASET, text, "", NOW), addresses=[text])
    assert rows(ledger) == (stored,)
    assert ledger.address(PORTAL, text) == DATASET


def test_half_a_character_is_refused_and_nothing_is_stored(ledger: SqlLedger) -> None:
    with pytest.raises(LedgerError):
        ledger.put(row(), row(binding=replace(BINDING, key="b\ud800")))
    assert rows(ledger) == ()
    ledger.put(row(reason=Reason("x", {"half": "\ud800"})))  # JSON writes it as an escape
    assert rows(ledger)[0].reason.facts == {"half": "\ud800"}


def test_a_name_with_a_nul_stands_in_the_chain_and_can_be_forgotten(ledger: SqlLedger) -> None:
    ledger.append(Event(LineKind.RELEASED, NOW, PORTAL, key="a\0b", by="L\0a", note="\0"))
    assert ledger.verify_history().breaks == ()
    assert ledger.names() == ("L\0a",)
    assert ledger.forget_name("L\0a", "", NOW) is not None
    assert ledger.verify_history().breaks == ()


def test_keys_are_ordered_by_their_bytes(ledger: SqlLedger) -> None:
    keys = ["a", "B", "é", "Z", "_", "-a", "10", "9", "É", "ab", "a b", "~", "🏛"]
    found = [Unclaimed(PORTAL, DATASET, "depot", key, Reason("x", {}), NOW) for key in keys]
    ledger.put_unclaimed(PORTAL, found, (), {})
    assert [one.key for one in ledger.unclaimed(PORTAL)] == sorted(keys, key=str.encode)


def test_names_that_differ_by_case_or_form_are_two(ledger: SqlLedger) -> None:
    keys = ["a.csv", "A.csv", "\u00e9.csv", "e\u0301.csv", "a.csv "]
    ledger.put(*(row(binding=replace(BINDING, key=key, resource=f"r{key}")) for key in keys))
    assert {one.binding.key for one in rows(ledger)} == set(keys)


def test_the_beginning_of_a_manifests_digest_is_no_pattern(ledger: SqlLedger) -> None:
    event = Event(LineKind.MANIFEST, NOW, PORTAL, facts={"manifest": "ab" * 32})
    ledger.put_manifest(b"version: 1", event)
    assert list(ledger.manifests("ab")) == ["ab" * 32]
    assert [ledger.manifests(one) for one in ("%", "_b", "AB")] == [{}, {}, {}]


@pytest.mark.parametrize("size", [2**31 - 1, 2**31, 2**40, 2**62])
def test_a_size_may_be_large(ledger: SqlLedger, size: int) -> None:
    seen = version("a.csv", '"e"', size)
    stored = row(replace(judged("x", seen), digest=replace(digest("x"), size=size)))
    ledger.put(stored)
    begun = ledger.begin(intent("x", sent_at=NOW))
    assert rows(ledger) == (stored,)
    assert ledger.intents(PORTAL, DATASET) == (begun,)


def test_an_answer_longer_than_a_sha1_is_kept(ledger: SqlLedger) -> None:
    """SQLite does not hold a column to its length: a portal may answer with another digest."""
    begun = ledger.begin(intent(answered_sha1="f" * 128))
    assert ledger.intents(PORTAL, DATASET) == (begun,)


@pytest.mark.parametrize("hours", [-11, 0, 14])
def test_an_instant_is_one_in_every_zone(opening: Opening, hours: int) -> None:
    at = datetime(2026, 10, 25, 2, 30, 0, 123456, timezone(timedelta(hours=hours)))
    with closing(opening()) as ledger:
        ledger.put(row(checked_at=at))
    with closing(opening()) as ledger:
        (found,) = rows(ledger)
        assert found.checked_at == at
        assert found.checked_at.tzinfo == UTC
