"""A manifest and its problems cross to another process and are the same there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
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


POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "drift": st.just("republish"),
        "expect": st.sampled_from(
            ["{every: 7d, grace: 6h}", "{cron: '0 6 1 * *'}", "{before: [31 mars, 1 may]}"]
        ),
        "guards": st.sampled_from(["off", "{rows: 20%}", "{empty: warn, rows: 33%}"]),
        "ignore": st.sampled_from(["[]", "[a, b]", "['*']"]),
        "settle": st.sampled_from(["90s", "1d2h"]),
        "unchanged": st.just("content"),
    },
)
RULES = st.sampled_from(
    ["object: '{0}é'", "newest: '{0}_*'", "newest: '**/{0}{{n:int}}'\n        by: name"]
)
PAUSED = st.sampled_from(["", "en été"])


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """What people may write of targets, at each place where it may stand."""
    lines = [GOOD.partition("defaults:")[0] + "defaults:\n  source: depot"]
    lines += [f"  {key}: {value}" for key, value in draw(POLICIES).items()]
    lines.append("datasets:")
    number = 0
    for name in draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)):
        paused = draw(PAUSED)
        lines += [f"  - dataset: {name}", *([f"    paused: {paused}"] if paused else [])]
        lines += [f"    {key}: {value}" for key, value in draw(POLICIES).items()]
        lines.append("    resources:")
        for _ in range(draw(st.integers(1, 4))):
            number += 1
            lines.append(f"      - resource: 00000000-0000-4000-8000-{number:012}")
            lines.append(f"        {draw(RULES).format(number)}")
            lines += [f"        {key}: {value}" for key, value in draw(POLICIES).items()]
    return "\n".join(lines) + "\n"


@given(manifests())
def test_whatever_targets_are_told_is_the_same_on_the_other_side(text: str) -> None:
    manifest = loads(text, "m.yaml")
    found = crossed(LoadedManifest, manifest)
    assert found == manifest
    assert repr(found) == repr(manifest)  # with what a comparison leaves out


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
def test_what_is_no_manifest_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match=r"^no |unpack"):
        plain_form.read(LoadedManifest, plain)


@given(st.data())
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
