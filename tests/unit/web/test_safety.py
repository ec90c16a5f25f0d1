"""Who may ask, what is answered to whoever tries, and that nothing is ever changed."""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
import time
from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from itsdangerous import TimestampSigner
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message

from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.service.http import HttpServer
from syncd.web.acting import Acting
from syncd.web.application import page
from syncd.web.comparisons import Comparisons
from syncd.web.csrf import FIELD, Tokens
from syncd.web.people import Person, Role
from syncd.web.protection import AT_ONCE, HEADERS
from syncd.web.reading import Reading
from syncd.web.rendering import FOLDER
from syncd.web.sessions import COOKIE
from syncd.web.starting import access_of
from tests.support.page_forms import forms as forms_of
from tests.support.page_world import HOME, KEY, PageWorld, ask
from tests.unit.telemetry.test_readiness import WELL


def everything_kept(world: PageWorld) -> dict[str, bytes]:
    files = [file for file in world.house.folder.rglob("*") if file.is_file()]
    return {str(file): file.read_bytes() for file in files if not file.name.endswith("-shm")}


@pytest.mark.parametrize("address", ["/", "/page.css", "/icon.svg", "/nothing", "/dataset"])
def test_every_answer_tells_the_browser_to_allow_nothing_else(
    world: PageWorld, address: str
) -> None:
    for answer in (world.get(address), world.get(address, Host="evil.example")):
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "set-cookie" not in answer.headers
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8080", "localhost", "localhost:9", "[::1]:8080", "LOCALHOST:8080", "127.0.0.2:1"],
)
def test_this_machine_is_answered(world: PageWorld, host: str) -> None:
    assert world.get("/page.css", Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("10.0.0.7:8080", "[2001:db8::1]:8080", "", "0.0.0.0:8080", "[::1].evil.example", "[::1"),
        *("localhost@evil.example", "evil.example@localhost:1:2", "evil.example:localhost"),
    ],
)
def test_another_name_that_leads_here_is_not_answered(world: PageWorld, host: str) -> None:
    answer = world.get("/", Host=host)
    assert answer.status_code == 421
    assert "Fréquentation" not in answer.text


def test_two_hosts_are_not_answered(world: PageWorld) -> None:
    async def asked() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.page)) as client:
            hosts = [("Host", "127.0.0.1"), ("Host", "evil.example")]
            return (await client.get(f"{HOME}/", headers=hosts)).status_code

    assert asyncio.run(asked()) == 421


def test_another_sites_page_gets_no_part_of_this_one(world: PageWorld) -> None:
    for site in ("cross-site", "same-site"):
        for mode in ("no-cors", "cors", "websocket"):
            sent = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
            assert world.get("/", **sent).status_code == 403
        led = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
        assert world.get("/", **led).status_code == 200
        assert world.get("/", "POST", **led).status_code == 403
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"}
    assert world.get("/page.css", **own).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ODD"])
def test_nothing_but_reading_is_taken(world: PageWorld, method: str) -> None:
    world.app()
    before = everything_kept(world)
    for address in world.screens.values():
        assert world.get(address, method).status_code == 403  # not even said where from
        assert world.get(address, method, Origin=HOME).status_code in {404, 405}
    assert everything_kept(world) == before


@pytest.mark.parametrize(
    "path",
    [
        *("/../manifest.yaml", "/..%2fmanifest.yaml", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"),
        *("/static/page.css", "/templates/base.html", "/page.css/../../application.py"),
        *("/page.css%00", "/page.css/", "/datasets/", "/healthz", f"/{'../' * 30}etc/passwd"),
    ],
)
def test_no_path_leads_out_of_the_page(world: PageWorld, path: str) -> None:
    answer = world.get(path)
    assert answer.status_code == 404
    assert re.search(r"root:|version: 1|import|extends", answer.text) is None


def test_an_endless_address_is_refused(world: PageWorld) -> None:
    assert world.get(f"/datasets?q={'x' * 5000}").status_code == 414


_PIECES = (
    *(
        "'",
        '"',
        "<",
        ">",
        "&",
        "%00",
        "%0d%0aX: y",
        "%ff%fe",
        "{{7*7}}",
        "${x}",
        "../",
        "\\",
        "%25",
    ),
    *(
        "%ed%a0%80",
        "%e2%80%ae",
        "🙂",
        "é",
        "0",
        "-1",
        "1e9",
        "9" * 40,
        "NaN",
        "null",
        "[]",
        " ",
        "+",
    ),
    *("OR 1=1 --", "held", "needy", "title", "page", "%5B", "=", "&&", ";", "x" * 300),
)
_PATHS = ("/", "/datasets", "/dataset", "/resource", "/decision", "/runs", "/manifest", "/odd")
_NAMES = ("q", "state", "sort", "page", "dataset", "resource", "object", "", "by", "name", "self")
_METHODS = ("GET", "GET", "GET", "GET", "HEAD", "POST")


def fuzzed(world: PageWorld, chance: random.Random) -> tuple[str, str]:
    """A request of odd pieces, some of them right ones."""
    right = (world.held, world.house.dataset, "musees/frequentation.csv", "")

    def value() -> str:
        if chance.random() < 0.4:
            return quote(chance.choice(right))
        return "".join(chance.choices(_PIECES, k=chance.randrange(4)))

    asked = [f"{chance.choice(_NAMES)}={value()}" for _ in range(chance.randrange(5))]
    path = chance.choice(_PATHS) + (value() if chance.random() < 0.15 else "")
    return chance.choice(_METHODS), f"{path}?{'&'.join(asked)}".replace(" ", "%20")


@pytest.mark.parametrize("count", [500, pytest.param(2000, marks=pytest.mark.stress)])
def test_whatever_is_asked_is_answered_and_nothing_changes(world: PageWorld, count: int) -> None:
    chance = random.Random(17)
    requests = [fuzzed(world, chance) for _ in range(count)]
    reading = Reading(world.app, now=world.house.now, monotonic=lambda: 0.0)
    shown = page(reading, Comparisons(world.compare))
    world.app()
    before = everything_kept(world)

    statuses = asyncio.run(answered(shown, requests))

    odd = {request: s for request, s in zip(requests, statuses, strict=True) if s not in _FINE}
    assert odd == {}
    assert {200, 404, 405} <= set(statuses)
    assert everything_kept(world) == before


_FINE = {200, 404, 405, 414}


async def answered(app: ASGIApp, requests: list[tuple[str, str]]) -> list[int]:
    statuses = []
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
        for method, address in requests:
            answer = await client.request(method, address, headers={"Origin": HOME})
            statuses.append(answer.status_code)
            assert "{{" not in answer.text or "{{7*7}}" in answer.text
            assert re.search(r"Traceback|sqlalchemy|<script", answer.text) is None
    return statuses


PROXY, CAMILLE, RENE = "10.0.3.7", "camille@ville.example", "rene@ville.example"
URL = "https://syncd.ville.example"
_MODES: dict[str, dict[str, object]] = {
    "off": {},
    "proxy": {"web_auth": "proxy", "web_proxies": PROXY, "web_key": KEY},
    "oidc": {
        "web_auth": "oidc",
        "web_key": KEY,
        "web_oidc_issuer": "http://127.0.0.1:9",  # nobody's
        "web_oidc_client_id": "syncd",
        "web_oidc_client_secret": "secret",
    },
}
_MORE_PATHS = (*_PATHS, "/decide", "/sign-in", "/signed-in", "/sign-out", "/page.css")
_SENT = ("act", "dataset", "resource", "object", "shown", "to", "note", FIELD, "state", "code", "")
_STRANGERS = ("10.0.3.8", "127.0.0.1", "::1", "2002:a00:307::1")
_WRONG = {  # one of these at least is wrong with each request
    "client": _STRANGERS,
    "name": (RENE, "eve@ville.example", "", "*", f"{RENE}, {CAMILLE}"),
    "host": ("127.0.0.1:8080", "evil.example", "syncd.ville.example.evil.example"),
    "origin": (HOME, "null", "https://evil.example", f"{URL}.evil.example", ""),
    "site": ("cross-site", "same-site", "none", "odd"),
    "token": ("forged", "of another", "", "a.b.c"),
    "cookie": ("forged", "cut", "old", "null", ""),
}


def session(name: str, key: str = KEY, lasts: float = 600) -> str:
    told = {"name": name, "id": f"id of {name}", "until": time.time() + lasts, "proof": ""}
    return TimestampSigner(key).sign(b64encode(json.dumps(told).encode())).decode()


def asked_without_a_right(
    mode: str, world: PageWorld, forms: list[dict[str, str]], chance: random.Random
) -> tuple[bool, dict[str, Any]]:
    """An operator's request, of odd or right pieces, with something forged that gives the right to
    it; and whether who asks may read all the same."""
    method, address = fuzzed(world, chance)
    given = {"client": PROXY, "name": CAMILLE, "host": "syncd.ville.example", "origin": URL}
    given |= {"site": "same-origin", "token": "right", "cookie": "right"}
    counts = [one for one in given if one != {"proxy": "cookie", "oidc": "client"}.get(mode)]
    for one in chance.sample(counts, chance.choice((1, 1, 2, 4))):
        given[one] = chance.choice(_WRONG[one])
    odd = {chance.choice(_SENT): chance.choice(("release", world.held, "x", "")) for _ in range(3)}
    form = {**chance.choice(forms), **(odd if chance.random() < 0.4 else {})}
    if chance.random() < 0.5:
        method, address = "POST", "/decide"
    elif chance.random() < 0.4:
        address = chance.choice(_MORE_PATHS) + address[address.find("?") :]
    name = given["name"]
    bound_to = f"id of {name}" if mode == "oidc" else name
    token = {"right": Tokens(KEY, bound_to), "forged": Tokens("x" * 43, bound_to)}
    token |= {"of another": Tokens(KEY, "zoe@ville.example")}
    form[FIELD] = token[given["token"]].make() if given["token"] in token else given["token"]
    cookies = {"right": session(name), "forged": session(name, "x" * 43)}
    cookies |= {"cut": session(name)[:-2], "old": session(name, lasts=-1)}
    cookie = cookies.get(given["cookie"], given["cookie"])
    headers = {
        "Host": given["host"] if mode != "off" else "127.0.0.1:8080",
        "X-Forwarded-For": chance.choice((PROXY, "127.0.0.1", "", ",,,", "x" * 200)),
        "X-Forwarded-Host": "syncd.ville.example",
        "X-HTTP-Method-Override": "POST",
        "X-Forwarded-Email": name,
        "Origin": given["origin"] if mode != "off" else HOME,
        "Sec-Fetch-Site": given["site"],
        "Sec-Fetch-Mode": chance.choice(("navigate", "cors")),
        "Cookie": f"{COOKIE}={cookie}",
    }
    is_known = given["cookie"] == "right" if mode == "oidc" else given["client"] == PROXY
    reads = mode == "off" or (is_known and name in {CAMILLE, RENE})
    data = form if method == "POST" else None
    sent = {"method": method, "url": address, "headers": headers, "data": data}
    return reads, {**sent, "client": given["client"]}


@pytest.mark.parametrize("mode", _MODES)
@pytest.mark.parametrize("count", [400, pytest.param(3_500, marks=pytest.mark.stress)])
def test_whoever_asks_gets_and_changes_nothing_without_a_right(
    world: PageWorld, mode: str, count: int
) -> None:
    chance = random.Random(f"{mode}{count}")
    people = {"web_url": URL, "web_operators": CAMILLE, "web_readers": RENE}
    given = {**people, **_MODES[mode]} if mode != "off" else {}
    access = access_of(Settings(state_dir=world.house.state, **given))  # type: ignore[arg-type]
    reading = Reading(world.app, now=world.house.now, monotonic=lambda: 0.0)
    acting = Acting(reading, lambda _: world.house.adapters())
    shown = page(reading, Comparisons(world.compare), access, acting)
    operator = world.opened_by(Person(CAMILLE, Role.OPERATOR))
    forms = [
        {**one.fields, name: value}
        for address in world.screens.values()
        for one in forms_of(ask(operator, address).text)
        for name, value in one.buttons.values()
    ]
    assert {"release", "leave", "undo"} <= {one["act"] for one in forms}
    before = everything_kept(world)
    seen = Counter[int]()

    async def ask_all() -> None:
        for _ in range(count):
            reads, request = asked_without_a_right(mode, world, forms, chance)
            client = (request.pop("client"), 40000)
            transport = httpx.ASGITransport(shown, raise_app_exceptions=True, client=client)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
                answer = await http.request(**request)
            seen[answer.status_code] += 1
            assert answer.status_code in _REFUSED | {200, 404}, (request, answer.text)
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
            is_told = answer.status_code == 200 and request["url"].split("?")[0] != "/page.css"
            assert not is_told or request["method"] in {"GET", "HEAD"}, request
            if not reads:
                assert not is_told, request
                assert "Fréquentation" not in answer.text

    asyncio.run(ask_all())

    assert everything_kept(world) == before
    assert {401, 403, 421} <= set(seen) or mode == "off"
    assert seen[200] > 0


_REFUSED = {303, 400, 401, 403, 405, 413, 414, 415, 421, 429, 502}


def test_the_style_sheet_asks_for_nothing_else() -> None:
    sheet = (FOLDER / "static" / "page.css").read_text(encoding="utf-8")
    assert re.findall(r"url\(|@import|expression|https?:", sheet) == []


def test_pages_that_wait_leave_the_services_answers_their_places(world: PageWorld) -> None:
    """A ledger that is away keeps pages waiting: whoever restarts dead services is answered."""
    may_go, began = threading.Event(), threading.Semaphore(0)

    def slow_app() -> App:
        began.release()
        assert may_go.wait(60)
        return world.app()

    shown = page(Reading(slow_app, now=world.house.now))
    server = HttpServer("127.0.0.1:0", lambda: WELL, CollectorRegistry(), page=shown)
    server.start()
    home = f"http://127.0.0.1:{server.port}"
    with ThreadPoolExecutor(AT_ONCE) as pool, httpx.Client(trust_env=False, timeout=60) as client:
        waiting = [pool.submit(client.get, f"{home}/") for _ in range(AT_ONCE)]
        try:
            assert all(began.acquire(timeout=60) for _ in waiting)
            assert client.get(f"{home}/runs").status_code == 503
            assert client.get(f"{home}/healthz").json()["status"] == "ok"
        finally:
            may_go.set()
        assert {one.result().status_code for one in waiting} == {200}
        assert client.get(f"{home}/runs").status_code == 200
    server.close()


def test_who_takes_an_answer_slowly_keeps_nobody_from_a_page(world: PageWorld) -> None:
    """And who leaves before there is one."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/runs",
        "raw_path": b"/runs",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def taken_slowly() -> int:
        began = asyncio.Semaphore(0)

        async def slowly(message: Message) -> None:
            if message["type"] == "http.response.body":
                began.release()
                await asyncio.Event().wait()

        slow = []
        for _ in range(3 * AT_ONCE):
            slow.append(asyncio.ensure_future(world.page(scope, nothing, slowly)))
            waiting = asyncio.ensure_future(began.acquire())
            await asyncio.wait([slow[-1], waiting], return_when=asyncio.FIRST_COMPLETED)
            assert not slow[-1].done(), slow[-1].exception()
        transport = httpx.ASGITransport(world.page)
        async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
            found = (await client.get("/")).status_code
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return found

    assert asyncio.run(taken_slowly()) == 200
