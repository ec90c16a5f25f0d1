"""A proxy before the page names who asks; nobody else is believed, and who is not listed is out."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from syncd.config.settings import Settings
from syncd.web.csrf import FIELD
from syncd.web.proxy import Proxies
from syncd.web.starting import access_of
from tests.support.page_world import PageWorld, ask

URL = "https://syncd.ville.example"
HEADER = "X-Forwarded-Email"
PROXY = "10.0.3.7"
CAMILLE, RENE = "camille@ville.example", "rene@ville.example"


def settings(folder: Path, **others: object) -> Settings:
    given: dict[str, object] = {
        "web_auth": "proxy",
        "web_url": URL,
        "web_proxies": "10.0.3.7, 10.1.0.0/24 fd00:1::/64",
        "web_readers": "rene@ville.example",
        "web_operators": "Camille@Ville.example",
        "state_dir": folder / "state",
    }
    return Settings(**{**given, **others})  # type: ignore[arg-type]  # as `load_settings` does


@pytest.fixture
def behind(world: PageWorld, tmp_path: Path) -> ASGIApp:
    return world.made(access_of(settings(tmp_path)))


def got(
    app: ASGIApp,
    name: str | None = CAMILLE,
    address: str = "/runs",
    client: str = PROXY,
    **headers: str,
) -> httpx.Response:
    named = {} if name is None else {HEADER: name}
    sent = {"Host": "syncd.ville.example", **named, **headers}
    return ask(app, address, headers=sent, client=client)


def test_whom_the_proxy_names_sees_the_page_with_their_name_on_it(behind: ASGIApp) -> None:
    for client in (PROXY, "10.1.0.250", "fd00:1::9", "::ffff:10.0.3.7"):
        answer = got(behind, client=client)
        assert answer.status_code == 200, client
        assert "Signed in: Camille@Ville.example" in answer.text
        assert "sign-out" not in answer.text  # that is the proxy's
    assert "Signed in: rene@ville.example" in got(behind, RENE).text


def test_from_anywhere_else_the_header_is_not_believed(behind: ASGIApp) -> None:
    strangers = (
        "10.0.3.8",
        "10.1.1.1",
        "127.0.0.1",
        "::1",
        "fd00:2::9",
        "2002:a00:307::1",  # the proxy's address within another one (6to4, NAT64, compatible)
        "64:ff9b::a00:307",
        "::10.0.3.7",
        "::ffff:10.0.3.8",
        "",
        "proxy",
    )
    for client in strangers:
        forged = {"X-Forwarded-For": PROXY, "Forwarded": f"for={PROXY}", "X-Real-IP": PROXY}
        answer = got(behind, client=client, **forged)
        assert answer.status_code == 403, client
        assert f"open {URL}." in answer.text
        assert "Fréquentation" not in answer.text


def test_who_is_not_listed_is_told_so(behind: ASGIApp) -> None:
    for name in ("eve@ville.example", "camille@ville.example.evil.example", "*", "<b>x</b>"):
        answer = got(behind, name)
        assert answer.status_code == 403, name
        assert "is not on the list of those who may see this page" in answer.text
        assert "<b>x" not in answer.text


def test_a_proxy_that_names_nobody_or_several_is_not_guessed_at(behind: ASGIApp) -> None:
    assert got(behind, None).status_code == 401
    assert got(behind, " ").status_code == 401
    assert got(behind, f"{RENE}, {CAMILLE}").status_code == 403
    assert got(behind, None, X_Forwarded_Email=CAMILLE).status_code == 401

    twice = httpx.Headers([("Host", "syncd.ville.example"), (HEADER, RENE), (HEADER, CAMILLE)])
    answer = ask(behind, "/", headers=twice, client=PROXY)  # type: ignore[arg-type]  # httpx takes it
    assert answer.status_code == 401
    assert "sent no X-Forwarded-Email, or several" in answer.text

    odd = [("Host", "syncd.ville.example"), (HEADER, b"\xff\xc3\xa9")]
    answer = ask(behind, "/", headers=httpx.Headers(odd), client=PROXY)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert "�é is not on the list" in answer.text


def test_the_page_answers_to_its_own_name_alone(behind: ASGIApp) -> None:
    for host in ("127.0.0.1:8080", "localhost", "10.0.3.7", "ville.example", "evil.example"):
        assert got(behind, Host=host).status_code == 421, host
    assert got(behind, Host="SYNCD.ville.example:443").status_code == 200


def test_the_style_sheet_is_there_for_refusals_too(behind: ASGIApp) -> None:
    assert got(behind, None, "/page.css").status_code == 200


def test_nothing_is_sent_without_a_token_even_through_the_proxy(behind: ASGIApp) -> None:
    sent = {"Host": "syncd.ville.example", HEADER: CAMILLE, "Origin": URL}
    for address in ("/", "/runs", "/sign-out", "/decision"):
        answer = ask(behind, address, "POST", sent, {FIELD: "x"}, PROXY)
        assert answer.status_code in {403, 404, 405}, address


def test_each_refusal_is_one_line_of_the_log(behind: ASGIApp) -> None:
    with capture_logs() as logs:
        got(
            behind, "eve@ville.example", "/datasets", **{"X-Forwarded-For": "203.0.113.9, 10.9.9.9"}
        )
        got(behind, client="10.9.9.9", **{"X-Forwarded-For": "203.0.113.9"})
    told = [{k: v for k, v in one.items() if k != "log_level"} for one in logs]
    assert told == [
        {
            "event": "page.refused",
            "client": "10.9.9.9",
            "why": "page_unlisted",
            "path": "/datasets",
        },
        {
            "event": "page.refused",
            "client": "10.9.9.9",
            "why": "page_not_by_proxy",
            "path": "/runs",
        },
    ]


def test_no_addresses_are_nobodys() -> None:
    assert not Proxies().has("127.0.0.1")
    assert not Proxies().has("")
