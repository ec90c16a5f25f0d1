"""Clients of a portal for the contract tests, and what they say of its refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from syncd.bootstrap import Silence
from syncd.core.errors import PortalError
from syncd.core.objects import Digest
from syncd.core.ports import SpooledFile, Transfer
from syncd.text import sentence
from tests.support.clients import http_portal

UNKNOWN = "0" * 24


@contextmanager
def client(url: str, key: str, waited: list[float] | None = None, **options: Any) -> Iterator[Any]:
    pauses = waited if waited is not None else []
    settings = {"wait": pauses.append, "jitter": lambda: 0.5, "read_timeout": 20, **options}
    with http_portal(url, key, **settings) as portal:
        yield portal


@contextmanager
def still() -> Iterator[Transfer]:
    with Silence().transfer("", "send", 0) as transfer:
        yield transfer


class Counted:
    """A transfer that remembers."""

    def __init__(self) -> None:
        self.passed = 0
        self.restarts = 0

    def advance(self, count: int) -> None:
        self.passed += count

    def restart(self) -> None:
        self.passed = 0
        self.restarts += 1


def spooled(folder: Path, content: bytes) -> SpooledFile:
    path = folder / "spooled"
    path.write_bytes(content)
    return SpooledFile(path, Digest(hashlib.sha1(content).hexdigest(), len(content)))


def refused(ask: Callable[[], object]) -> PortalError:
    with pytest.raises(PortalError) as caught:
        ask()
    assert sentence(caught.value.reason)[:1].isalnum()
    assert "(" not in sentence(caught.value.reason).split(" ")[0]
    return caught.value
