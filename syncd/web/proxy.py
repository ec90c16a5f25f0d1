"""Who asks, where a proxy before the page has people sign in and names them in a header."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

from syncd.web.people import People, Person, Refusal


class Proxies:
    """Networks that are believed."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = [ip_network(one) for one in networks]

    def has(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:  # a socket without an address
            return False
        # As a socket for both kinds has it (RFC 4291, 2.5.5.2). No other form of one within the
        # other is believed: those come from elsewhere.
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)

    def client_of(self, request: HTTPConnection) -> str:
        """The address of who asks: as the last proxy that is believed has it, for the log."""
        found = request.client.host if request.client else ""
        named = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
        while named and named[-1].strip() and self.has(found):
            found = named.pop().strip()[:45]
        return found


class ByProxy:
    """A header from anybody else is not even read."""

    def __init__(self, proxies: Proxies, header: str, people: People, url: str) -> None:
        self._proxies = proxies
        self._url = url
        self._header = header
        self._people = people

    def __call__(self, request: HTTPConnection) -> Person:
        if request.client is None or not self._proxies.has(request.client.host):
            raise Refusal("page_not_by_proxy", url=self._url)
        given = request.headers.getlist(self._header)
        if len(given) != 1 or not given[0].strip():
            raise Refusal("page_unnamed", HTTPStatus.UNAUTHORIZED, header=self._header)
        return self._people.named(_as_utf8(given[0].strip()))


def _as_utf8(value: str) -> str:
    """Starlette reads headers as Latin-1."""
    return value.encode("latin-1").decode(errors="replace")
