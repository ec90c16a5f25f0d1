"""A manifest and its problems cross to another process and are the same there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.config.manifest import LoadedManifest, loads, plain_form
from syncd.core.errors import Problem
from tests.support.manifest_builders import GOOD, problems_of, with_lines

FULL = (
    GOOD.replace(
        "defaults:\n",
        "timezone: Indian/Reunion\n"
        "thematic:\n  - {name: C, address: https://c.example, topic: c, tags: [a, b], contact: x}\n"
        "defaults:\n  schedule: {cron: '0 6 * * mon-fri'}\n  ignore: [a, b]\n  settle: 90s\n"
        "  guards: {rows: 20%, empty: warn}\n",
    )
    + """\
        title: Festivals {annee}
        create: true
        known: {2024: 00000000-0000-4000-8000-000000000000}
  - dataset: trois
    name: Trois
    contact: a@example.fr
    paused: en été
    schedule: {every: 1d}
    expect: {every: 7d, grace: 6h}
    resources:
      - {resource: 00000000-0000-4000-8000-000000000001, newest: "**/a*_{n:int}.csv", by: name}
      - {resource: 00000000-0000-4000-8000-000000000002, object: "é", drift: republish}
      - {resource: 00000000-0000-4000-8000-000000000003, object: b, guards: off, ignore: []}
"""
)


def crossed(kind: type[Any], value: object) -> Any:
    return plain_form.read(kind, json.loads(json.dumps(plain_form.written(value))))


@pytest.mark.parametrize("text", [GOOD, FULL], ids=["small", "full"])
def test_a_manifest_is_the_same_on_the_other_side(text: str) -> None:
    manifest = loads(text, "m.yaml")
    assert crossed(LoadedManifest, manifest) == manifest


def test_a_list_of_ignored_names_is_shared_by_its_targets_on_both_sides() -> None:
    manifest = loads(FULL, "m.yaml")
    for side in (manifest, crossed(LoadedManifest, manifest)):
        first, second = side.datasets[0].targets
        assert first.ignore == ("a", "b")
        assert first.ignore is second.ignore


def test_problems_are_the_same_on_the_other_side() -> None:
    found = problems_of(with_lines({1: "version: 3", 5: "   endpoint: ftp://x", 13: "\tobjet: /a"}))
    assert [crossed(Problem, one) for one in found] == list(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(JSON)
@settings(deadline=None)
def test_what_is_no_manifest_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match=r"^no |unpack"):
        plain_form.read(LoadedManifest, plain)


@given(st.data())
@settings(deadline=None)
def test_a_manifest_with_something_else_in_one_place_is_refused_or_another_one(
    data: st.DataObject,
) -> None:
    plain = json.loads(json.dumps(plain_form.written(loads(FULL, "m.yaml"))))
    inner = plain
    while isinstance(inner, list | dict) and inner:
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(inner[key], list | dict) or data.draw(st.booleans()):
            inner[key] = data.draw(JSON)
            break
        inner = inner[key]
    try:
        found = plain_form.read(LoadedManifest, plain)
    except ValueError:
        return
    assert isinstance(found, LoadedManifest)
