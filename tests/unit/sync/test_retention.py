"""Which versions of a resource are kept."""

from __future__ import annotations

import pytest

from syncd.core.records import Act, Cause, Kept, Publication
from syncd.sync.retention import beyond
from tests.support.builders import BINDING, NOW, digest, judged


def lines(words: str, *, found: str = "") -> tuple[Publication, ...]:
    """One line per letter, oldest first; those in `found` were somebody else's."""
    return tuple(
        Publication(
            id=number,
            binding=BINDING,
            judged=judged(word),
            title="T",
            link="",
            act=Act.FOUND if word in found else Act.REPLACED,
            cause=Cause(),
            begun_at=NOW,
            kept=Kept.ARCHIVE,
        )
        for number, word in enumerate(words, 1)
    )


@pytest.mark.parametrize(
    ("words", "found", "versions", "surplus"),
    [
        ("", "", 2, ""),
        ("a", "", 2, ""),
        ("ab", "", 2, ""),
        ("abc", "", 2, "a"),
        ("oabc", "o", 2, "a"),  # the first one of all stays
        ("oabc", "o", 1, "ab"),
        ("abcb", "", 2, "a"),  # went back to b: c and b are the last two
        ("abab", "", 2, ""),
        ("aboc", "o", 2, "ab"),  # found later is a version like any other
        ("abc", "", 0, "abc"),
        ("oabc", "o", 0, "oabc"),
    ],
)
def test_the_last_versions_and_the_file_from_before_syncd_are_kept(
    words: str, found: str, versions: int, surplus: str
) -> None:
    gone = beyond(lines(words, found=found), versions)

    known = {digest(word).sha1: word for word in words}
    assert "".join(sorted({known[line.judged.digest.sha1] for line in gone})) == "".join(
        sorted(surplus)
    )
