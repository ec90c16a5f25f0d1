"""What persons write during an upload: what is put back, and what is left as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from syncd.core.records import Intent
from syncd.sync import edits
from tests.support.builders import intent, resource

Words = Mapping[str, object]


def seen(begun: Intent, looks: Sequence[Words]) -> Intent:
    for before, now in pairwise(looks):
        begun = edits.noted(begun, resource(written=before), resource(written=now))
    return begun


A, B, C = ({"description": word} for word in "abc")


@pytest.mark.parametrize(
    ("looks", "after", "put_back"),
    [
        ([A, A], A, {}),
        ([A, B], A, {"description": "b"}),  # the upload wrote the old words back
        ([A, B], B, {}),  # it began after the edit
        ([A, B], C, {}),  # somebody wrote since
        ([A, B, C], A, {"description": "c"}),
        ([A, B, C], B, {"description": "c"}),  # of the second try
        ([A, B, A], B, {"description": "a"}),
        ([A, B, A], A, {}),
        ([{}, {"extras.note": 1}], {}, {"extras.note": 1}),
        ([{"extras.note": 1}, {}], {"extras.note": 1}, {"extras.note": None}),
        ([{"schema": None}, {"schema": {"url": "x"}}], {"schema": None}, {"schema": {"url": "x"}}),
        ([{"description": None}, B], {}, {"description": "b"}),
        (
            [{**A, "type": "main"}, {**B, "type": "main"}],
            {**A, "type": "code"},
            {"description": "b"},
        ),
    ],
)
def test_a_field_that_shows_its_old_words_again_is_put_back(
    looks: Sequence[Words], after: Words, put_back: Words
) -> None:
    assert edits.overwritten(seen(intent(), looks), resource(written=after)) == put_back


def test_where_nobody_wrote_the_intent_is_the_same_object() -> None:
    begun = intent()
    assert seen(begun, [A, A]) is begun
    assert edits.looked_at(begun, resource(written=A)) is begun


@pytest.mark.parametrize(("later", "put_back"), [(A, {}), (B, {"description": "b"})])
def test_who_takes_an_edit_back_before_the_file_comes_has_it_so(
    later: Words, put_back: Words
) -> None:
    begun = seen(intent(), [A, B])
    assert edits.overwritten(
        edits.looked_at(begun, resource(written=later)), resource(written=A)
    ) == (put_back)


def test_other_fields_of_the_intent_are_left_alone() -> None:
    begun = intent()
    assert replace(seen(begun, [A, B]), edited={}) == begun
