"""Sessions, the way back after signing in, and how often one may try."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from syncd.web.people import People, Refusal, Role
from syncd.web.sessions import LASTS, Sessions
from syncd.web.sign_in import Limit, local

PEOPLE = People(["rene", "both"], ["Camille@Ville.example", "both"])


def request() -> Request:
    return Request({"type": "http", "session": {}, "headers": []})


def test_the_list_says_who_may_do_what() -> None:
    assert PEOPLE.named("camille@ville.EXAMPLE").name == "Camille@Ville.example"
    assert [PEOPLE.named(one).role for one in ("rene", "both")] == [Role.READER, Role.OPERATOR]
    for name in ("", "camille", "rene ", "camille@ville.example\n"):
        with pytest.raises(Refusal):
            PEOPLE.named(name)


def test_a_session_lasts_from_signing_in_whatever_is_done_meanwhile() -> None:
    now = 1000.0
    sessions = Sessions(PEOPLE, lambda: now)
    asked = request()
    sessions.begin(asked, "rene", "proof")
    for passed in (1, LASTS / 2, LASTS - 1):
        now = 1000.0 + passed
        assert sessions.who(asked).name == "rene"
    now = 1000.0 + LASTS
    with pytest.raises(Refusal) as refused:
        sessions.who(asked)
    assert refused.value.reason.code == "page_sign_in"


def test_a_copy_of_a_session_that_was_ended_is_worth_nothing() -> None:
    sessions = Sessions(PEOPLE, lambda: 1000.0)
    asked, copy, other = request(), request(), request()
    sessions.begin(asked, "rene", "proof")
    sessions.begin(other, "rene", "p" * 5000)
    copy.session.update(asked.session)

    assert sessions.end(asked) == "proof"

    assert asked.session == {}
    with pytest.raises(Refusal):
        sessions.who(copy)
    assert sessions.who(other).name == "rene"
    assert sessions.end(other) == ""  # too long for a cookie


def test_who_was_signed_in_before_is_not_so_after_somebody_else_was() -> None:
    sessions = Sessions(PEOPLE, lambda: 1000.0)
    asked = request()
    sessions.begin(asked, "rene", "")
    with pytest.raises(Refusal):
        sessions.begin(asked, "eve", "")
    with pytest.raises(Refusal):
        sessions.who(asked)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/datasets",
        "/datasets?q=a%20b&page=2",
        "/resource?dataset=a&object=//x",
        "/?next=//evil.example",
    ],
)
def test_one_comes_back_to_where_one_was(address: str) -> None:
    assert local(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "datasets",
            "//evil.example",
            "///evil.example",
            "https://evil.example",
            "javascript:x",
        ),
        *(
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/x",
            "/\r\nSet-Cookie: a=b",
        ),
        *(
            "/sign-in",
            "/sign-in?next=/",
            "/signed-in?code=x",
            "/sign-out",
            "/" + "x" * 900,
            " /",
            "/\x00",
        ),
        *("@evil.example", ".evil.example", "/\u2028x", "http:evil.example", "/\ud800"),
    ],
)
def test_one_is_led_nowhere_else(address: str) -> None:
    assert local(address) == "/"


def test_tries_are_counted_for_each_client_and_forgotten_after_a_minute() -> None:
    now = 0.0
    limit = Limit(lambda: now)

    def tries(client: str) -> int:
        for count in range(100):
            try:
                limit.take(client)
            except Refusal:
                return count
        return 100

    assert tries("10.0.0.1") == Limit.MOST
    assert tries("10.0.0.1") == 0
    assert tries("10.0.0.2") == Limit.MOST
    now = Limit.SECONDS
    assert tries("10.0.0.1") == Limit.MOST
