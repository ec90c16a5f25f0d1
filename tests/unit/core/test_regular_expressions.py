"""Regular expressions that are compiled when they are first asked."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import syncd
from syncd.core.regular_expressions import regex


def test_it_answers_as_a_compiled_one_does() -> None:
    lazy, made = (
        regex("(?P<year>[0-9]{4})|B+", re.IGNORECASE),
        re.compile("(?P<year>[0-9]{4})|B+", re.I),
    )
    for text in ("2026", "bb", "-", "a2026b"):
        for asked in ("match", "search", "fullmatch"):
            for _ in range(2):  # the second time the answer comes from what the first one kept
                found, due = getattr(lazy, asked)(text), getattr(made, asked)(text)
                assert (found and (found.span(), found.groupdict())) == (
                    due and (due.span(), due.groupdict())
                )
        assert lazy.sub("x", text) == made.sub("x", text)
    assert (lazy.pattern, lazy.flags, lazy.groupindex) == (
        made.pattern,
        made.flags,
        made.groupindex,
    )


def test_a_mistake_shows_when_it_is_asked() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("")


def test_every_constant_of_the_program_compiles() -> None:
    kind = type(regex(""))
    found = 0
    for module in pkgutil.walk_packages(syncd.__path__, "syncd."):
        if module.name.endswith("__main__") or ".migrations" in module.name:
            continue
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, kind):
                assert one.flags >= 0
                found += 1
    assert found > 50
