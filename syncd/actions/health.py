"""Asks the service on this machine whether it lives. Light: it runs every minute.

It reads one setting, where `run` reads it, and nothing else: no manifest, no secret, no ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from syncd.config import dotenv
from syncd.config.regular_files import read_regular
from syncd.core.errors import SyncdError

NAME = "SYNCD_HTTP_ADDRESS"
# A test holds these against the settings'.
DEFAULT = "127.0.0.1:8080"
DEFAULT_SECRETS_DIR = Path("/run/secrets")
_TIMEOUT = 3.0  # seconds
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what the service listens at


def health(environ: Mapping[str, str], folder: Path | None = None) -> str:
    """The address at which it lives. `SyncdError` where it does not.

    `folder` stands for the current folder, where `.env` is read.
    """
    address = _address(environ, folder)
    if address == "off":
        raise SyncdError("health_off")
    found = re.fullmatch(r"\[?(.+?)\]?:([0-9]{1,5})", address)
    if found is None:
        raise SyncdError("setting_listen", name=NAME, read=address[:80])
    try:
        status, server = _ask(_LOOPBACK.get(found[1], found[1]), int(found[2]))
    except (OSError, OverflowError, UnicodeError) as error:
        detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SyncdError("health_no_answer", address=address, detail=detail) from error
    except HTTPException as error:  # its text may be whatever was sent
        raise SyncdError("health_other_program", address=address) from error
    if server != "syncd":
        raise SyncdError("health_other_program", address=address)
    if status != HTTPStatus.OK:
        raise SyncdError("health_failing", address=address, status=status)
    return address


def _address(environ: Mapping[str, str], folder: Path | None = None) -> str:
    """As the settings read it: the environment, then `.env`, then the folder of secrets.

    What cannot be read is for the settings to say, and for `run` to refuse.
    """
    here = _last(environ.items(), NAME)
    written: list[tuple[str, str]] = []
    with suppress(OSError, UnicodeDecodeError):
        content = read_regular((folder or Path()) / ".env").decode("utf-8-sig")
        written = [(line.name, line.value) for line in dotenv.lines(content, environ)]
    if found := here or _last(written, NAME):
        return found.lower()
    given = [*written, *environ.items()]
    secrets = Path(_last(given, "SYNCD_SECRETS_DIR") or DEFAULT_SECRETS_DIR)
    with suppress(OSError, ValueError):
        files = [file for file in sorted(secrets.iterdir()) if file.name.upper() == NAME]
        return (
            _last(((NAME, read_regular(file).decode()) for file in files), NAME).lower() or DEFAULT
        )
    return DEFAULT


def _last(given: Iterable[tuple[str, str]], name: str) -> str:
    """Names are read without regard to case, an empty value counts as not set."""
    found = [value.strip() for each, value in given if each.upper() == name and value.strip()]
    return found[-1] if found else ""


def _ask(host: str, port: int) -> tuple[int, str | None]:
    connection = HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        return response.status, response.getheader("Server")
    finally:
        connection.close()
