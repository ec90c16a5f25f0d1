"""What is still being written is not pushed half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.actions.push import push
from syncd.core.errors import UsageError
from tests.support.sync_harness import House

PART = b"id\n" + b"1\n" * 1_000_000
REST = b"2\n" * 1_000_000


class _Writer:
    """Somebody goes on writing while the file is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest: bytes | None = REST

    @contextmanager
    def transfer(self, *_: object) -> Iterator[_Writer]:
        yield self

    def advance(self, _count: int) -> None:
        if self._rest is not None:
            with self._path.open("ab") as stream:
                stream.write(self._rest[: len(self._rest) // 2])
            self._rest = None

    def restart(self) -> None: ...


def test_a_file_that_grows_while_it_is_read_is_not_pushed(house: House) -> None:
    resource = house.resource("Titre", content=b"id\n0\n")
    request = house.request("b.csv", PART, resource=resource)
    with house.adapters() as adapters, pytest.raises(UsageError):
        push(request, replace(adapters, progress=_Writer(request.path)), house.now())
    assert house.bytes_online(resource) == b"id\n0\n"
