"""What was lifted so that a file goes online is in the history: by force, release or manifest."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.config.manifest import loads
from syncd.core.history_records import Event, LineKind
from syncd.core.records import Act, Cause, Outcome, Publication
from syncd.guards import GUARDS
from syncd.sync import in_force, retention
from tests.support.sync_harness import House, killed_between_upload_and_title, many

BIG = b"id\n" + b"1\n" * 100
CUT = BIG[:80]
PAGE = b"<!doctype html><html><body>Erreur 503</body></html>\n" * 9
FORCED = Cause("sync", "Léa Martin", "vu au téléphone")


def last(house: House) -> Publication:
    return house.history()[-1]


def receipt(house: House) -> dict[str, Any]:
    return dict(last(house).receipt or {})


def events(house: House) -> list[Event]:
    with house.adapters(read_only=True) as adapters:
        return list(adapters.ledger.events(house.url))


@pytest.fixture
def page(house: House) -> str:
    """A resource whose new file is a web page under the name of a CSV."""
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", PAGE)
    assert house.sync_one().reason.code == "guard_html"
    return resource


# -- force -----------------------------------------------------------------------------------------


def test_who_forced_a_file_and_what_was_lifted_is_in_its_line_and_receipt(
    house: House, page: str
) -> None:
    assert house.sync_one(force=True, only=page, cause=FORCED).outcome is Outcome.REPLACED

    line, told = last(house), receipt(house)
    assert (line.cause.trigger, line.cause.by, line.cause.note) == (
        "sync",
        "Léa Martin",
        "vu au téléphone",
    )
    assert "guard_html" in [finding.code for finding in line.lifted]
    assert all(finding in line.findings for finding in line.lifted)
    assert (told["trigger"], told["by"]) == ("sync", "Léa Martin")
    assert "guard_html" in told["warnings"]
    (found,) = (one for one in told["lifted"] if one["code"] == "guard_html")
    assert found["facts"]["extension"] == "csv"


def test_what_is_only_warned_of_is_not_lifted(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv", guards={"shrink": "warn"})
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    house.bucket.put("a.csv", CUT)
    house.sync_one(force=True, only=resource, cause=FORCED)
    assert [one.code for one in last(house).findings] == ["guard_rows", "guard_shrink"]
    assert [one.code for one in last(house).lifted] == ["guard_rows"]


def test_a_good_file_that_is_forced_has_nothing_lifted(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync_one(force=True, only=resource, cause=FORCED)
    assert (last(house).lifted, receipt(house)["lifted"]) == ((), [])
    assert last(house).cause.by == "Léa Martin"


def test_a_file_of_somebody_else_that_force_replaced_is_said(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", BIG + b"3\n")
    assert house.sync_one(ask=True).outcome is Outcome.DRIFTED
    house.sync_one(force=True, only=resource, cause=FORCED)
    (found,) = last(house).lifted
    assert (found.code, found.facts["previous"]) == ("overruled", len(BIG) + 2)


def test_the_brake_that_force_lifted_is_said(house: House) -> None:
    many(house, 10, changed=6)
    house.sync(force=True, cause=FORCED)
    lines = [line for line in house.history() if line.act is Act.REPLACED]
    assert len(lines) == 6
    assert all([one.code for one in line.lifted] == ["guard_brake"] for line in lines)


def test_what_was_lifted_is_known_after_a_kill(
    house: House, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = house.sync

    def forced(**_: Any) -> Any:
        return sync(force=True, only=page, cause=FORCED)

    monkeypatch.setattr(house, "sync", forced)
    killed_between_upload_and_title(house, monkeypatch)
    monkeypatch.undo()
    house.sync()
    assert last(house).cause.by == "Léa Martin"
    assert "guard_html" in [one.code for one in last(house).lifted]


def test_a_push_that_was_forced_says_what_it_lifted(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "autre.csv")
    house.push(house.request("b.csv", b"", resource=resource, force=True))
    assert "guard_empty" in [one.code for one in last(house).lifted]
    assert receipt(house)["by"] == "Léa"


# -- releases --------------------------------------------------------------------------------------


def test_a_release_says_what_it_lifted_and_is_a_line_by_itself(house: House, page: str) -> None:
    house.release(page, by="Léa Martin", note="c’est voulu")
    assert "guard_html" in [one.code for one in last(house).lifted]
    (event,) = events(house)
    assert (event.kind, event.by, event.note) == (LineKind.RELEASED, "Léa Martin", "c’est voulu")
    assert (event.resource, event.key, event.facts["reason"]) == (page, "a.csv", "guard_html")


def test_a_release_of_a_conflict_says_whose_file_it_replaced(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    house.portal.store.replace_file(house.dataset, resource, "main.csv", BIG + b"3\n")
    house.bucket.put("a.csv", BIG + b"4\n")
    assert house.sync_one().reason.code == "conflict"
    house.release(resource)
    assert [one.code for one in last(house).lifted] == ["overruled"]


# -- what a person does without sending anything ---------------------------------------------------


def test_a_purge_is_a_line_with_what_was_removed(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    (row,) = house.rows()
    with house.adapters() as adapters:
        assert retention.purge(row.binding, adapters, Cause("purge", "Léa", "trop vieux")) == 2
    (event,) = events(house)
    assert (event.kind, event.by, event.note) == (LineKind.PURGED, "Léa", "trop vieux")
    assert (event.resource, event.title) == (resource, "Titre")
    assert event.facts["publications"] == [line.id for line in house.history()]


def test_an_undo_that_sends_nothing_is_a_line_too(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    house.undo(resource, number=last(house).id)
    (event,) = events(house)
    assert (event.kind, event.by, event.resource) == (LineKind.PINNED, "Léa", resource)


def test_a_pause_and_its_end_are_lines(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv", paused="travaux")
    house.sync()
    house.sync()
    house.entries.clear()
    house.target(resource, "a.csv")
    house.sync()
    assert [event.kind for event in events(house)] == [LineKind.PAUSED, LineKind.RESUMED]
    assert events(house)[0].facts["why"] == "travaux"


def test_whatever_was_done_the_history_is_whole(house: House, page: str) -> None:
    house.sync_one(force=True, only=page, cause=FORCED)
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    house.bucket.put("a.csv", BIG + b"3\n")
    house.sync()  # the oldest kept file is let go
    house.undo(page)
    house.unpin(page)
    with house.adapters() as adapters:
        assert adapters.ledger.verify_history().breaks == ()
        adapters.ledger.forget_name("Léa Martin", "Léa", house.now())
        assert adapters.ledger.verify_history().breaks == ()


# -- the manifest ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guards", "expected"),
    [
        ({}, {}),
        ({"html": "off"}, {"html": "off"}),
        ({"html": "warn"}, {"html": "warn"}),
        ({"html": "hold"}, {}),
        ({"shrink": "80%"}, {"shrink": "80%"}),
        ({"shrink": "20%"}, {}),
        ({"names": "hold"}, {}),
        ({"names": "off"}, {"names": "off"}),
        ("off", dict.fromkeys(GUARDS, "off")),
    ],
)
def test_guards_that_the_manifest_lifts_are_in_the_receipt(
    house: House, guards: Any, expected: dict[str, str]
) -> None:
    resource = house.resource("Titre", content=BIG)
    house.target(resource, "a.csv", **({"guards": guards} if guards else {}))
    house.bucket.put("a.csv", BIG + b"2\n")
    house.sync()
    assert last(house).loosened == receipt(house)["loosened"] == expected


def noted(house: House, text: str) -> None:
    with house.adapters() as adapters:
        in_force.note(loads(text, "m.yaml"), adapters.ledger, house.now())


def test_a_manifest_with_looser_guards_is_said_to_have_them(house: House) -> None:
    first, second = (house.resource(f"T{n}", f"v{n}.csv", BIG) for n in (1, 2))
    house.target(first, "a.csv", guards={"html": "off"})
    house.target(second, "b.csv")
    strict = house.text
    house.entries.clear()
    house.target(first, "a.csv", guards={"html": "off"})
    house.target(second, "b.csv", guards={"html": "warn", "shrink": "80%"})
    loose = house.text
    for text in (strict, strict, loose, strict):
        noted(house, text)
    found = events(house)
    assert [event.kind for event in found] == [LineKind.MANIFEST] * 3
    looser = [event.facts["looser"] for event in found]
    of = house.dataset
    assert looser == [
        [{"guards": {"html": "off"}, "targets": [f"{of} {first}"]}],
        [{"guards": {"html": "warn", "shrink": "80%"}, "targets": [f"{of} {second}"]}],
        [],
    ]
    assert found[1].facts["before"] == found[0].facts["manifest"]
    with house.adapters() as adapters:
        kept = adapters.ledger.manifests(str(found[1].facts["manifest"]))
        assert [text.decode() for text in kept.values()] == [loose]


def test_a_guard_that_is_lifted_further_is_looser_and_one_less_lifted_is_not(house: House) -> None:
    resource = house.resource("Titre", content=BIG)
    looser = []
    for setting in ("80%", "60%", "90%", "warn", "off", "warn"):
        house.entries.clear()
        house.target(resource, "a.csv", guards={"shrink": setting})
        noted(house, house.text)
        found = events(house)[-1].facts["looser"]
        assert isinstance(found, list)
        looser.append([one["guards"]["shrink"] for one in found])
    assert looser == [["80%"], [], ["90%"], ["warn"], ["off"], []]
