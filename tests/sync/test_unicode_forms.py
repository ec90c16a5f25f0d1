"""Keys that a Mac deposited (NFD) are those that everybody else types (NFC), and the reverse."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from unicodedata import normalize

import pytest

from syncd.core.errors import ManifestError, SourceDenied
from syncd.core.objects import Fingerprint, Version
from syncd.core.records import Outcome
from syncd.sync.listing import in_either_form, scan
from syncd.sync.prefixes import PAGE
from syncd.text import sentence
from tests.support.builders import NOW, exactly, target
from tests.support.memory_source import MemorySource
from tests.support.sync_harness import House

Form = Callable[[str], str]


def nfc(text: str) -> str:
    return normalize("NFC", text)


def nfd(text: str) -> str:
    return normalize("NFD", text)


FOLDER = "données/fréquentation.csv"

either_way = pytest.mark.parametrize(("written", "deposited"), [(nfc, nfd), (nfd, nfc)])


@either_way
def test_an_object_is_published_whichever_form_its_folder_and_name_have(
    house: House, written: Form, deposited: Form
) -> None:
    resource = house.resource("Fréquentation")
    house.target(resource, written(FOLDER))
    house.bucket.put(deposited(FOLDER), b"id\n1\n")

    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(resource) == b"id\n1\n"
    assert house.bucket.reads == [deposited(FOLDER)]
    assert house.sync_one().outcome is Outcome.UNCHANGED


def test_a_folder_in_one_form_may_hold_a_file_in_the_other(house: House) -> None:
    house.target(house.resource("Fréquentation"), FOLDER)
    house.bucket.put(f"{nfc('données')}/{nfd('fréquentation.csv')}", b"id\n1\n")

    assert house.sync_one().outcome is Outcome.REPLACED


@either_way
def test_the_newest_of_a_pattern_is_found_in_either_form(
    house: House, written: Form, deposited: Form
) -> None:
    house.entry(resource=house.resource("É"), newest=written("été/fréq_*.csv"), by="name")
    house.bucket.put(written("été/fréq_2025.csv"), b"id\n1\n")
    house.sync()
    house.bucket.put(deposited("été/fréq_2026.csv"), b"id\n1\n2\n")

    result = house.sync_one()

    assert (result.outcome, result.object) == (Outcome.REPLACED, deposited("été/fréq_2026.csv"))


def test_a_title_made_of_a_macs_key_is_written_as_everybody_types_it(house: House) -> None:
    house.entry(each="{ville}.csv", title="Fêtes de {ville}", create=True)
    house.bucket.put(nfd("Orléans.csv"), b"id\n1\n")

    house.sync()

    assert [one.title for one in house.resources()] == [nfc("Fêtes de Orléans")]


def test_a_file_that_is_deposited_again_from_a_mac_feeds_the_resource_it_fed(house: House) -> None:
    house.entry(each="{ville}.csv", create=True)
    house.bucket.put(nfc("Orléans.csv"), b"id\n1\n")
    house.sync()
    house.bucket.delete(nfc("Orléans.csv"))
    house.bucket.put(nfd("Orléans.csv"), b"id\n1\n2\n")

    assert house.sync_one().outcome is Outcome.REPLACED
    assert len(house.resources()) == 1
    assert house.sync_one().outcome is Outcome.UNCHANGED


def test_known_names_a_resource_in_either_form(house: House) -> None:
    resource = house.resource("Orléans")
    house.entry(each="{ville}.csv", known={nfc("Orléans"): resource})
    house.bucket.put(nfd("Orléans.csv"), b"id\n1\n")

    assert house.sync_one().resource == resource


@pytest.mark.parametrize(
    "rule", [{"object": "été.csv"}, {"newest": "ét*.csv"}, {"each": "{nom}.csv"}], ids=str
)
def test_two_objects_that_look_the_same_are_said_to_and_neither_is_published(
    house: House, rule: dict[str, str]
) -> None:
    where = {} if "each" in rule else {"resource": house.resource("Été")}
    house.entry(**where, **rule)
    when = house.now()
    for form in (nfc, nfd):
        house.bucket.put(form("été.csv"), form("é").encode(), at=when)

    results = house.sync().results

    assert {result.outcome for result in results} == {Outcome.AMBIGUOUS}
    assert {result.reason.code for result in results} == {"look_alikes"}
    assert "NFC and NFD" in sentence(results[0].reason)
    assert house.uploads() == 0


def test_a_macs_noise_is_ignored_by_its_name_as_it_is_typed(house: House) -> None:
    house.entry(resource=house.resource("A"), newest="a/*.csv", ignore=[nfc("brouillon né.csv")])
    house.bucket.put(nfd("a/brouillon né.csv"), b"id\n1\n")

    report = house.sync()

    assert report.results[0].outcome is Outcome.MISSING
    assert report.unmapped == ()


def test_what_only_differs_in_its_form_is_claimed(house: House) -> None:
    house.target(house.resource("A"), nfc("a/été.csv"))
    house.bucket.put(nfd("a/été.csv"), b"id\n1\n")

    assert house.sync().unmapped == ()


def test_a_form_that_may_not_be_listed_is_missed_by_nobody(house: House) -> None:
    house.target(house.resource("A"), nfc("été/a.csv"))
    house.bucket.put(nfc("été/a.csv"), b"id\n1\n")
    house.bucket.denied = frozenset({nfd("été/")})

    assert house.sync_one().outcome is Outcome.REPLACED


def test_a_folder_that_may_be_listed_in_no_form_is_a_failure(house: House) -> None:
    house.target(house.resource("A"), nfc("été/a.csv"))
    house.bucket.denied = frozenset({nfc("été/"), nfd("été/")})

    assert house.sync_one().reason.code == "s3_access_denied"


@either_way
def test_a_target_is_named_on_the_command_line_in_either_form(
    house: House, written: Form, deposited: Form
) -> None:
    resource = house.resource("Été")
    house.entry(each="{nom}.csv", known={"été": resource})
    house.bucket.put(deposited("été.csv"), b"id\n1\n")
    house.sync()
    house.bucket.put(deposited("été.csv"), b"id\n1\n2\n")

    house.sync(only=written("été.csv"))
    house.undo(resource)

    assert house.unpin(resource).binding.resource == resource
    assert house.verify(written("été.csv")).results


def test_a_ledger_that_knows_an_object_in_the_other_form_goes_on_from_there(house: House) -> None:
    resource = house.resource("Été")
    house.target(resource, nfc("été.csv"))
    house.bucket.put(nfd("été.csv"), b"id\n1\n")
    house.sync()
    with sqlite3.connect(house.state / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE bindings SET key = ?", (nfd("été.csv"),))

    assert house.sync_one().outcome is Outcome.UNCHANGED
    house.bucket.put(nfd("été.csv"), b"id\n1\n2\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    assert [row.binding.key for row in house.rows()] == [nfd("été.csv")]


def test_two_targets_of_one_object_in_two_forms_are_a_problem_of_the_manifest(
    house: House,
) -> None:
    house.target(house.resource("A"), nfc("été.csv"))
    house.target(house.resource("B"), nfd("été.csv"))

    with pytest.raises(ManifestError) as raised:
        _ = house.manifest

    assert [one.reason.code for one in raised.value.problems] == ["object_twice"]


def test_a_wanted_key_in_a_very_long_folder_is_asked_for_in_both_forms() -> None:
    source = MemorySource()
    source.page_size = 1
    for number in range(2 * PAGE):
        source.put(f"a/{number:05}", b"x")
    source.put(nfd("a/zé.csv"), b"x")
    wanted = target(exactly(nfc("a/zé.csv")))

    seen = scan([wanted], [wanted], {"depot": source}, NOW)

    assert [match.version.key for match in seen.found.matches(wanted)] == [nfd("a/zé.csv")]
    assert source.shown <= PAGE + 1


def test_look_alikes_that_have_a_resource_each_from_before_keep_their_own(house: House) -> None:
    house.entry(each="f/{nom}.csv", title="F {nom}", create=True)
    one, other = nfc("f/été.csv"), nfd("f/été.csv")
    house.bucket.put(one, b"id\nnfc\n")
    first = house.sync_one().resource
    second = house.resource("F été", content=b"id\nnfd\n")
    with house.adapters() as adapters:  # an earlier syncd took them for two files
        (row,) = adapters.ledger.rows(house.url, house.dataset)
        binding = replace(row.binding, resource=second, key=other)
        adapters.ledger.put(replace(row, binding=binding, checked_at=house.now()))
    house.bucket.put(other, b"id\nnfd\n")
    both = house.sync().results
    assert {(result.object, result.resource) for result in both} == {(one, first), (other, second)}
    assert {result.outcome for result in both} == {Outcome.AMBIGUOUS}

    house.bucket.delete(other)
    assert house.sync_one().resource == first
    assert house.bytes_online(second) == b"id\nnfd\n"

    house.bucket.put(one, b"id\nnfc\n1\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.bytes_online(first) == b"id\nnfc\n1\n"
    assert house.bytes_online(second) == b"id\nnfd\n"


def test_a_folder_that_is_refused_is_not_an_empty_one_in_the_other_form(house: House) -> None:
    house.target(house.resource("Fréquentation"), nfc("été/a.csv"))
    house.bucket.put(nfc("été/a.csv"), b"id\n1\n")
    assert house.sync_one().outcome is Outcome.REPLACED
    house.bucket.denied = frozenset({nfc("été/")})

    assert house.sync_one().reason.code == "s3_access_denied"


def test_a_listing_that_is_refused_half_way_is_not_all_there_is(house: House) -> None:
    def until_the_key_ends(form: str) -> Iterator[Version]:
        if form == nfc("été/"):
            yield Version(nfc("été/a_2024.csv"), Fingerprint("e", 1, NOW))
            raise SourceDenied("s3_access_denied", prefix=form)

    with pytest.raises(SourceDenied):
        list(in_either_form("été/", until_the_key_ends))


def test_a_resource_is_ours_by_its_mark_whichever_form_it_was_made_from(house: House) -> None:
    house.entry(each="f/{nom}.csv", title="F {nom}", create=True)
    mark = hashlib.sha256(f"{house.bucket.location}\n{nfd('f/été.csv')}".encode()).hexdigest()
    made = house.portal.new_resource(
        house.dataset, "ete.csv", b"id\n1\n", title="Retitré", extras={"syncd:source": mark}
    )
    house.bucket.put(nfd("f/été.csv"), b"id\n1\n2\n")
    house.pass_time(5)

    done = house.sync_one()

    assert (done.outcome, done.resource) == (Outcome.REPLACED, made)
    assert [one.id for one in house.resources()] == [made]
    assert house.online(made).title == "Retitré"
