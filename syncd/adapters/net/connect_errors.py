"""What kept a client from its server, whichever client it is. Pure.

An edge's code is its own name and the fault's: `s3_ca_unknown`, `portal_proxy_denied`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from syncd.adapters.net.peers import ForbiddenAddress
from syncd.core.errors import SyncdError

Flaw = Literal[
    "ca_unknown",
    "certificate_name",
    "certificate_expired",
    "certificate_early",
    "certificate",
]
ProxyFault = Literal["proxy_password", "proxy_denied", "proxy_no_route", "proxy"]
Fault = Flaw | ProxyFault | Literal["tls", "address"]

FLAWS: frozenset[Fault] = frozenset(get_args(Flaw))
LASTING: frozenset[Fault] = FLAWS | {"proxy_password", "proxy_denied", "address"}
"""What a person must mend: another try within seconds ends the same."""

# X509_V_ERR_… of OpenSSL's x509_vfy.h.
_FLAWS: Mapping[int, Flaw] = {
    2: "ca_unknown",  # no issuer certificate
    18: "ca_unknown",  # signed by itself
    19: "ca_unknown",  # signed by an authority that signed itself
    20: "ca_unknown",  # its issuer is not among the known ones
    21: "ca_unknown",  # a chain of one, that cannot be verified
    9: "certificate_early",
    10: "certificate_expired",
    62: "certificate_name",  # another host name
    63: "certificate_name",
    64: "certificate_name",  # another IP address
}

# How a proxy answers to CONNECT (RFC 9110 §9.3.6, §15); squid says 503 where others say 502.
_PROXY_ANSWERS: Mapping[int, ProxyFault] = {
    407: "proxy_password",
    403: "proxy_denied",
    405: "proxy_denied",
    502: "proxy_no_route",
    503: "proxy_no_route",
    504: "proxy_no_route",
}


def proxy_fault(status: int) -> ProxyFault:
    """What a proxy means that answers in the server's place."""
    return _PROXY_ANSWERS.get(status, "proxy")


def fault(chain: tuple[BaseException, ...]) -> Fault | None:
    """What went wrong before there was a connection; a certificate's flaw by OpenSSL's own code."""
    if any(isinstance(cause, ForbiddenAddress) for cause in chain):
        return "address"
    flawed = next((c for c in chain if isinstance(c, ssl.SSLCertVerificationError)), None)
    if flawed is not None:
        return _FLAWS.get(getattr(flawed, "verify_code", 0), "certificate")
    return "tls" if any(isinstance(cause, ssl.SSLError) for cause in chain) else None


def causes(error: BaseException) -> tuple[BaseException, ...]:
    """The error and everything under it, the first cause last: libraries hide it in places.

    An error of ours among them was being handled when this one came: an earlier story.
    """
    return tuple(_chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        if isinstance(cause, SyncdError):
            continue
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
        pending += [*cause.args, *getattr(cause, "kwargs", {}).values()]


def in_short(chain: tuple[BaseException, ...]) -> str:
    """The system's own words for the first cause, "Connection refused"; "" where there are none."""
    for cause in reversed(chain):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return str(cause.reason).replace("_", " ").lower()
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return ""
