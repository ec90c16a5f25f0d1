"""A certified OpenID Connect provider (npm's `oidc-provider`), and a person's browser at it."""

from __future__ import annotations

import fcntl
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from starlette.types import ASGIApp

from tests.packaging.deploy.tools import Skipped, cache

_FOLDER = Path(__file__).with_name("oidc")
_BUILT = "built"  # the file that says that all is there
CLIENT, SECRET = "syncd-page", "s" * 40


@dataclass(frozen=True)
class Provider:
    issuer: str


@contextmanager
def provider(
    accounts: Mapping[str, Mapping[str, object]], page: str, **client: str
) -> Iterator[Provider]:
    """`page`: where people come back to; `client`: what else is registered of it. `Skipped`"""
    registered = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{page}/signed-in"],
        "post_logout_redirect_uris": [f"{page}/"],
        **client,
    }
    told = json.dumps({"accounts": accounts, "clients": [registered]})
    command = ["node", str(_FOLDER / "serve.mjs"), str(_package()), told]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        try:
            yield Provider(_issuer(process))
        finally:
            process.terminate()


def _issuer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("ISSUER "):
            return line.split()[1]
    raise AssertionError("the provider did not start")


def _package() -> Path:
    """From the pinned files, in the tests' cache."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Skipped(f"{program} is not installed (Debian: nodejs npm)")
    pins = [_FOLDER / name for name in ("package.json", "package-lock.json")]
    named = hashlib.sha256(b"".join(one.read_bytes() for one in pins)).hexdigest()[:16]
    home = cache() / f"oidc-{named}"
    with (cache() / f"oidc-{named}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs do not fetch it at once
        if not (home / _BUILT).exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for one in pins:
                shutil.copy(one, home)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            done = subprocess.run(command, cwd=home, capture_output=True, text=True)
            if done.returncode:
                raise Skipped(f"oidc-provider could not be fetched: {done.stderr[-300:]}")
            (home / _BUILT).touch()
    return home / "node_modules" / "oidc-provider"


class Visitor:
    """A person's browser: is led on, keeps cookies, fills in the provider's forms."""

    def __init__(self, page: ASGIApp, home: str, client: str = "127.0.0.1") -> None:
        """`page` is at the address `home`."""
        transport = httpx.ASGITransport(page, raise_app_exceptions=True, client=(client, 40000))
        self.home = home
        self.http = httpx.AsyncClient(mounts={home: transport}, trust_env=False, timeout=30)
        self.been: list[str] = []

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def open(
        self, address: str, form: Mapping[str, str] | None = None, **kwargs: Any
    ) -> httpx.Response:
        """What is shown in the end, and not led further; `back`: not past this address' start."""
        back = kwargs.pop("back", None)
        address = urljoin(self.home, address)
        method = "GET" if form is None else "POST"
        headers = (
            {"Origin": re.sub(r"^(\w+://[^/]+).*", r"\1", address)} if form is not None else {}
        )
        answer = await self.http.request(method, address, data=form, headers=headers, **kwargs)
        for _ in range(20):
            self.been.append(f"{answer.request.method} {answer.request.url}")
            if not answer.is_redirect:
                return answer
            to = urljoin(str(answer.request.url), answer.headers["location"])
            if back is not None and to.startswith(back):
                return answer
            answer = await self.http.get(to)
        raise AssertionError(f"in a circle: {self.been}")

    async def sign_in(self, account: str, to: str = "/", **kwargs: Any) -> httpx.Response:
        """From the page's own link, as this account of the provider."""
        shown = await self.open(to)
        link = re.search(r'href="(/sign-in[^"]*)"', shown.text)
        assert link, shown.text
        at = await self.open(html.unescape(link[1]), **kwargs)
        return await self.fill_in(at, account, **kwargs)

    async def fill_in(self, at: httpx.Response, account: str, **kwargs: Any) -> httpx.Response:
        """The provider's forms: who, then the consent."""
        for answers in (
            {"prompt": "login", "login": account, "password": "x"},
            {"prompt": "consent"},
        ):
            form = re.search(r'<form[^>]*action="([^"]+)"', at.text)
            if f'value="{answers["prompt"]}"' not in at.text or not form:
                continue
            at = await self.open(urljoin(str(at.request.url), form[1]), answers, **kwargs)
        return at
