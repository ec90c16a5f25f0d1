"""What is the matter with the whole file is named for what it is, and not line by line."""

from __future__ import annotations

import re

import pytest

from syncd import text
from syncd.cli.output.manifest_text import write
from syncd.config.manifest import loads
from syncd.config.manifest.diagnostics.whole_file import PLACEHOLDERS
from syncd.core.errors import ManifestError, Problem
from syncd.sync.resource_matcher import Guess, MatchedBy
from syncd.text import problem, sentence
from tests.support.manifest_builders import GOOD, R, problems_of, with_lines
from tests.unit.cli.test_manifest_text import ORIGIN, draft

CONFLICT = "<<<<<<< HEAD\n        object: a.csv\n=======\n        object: b.csv\n>>>>>>> main"


def only(manifest: str) -> Problem:
    (found,) = problems_of(manifest)
    return found


def codes(manifest: str) -> list[tuple[str, int]]:
    return [(one.reason.code, one.line) for one in problems_of(manifest)]


@pytest.mark.parametrize(
    "conflict", [CONFLICT, CONFLICT.replace("=======", "||||||| base\n=======")]
)
def test_a_conflict_that_git_left_is_said_once_with_its_lines(conflict: str) -> None:
    found = only(with_lines({13: conflict}))
    assert (found.reason.code, found.line) == ("git_conflict", 13)
    assert str(found.reason.facts["lines"]).startswith("13, 15")
    assert "Git left a conflict here" in problem(found)
    assert found.excerpt is not None
    assert found.excerpt.text == "<<<<<<< HEAD"


def test_each_conflict_is_said_and_a_mark_that_was_forgotten() -> None:
    assert codes(with_lines({2: f"{CONFLICT}", 13: CONFLICT})) == [
        ("git_conflict", 2),
        ("git_conflict", 17),
    ]
    assert codes(with_lines({13: "        object: a.csv\n>>>>>>> main"})) == [("git_conflict", 14)]


@pytest.mark.parametrize("text", ["# =======", "        object: '======='"])
def test_a_line_of_signs_alone_is_no_conflict(text: str) -> None:
    manifest = (
        with_lines({13: f"        object: a.csv\n{text}"})
        if "#" in text
        else with_lines({13: text})
    )
    assert not [c for c, _ in _codes_or_none(manifest) if c == "git_conflict"]


def _codes_or_none(manifest: str) -> list[tuple[str, int]]:
    try:
        loads(manifest, "m.yaml")
    except ManifestError as error:
        return [(one.reason.code, one.line) for one in error.problems]
    return []


def test_a_second_manifest_below_the_first_is_one_problem() -> None:
    lines = len(GOOD.splitlines())
    found = only(f"{GOOD.rstrip()}\n\n# autre\n{GOOD}")
    assert (found.reason.code, found.line) == ("manifest_twice", lines + 3)
    assert found.reason.facts["first"] == 1


def test_one_key_of_the_top_that_stands_twice_is_that() -> None:
    assert "manifest_twice" not in dict(codes(f"{GOOD}\ndefaults: {{}}\n"))


@pytest.mark.parametrize(
    ("written", "read", "meant"),
    [
        ("object: liste #2.csv", "liste", 'object: "liste #2.csv"'),
        ("object: m/été #1 final.csv  ", "m/été", 'object: "m/été #1 final.csv"  '),
        ("object: #liste.csv", "", 'object: "#liste.csv"'),
        ("newest: e/v1.0/liste #*.csv", "e/v1.0/liste", 'newest: "e/v1.0/liste #*.csv"'),
    ],
)
def test_a_key_that_a_comment_cuts_is_said_with_its_line(
    written: str, read: str, meant: str
) -> None:
    found = only(with_lines({13: f"        {written}"}))
    assert (found.reason.code, found.line, found.column) == ("yaml_hash", 13, 17)
    assert found.reason.facts["read"] == read
    assert found.instead == f"        {meant}"
    loads(with_lines({13: found.instead}), "m.yaml")


def test_a_key_in_braces_is_cut_too_and_the_rest_is_looked_at() -> None:
    entry = f"      - {{resource: {R}, object: liste #2.csv}}\n        #"
    found = problems_of(with_lines({2: "portail: https://x.fr", 12: entry, 13: "        # rien"}))
    assert [one.reason.code for one in found if one.line == 12] == ["yaml_hash"]
    assert 'object: "liste #2.csv"}' in next(one.instead for one in found if one.line == 12)
    assert ("unknown_key", 2) in [(one.reason.code, one.line) for one in found]


@pytest.mark.parametrize(
    "remark",
    [
        "a.csv  # exactly this key",
        "a.csv #voir b.csv",
        "dossier/a # as in b.csv",
        "dossier/a #todo",
    ],
)
def test_a_remark_is_one(remark: str) -> None:
    loads(with_lines({13: f"        object: {remark}"}), "m.yaml")


def test_a_draft_of_which_nothing_is_in_use_is_told_so() -> None:
    written = write(draft(Guess("a.csv", 1, MatchedBy.NAME), sure=False), ORIGIN)
    found = only(written)
    assert found.reason.code == "draft_unfinished"
    line = written.splitlines()[int(str(found.reason.facts["line"])) - 1]
    assert line.lstrip().startswith("# - dataset:")
    assert "Remove the # and the space behind it" in problem(found)


def test_a_dataset_that_was_taken_into_use_without_its_resources_is_told_so() -> None:
    written = write(draft(Guess("a.csv", 1, MatchedBy.NAME), sure=False), ORIGIN)
    begun = re.sub(r"(?m)^(\s*)# (- dataset:|name:|resources:)", r"\1\2", written)
    begun = re.sub(r"(?m)^    # (name:|resources:)", r"    \1", begun)
    found = only(begun)
    assert (found.reason.code, found.reason.facts["key"]) == ("draft_unfinished", "resources")


def test_an_empty_list_of_a_persons_own_is_no_draft() -> None:
    empty = GOOD.split("datasets:")[0] + "datasets:\n# - musees\n"
    assert codes(empty) == [("empty_value", 9)]


def test_what_stands_for_a_key_is_asked_for() -> None:
    found = only(with_lines({13: "        object: FOLDER/FILE.csv"}))
    assert (found.reason.code, found.line, found.column) == ("draft_placeholder", 13, 17)
    assert "“FOLDER/FILE.csv” stands for a key" in sentence(found.reason)


def test_all_that_stands_for_a_key_in_a_draft_is_known() -> None:
    written = set()
    for language in text.LANGUAGES:
        text.speak(language)
        written.add(text.text("draft_key"))
    text.speak("en")
    assert written == PLACEHOLDERS
