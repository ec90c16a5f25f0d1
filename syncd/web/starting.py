"""Where the page may be shown, and how it gets there: beside the service, or alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from syncd.config.configuration import App
from syncd.config.settings import PREFIX, Settings
from syncd.core.errors import UsageError
from syncd.core.hosts import is_loopback
from syncd.service.signing_key import signing_key
from syncd.web.access import Access
from syncd.web.application import page
from syncd.web.people import People
from syncd.web.proxy import ByProxy, Proxies
from syncd.web.reading import Reading
from syncd.web.sessions import Sessions, bound_to
from syncd.web.sign_in import Limit, SignIn
from syncd.web.theme import theme_of

if TYPE_CHECKING:
    from syncd.service.assembly import PageMaker


def must_be_safe(settings: Settings) -> None:
    """Without sign-in, who is on this machine may read, and nobody else is known. `UsageError`"""
    address, auth = settings.http_address, settings.web_auth
    if address == "off":
        raise UsageError("page_no_address")
    if auth == "off" and not is_loopback(address.rpartition(":")[0].strip("[]")):
        raise UsageError("page_in_the_open", address=address)
    for name in _NEEDED[auth]:
        if not getattr(settings, name):
            raise UsageError("page_lacks", auth=auth, missing=PREFIX + name.upper())
    if auth != "off" and not (settings.web_readers or settings.web_operators):
        raise UsageError("page_lists_nobody", auth=auth)
    theme_of(settings.web_theme)  # at once, and not when the page is there
    if auth == "oidc" and find_spec("authlib") is None:
        raise UsageError("page_no_oidc")


_NEEDED = {
    "off": (),
    "proxy": ("web_url", "web_proxies"),
    "oidc": ("web_url", "web_oidc_issuer", "web_oidc_client_id", "web_oidc_client_secret"),
}


def access_of(settings: Settings) -> Access:
    """As the settings say, once `must_be_safe`. `SyncdError`"""
    key = signing_key(settings) if settings.web_auth != "off" or settings.web_url else ""
    if settings.web_auth == "off":
        return Access(link_key=key)
    return replace(_with_sign_in(settings, key), link_key=key)


def _with_sign_in(settings: Settings, key: str) -> Access:
    url = settings.web_url or ""
    people = People(settings.web_readers, settings.web_operators)
    proxies = Proxies(settings.web_proxies)
    if settings.web_auth == "proxy":
        return Access(ByProxy(proxies, settings.web_header, people, url), key, url, proxies)
    from syncd.web.oidc import OpenIdConnect  # with cryptography: only where it is wanted

    sessions = Sessions(people)
    sign_in = SignIn(OpenIdConnect(settings), sessions, Limit())
    return Access(sessions.who, key, url, proxies, bound_to, sign_in)


def beside_service(settings: Settings) -> PageMaker:
    """What makes the page, of the configuration in force and how the service is. `SyncdError`"""
    access, theme = access_of(settings), theme_of(settings.web_theme)
    return lambda app, health: page(Reading(app, health=health), access=access, theme=theme)


def alone(settings: Settings, app: Callable[[], App]) -> ASGIApp:
    """`/healthz` says that the page is there; of the service it knows nothing. `SyncdError`"""
    access, theme = access_of(settings), theme_of(settings.web_theme)

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    shown = page(Reading(app), access=access, theme=theme)
    return Router([Route("/healthz", healthz), Mount("/", shown)])
