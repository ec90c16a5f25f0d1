"""Whose a title is, by what the ledger has and the portal shows."""

from __future__ import annotations

import pytest

from syncd.core.portal import Resource
from syncd.core.records import Row
from syncd.sync import titles
from tests.support.builders import PORTAL, judged, resource, row

HERE, THERE = f"{PORTAL}/1/musees.csv", f"{PORTAL}/2/musees.csv"
MADE = resource("old", title="musees.csv", url=HERE)
MADE_LATER = resource("new", title="musees.csv", url=THERE)
WRITTEN = resource("old", title="Musées", url=HERE)


def noted(title: str, written: str, url: str = HERE) -> Row:
    return row(title=title, written_title=written, file_url=url)


@pytest.mark.parametrize(
    ("before", "online", "title"),
    [
        (None, WRITTEN, "Musées"),
        (None, MADE, ""),
        (noted("Musées", "Musées"), WRITTEN, "Musées"),
        (noted("Autre", "Autre"), WRITTEN, "Musées"),  # written anew
        (noted("Musées", "Musées"), MADE, "musees.csv"),  # on purpose: it is the same file
        (noted("Musées", "Musées"), MADE_LATER, "Musées"),  # an upload gave it
        (noted("musees.csv", "Musées", THERE), MADE_LATER, "Musées"),  # as at the last look
        (noted("musees.csv", ""), MADE, ""),
        (noted("autre.csv", ""), MADE_LATER, ""),
        # What older versions noted: the title alone.
        (row(title="Musées", published=judged("old")), MADE_LATER, "Musées"),
        (row(title="Musées", published=judged("old")), MADE, "musees.csv"),
        (row(title="autre.csv", published=judged("old")), MADE_LATER, ""),
        (row(title="", published=None), MADE, ""),
    ],
)
def test_the_last_title_that_a_person_wrote(
    before: Row | None, online: Resource, title: str
) -> None:
    assert titles.written(before, online) == title


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Liste des musées", "Liste des musées"),
        ("liste.csv", ""),
        ("liste-2024.csv.gz", ""),
        ("Liste.csv", "Liste.csv"),  # no upload gives capitals
        ("liste-2024", "liste-2024"),
        ("v1.2", ""),
        ("", ""),
    ],
)
def test_a_title_of_older_versions_counts_where_no_upload_can_have_given_it(
    title: str, kept: str
) -> None:
    assert titles.if_written(title) == kept
