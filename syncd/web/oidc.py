"""Signing in by OpenID Connect: code flow with PKCE, state and nonce, by Authlib.

The provider's word is taken of who somebody is, and of nothing else: `people` says what they may.
https://openid.net/specs/openid-connect-core-1_0.html; for ProConnect, whose user info is a signed
JWT: https://partenaires.proconnect.gouv.fr/docs/fournisseur-service
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from secrets import compare_digest
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from starlette.requests import Request
from starlette.responses import Response

from syncd.adapters.net.tls import trusting
from syncd.config.settings import Settings
from syncd.web.people import Refusal
from syncd.web.sign_in import FINISH

with warnings.catch_warnings():  # it would rather have httpx2, and say so at each start
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import StarletteIntegration, StarletteOAuth2App

log = structlog.get_logger("syncd.web")
T = TypeVar("T")
Claims = Mapping[str, Any]

# With a key that is the provider's alone: no `none`, and no HS256, for which ours would do.
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_LEEWAY = 60  # seconds that the provider's clock may be off
_TIMEOUT = 8.0  # seconds for each of its answers


class OpenIdConnect:
    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.web_oidc_issuer or ""
        self._url = settings.web_url or ""
        self._siret = settings.web_oidc_siret
        secret, proxy = settings.web_oidc_client_secret, None
        if settings.web_oidc_use_proxy and settings.proxy:
            proxy = settings.proxy.get_secret_value()
        self._client = StarletteOAuth2App(
            StarletteIntegration("syncd"),
            name="syncd",
            client_id=settings.web_oidc_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            server_metadata_url=f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.web_oidc_scope,
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT,
                "verify": trusting(settings.ca_bundle),
                "trust_env": False,
                "proxy": proxy,
            },
        )

    async def begin(self, request: Request) -> Response:
        async def asked() -> Response:
            await self._discovered()
            found: Response = await self._client.authorize_redirect(request, self._url + FINISH)
            return found

        return await self._answered(asked, "page_provider_away", HTTPStatus.BAD_GATEWAY)

    async def finish(self, request: Request) -> tuple[str, str]:
        async def asked() -> tuple[Claims, str]:
            await self._discovered()
            # RFC 9207: with whom else one might have signed in.
            if request.query_params.get("iss", self._issuer) != self._issuer:
                raise ValueError("another issuer's answer")
            # Authlib looks at `aud` only where it is told to (Core, 3.1.3.7).
            wanted = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client.client_id},
            }
            token = await self._client.authorize_access_token(
                request, leeway=_LEEWAY, claims_options=wanted
            )
            claims = await self._user_info(token)
            return claims, token["id_token"]

        failed = "page_sign_in_failed"
        claims, proof = await self._answered(asked, failed, HTTPStatus.UNAUTHORIZED)
        name = claims.get("email")
        if not isinstance(name, str) or not name or claims.get("email_verified") is False:
            raise Refusal("page_no_email")
        if self._siret and claims.get("siret") != self._siret:
            raise Refusal("page_another_office", name=name)
        return name, proof

    async def end(self, proof: str) -> str:
        try:
            found = await self._client.create_logout_url(
                post_logout_redirect_uri=f"{self._url}/",
                id_token_hint=proof or None,
                client_id=self._client.client_id,
            )
            return str(found["url"])
        except Exception as error:  # it has no such place, calls something odd so, or is away
            log.info("page.signed_out_here_alone", error=type(error).__name__)
            return ""

    async def _answered(self, ask: Callable[[], Awaitable[T]], code: str, status: HTTPStatus) -> T:
        """What is wrong with what came back is for the log, and nobody is signed in by it."""
        try:
            return await ask()
        except Exception as error:
            told = " ".join(str(error).split())[:300]
            log.warning("page.sign_in_failed", error=type(error).__name__, detail=told)
            raise Refusal(code, status, host=urlsplit(self._issuer).netloc) from error

    async def _discovered(self) -> dict[str, Any]:
        """What the provider says of itself, once it is the right one's word (Discovery, 4.3)."""
        found: dict[str, Any] = await self._client.load_server_metadata()
        if found.get("issuer") != self._issuer:
            issuer = found.get("issuer")
            self._client.server_metadata = {}
            raise ValueError(f"the provider calls itself {issuer!r}")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [one for one in offered if one in _SIGNED]
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        self._client.client_kwargs["token_endpoint_auth_method"] = method
        return found

    async def _user_info(self, token: Mapping[str, Any]) -> Claims:
        """Those of the ID token, and what is told about its subject beside (Core, 5.3)."""
        claims: Claims = token["userinfo"]
        place = (await self._discovered()).get("userinfo_endpoint")
        if place is None:
            return claims
        answer = await self._client.get(place, token=token)
        answer.raise_for_status()
        if answer.headers.get("content-type", "").partition(";")[0].strip() == "application/jwt":
            told = await self._signed(answer.text)
        else:
            told = answer.json()
        if not compare_digest(str(told["sub"]), str(claims["sub"])):
            raise ValueError("the user info is another person's")
        return {**claims, **told}

    async def _signed(self, text: str) -> Claims:
        """Core, 5.3.2: by the provider, for this page."""
        keys = KeySet.import_key_set(await self._client.fetch_jwk_set())
        registry = JWSRegistry(algorithms=list(_SIGNED), strict_check_header=False)
        claims = jwt.decode(text, keys, registry=registry).claims
        client, told = self._client.client_id, claims.get("aud")
        if claims.get("iss") != self._issuer or client not in (
            told if isinstance(told, list) else [told]
        ):
            raise ValueError("the user info is for somebody else, or from somebody else")
        jwt.JWTClaimsRegistry(leeway=_LEEWAY).validate(claims)  # what it says of time, if anything
        return claims
