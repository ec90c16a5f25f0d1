"""Asks the service on this machine whether it lives. Light: it runs every minute.

It reads one variable of the environment and nothing else: no manifest, no secret, no ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from syncd.core.errors import SyncdError

NAME = "SYNCD_HTTP_ADDRESS"
DEFAULT = "127.0.0.1:8080"  # a test holds it against the settings'
_TIMEOUT = 3.0  # seconds
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what the service listens at


def health(environ: Mapping[str, str]) -> str:
    """The address at which it lives. `SyncdError` where it does not."""
    address = _address(environ)
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


def _address(environ: Mapping[str, str]) -> str:
    """As the settings read it: names without regard to case, an empty value counts as not set."""
    found = (value.strip().lower() for name, value in environ.items() if name.upper() == NAME)
    return next(filter(None, found), DEFAULT)


def _ask(host: str, port: int) -> tuple[int, str | None]:
    connection = HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        return response.status, response.getheader("Server")
    finally:
        connection.close()
