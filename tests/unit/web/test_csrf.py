"""A form changes something only when a page of ours was made for who sends it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import time_machine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syncd.web.access import Access, Gate
from syncd.web.csrf import FIELD, LASTS, Tokens, decision, token
from syncd.web.people import Person, Refusal, Role, may_decide, person_of
from syncd.web.protection import Protected
from tests.support.builders import NOW
from tests.support.page_world import HOME, KEY, ask, send

CAMILLE = Person("camille@ville.example", Role.OPERATOR)
READER = Person("rene@ville.example", Role.READER)


def app(person: Person | None, url: str = "") -> ASGIApp:
    """What is changed, is answered; and `/form` has the token."""

    async def change(request: Request) -> Response:
        who, sent = await decision(request)
        return PlainTextResponse(f"{who.name} {sorted(sent.items())}")

    def shown(request: Request) -> Response:
        assert person_of(request) == person
        return PlainTextResponse(token(request) if may_decide(request) else "no button")

    def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return PlainTextResponse(error.reason.code, error.status_code)

    routes = [Route("/change", change, methods=["POST"]), Route("/form", shown)]
    made = Starlette(routes=routes, exception_handlers={Refusal: on_refusal})
    access = Access(who=lambda _: person, key=KEY, url=url)
    return Protected(Gate(made, access, frozenset(), on_refusal), access)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


def test_an_operators_own_form_is_taken() -> None:
    given = ask(app(CAMILLE), "/form").text
    sent = {FIELD: given, "note": "vu & relu", "empty": ""}
    answer = ask(app(CAMILLE), "/change", "POST", {"Origin": HOME}, sent)
    assert told(answer) == (200, "camille@ville.example [('empty', ''), ('note', 'vu & relu')]")


def test_who_may_only_read_changes_nothing() -> None:
    assert ask(app(READER), "/form").text == ask(app(None), "/form").text == "no button"
    assert told(send(app(READER), "/change", READER)) == (403, "page_only_reads")
    assert told(send(app(None), "/change", None)) == (403, "page_signed_out")
    assert told(send(app(None), "/change", CAMILLE)) == (403, "page_signed_out")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "odd",
        "a.b.c",
        "é\x00",
        Tokens(KEY, READER.name).make(),
        Tokens("x" * 43, CAMILLE.name).make(),
    ],
    ids=["none", "odd", "three parts", "no text", "another person's", "of another key"],
)
def test_a_form_without_its_persons_token_is_refused(given: str) -> None:
    answer = ask(app(CAMILLE), "/change", "POST", {"Origin": HOME}, {FIELD: given})
    assert told(answer) == (403, "page_stale_form")


def test_a_token_with_one_letter_changed_is_refused() -> None:
    good = Tokens(KEY, CAMILLE.name)
    made = good.make()
    assert good.fits(made)
    wrong = [
        made[:at] + ("A" if made[at] != "A" else "B") + made[at + 1 :]
        for at in range(len(made) - 1)
    ]
    assert [one for one in wrong if good.fits(one)] == []


def test_a_page_that_was_left_open_overnight_is_opened_anew() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        given = Tokens(KEY, CAMILLE.name).make()
        clock.shift(timedelta(seconds=LASTS))
        assert Tokens(KEY, CAMILLE.name).fits(given)
        clock.shift(timedelta(seconds=1))
        assert not Tokens(KEY, CAMILLE.name).fits(given)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8081"},
        {"Origin": "https://127.0.0.1:8080"},
        {"Origin": f"{HOME}.evil.example"},
        {"Origin": HOME, "Sec-Fetch-Site": "cross-site"},
        {"Origin": HOME, "Sec-Fetch-Site": "same-site"},
        {"Origin": HOME, "Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_what_does_not_come_from_a_page_of_ours_is_refused(headers: dict[str, str]) -> None:
    sent = {FIELD: Tokens(KEY, CAMILLE.name).make()}
    assert ask(app(CAMILLE), "/change", "POST", headers, sent).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": HOME},
        {"Origin": HOME, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_what_comes_from_a_page_of_ours_is_taken(headers: dict[str, str]) -> None:
    sent = {FIELD: Tokens(KEY, CAMILLE.name).make()}
    assert ask(app(CAMILLE), "/change", "POST", headers, sent).status_code == 200


def test_a_page_with_an_address_of_its_own_takes_what_comes_from_there() -> None:
    named = app(CAMILLE, "https://syncd.ville.example:8443")
    sent = {FIELD: Tokens(KEY, CAMILLE.name).make()}
    host = {"Host": "syncd.ville.example:8443"}
    for origin, status in {
        "https://syncd.ville.example:8443": 200,
        "https://syncd.ville.example": 403,
        "http://syncd.ville.example:8443": 403,
        HOME: 403,
    }.items():
        answer = ask(named, "/change", "POST", {**host, "Origin": origin}, sent)
        assert answer.status_code == status, origin
    assert ask(named, "/change", "POST", {"Origin": HOME}, sent).status_code == 421


def test_what_is_no_form_of_ours_is_refused() -> None:
    origin = {"Origin": HOME}
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
        answer = ask(app(CAMILLE), "/change", "POST", {**origin, "Content-Type": kind}, {"a": "b"})
        assert told(answer) == (415, "page_no_form")
    for fields, status in (({"a": "x" * 70_000}, 413), ({f"f{n}": "" for n in range(60)}, 400)):
        assert send(app(CAMILLE), "/change", CAMILLE, **fields).status_code == status
