"""How much of what could be tried is tried in `make test`; `make stress` tries all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings


def examples(full: int) -> int:
    """Of a property: the profile's share of `full`."""
    return max(10, full * settings.default.max_examples // 100)


def shared_out(every: int, *columns: Iterable[Any]) -> list[Any]:
    """All combinations, for `pytest.mark.parametrize`: one of `every` so many is for `make test`.

    `every` has no divisor in common with the columns' lengths, so that each value is met there.
    """
    return [
        pytest.param(*case, marks=[pytest.mark.stress] if number % every else [])
        for number, case in enumerate(itertools.product(*columns))
    ]
