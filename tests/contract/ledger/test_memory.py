"""syncd's memory on each engine: what is stored is what comes back, wholly or not at all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.adapters.ledger import SqlLedger
from syncd.core.errors import LedgerError
from syncd.core.history_records import Event, LineKind
from syncd.core.reasons import Reason
from syncd.core.records import (
    Act,
    Cause,
    Copy,
    CycleNote,
    DatasetNote,
    Intent,
    IntentState,
    Kept,
    Memory,
    Publication,
    Row,
)
from tests.support.builders import (
    BINDING,
    DATASET,
    NOW,
    OTHER,
    PORTAL,
    RESOURCE,
    digest,
    intent,
    judged,
    row,
)
from tests.support.examples import examples
from tests.support.ledger_values import FULL_INTENT, FULL_PUBLICATION, FULL_ROW, intents, rows


@pytest.mark.parametrize("stored", [FULL_ROW, row(), row(judged("x")), row(None, judged("x"))])
def test_a_row_comes_back_as_it_was(ledger: SqlLedger, stored: Row) -> None:
    ledger.put(stored)
    assert rows(ledger) == (stored,)


@pytest.mark.parametrize(
    "stored", [FULL_INTENT, intent(), intent(before=()), intent(resource_id="", before=("a",))]
)
def test_an_intent_comes_back_as_it_was(ledger: SqlLedger, stored: Intent) -> None:
    begun = ledger.begin(replace(stored, id=0))
    assert begun.id > 0
    assert intents(ledger) == (begun,)
    assert replace(begun, id=stored.id) == stored


def test_the_full_values_leave_no_field_at_its_default() -> None:
    """Else a forgotten column would not be seen."""
    for value in (FULL_ROW, FULL_INTENT, FULL_PUBLICATION):
        empty = [f.name for f in fields(value) if getattr(value, f.name) in (None, (), "", {})]
        assert empty == []


FACTS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.one_of(
        st.none(),
        st.text(st.characters(codec="utf-8"), max_size=9),
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=4,
)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001  # bounds of aware ones


@given(WORDS, WORDS, FACTS, INSTANTS)
@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_words_and_instants_survive(
    ledger: SqlLedger, key: str, title: str, facts: dict[str, Any], when: datetime
) -> None:
    stored = row(
        binding=replace(BINDING, key=key),
        title=title,
        reason=Reason("fault", facts),
        checked_at=when,
    )
    ledger.put(stored)
    assert stored in rows(ledger)


def test_facts_stay_what_they_were(ledger: SqlLedger) -> None:
    ledger.put(row(reason=Reason("x", {"one": 1, "half": 0.5, "text": "1", "none": None})))
    (found,) = rows(ledger)
    assert [type(v) for v in found.reason.facts.values()] == [int, float, str, type(None)]


# -- rows --------------------------------------------------------------------------------------


def test_what_is_known_of_many_datasets_is_what_is_known_of_each(ledger: SqlLedger) -> None:
    other = replace(BINDING, dataset="e" * 24)
    ledger.put(FULL_ROW, replace(FULL_ROW, binding=other))
    ledger.begin(FULL_INTENT)
    ledger.abandon(ledger.begin(replace(FULL_INTENT, binding=other)))
    ledger.put_note(DatasetNote(PORTAL, DATASET, "Musées", "", NOW), addresses=["musees"])
    elsewhere = replace(BINDING, portal="https://other.example")
    ledger.put(replace(FULL_ROW, binding=elsewhere))

    datasets = [DATASET, other.dataset, "f" * 24]

    assert ledger.memories(PORTAL, datasets) == {
        one: Memory(ledger.rows(PORTAL, one), ledger.intents(PORTAL, one), ledger.note(PORTAL, one))
        for one in datasets
    }
    assert ledger.memories(PORTAL, []) == {}
    assert ledger.notes(PORTAL) == {DATASET: ledger.note(PORTAL, DATASET)}
    assert ledger.addresses(PORTAL, ["musees", "x"]) == {"musees": DATASET}
    assert ledger.addresses(PORTAL, []) == {}


def test_rows_that_were_seen_again_have_another_date_and_nothing_else(ledger: SqlLedger) -> None:
    others = [
        replace(FULL_ROW, binding=replace(BINDING, dataset="e" * 24)),
        replace(FULL_ROW, binding=replace(BINDING, portal="https://other.example")),
    ]
    ledger.put(FULL_ROW, *others)
    later = NOW + timedelta(hours=1)

    ledger.seen_again(PORTAL, [DATASET], later)
    ledger.seen_again(PORTAL, [], later)

    assert rows(ledger) == (replace(FULL_ROW, checked_at=later),)
    for one in others:
        assert ledger.rows(one.binding.portal, one.binding.dataset) == (one,)


def test_a_row_replaces_the_one_of_the_same_binding(ledger: SqlLedger) -> None:
    ledger.put(FULL_ROW, row(binding=replace(BINDING, key="b.csv")))
    ledger.put(row(judged("z")))
    assert {r.binding.key: r.judged for r in rows(ledger)} == {
        "a.csv": judged("z"),
        "b.csv": None,
    }
    assert rows(ledger)[0].published is None or rows(ledger)[1].published is None


@pytest.mark.parametrize("part", ["portal", "dataset", "resource", "source", "key"])
def test_another_part_of_the_binding_is_another_row(ledger: SqlLedger, part: str) -> None:
    other = replace(BINDING, **{part: "other"})
    ledger.put(row(), row(binding=other))
    total = len(rows(ledger))
    total += len(ledger.rows(other.portal, other.dataset)) if part in {"portal", "dataset"} else 0
    assert total == 2


def test_a_row_without_resource_goes_when_its_resource_is_known(ledger: SqlLedger) -> None:
    unborn = row(binding=replace(BINDING, resource=""))
    other = row(binding=replace(BINDING, resource="", key="b.csv"))
    ledger.put(unborn, other)
    ledger.put(row())
    assert {r.binding for r in rows(ledger)} == {BINDING, other.binding}


def test_a_thousand_rows_take_as_many_statements_as_one(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.begin_reading("sha1", "a.csv", NOW)  # on PostgreSQL the first write takes one more
    sent: list[str] = []
    execute = sa.Connection.execute

    def counted(self: sa.Connection, statement: Any, *rest: Any, **more: Any) -> Any:
        sent.append(str(statement))
        return execute(self, statement, *rest, **more)

    monkeypatch.setattr(sa.Connection, "execute", counted)

    def statements(count: int) -> int:
        sent.clear()
        names = [f"{n}.csv" for n in range(count)]
        many = [replace(BINDING, resource=f"r-{name}", key=name) for name in names]
        ledger.put(*(row(None, judged("x"), binding=one) for one in many))
        return len(sent)

    assert statements(1) == statements(1000)
    assert len(rows(ledger)) == 1000


def test_several_rows_are_put_all_or_none(ledger: SqlLedger) -> None:
    broken = row(binding=replace(BINDING, key="b.csv"), reason=Reason("x", {"bad": object()}))  # type: ignore[dict-item]  # what JSON cannot hold
    with pytest.raises(LedgerError):
        ledger.put(row(), broken)
    assert rows(ledger) == ()


# -- intents -----------------------------------------------------------------------------------


def test_an_intent_can_be_amended_and_abandoned(ledger: SqlLedger) -> None:
    first, second = ledger.begin(intent()), ledger.begin(intent("other"))
    amended = replace(
        first, state=IntentState.EXPIRED, settle_from=NOW, answered_sha1=digest("x").sha1
    )
    ledger.amend(amended)
    assert intents(ledger) == (amended, second)
    ledger.abandon(second)
    assert intents(ledger) == (amended,)


def test_an_amended_binding_is_kept(ledger: SqlLedger) -> None:
    begun = ledger.begin(intent(resource_id="", before=()))
    born = replace(begun, binding=replace(begun.binding, resource=RESOURCE))
    ledger.amend(born)
    assert intents(ledger) == (born,)


def test_finishing_records_the_row_and_closes_the_intent(ledger: SqlLedger) -> None:
    begun = ledger.begin(intent())
    ledger.finish(begun, FULL_ROW)
    assert (intents(ledger), rows(ledger)) == ((), (FULL_ROW,))


def test_finishing_a_creation_drops_the_row_that_had_no_resource_yet(ledger: SqlLedger) -> None:
    ledger.put(row(binding=replace(BINDING, resource="")))
    begun = ledger.begin(intent(resource_id="", before=()))
    ledger.finish(begun, row())
    assert [r.binding.resource for r in rows(ledger)] == [RESOURCE]


def test_finishing_is_all_or_nothing(ledger: SqlLedger) -> None:
    unborn = row(binding=replace(BINDING, resource=""))
    ledger.put(unborn)
    expired = ledger.begin(intent(state=IntentState.EXPIRED))
    begun = ledger.begin(intent())
    broken = row(reason=Reason("x", {"bad": object()}))  # type: ignore[dict-item]  # what JSON cannot hold
    with pytest.raises(LedgerError):
        ledger.finish(begun, broken)
    assert intents(ledger) == (expired, begun)
    assert rows(ledger) == (unborn,)


@pytest.mark.parametrize(
    ("earlier", "closed"),
    [
        (intent(), True),
        (intent(state=IntentState.EXPIRED), False),  # it may still arrive, and reset the title
        (intent(resource_id="", before=(), state=IntentState.EXPIRED), True),
        (intent(state=IntentState.REFUSED), False),
        (intent(resource_id="", before=(), state=IntentState.REFUSED), True),
        (intent("other bytes", state=IntentState.EXPIRED), False),
        (intent(resource_id=OTHER, state=IntentState.EXPIRED), False),
        (
            intent(binding=replace(BINDING, key="b.csv"), state=IntentState.EXPIRED),
            False,
        ),
        (
            intent(binding=replace(BINDING, portal="https://elsewhere"), state=IntentState.EXPIRED),
            False,
        ),
    ],
)
def test_finishing_closes_the_earlier_intents_of_the_same_file(
    ledger: SqlLedger, earlier: Intent, closed: bool
) -> None:
    before = ledger.begin(earlier)
    ledger.finish(ledger.begin(intent()), row())
    left = ledger.intents(earlier.binding.portal, DATASET)
    assert left == (() if closed else (before,))


def test_an_address_that_was_told_again_ends_those_that_were_given_up(ledger: SqlLedger) -> None:
    """No title is reset by what may still be told; another address may still take its place."""
    address = "https://open.example.fr/a.csv"
    told = intent(address=address, state=IntentState.EXPIRED)
    ledger.begin(told)
    other = ledger.begin(replace(told, address=f"{address}.gz"))
    ledger.finish(ledger.begin(intent(address=address)), row())
    assert intents(ledger) == (other,)


def test_copies_are_known_by_their_dataset_until_they_are_dropped(ledger: SqlLedger) -> None:
    copy = Copy(PORTAL, DATASET, "https://s3.example.fr/open", "d/é-1.csv", "https://open/é", NOW)
    others = [replace(copy, dataset="d2"), replace(copy, portal="https://elsewhere")]
    second = replace(copy, key="d/é-2.csv")
    for one in (copy, *others, second, replace(copy, written_at=NOW)):
        ledger.note_copy(one)
    assert ledger.copies(PORTAL, DATASET) == (copy, second)
    ledger.drop_copy(copy)
    assert ledger.copies(PORTAL, DATASET) == (second,)
    assert ledger.copies("https://elsewhere", DATASET) == (others[1],)


def test_a_later_intent_is_not_closed_by_an_earlier_one(ledger: SqlLedger) -> None:
    first, second = ledger.begin(intent()), ledger.begin(intent())
    ledger.finish(first, row())
    assert intents(ledger) == (second,)


def test_the_last_sending_of_a_name_is_found_as_the_portal_writes_names(ledger: SqlLedger) -> None:
    assert ledger.last_sent(PORTAL, DATASET, "a.csv") is None
    begun = ledger.begin(intent(filename="Liste Été.csv", started_at=NOW))
    assert ledger.last_sent(PORTAL, DATASET, "liste-ete.CSV") == NOW
    sent = NOW + timedelta(seconds=9)
    ledger.finish(replace(begun, sent_at=sent), row())
    assert ledger.last_sent(PORTAL, DATASET, "liste-ete.csv") == sent
    assert ledger.last_sent(PORTAL, "another", "liste-ete.csv") is None
    assert ledger.last_sent(PORTAL, DATASET, "liste.csv") is None


# -- notes -------------------------------------------------------------------------------------


def test_notes_addresses_and_cycles_keep_the_latest(ledger: SqlLedger) -> None:
    assert ledger.note(PORTAL, DATASET) is None
    assert ledger.address(PORTAL, "slug") is None
    assert ledger.last_cycle() is None
    for number in (1, 2):
        note = DatasetNote(PORTAL, DATASET, f"Titre {number}", "page", NOW)
        ledger.put_note(note, addresses=["slug"])
        cycle = CycleNote(NOW, NOW, "sync", number, {})
        ledger.put_cycle(cycle)
        assert ledger.note(PORTAL, DATASET) == note
        assert ledger.last_cycle() == cycle
    ledger.put_note(DatasetNote(PORTAL, OTHER, "", "", NOW), addresses=["slug"])
    assert ledger.address(PORTAL, "slug") == OTHER
    assert ledger.address("https://elsewhere", "slug") is None


# -- the history -------------------------------------------------------------------------------

LET_GO = Event(LineKind.LET_GO, NOW)


def test_a_publication_comes_back_as_it_was(ledger: SqlLedger) -> None:
    ledger.record(replace(FULL_PUBLICATION, id=0))
    assert ledger.history(PORTAL) == (FULL_PUBLICATION,)


def published(word: str, **fields: Any) -> Publication:
    line = Publication(0, BINDING, judged(word), "T", "", Act.REPLACED, Cause(), NOW)
    return replace(line, **fields)


def test_the_history_of_a_portal_a_dataset_or_a_resource_is_oldest_first(
    ledger: SqlLedger,
) -> None:
    elsewhere = replace(BINDING, dataset="other", resource=OTHER)
    for word, binding in (("a", BINDING), ("b", elsewhere), ("c", BINDING)):
        ledger.record(published(word, binding=binding))

    def words(*which: str) -> list[str]:
        return [line.judged.digest.sha1 for line in ledger.history(*which)]

    a, b, c = (digest(word).sha1 for word in "abc")
    assert words(PORTAL) == [a, b, c]
    assert words(PORTAL, DATASET) == [a, c]
    assert words(PORTAL, "other", OTHER) == [b]
    assert words("https://another.example") == []


def test_a_publication_and_its_row_are_stored_together_or_not_at_all(ledger: SqlLedger) -> None:
    begun = ledger.begin(intent())
    broken = replace(published("a"), begun_at=None)  # type: ignore[arg-type]
    with pytest.raises(LedgerError):
        ledger.finish(begun, row(judged("a"), judged("a")), broken)
    assert rows(ledger) == ()
    assert intents(ledger) == (begun,)
    assert ledger.history(PORTAL) == ()

    ledger.finish(begun, row(judged("a"), judged("a")), published("a"))

    assert len(rows(ledger)) == len(ledger.history(PORTAL)) == 1
    assert intents(ledger) == ()


def test_pruning_never_touches_publications(ledger: SqlLedger) -> None:
    ledger.record(published("a", begun_at=NOW - timedelta(days=9999)))
    ledger.prune(NOW + timedelta(days=9999))
    assert len(ledger.history(PORTAL)) == 1


def test_the_newest_profile_of_the_same_bytes_is_found(ledger: SqlLedger) -> None:
    for word, profile in (("a", {"rows": 1}), ("a", {"rows": 2}), ("a", None), ("b", {"rows": 3})):
        ledger.record(published(word, profile=profile))
    assert ledger.profile(PORTAL, DATASET, RESOURCE, digest("a").sha1) == {"rows": 2}
    assert ledger.profile(PORTAL, DATASET, RESOURCE, digest("none").sha1) is None
    assert ledger.profile(PORTAL, DATASET, OTHER, digest("a").sha1) is None


def test_profiles_of_the_last_publications_come_newest_first_each_bytes_once(
    ledger: SqlLedger,
) -> None:
    for word, count in (("a", 1), ("b", 2), ("a", 3), ("c", 4), ("d", None)):
        ledger.record(published(word, profile=count and {"rows": count}))
    ledger.record(published("theirs", act=Act.FOUND, profile={"rows": 5}))

    def found(most: int, resource: str = RESOURCE) -> tuple[object, ...]:
        return ledger.profiles(PORTAL, DATASET, resource, most)

    assert found(12) == ({"rows": 4}, {"rows": 3}, {"rows": 2})
    assert found(2) == ({"rows": 4}, {"rows": 3})
    assert found(12, OTHER) == ()


def test_what_came_online_lately_is_told_by_dataset(ledger: SqlLedger) -> None:
    def put(dataset: str, days: int, act: Act = Act.REPLACED, portal: str = PORTAL) -> None:
        binding = replace(BINDING, dataset=dataset, portal=portal)
        at = NOW - timedelta(days=days)
        ledger.record(published(f"{dataset}{days}", binding=binding, act=act, begun_at=at))

    for dataset, days in (("one", 40), ("one", 30), ("one", 2), ("two", 1), ("not asked", 1)):
        put(dataset, days)
    put("two", 0, Act.CREATED)
    put("two", 3, Act.FOUND)  # it was there before
    put("two", 4, portal="https://another.example")

    found = ledger.came_online(PORTAL, ["one", "two", "quiet"], NOW - timedelta(days=30))

    days = {dataset: [(NOW - at).days for at in instants] for dataset, instants in found.items()}
    assert days == {"one": [30, 2], "two": [1, 0]}
    assert ledger.came_online(PORTAL, [], NOW) == {}


def test_a_file_stays_claimed_while_any_publication_or_upload_needs_it(ledger: SqlLedger) -> None:
    for word in ("a", "a", "b"):
        ledger.record(published(word, kept=Kept.ARCHIVE))
    ledger.record(published("s3", kept=Kept.SOURCE))
    begun = ledger.begin(intent("under way"))
    a, b, in_s3, under_way = (digest(w).sha1 for w in ("a", "b", "s3", "under way"))
    every = [a, b, in_s3, under_way, "0" * 40]
    assert ledger.claims(every) == {a: True, b: True, in_s3: False, under_way: True}
    assert ledger.claims([b]) == {b: True}

    ledger.forget_bytes([1, 3], LET_GO)
    ledger.abandon(begun)

    assert ledger.claims(every) == {a: True, b: False, in_s3: False}
    ledger.forget_bytes([2], LET_GO)
    assert ledger.claims([a]) == {a: False}


def test_claims_are_found_for_more_files_than_one_statement_takes(ledger: SqlLedger) -> None:
    ledger.record(published("a", kept=Kept.ARCHIVE))
    names = [f"{number:040x}" for number in range(1200)] + [digest("a").sha1]
    assert ledger.claims(names) == {digest("a").sha1: True}


def test_only_what_is_kept_of_one_resource_is_found(ledger: SqlLedger) -> None:
    for word, kept, resource in (
        ("a", Kept.NOWHERE, RESOURCE),
        ("b", Kept.SOURCE, RESOURCE),
        ("c", Kept.ARCHIVE, RESOURCE),
        ("d", Kept.ARCHIVE, OTHER),
    ):
        binding = replace(BINDING, resource=resource)
        ledger.record(published(word, kept=kept, binding=binding))

    found = ledger.kept(PORTAL, DATASET, RESOURCE)

    assert [line.judged.digest.sha1 for line in found] == [digest(word).sha1 for word in "bc"]
