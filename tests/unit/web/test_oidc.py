"""What a provider says counts only when it is signed by it, for this page, about who came back."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syncd.config.settings import Settings
from syncd.service.http import AppServer
from syncd.web.application import page
from syncd.web.oidc import OpenIdConnect
from syncd.web.starting import access_of

HOME, CLIENT, SECRET = "https://syncd.ville.example", "syncd", "s" * 40
KEY, OTHER = RSAKey.generate_key(2048, {"kid": "a"}), RSAKey.generate_key(2048, {"kid": "a"})


@dataclass
class Odd:
    """A provider that does right but for what a test makes of it."""

    issuer: str = ""
    nonce: str = ""
    key: Any = field(default_factory=lambda: KEY)
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "a"})
    claims: dict[str, object] = field(default_factory=dict)  # of the ID token
    info: dict[str, object] = field(default_factory=dict)
    info_key: Any = field(default_factory=lambda: KEY)
    info_header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "a"})
    info_status: int = 200
    discovery: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def app(self) -> ASGIApp:
        def discovery(_: Request) -> Response:
            places = {
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/me",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
            return JSONResponse({"issuer": self.issuer, **places, **self.discovery})

        async def token(request: Request) -> Response:
            self.asked.append((await request.body()).decode())
            right = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "nonce": self.nonce}
            times = {"iat": int(time.time()), "exp": int(time.time()) + 60}
            made = self.signed({**right, **times, **self.claims}, self.key, self.header)
            return JSONResponse({"access_token": "t", "token_type": "Bearer", "id_token": made})

        def me(_: Request) -> Response:
            right = {
                "iss": self.issuer,
                "aud": CLIENT,
                "sub": "1",
                "email": "camille@ville.example",
            }
            made = self.signed({**right, **self.info}, self.info_key, self.info_header)
            return Response(made, self.info_status, media_type="application/jwt")

        def jwks(_: Request) -> Response:
            return JSONResponse({"keys": [KEY.as_dict(private=False)]})

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", discovery),
                Route("/token", token, methods=["POST"]),
                Route("/me", me),
                Route("/jwks", jwks),
            ]
        )

    @staticmethod
    def signed(claims: dict[str, object], key: Any, header: dict[str, str]) -> str:
        told = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            parts = (json.dumps(one).encode() for one in (header, told))
            return ".".join(urlsafe_b64encode(one).decode().rstrip("=") for one in parts) + "."
        return jwt.encode(header, told, key, algorithms=["RS256", "HS256"])


@pytest.fixture
def odd() -> Iterator[Odd]:
    made = Odd()
    server = AppServer("127.0.0.1:0", made.app())
    server.start()
    made.issuer = f"http://127.0.0.1:{server.port}"
    yield made
    server.close()


def signed_in(odd: Odd, folder: Path, **others: object) -> tuple[int, str]:
    """The answer to who comes back from this provider."""
    given: dict[str, object] = {
        "web_auth": "oidc",
        "web_url": HOME,
        "web_operators": "camille@ville.example",
        "web_oidc_issuer": odd.issuer,
        "web_oidc_client_id": CLIENT,
        "web_oidc_client_secret": SECRET,
        "web_key": "k" * 43,
        "state_dir": folder,
    }
    access = access_of(Settings(**{**given, **others}))  # type: ignore[arg-type]  # as loaded
    app = page(None, access=access)  # type: ignore[arg-type]  # no screen is shown

    async def told() -> tuple[int, str]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOME) as http:
            led = await http.get("/sign-in")
            if led.status_code != 302:
                return led.status_code, led.text
            asked = parse_qs(urlsplit(led.headers["location"]).query)
            odd.nonce = odd.nonce or asked["nonce"][0]
            back = await http.get(f"/signed-in?code=c&state={asked['state'][0]}")
            return back.status_code, back.text

    return asyncio.run(told())


def test_a_provider_that_does_right_is_believed(odd: Odd, tmp_path: Path) -> None:
    assert signed_in(odd, tmp_path)[0] == 303
    assert "code_verifier=" in odd.asked[0]


def test_the_secret_goes_where_the_provider_wants_it(odd: Odd, tmp_path: Path) -> None:
    signed_in(odd, tmp_path)
    odd.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}  # ProConnect
    signed_in(odd, tmp_path)
    assert [SECRET in one for one in odd.asked] == [False, True]


def changed(**values: object) -> Callable[[Odd], None]:
    def change(odd: Odd) -> None:
        for name, value in values.items():
            setattr(odd, name, value)

    return change


_NONE = {"alg": "none"}
_OURS = {"alg": "HS256", "kid": "a"}  # signed with what the page itself knows


@pytest.mark.parametrize(
    "change",
    [
        changed(claims={"iss": "https://evil.example"}),
        changed(claims={"aud": "another"}),
        changed(claims={"aud": ["another"]}),
        changed(claims={"aud": "another", "azp": CLIENT}),
        changed(claims={"sub": None}),
        changed(claims={"sub": "2"}),  # and the user info is another's
        changed(claims={"exp": 1000}),
        changed(claims={"exp": None}),
        changed(claims={"nonce": "of somebody else"}),
        changed(claims={"nonce": None}),
        changed(claims={"azp": "another"}),
        changed(key=OTHER),
        changed(key=OctKey.import_key(SECRET), header=_OURS),
        changed(header=_NONE),
        changed(info={"iss": "https://evil.example"}),
        changed(info={"iss": None}),
        changed(info={"aud": "another"}),
        changed(info={"aud": None}),
        changed(info={"sub": "2"}),
        changed(info={"sub": None}),
        changed(info={"exp": 1000}),
        changed(info_key=OTHER),
        changed(info_key=OctKey.import_key(SECRET), info_header=_OURS),
        changed(info_header=_NONE),
        changed(info_status=500),
        changed(discovery={"jwks_uri": "http://127.0.0.1:9/"}),
        changed(discovery={"token_endpoint": "http://127.0.0.1:9/"}),
        changed(discovery={"userinfo_endpoint": 5}),
    ],
)
def test_what_does_not_fit_signs_nobody_in(
    odd: Odd, tmp_path: Path, change: Callable[[Odd], None]
) -> None:
    change(odd)
    status, shown = signed_in(odd, tmp_path)
    assert status == 401
    assert "You are not signed in" in shown


@pytest.mark.parametrize(
    "info", [{"email": None}, {"email": 5}, {"email": ""}, {"email_verified": False}]
)
def test_without_a_mail_address_nobody_is_let_in(
    odd: Odd, tmp_path: Path, info: dict[str, object]
) -> None:
    odd.info = info
    status, shown = signed_in(odd, tmp_path)
    assert (status, "not told to this page" in shown) == (403, True)


@pytest.mark.parametrize("siret", [None, "13002526500013", 21760540300019, ["21760540300019"]])
def test_another_organisation_is_not_let_in(odd: Odd, tmp_path: Path, siret: object) -> None:
    odd.info = {"siret": siret}
    status, shown = signed_in(odd, tmp_path, web_oidc_siret="217 605 403 00019")
    assert (status, "another organisation" in shown) == (403, True)
    odd.info = {"siret": "21760540300019"}
    odd.nonce = ""
    assert signed_in(odd, tmp_path, web_oidc_siret="217 605 403 00019")[0] == 303


@pytest.mark.parametrize("place", [5, ["x"], "http://[half", None])
def test_one_signs_out_here_whatever_the_provider_calls_its_own_place(
    odd: Odd, place: object
) -> None:
    odd.discovery = {"end_session_endpoint": place}
    settings = Settings(web_url=HOME, web_oidc_issuer=odd.issuer, web_oidc_client_id=CLIENT)
    assert asyncio.run(OpenIdConnect(settings).end("proof")) == ""


@pytest.mark.parametrize(
    "discovery",
    [{"issuer": "https://evil.example"}, {"issuer": None}, {"authorization_endpoint": None}],
)
def test_a_provider_that_is_not_the_one_is_not_asked(
    odd: Odd, tmp_path: Path, discovery: dict[str, object]
) -> None:
    odd.discovery = discovery
    assert signed_in(odd, tmp_path)[0] == 502
    assert odd.asked == []
