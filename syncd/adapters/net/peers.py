"""Whom a client is connected to: a name may lead to an address that is not meant.

Looked at when there is a connection, before anything is sent: what was looked up earlier may have
another answer by then. A client that uses a proxy is connected to that: where it leads only it
knows.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from syncd.core import hosts

Allows = Callable[[str, str], bool]
"""Whether the host of this name may have this address."""


class ForbiddenAddress(OSError):
    """The name leads to an address that may not be asked. Nothing was sent."""

    def __init__(self, words: str) -> None:
        super().__init__(errno.EADDRNOTAVAIL, words)


def anywhere(host: str, address: str) -> bool:
    """As far as any endpoint may be: private networks too, but no link-local address."""
    del host
    return not hosts.is_nobodys(address)


def check(allows: Allows, host: str, address: str) -> None:
    """`ForbiddenAddress`."""
    if not allows(host, address):
        nobodys = hosts.is_nobodys(address)
        raise ForbiddenAddress("link-local address" if nobodys else "private address")
