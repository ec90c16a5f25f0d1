"""The same digest as in one go, and no thread left behind."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.disk.hashing import Sha1


def threads() -> int:
    return sum(thread.name == "sha1" for thread in threading.enumerate())


@given(st.lists(st.binary(max_size=5000), max_size=20))
def test_the_digest_is_that_of_the_whole(chunks: list[bytes]) -> None:
    with Sha1() as sha1:
        for chunk in chunks:
            sha1.update(chunk)
        found = sha1.hexdigest()
    assert found == hashlib.sha1(b"".join(chunks)).hexdigest()
    assert threads() == 0


def test_one_chunk_needs_no_thread() -> None:
    with Sha1() as sha1:
        sha1.update(b"x" * 5000)
        assert threads() == 0


def interrupted() -> None:
    with Sha1() as sha1:
        for _ in range(3):
            sha1.update(b"x" * 5000)
        raise KeyError


def test_trouble_leaves_no_thread() -> None:
    with pytest.raises(KeyError):
        interrupted()
    assert threads() == 0
