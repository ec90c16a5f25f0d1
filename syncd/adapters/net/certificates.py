"""What is wrong with a server's certificate, by OpenSSL's own code. Pure."""

from __future__ import annotations

import ssl
from typing import Literal

Flaw = Literal["authority", "name", "expired", "early", "other"]

# X509_V_ERR_… of OpenSSL's x509_vfy.h.
_FLAWS: dict[int, Flaw] = {
    2: "authority",  # no issuer certificate
    18: "authority",  # signed by itself
    19: "authority",  # signed by an authority that signed itself
    20: "authority",  # its issuer is not among the known ones
    21: "authority",  # a chain of one, that cannot be verified
    9: "early",
    10: "expired",
    62: "name",  # another host name
    63: "name",
    64: "name",  # another IP address
}


def flaw(error: ssl.SSLCertVerificationError) -> Flaw:
    return _FLAWS.get(getattr(error, "verify_code", 0), "other")
