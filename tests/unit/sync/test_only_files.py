"""The one PDF of a folder, for the one PDF resource of the dataset whose other files lie there."""

from __future__ import annotations

import pytest

from syncd.core.objects import Fingerprint, Version
from syncd.core.portal import Resource
from syncd.sync.only_files import OnlyFiles
from syncd.sync.resource_matcher import Guess, Guesses, MatchedBy
from tests.support.builders import NOW

TABLE = Guesses((Guess("m/liste.csv", 1, MatchedBy.NAME),))


def resource(name: str) -> Resource:
    return Resource(name, name, "file", "", "", "a" * 40, 10, made_title=name)


def found(resources: list[str], keys: list[str], known: dict[str, Guesses]) -> dict[str, list[str]]:
    listed = [resource(name) for name in resources]
    only = OnlyFiles([listed])
    for key in keys:
        only.see(Version(key, Fingerprint(key, 7, NOW)))
    guesses = only.add_to({name: known.get(name, Guesses()) for name in resources}, listed)
    return {name: [guess.key for guess in each.guesses] for name, each in guesses.items()}


def test_the_only_pdf_beside_the_datasets_table_is_proposed_and_never_sure() -> None:
    listed = [resource("liste.csv"), resource("notice.pdf")]
    only = OnlyFiles([listed])
    only.see(Version("m/Mode d'emploi.PDF", Fingerprint("e", 7, NOW)))
    guesses = only.add_to({"liste.csv": TABLE, "notice.pdf": Guesses()}, listed)["notice.pdf"]
    assert guesses == Guesses((Guess("m/Mode d'emploi.PDF", 7, MatchedBy.FOLDER),), sure=False)


@pytest.mark.parametrize(
    ("resources", "keys"),
    [
        (["liste.csv", "notice.pdf"], ["m/a.pdf", "m/b.pdf"]),  # two there
        (["liste.csv", "notice.pdf"], ["autre/a.pdf"]),  # elsewhere
        (["liste.csv", "notice.pdf"], ["m/sous/a.pdf"]),
        (["liste.csv", "notice.pdf"], ["m/a.docx"]),  # of another kind
        (["liste.csv", "notice.pdf", "carte.pdf"], ["m/a.pdf"]),  # for one of two
        (["liste.csv", "notice"], ["m/a"]),  # of no kind
    ],
)
def test_where_another_may_be_meant_nothing_is_proposed(
    resources: list[str], keys: list[str]
) -> None:
    assert (
        found(resources, keys, {"liste.csv": TABLE})[
            "notice.pdf" if "notice.pdf" in resources else "notice"
        ]
        == []
    )


def test_nothing_is_proposed_where_nobody_knows_the_datasets_folder() -> None:
    assert found(["liste.csv", "notice.pdf"], ["m/a.pdf"], {})["notice.pdf"] == []


def test_what_is_known_otherwise_or_anothers_stays() -> None:
    own = {"liste.csv": TABLE, "notice.pdf": Guesses((Guess("x/n.pdf", 1, MatchedBy.NAME),))}
    assert found(["liste.csv", "notice.pdf"], ["m/a.pdf"], own)["notice.pdf"] == ["x/n.pdf"]
    others = {"liste.csv": TABLE, "z": Guesses((Guess("m/a.pdf", 1, MatchedBy.NAME),))}
    assert found(["liste.csv", "notice.pdf", "z"], ["m/a.pdf"], others)["notice.pdf"] == []
