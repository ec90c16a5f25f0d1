"""Signing in at a real OpenID Connect provider: who gets in, who does not, and how one gets out."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from syncd import text
from syncd.config.settings import Settings
from syncd.simulator import Simulator
from syncd.web.sessions import COOKIE, LASTS
from syncd.web.starting import access_of
from tests.packaging.deploy.tools import Skipped
from tests.support.oidc_provider import CLIENT, SECRET, Visitor, provider
from tests.support.page_world import PageWorld, served, table
from tests.support.sync_harness import House
from tests.web.axe import violations
from tests.web.browser import Browser
from tests.web.test_operators_page import ENTER, TAB, reach, sticking_out

HOME = "https://syncd.ville.example"
OURS, OTHERS = "21760540300019", "13002526500013"
ACCOUNTS = {
    "camille": {"email": "camille@ville.example", "email_verified": True, "siret": OURS},
    "rene": {"email": "Rene@Ville.example", "siret": OURS},  # ProConnect does not say it
    "eve": {"email": "eve@ailleurs.example", "email_verified": True, "siret": OURS},
    "unverified": {"email": "camille@ville.example", "email_verified": False, "siret": OURS},
    "elsewhere": {"email": "camille@ville.example", "email_verified": True, "siret": OTHERS},
    "nameless": {"siret": OURS},
}


@pytest.fixture(scope="module", params=["signed user info", "plain user info"])
def issuer(request: pytest.FixtureRequest) -> Iterator[str]:
    signed = {"userinfo_signed_response_alg": "RS256"} if "signed" in request.param else {}
    try:
        with provider(ACCOUNTS, HOME, **signed) as found:
            yield found.issuer
    except Skipped as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageWorld]:
    """Only looked at."""
    with Simulator() as simulator:
        house = House(simulator, tmp_path_factory.mktemp("house"))
        house.target(house.resource("Piscines", "piscines.csv", table(9)), "piscines.csv")
        house.bucket.put("piscines.csv", table(10))
        house.sync()
        yield PageWorld(house)


@pytest.fixture
def app(world: PageWorld, issuer: str, tmp_path: Path) -> ASGIApp:
    return world.made(access_of(settings(tmp_path, issuer)))


def settings(folder: Path, issuer: str, **others: object) -> Settings:
    given: dict[str, object] = {
        "web_auth": "oidc",
        "web_url": HOME,
        "web_operators": "camille@ville.example",
        "web_readers": "rene@ville.example",
        "web_oidc_issuer": issuer,
        "web_oidc_client_id": CLIENT,
        "web_oidc_client_secret": SECRET,
        "web_oidc_scope": "openid email siret",
        "web_oidc_siret": OURS,
        "state_dir": folder / "state",
    }
    return Settings(**{**given, **others})  # type: ignore[arg-type]  # as `load_settings` does


def visit(app: ASGIApp, story: Callable[[Visitor], Awaitable[None]]) -> None:
    async def told() -> None:
        async with Visitor(app, HOME) as visitor:
            await story(visitor)

    asyncio.run(told())


def said(answer: httpx.Response) -> str:
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def is_out(visitor: Visitor) -> bool:
    answer = await visitor.open("/runs")
    return answer.status_code == 401 and "sign in" in said(answer)


def cookie(visitor: Visitor) -> str:
    return str(visitor.http.cookies.get(COOKIE, domain="syncd.ville.example"))


# -- in --------------------------------------------------------------------------------------


def test_a_listed_person_gets_where_they_wanted_and_their_name_is_on_the_page(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        assert await is_out(camille)
        answer = await camille.sign_in("camille", "/datasets?q=%C3%A9t%C3%A9&sort=title")
        assert str(answer.request.url) == f"{HOME}/datasets?q=%C3%A9t%C3%A9&sort=title"
        assert answer.status_code == 200
        assert "Signed in: camille@ville.example" in answer.text
        assert (await camille.open("/runs")).status_code == 200

    visit(app, story)


def test_names_are_those_of_the_list_whatever_the_provider_writes_large(app: ASGIApp) -> None:
    async def story(rene: Visitor) -> None:
        assert "Signed in: rene@ville.example" in (await rene.sign_in("rene")).text

    visit(app, story)


def test_the_cookie_is_for_this_host_over_tls_and_no_script_can_read_it(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        await camille.sign_in("camille")
        (kept,) = [one for one in camille.http.cookies.jar if one.name == COOKIE]
        assert (kept.secure, kept.path, kept.domain_specified) == (True, "/", False)
        assert kept.has_nonstandard_attr("httponly")
        assert kept.get_nonstandard_attr("samesite") == "lax"
        assert kept.expires is not None
        assert len(cookie(camille)) < 4000

    visit(app, story)


@pytest.mark.parametrize(
    ("account", "why"),
    [
        ("eve", "eve@ailleurs.example is not on the list"),
        ("elsewhere", "camille@ville.example is signed in for another organisation"),
        ("unverified", "not told to this page, or not verified"),
        ("nameless", "not told to this page, or not verified"),
    ],
)
def test_being_able_to_sign_in_is_no_right(app: ASGIApp, account: str, why: str) -> None:
    async def story(eve: Visitor) -> None:
        answer = await eve.sign_in(account, "/datasets")
        assert answer.status_code == 403
        assert why in said(answer)
        assert await is_out(eve)

    visit(app, story)


def test_who_comes_in_and_who_does_not_is_one_line_of_the_log_each(app: ASGIApp) -> None:
    async def story(visitor: Visitor) -> None:
        await visitor.sign_in("eve")
        visitor.http.cookies.clear()
        await leave(visitor, await visitor.sign_in("camille"))

    with capture_logs() as logs:
        visit(app, story)
    told = [(one["event"], one.get("person"), one.get("why")) for one in logs]
    assert told == [
        ("page.refused", None, "page_sign_in"),
        ("page.refused", None, "page_unlisted"),
        ("page.refused", None, "page_sign_in"),
        ("page.signed_in", "camille@ville.example", None),
        ("page.signed_out", "camille@ville.example", None),
    ]
    assert {one["client"] for one in logs} == {"127.0.0.1"}


# -- not in ----------------------------------------------------------------------------------


def test_a_provider_that_calls_itself_otherwise_is_not_asked(
    world: PageWorld, issuer: str, tmp_path: Path
) -> None:
    named = issuer.replace("127.0.0.1", "localhost")
    app = world.made(access_of(settings(tmp_path, named)))

    async def story(camille: Visitor) -> None:
        answer = await camille.open("/sign-in")
        assert answer.status_code == 502
        assert "does not answer as it should" in said(answer)

    visit(app, story)


def test_a_provider_that_is_away_is_said(world: PageWorld, tmp_path: Path) -> None:
    app = world.made(access_of(settings(tmp_path, "http://127.0.0.1:9")))

    async def story(camille: Visitor) -> None:
        answer = await camille.open("/sign-in")
        assert answer.status_code == 502
        assert "127.0.0.1:9 does not answer as it should" in said(answer)
        assert await is_out(camille)

    visit(app, story)


async def brought_back(visitor: Visitor, account: str) -> str:
    """The address with which the provider sends them back to the page, not opened yet."""
    at = await visitor.open("/sign-in")
    answer = await visitor.fill_in(at, account, back=f"{HOME}/signed-in")
    return str(answer.headers["location"])


def test_an_answer_of_another_issuer_is_refused(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        back = await brought_back(camille, "camille")
        other = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back)
        assert other != back
        assert (await camille.open(other)).status_code == 401
        assert await is_out(camille)

    visit(app, story)


def test_a_code_is_good_once(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        back = await brought_back(camille, "camille")
        before = cookie(camille)
        assert (await camille.open(back)).status_code == 200
        again = await camille.open(back)
        assert again.status_code == 401
        assert "was used before" in said(again)
        assert (await camille.open("/runs")).status_code == 200  # she is in all the same

        camille.http.cookies.clear()
        copied = {"Cookie": f"{COOKIE}={before}"}  # of whoever looked over her shoulder
        assert (await camille.http.get(back, headers=copied)).status_code == 401

    visit(app, story)


def test_nobody_can_be_signed_in_as_somebody_else(app: ASGIApp) -> None:
    """Eve sends Camille her own way back."""

    async def story(camille: Visitor) -> None:
        async with Visitor(app, HOME) as rene:
            back = await brought_back(rene, "rene")
        await camille.open("/sign-in")
        assert (await camille.open(back)).status_code == 401
        assert await is_out(camille)

    visit(app, story)


@pytest.mark.parametrize(
    "answer", ["?error=access_denied", "", "?code=x", "?state=x&code=", "?code=x&state=y"]
)
def test_an_odd_answer_signs_nobody_in(app: ASGIApp, answer: str) -> None:
    async def story(camille: Visitor) -> None:
        await camille.open("/sign-in")
        shown = await camille.open(f"/signed-in{answer}")
        assert shown.status_code == 401
        assert await is_out(camille)

    visit(app, story)


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example/",
        "https://evil.example",
        "/\\evil.example",
        "/sign-out",
        "%2F%2Fevil.example",
        "/%0a/x",
    ],
)
def test_signing_in_leads_nowhere_else(app: ASGIApp, to: str) -> None:
    async def story(camille: Visitor) -> None:
        at = await camille.open(f"/sign-in?next={to}")
        answer = await camille.fill_in(at, "camille")
        assert str(answer.request.url) == f"{HOME}/"
        assert answer.status_code == 200

    visit(app, story)


def test_who_tries_too_often_has_to_wait(app: ASGIApp) -> None:
    async def story(eve: Visitor) -> None:
        answers = [await eve.http.get(f"{HOME}/signed-in?code={n}") for n in range(25)]
        assert [one.status_code for one in answers] == [401] * 20 + [429] * 5
        assert "Wait a minute" in said(answers[-1])
        assert answers[-1].headers["Retry-After"] == "60"
        async with Visitor(app, HOME, client="127.0.0.9") as camille:
            assert (await camille.sign_in("camille")).status_code == 200

    visit(app, story)


# -- and out ---------------------------------------------------------------------------------


async def leave(visitor: Visitor, shown: httpx.Response) -> httpx.Response:
    token = re.search(r'name="token" value="([^"]+)"', shown.text)
    assert token
    return await visitor.open("/sign-out", {"token": token[1]})


def test_who_signs_out_is_out_here_and_can_be_there(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        shown = await camille.sign_in("camille")
        copied = cookie(camille)

        answer = await leave(camille, shown)

        assert "You are signed out of this page" in said(answer)
        assert await is_out(camille)
        stolen = await camille.http.get(f"{HOME}/runs", headers={"Cookie": f"{COOKIE}={copied}"})
        assert stolen.status_code == 401

        link = re.search(r'href="(http://127[^"]+)"', answer.text)
        assert link
        at = await camille.open(html.unescape(link[1]))
        form = re.search(r'action="([^"]+)"', at.text)
        token = re.search(r'name="xsrf" value="([^"]+)"', at.text)
        assert form
        assert token
        back = await camille.open(form[1], {"xsrf": token[1], "logout": "yes"}, back=f"{HOME}/")
        assert back.headers["location"].startswith(f"{HOME}/")
        again = await camille.open("/sign-in")
        assert 'value="login"' in again.text  # the provider asks who it is

    visit(app, story)


def test_nobody_signs_somebody_else_out(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        await camille.sign_in("camille")
        assert (await camille.open("/sign-out", {})).status_code == 415
        assert (await camille.open("/sign-out", {"token": "x"})).status_code == 403
        assert (await camille.open("/sign-out")).status_code == 405
        foreign = {"Origin": "https://evil.example"}
        assert (await camille.http.post(f"{HOME}/sign-out", headers=foreign)).status_code == 403
        assert (await camille.open("/runs")).status_code == 200

    visit(app, story)


def test_a_form_of_one_session_is_not_taken_in_the_next(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        old = await camille.sign_in("camille")
        await leave(camille, old)
        await camille.sign_in("camille")
        assert (await leave(camille, old)).status_code == 403

    visit(app, story)


def test_a_session_ends_by_itself(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        await camille.sign_in("camille")
        kept = {"Cookie": f"{COOKIE}={cookie(camille)}"}  # a browser would have dropped it
        for seconds, status in ((LASTS - 60, 200), (LASTS + 1, 401)):
            with time_machine.travel(timedelta(seconds=seconds)):
                answer = await camille.http.get(f"{HOME}/datasets", headers=kept)
                assert answer.status_code == status

    visit(app, story)


def test_a_cookie_that_was_changed_is_worth_nothing(app: ASGIApp) -> None:
    async def story(camille: Visitor) -> None:
        await camille.sign_in("camille")
        good = cookie(camille)
        camille.http.cookies.clear()
        step = max(1, len(good) // 40)
        changed = [
            good[:at] + chr(ord(good[at]) ^ 1) + good[at + 1 :] for at in range(0, len(good), step)
        ]
        for one in (*changed, "", "null", good.split(".")[0], good[:-3], "e30=.x.y"):
            answer = await camille.http.get(
                f"{HOME}/page.css2", headers={"Cookie": f"{COOKIE}={one}"}
            )
            assert answer.status_code == 401, one
        renamed = await camille.http.get(f"{HOME}/runs", headers={"Cookie": f"syncd={good}"})
        assert renamed.status_code == 401

    visit(app, story)


def test_who_is_taken_off_the_list_is_out_at_the_next_start(
    world: PageWorld, app: ASGIApp, issuer: str, tmp_path: Path
) -> None:
    others = world.made(access_of(settings(tmp_path, issuer, web_operators="rene@ville.example")))

    async def story(camille: Visitor) -> None:
        await camille.sign_in("camille")
        kept = {"Cookie": f"{COOKIE}={cookie(camille)}"}
        async with Visitor(others, HOME) as later:
            answer = await later.http.get(f"{HOME}/runs", headers=kept)
            assert answer.status_code == 403
            assert "camille@ville.example is not on the list" in said(answer)

    visit(app, story)


# -- in a real browser -----------------------------------------------------------------------


def test_a_real_browser_signs_in_and_out_by_keyboard_without_script(
    chromium: Browser, axe_script: str, world: PageWorld, tmp_path: Path
) -> None:
    made: list[ASGIApp] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await made[0](scope, receive, send)

    with served(app) as home, ExitStack() as stack:
        try:
            found = stack.enter_context(provider(ACCOUNTS, home))
        except Skipped as why:
            pytest.skip(str(why))
        made.append(world.made(access_of(settings(tmp_path, found.issuer, web_url=home))))
        chromium.without_scripts()
        try:
            chromium.open(f"{home}/datasets")
            assert text.text("page.sign_in") in chromium.source()
            assert barriers(chromium, axe_script) == []
            reach(chromium, text.text("page.sign_in"))
            chromium.press(ENTER)
            shown(chromium, 'name="password"')
            chromium.run("document.querySelector('[name=login]').focus()")
            chromium.press(*"camille", TAB, "x", ENTER)
            shown(chromium, 'value="consent"')
            chromium.run("document.querySelector('[type=submit]').focus()")
            chromium.press(ENTER)
            shown(chromium, "camille@ville.example")
            assert chromium.address() == f"{home}/datasets"
            assert chromium.run("return document.cookie") == ""
            assert barriers(chromium, axe_script) == []
            reach(chromium, text.text("page.sign_out"))
            chromium.press(ENTER)
            shown(chromium, text.text("page.signed_out_here"))
            assert barriers(chromium, axe_script) == []
            chromium.open(f"{home}/datasets")
            shown(chromium, "/sign-in?next")
        finally:
            chromium.without_scripts(off=False)


def barriers(chromium: Browser, axe_script: str) -> list[str]:
    """Wide and narrow, by day and by night."""
    found = []
    chromium.without_scripts(off=False)
    for width in (1280, 320):
        chromium.resize(width)
        for scheme in ("light", "dark"):
            chromium.prefer(scheme)
            found += violations(chromium, axe_script) + sticking_out(chromium)
    chromium.without_scripts()
    return found


def shown(chromium: Browser, words: str) -> None:
    """A key is let go before the page that it asks for is there."""
    for _ in range(500):
        if words in chromium.source():
            return
    raise AssertionError(f"no {words} at {chromium.address()}: {chromium.source()[:2000]}")
