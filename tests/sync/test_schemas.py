"""Files are held to their schemas, in whole cycles."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from syncd import text
from syncd.actions.holds import holds
from syncd.actions.status import status
from syncd.cli.output.history import hold_document, line_document, show_history
from syncd.cli.output.json_documents import plan_document, status_document, sync_document
from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core.records import Outcome
from tests.support.schema_builders import MUSEUMS, frozen
from tests.support.sync_harness import House

NAME = "ville/musees"
OLD = b"id,nom,ouverture\n1,Louvre,1793-08-10\n"
GOOD = b"id,nom,ouverture\n1,Louvre,1793-08-10\n2,Orsay,1986-12-09\n"
ALSO_GOOD = b"id,nom,ouverture\n1,Louvre,1793-08-10\n2,Orsay,1986-12-09\n3,Cluny,1843-03-17\n"
BAD_DATE = b"id,nom,ouverture\n1,Louvre,10/08/1793\n2,Orsay,1986-12-09\n"
WORSE = b"id,nom,ouverture\n1,Louvre,10/08/1793\n1,,1986-12-09\n"


@pytest.fixture
def sha256(house: House) -> str:
    return frozen(house.schemas, NAME, v2_3_1=MUSEUMS)["2.3.1"]


def codes(result: object) -> list[str]:
    return [reason.code for reason in result.warnings]  # type: ignore[attr-defined]


def schema_of_receipt(house: House) -> object:
    receipt = house.history()[-1].receipt
    return None if receipt is None else receipt.get("schema")


def test_what_breaks_its_schema_is_told_and_published(house: House, sha256: str) -> None:
    resource = house.resource("Titre", content=GOOD)
    house.target(resource, "a.csv", schema=f"{NAME}@2.3.1")
    house.bucket.put("a.csv", BAD_DATE)

    result = house.sync_one()

    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["guard_schema"])
    assert dict(result.warnings[0].facts) == {
        "schema": f"{NAME}@2.3.1",
        "count": 1,
        "errors": "“ouverture” type date ×1 (2)",
    }
    assert house.bytes_online(resource) == BAD_DATE
    assert schema_of_receipt(house) == {
        "schema": f"{NAME}@2.3.1",
        "sha256": sha256,
        "rows": 2,
        "kinds": 1,
        "errors": [
            {"column": "ouverture", "rule": "type", "expected": "date", "count": 1, "rows": [2]}
        ],
    }


def test_what_keeps_its_schema_has_that_in_its_receipt(house: House, sha256: str) -> None:
    house.target(house.resource("Titre", content=OLD), "a.csv", schema=NAME)
    house.bucket.put("a.csv", GOOD)
    assert codes(house.sync_one()) == []
    assert schema_of_receipt(house) == {"schema": f"{NAME}@2.3.1", "sha256": sha256, "rows": 2}


@pytest.mark.usefixtures("sha256")
def test_the_latest_version_is_the_one_of_the_frozen_catalogue(house: House) -> None:
    frozen(house.schemas, NAME, v2_9_0=MUSEUMS, v2_10_0={"fields": [{"name": "id"}]})
    house.target(house.resource("Titre", content=OLD), "a.csv", schema=f"{NAME}@latest")
    house.bucket.put("a.csv", BAD_DATE)
    assert codes(house.sync_one()) == []
    assert schema_of_receipt(house)["schema"] == f"{NAME}@2.10.0"  # type: ignore[index]


@pytest.mark.usefixtures("sha256")
def test_new_kinds_of_errors_are_held_where_the_manifest_says_so(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", schema=NAME, guards={"schema": "hold"})
    house.bucket.put("a.csv", BAD_DATE)
    first = house.sync_one()
    assert (first.outcome, codes(first)) == (Outcome.REPLACED, ["guard_schema"])

    house.bucket.put("a.csv", WORSE)
    assert house.plan_one().outcome is Outcome.HELD
    held = house.sync_one()
    assert (held.outcome, held.reason.code) == (Outcome.HELD, "guard_schema_new")
    assert held.reason.facts["errors"] == "“id” unique ×1 (3); “nom” required ×1 (3)"
    assert house.bytes_online(resource) == BAD_DATE

    house.release(resource)
    assert house.bytes_online(resource) == WORSE
    house.bucket.put("a.csv", WORSE + b"4,,x\n")
    assert house.sync_one().outcome is Outcome.REPLACED


@pytest.mark.usefixtures("sha256")
def test_new_kinds_of_errors_are_only_told_where_it_does_not(house: House) -> None:
    house.target(house.resource("Titre", content=OLD), "a.csv", schema=NAME)
    for content in (GOOD, BAD_DATE):
        house.bucket.put("a.csv", content)
        result = house.sync_one()
    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["guard_schema_new"])


@pytest.mark.usefixtures("sha256")
def test_a_held_file_is_judged_anew_under_another_schema_and_under_the_same_is_not_read(
    house: House,
) -> None:
    house.target(
        house.resource("Titre", content=OLD), "a.csv", schema=NAME, guards={"schema": "hold"}
    )
    for content in (GOOD, BAD_DATE):
        house.bucket.put("a.csv", content)
        house.sync_one()
    reads = len(house.bucket.reads)
    assert house.sync_one().outcome is Outcome.HELD
    assert len(house.bucket.reads) == reads

    frozen(house.schemas, NAME, v2_4_0={"fields": MUSEUMS["fields"][:2]})
    result = house.sync_one()
    assert (result.outcome, codes(result)) == (Outcome.REPLACED, [])


@pytest.mark.usefixtures("sha256")
@pytest.mark.parametrize(
    "said",
    [
        {"name": NAME, "version": "2.3.1"},
        {"name": NAME, "version": None},
        {"url": f"https://schemas.example/{NAME}/2.3.1/schema.json"},
    ],
)
def test_the_schema_that_the_resource_has_online_counts_where_the_manifest_says_none(
    house: House, said: dict[str, str]
) -> None:
    resource = house.resource("Titre", content=OLD)
    house.portal.store.resource(house.dataset, resource).schema = said
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BAD_DATE)
    result = house.sync_one()
    assert codes(result) == ["guard_schema"]
    assert result.warnings[0].facts["schema"] == f"{NAME}@2.3.1"


@pytest.mark.usefixtures("sha256")
@pytest.mark.parametrize("guards", ["off", {"schema": "off"}])
def test_nothing_is_held_to_a_schema_where_the_guard_is_off(house: House, guards: object) -> None:
    house.target(house.resource("Titre", content=OLD), "a.csv", schema=NAME, guards=guards)
    house.bucket.put("a.csv", BAD_DATE)
    assert codes(house.sync_one()) == []
    assert schema_of_receipt(house) is None


def test_a_schema_may_be_a_file_beside_the_manifest(house: House) -> None:
    (house.folder / "mine").mkdir()
    (house.folder / "mine" / "a.json").write_text(json.dumps(MUSEUMS), encoding="utf-8")
    house.target(house.resource("Titre", content=OLD), "a.csv", schema="mine/a.json")
    house.bucket.put("a.csv", BAD_DATE)
    result = house.sync_one()
    assert codes(result) == ["guard_schema"]
    assert result.warnings[0].facts["schema"] == "mine/a.json"


def test_a_file_that_is_not_held_to_its_schema_is_published_and_that_is_said(house: House) -> None:
    house.target(
        house.resource("Titre", content=OLD), "a.csv", schema=NAME, guards={"schema": "hold"}
    )
    house.bucket.put("a.csv", GOOD)
    assert codes(house.sync_one()) == ["guard_schema_no_catalogue"]

    frozen(house.schemas, "another/one", v1=MUSEUMS)
    house.bucket.put("a.csv", ALSO_GOOD)
    result = house.sync_one()
    assert (result.outcome, codes(result)) == (Outcome.REPLACED, ["guard_schema_unknown"])
    assert schema_of_receipt(house) == {"schema": NAME, "trouble": "schema_unknown"}


def test_a_large_schema_reaches_the_reader_whole(house: House) -> None:
    values = [f"value {at}" for at in range(60_000)]
    schema = {"fields": [{"name": "id", "constraints": {"enum": values}}]}
    frozen(house.schemas, NAME, v1=schema)
    house.target(house.resource("Titre", content=b"id,b\n1,2\n"), "a.csv", schema=NAME)
    house.bucket.put("a.csv", b"id,b\nvalue 59999,1\nvalue 60000,1\n")
    (told,) = house.sync_one().warnings
    assert "×1 (3)" in str(told.facts["errors"])


@pytest.mark.usefixtures("sha256")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD, "keeps its schema ville/musees@2.3.1"),
        (BAD_DATE, "“ouverture” type date ×1 (2)"),
    ],
)
def test_the_history_says_what_was_found_and_what_was_not_checked(
    house: House, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    fields = [*MUSEUMS["fields"], {"name": "h", "type": "duration"}]
    frozen(house.schemas, NAME, v2_3_1={"fields": fields})
    house.target(house.resource("Titre", content=OLD), "a.csv", schema=NAME)
    house.bucket.put("a.csv", content)
    house.sync_one()
    text.speak("en")
    show_history(house.history(), ())
    shown = " ".join(capsys.readouterr().out.split())
    assert said in shown
    assert "not checked of the schema ville/musees@2.3.1: type duration (h)" in shown


@pytest.mark.usefixtures("sha256")
def test_a_pushed_file_is_held_to_the_schema_of_its_resource(house: House) -> None:
    resource = house.resource("Titre", content=OLD)
    house.portal.store.resource(house.dataset, resource).schema = {"name": NAME, "version": "2.3.1"}
    result = house.push(house.request("b.csv", BAD_DATE, resource=resource))
    assert codes(result) == ["guard_schema"]


FOUND = {"rows": 2, "kinds": 1, "errors": [
    {"column": "ouverture", "rule": "type", "expected": "date", "count": 1, "rows": [2]}
]}  # fmt: skip


def schemas_in(document: dict[str, Any], name: str) -> list[object]:
    return [one["schema"] for one in document[name]]


def test_the_verdict_has_one_form_in_all_documents(house: House, sha256: str) -> None:
    resource = house.resource("Titre", content=OLD)
    house.target(resource, "a.csv", schema=NAME, guards={"schema": "hold"})
    house.bucket.put("a.csv", BAD_DATE)
    online = {"schema": f"{NAME}@2.3.1", "sha256": sha256, **FOUND}

    assert schemas_in(plan_document(house.plan()), "actions") == [online]
    assert schemas_in(sync_document(house.sync()), "outcomes") == [online]

    house.bucket.put("a.csv", WORSE)
    held = schemas_in(plan_document(house.plan()), "actions")
    rules = {error["rule"] for error in held[0]["errors"]}  # type: ignore[index]
    assert rules == {"type", "unique", "required"}
    assert schemas_in(sync_document(house.sync()), "outcomes") == held
    assert schemas_in(sync_document(house.sync()), "outcomes") == held  # as nothing is read again
    assert schemas_in(plan_document(house.plan()), "actions") == held
    app = App(cast(Settings, None), house.manifest)
    with house.adapters(read_only=True) as adapters:
        waiting = [hold_document(hold) for hold in holds(app, adapters.ledger)]
        shown = status(app, adapters.ledger, house.now(), running=False, with_schemas=True)
    assert [one["schema"] for one in waiting] == held
    assert schemas_in(status_document(shown), "targets") == [online]
    assert line_document(house.history()[-1])["schema"] == online


def test_without_a_schema_documents_have_null(house: House) -> None:
    house.target(house.resource("Titre", content=OLD), "a.csv")
    house.bucket.put("a.csv", GOOD)

    assert schemas_in(plan_document(house.plan()), "actions") == [None]
    assert schemas_in(sync_document(house.sync()), "outcomes") == [None]
    assert line_document(house.history()[-1])["schema"] is None


@pytest.mark.usefixtures("sha256")
def test_a_file_held_by_another_guard_says_its_schema_too(house: House) -> None:
    house.target(house.resource("Titre", content=OLD), "a.csv", schema=NAME)
    for content in (GOOD * 9, GOOD):
        house.bucket.put("a.csv", content)
        result = house.sync_one()

    assert (result.outcome, result.reason.code) == (Outcome.HELD, "guard_shrink")
    assert result.schema is not None
    assert result.schema["rows"] == 2
