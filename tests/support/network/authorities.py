"""The 140 authorities that everybody trusts take a client 40 ms to read, and no server of the tests
has a certificate of theirs."""

from __future__ import annotations

from pathlib import Path

import certifi

NOBODY = Path(__file__).with_name("nobody.pem")  # an authority that has signed nothing


def trust_nobody() -> None:
    """For this process, until its end."""
    certifi.where = lambda: str(NOBODY)
