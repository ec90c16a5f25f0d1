"""What an operator decides on the page is what the commands do, once, and only as it was shown."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx
import pytest
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from syncd import text
from syncd.config.configuration import App
from syncd.core.history_records import LineKind
from syncd.core.ports import Adapters
from syncd.core.records import Outcome, Row
from syncd.service.instance_lock import InstanceLock
from syncd.web.access import Access
from syncd.web.acting import NOTE, Acting
from syncd.web.application import page
from syncd.web.csrf import FIELD, Tokens
from syncd.web.people import Person, Role
from syncd.web.reading import Reading
from tests.support.page_forms import buttons, filled, forms, sent
from tests.support.page_world import HOME, KEY, PageWorld, ask, furnished, note_service, table
from tests.support.sync_harness import House

LEA = Person("Léa Martin", Role.OPERATOR)
READER = Person("René", Role.READER)
TITLE = "Fréquentation des musées de Normandie"
PUBLISH, LEAVE = f"Publish “{TITLE}”", f"Leave “{TITLE}” as it is online"
LET_GO, LOOK = f"Let go of “{TITLE}”", "Look at “Musées de France” now"


@pytest.fixture
def hers(world: PageWorld) -> ASGIApp:
    """The page as an operator has it."""
    return world.opened_by(LEA)


@pytest.fixture
def decision(world: PageWorld) -> str:
    return world.address("decision", world.held)


@pytest.fixture
def resource(world: PageWorld) -> str:
    return world.address("resource", world.held)


def row(world: PageWorld) -> Row:
    (found,) = (one for one in world.house.rows() if one.binding.resource == world.held)
    return found


def told(world: PageWorld, kind: LineKind) -> list[tuple[str, str]]:
    with world.house.adapters(read_only=True) as adapters:
        events = adapters.ledger.events(world.house.url)
    return [(one.by, one.note) for one in events if one.kind is kind]


def said(app: ASGIApp, address: str) -> str:
    answer = ask(app, address)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


# -- publish, leave --------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["decision", "to do"])
def test_a_held_file_that_is_let_pass_goes_online_at_the_next_pass(
    world: PageWorld, hers: ASGIApp, decision: str, resource: str, address: str
) -> None:
    shown = ask(hers, decision if address == "decision" else "/").text
    online = world.house.bytes_online(world.held)

    answer = sent(hers, filled(shown, PUBLISH, note="vu\r\navec   le service"))

    assert (answer.status_code, answer.headers["location"]) == (303, resource)
    assert world.house.bytes_online(world.held) == online
    assert "Let pass by Léa Martin" in said(hers, resource)
    assert "It goes online at the next pass; look here again." in said(hers, decision)
    assert "The next pass goes on with it: that of syncd sync" in said(hers, resource)
    world.house.sync()
    assert world.house.bytes_online(world.held) != online
    line = world.house.history(world.held)[-1]
    assert (line.cause.trigger, line.cause.by) == ("release", "Léa Martin")
    assert line.cause.note == "vu avec le service"
    assert "released by Léa Martin “vu avec le service”" in said(hers, resource)


def test_a_double_click_publishes_once(world: PageWorld, hers: ASGIApp, decision: str) -> None:
    form = filled(ask(hers, decision).text, PUBLISH)
    assert [sent(hers, form).status_code for _ in range(2)] == [303, 303]
    before = world.house.uploads()
    world.house.sync()
    assert sent(hers, form).status_code == 303  # it was asked for, and is done
    world.house.sync()
    assert world.house.uploads() == before + 1
    assert len(told(world, LineKind.RELEASED)) == 1


def test_another_held_file_is_not_let_pass_by_a_page_that_showed_the_former(
    world: PageWorld, hers: ASGIApp, decision: str
) -> None:
    form = filled(ask(hers, decision).text, PUBLISH)
    world.house.bucket.put("musees/frequentation.csv", table(20))
    world.house.sync()

    with capture_logs() as lines:
        answer = sent(hers, form)

    assert answer.status_code == 409
    assert "is not any more what was shown" in answer.text
    assert row(world).release is None
    (line,) = (one for one in lines if one["event"] == "page.decided")
    assert (line["person"], line["act"], line["result"]) == ("Léa Martin", "release", "failed")
    assert (line["why"], line["resource"]) == ("overtaken", world.held)


def test_no_button_is_made_for_what_a_kept_look_does_not_show(
    world: PageWorld, decision: str
) -> None:
    reading = Reading(world.app, now=world.house.now, monotonic=lambda: 0.0)
    kept = page(reading, access=Access(who=lambda _: LEA, key=KEY))
    assert PUBLISH in buttons(ask(kept, "/").text)
    world.house.bucket.put("musees/frequentation.csv", table(20))
    world.house.sync()
    assert PUBLISH not in buttons(ask(kept, "/").text)
    assert "79 %" in ask(kept, "/").text
    shown = ask(kept, decision).text  # which says what the ledger says now
    assert PUBLISH in buttons(shown)
    assert "79 %" not in shown


def test_a_held_file_that_is_left_waits_for_nobody(
    world: PageWorld, hers: ASGIApp, decision: str, resource: str
) -> None:
    form = filled(ask(hers, decision).text, LEAVE, note="tronqué")
    with capture_logs() as lines:
        answer = sent(hers, form)

    assert (answer.status_code, answer.headers["location"]) == (303, resource)
    assert row(world).state is Outcome.PINNED
    assert told(world, LineKind.PINNED) == [("Léa Martin", "tronqué")]
    assert "Léa Martin decided on" in said(hers, resource)
    assert PUBLISH not in buttons(ask(hers, "/").text)
    (line,) = (one for one in lines if one["event"] == "page.decided")
    assert (line["log_level"], line["result"]) == ("info", "done")
    world.house.sync()
    assert row(world).state is Outcome.PINNED


def test_a_pin_is_let_go_of(world: PageWorld, hers: ASGIApp, decision: str, resource: str) -> None:
    sent(hers, filled(ask(hers, decision).text, LEAVE))
    form = filled(ask(hers, resource).text, LET_GO, note="à revoir")

    assert sent(hers, form).status_code == 303

    assert row(world).pin is None
    assert "unpinned by Léa Martin “à revoir”" in said(hers, resource)
    world.house.sync()
    assert row(world).state is Outcome.HELD


def test_what_is_decided_on_a_ledger_on_postgresql_is_the_same(house: House, database: str) -> None:
    house.database = database
    world = furnished(house)
    hers = world.opened_by(LEA)
    address = world.address("decision", world.held)
    form = filled(ask(hers, address).text, PUBLISH)
    assert [sent(hers, form).status_code for _ in range(2)] == [303, 303]
    assert len(told(world, LineKind.RELEASED)) == 1
    before = house.uploads()
    house.sync()
    assert house.uploads() == before + 1
    house.pass_time(60)
    back = put_back(ask(hers, world.address("resource", world.held)).text, 0)
    assert sent(hers, back).status_code == 303
    assert house.bytes_online(world.held) == table(121)


# -- going back ------------------------------------------------------------------------------


def put_back(html: str, number: int) -> dict[str, str]:
    """The newest ones stand first."""
    words = [one for one in buttons(html) if one.startswith("Put back the file of ")]
    return filled(html, words[number], note="erreur de saisie")


def test_a_kept_version_is_put_back_and_the_history_says_by_whom(
    world: PageWorld, hers: ASGIApp, resource: str
) -> None:
    form = put_back(ask(hers, resource).text, 0)

    answer = sent(hers, form)

    assert (answer.status_code, answer.headers["location"]) == (303, resource)
    assert world.house.bytes_online(world.held) == table(109)
    assert row(world).state is Outcome.PINNED
    line = world.house.history(world.held)[-1]
    assert (line.cause.trigger, line.cause.by) == ("undo", "Léa Martin")
    assert line.cause.note == "erreur de saisie"
    assert "put an earlier file back. That is done." in said(hers, resource)


def test_two_clicks_put_a_file_back_once(world: PageWorld, hers: ASGIApp, resource: str) -> None:
    form, before = put_back(ask(hers, resource).text, 0), world.house.uploads()
    assert [sent(hers, form).status_code for _ in range(2)] == [303, 303]
    assert world.house.uploads() == before + 1
    fresh = world.opened_by(LEA)  # which knows nothing of the first
    assert sent(fresh, form).status_code == 409
    assert world.house.uploads() == before + 1


def test_one_may_go_back_and_forth(world: PageWorld, hers: ASGIApp, resource: str) -> None:
    for rows in (109, 121, 109):
        world.house.pass_time(60)
        sent(hers, put_back(ask(hers, resource).text, 0))
        assert world.house.bytes_online(world.held) == table(rows)


def test_what_takes_long_keeps_no_page_and_is_not_begun_twice(
    world: PageWorld, resource: str
) -> None:
    may_go, entered = threading.Event(), threading.Semaphore(0)

    @contextmanager
    def slowly(_: App) -> Iterator[Adapters]:
        entered.release()
        assert may_go.wait(60)
        with world.house.adapters() as adapters:
            yield adapters

    reading = Reading(world.app, now=world.house.now, worked=lambda: 0.0)
    acting = Acting(reading, slowly, patience=0.0)
    app = page(reading, access=Access(who=lambda _: LEA, key=KEY), acting=acting)
    form, before = put_back(ask(app, resource).text, 0), world.house.uploads()

    assert [sent(app, form).status_code for _ in range(3)] == [303] * 3

    assert "It is under way; look here again in a moment." in said(app, resource)
    assert entered.acquire(timeout=60)
    may_go.set()
    (doing,) = acting._doings.values()
    assert doing.done.wait(60)
    assert "That is done." in said(app, resource)
    assert not entered.acquire(blocking=False)
    assert world.house.uploads() == before + 1


def test_no_more_is_begun_than_can_be_carried_out(world: PageWorld) -> None:
    may_go = threading.Event()

    @contextmanager
    def slowly(_: App) -> Iterator[Adapters]:
        assert may_go.wait(60)
        with world.house.adapters() as adapters:
            yield adapters

    reading = Reading(world.app, now=world.house.now, worked=lambda: 0.0)
    acting = Acting(reading, slowly, patience=0.0)
    app = page(reading, access=Access(who=lambda _: LEA, key=KEY), acting=acting)
    form = put_back(ask(app, world.address("resource", world.held)).text, 0)
    for number in range(4):
        assert sent(app, {**form, "to": str(900 + number)}).status_code == 303
    answer = sent(app, form)
    assert answer.status_code == 503
    assert "as many as syncd takes at once" in answer.text
    may_go.set()
    assert all(doing.done.wait(60) for doing in acting._doings.values())


def test_what_goes_wrong_is_said_where_it_was_asked_for(
    world: PageWorld, hers: ASGIApp, resource: str
) -> None:
    form = put_back(ask(hers, resource).text, 0)
    world.house.portal.store.withdraw(world.house.dataset, world.held)
    assert sent(hers, form).status_code == 303
    assert "put an earlier file back. That went wrong." in said(hers, resource)
    assert "was removed" in said(hers, resource)


def test_another_syncd_at_it_is_said(
    world: PageWorld, hers: ASGIApp, decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.web.acting._LIMIT", 0.0)
    form = filled(ask(hers, decision).text, PUBLISH)
    house = world.house
    with house.adapters() as adapters, adapters.locks.hold(house.url, house.dataset, 0, "sync"):
        answer = sent(hers, form)
    assert answer.status_code == 409
    assert "sync" in answer.text
    assert row(world).release is None


# -- look now --------------------------------------------------------------------------------


def requests(world: PageWorld) -> list[str]:
    with world.house.adapters() as adapters:
        return [one.dataset for one in adapters.ledger.take_requests(world.house.now())]  # type: ignore[attr-defined]  # the service's


def test_the_service_is_asked_to_look_now(world: PageWorld, hers: ASGIApp) -> None:
    address = world.address("dataset")
    assert LOOK not in buttons(ask(hers, address).text)  # nobody would

    with note_service(world.house):
        shown = ask(world.opened_by(LEA), address).text
        answer = sent(hers, filled(shown, LOOK))
        assert (answer.status_code, answer.headers["location"]) == (303, address)
        assert "The service goes on with it within seconds" in said(hers, address)

    assert requests(world) == [world.house.dataset]


def test_the_service_is_asked_for_the_pass_that_publishes(
    world: PageWorld, hers: ASGIApp, decision: str, resource: str
) -> None:
    with InstanceLock(world.house.state):
        sent(hers, filled(ask(hers, decision).text, PUBLISH))
        assert "The service goes on with it within seconds" in said(hers, resource)
    assert requests(world) == [world.house.dataset]


def test_nobody_is_asked_where_no_service_runs(world: PageWorld, hers: ASGIApp) -> None:
    form = {**filled(ask(hers, "/").text, PUBLISH), "act": "look"}
    answer = sent(hers, form)
    assert answer.status_code == 503
    assert requests(world) == []


# -- who may, and what is taken --------------------------------------------------------------


@pytest.mark.parametrize("person", [READER, None], ids=["reader", "nobody"])
def test_who_may_only_read_has_no_button_and_changes_nothing(
    world: PageWorld, hers: ASGIApp, decision: str, resource: str, person: Person | None
) -> None:
    form = filled(ask(hers, decision).text, PUBLISH)
    theirs = world.opened_by(person)
    for address in ("/", decision, resource, world.address("dataset")):
        assert forms(ask(theirs, address).text) == []
    with capture_logs() as lines:
        assert sent(theirs, form).status_code == 403
    assert row(world).release is None
    assert [one["event"] for one in lines] == ["page.refused"]


@pytest.mark.parametrize("token", ["", "x", None])
def test_a_form_without_its_token_changes_nothing(
    world: PageWorld, hers: ASGIApp, decision: str, token: str | None
) -> None:
    form = filled(ask(hers, decision).text, PUBLISH)
    form = {name: value for name, value in form.items() if name != FIELD}
    if token is not None:
        form[FIELD] = token
    assert sent(hers, form).status_code == 403
    elsewhere = ask(hers, "/decide", "POST", {"Origin": "https://evil.example"}, form)
    assert elsewhere.status_code == 403
    assert row(world).release is None


@pytest.mark.parametrize(
    "changed",
    [
        *({"act": "force"}, {"act": "purge"}, {"act": ""}, {"dataset": ""}, {"to": "-1"}),
        *({"to": "9" * 40}, {"to": "٣"}, {"note": "x" * (NOTE + 1)}, {"resource": "nothing"}),
    ],
    ids=str,
)
def test_what_no_form_of_ours_sends_is_refused(
    world: PageWorld, hers: ASGIApp, decision: str, changed: dict[str, str]
) -> None:
    form = {**filled(ask(hers, decision).text, PUBLISH), **changed}
    answer = sent(hers, form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert row(world).release is None


@pytest.mark.parametrize("count", [150, pytest.param(2000, marks=pytest.mark.stress)])
@pytest.mark.parametrize("person", [LEA, READER, None], ids=["operator", "reader", "nobody"])
def test_whatever_is_sent_is_answered_and_nothing_changes_without_a_right(
    world: PageWorld, decision: str, person: Person | None, count: int
) -> None:
    """Pieces of right forms among odd ones; never all of a right one."""
    chance = random.Random(17)
    right = filled(ask(world.opened_by(LEA), decision).text, PUBLISH)
    theirs = world.opened_by(person)
    if person is not None:
        right[FIELD] = Tokens(KEY, person.name).make()
    odd = (
        "",
        "x" * 300,
        "é\x00\u2028",
        "-1",
        "9" * 30,
        "<b>",
        "../..",
        "' OR 1=1",
        "null",
        "release",
    )
    before = world.house.history(world.held), row(world)
    for _ in range(count):
        form = {name: chance.choice((value, *odd)) for name, value in right.items()}
        form[FIELD] = chance.choice((right[FIELD], *odd)) if person is None else right[FIELD]
        form |= {"to": chance.choice(("", "1", "77", *odd)), "more": chance.choice(odd)}
        form["shown"] = chance.choice(odd)
        status = sent(theirs, form).status_code
        assert status in ({400, 409, 503} if person is LEA else {403}), form
    assert (world.house.history(world.held), row(world)) == before
    assert told(world, LineKind.PINNED) == told(world, LineKind.RELEASED) == []


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b'{"act": "release"}', 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"note=" + b"x" * 70_000, 413),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"\xff=\xfe", 400),
    ],
    ids=["json", "multipart", "endless", "no text"],
)
def test_only_a_small_form_is_read(
    hers: ASGIApp, headers: dict[str, str], body: bytes, status: int
) -> None:
    async def asked() -> int:
        transport = httpx.ASGITransport(hers, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
            given = {"Origin": HOME, **headers}
            return (await client.post("/decide", headers=given, content=body)).status_code

    assert asyncio.run(asked()) == status


def test_the_address_of_an_answer_leads_to_the_page(world: PageWorld, hers: ASGIApp) -> None:
    answer = ask(hers, "/decide")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert ask(hers, "/decide", "PUT", {"Origin": HOME}).status_code == 405


def test_what_is_paused_is_not_decided(world: PageWorld) -> None:
    house = world.house
    entry = next(one for one in house.entries if world.held in one)
    house.entries[house.entries.index(entry)] = entry.replace("}\n", ", paused: 'travaux'}\n")
    hers = world.opened_by(LEA)
    assert PUBLISH not in buttons(ask(hers, world.address("decision", world.held)).text)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_decision_is_said_in_the_language_that_syncd_speaks(
    world: PageWorld, language: str
) -> None:
    text.speak(language)
    hers = world.opened_by(LEA)
    html = ask(hers, world.address("decision", world.held)).text
    assert buttons(html) == [
        text.text("page.act_release", title=TITLE),
        text.text("page.act_leave", title=TITLE),
    ]
    answer = sent(hers, {**filled(html, buttons(html)[0]), "act": "odd"})
    assert f'<html lang="{language}">' in answer.text
    assert text.text("page.not_done") in answer.text
