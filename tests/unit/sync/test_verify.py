"""Whether the portal has what was sent."""

from __future__ import annotations

import pytest

from syncd.sync import decide
from tests.support.builders import PORTAL, digest, resource

SENT = digest("sent", 4)


@pytest.mark.parametrize(
    ("sha1", "size", "right"),
    [
        (SENT.sha1, 4, True),
        (SENT.sha1, 3, False),
        (SENT.sha1, None, False),
        (digest("other").sha1, 4, False),
        (None, 4, False),
        (None, None, False),
    ],
)
def test_only_our_sha1_and_our_size_are_right(
    sha1: str | None, size: int | None, right: bool
) -> None:
    assert (decide.answer(resource(None, sha1=sha1, size=size), SENT) is None) == right


def test_what_differs_is_said() -> None:
    reason = decide.answer(resource(None, sha1=None, size=None), SENT)
    assert reason is not None
    assert reason.code == "verify_bytes"
    assert reason.facts == {
        "sha1": SENT.sha1,
        "size": 4,
        "online_sha1": "-",
        "online_size": -1,
    }


@pytest.mark.parametrize(
    ("title", "url", "wanted", "put_back"),
    [
        ("musees.csv", f"{PORTAL}/x/musees.csv", "Liste des musées", True),
        ("l'été.csv", f"{PORTAL}/x/l%27%C3%A9t%C3%A9.csv", "Liste", True),
        ("Mots d'une personne", f"{PORTAL}/x/musees.csv", "Liste des musées", False),
        ("Liste des musées", f"{PORTAL}/x/musees.csv", "Liste des musées", False),
        ("musees.csv", f"{PORTAL}/x/musees.csv", "musees.csv", False),  # no needless write
        ("musees.csv", f"{PORTAL}/x/musees-2.csv", "Liste", False),
    ],
)
def test_only_a_title_that_our_upload_made_is_put_back(
    title: str, url: str, wanted: str, put_back: bool
) -> None:
    assert decide.may_retitle(resource(title=title, url=url), wanted) is put_back
