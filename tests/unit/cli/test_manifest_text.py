"""The text of a proposed manifest: whatever the portal and the bucket say, it is what was meant."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from syncd.actions.init import DatasetDraft, Draft, Entry, LeftOut, Origin
from syncd.cli.output.manifest_text import write
from syncd.config.manifest import SourceConfig, is_key, loads
from syncd.core.portal import Dataset, Resource
from syncd.core.reasons import because
from syncd.core.targets import ObjectRule
from syncd.core.yaml_scalar import scalar
from syncd.sync.families import Family
from syncd.sync.resource_matcher import Guess, Guesses, MatchedBy
from tests.support.examples import examples

ORIGIN = Origin(
    "https://demo.data.gouv.fr", "depot", SourceConfig("https://s3.example.fr", "depot")
)
ID = "5d2c4f6e8b4c4110c5a1b2c3"
UUID = "47ac11c2-8a00-46a7-9fa8-9b802643f975"
ANY = st.text(min_size=1, max_size=60)
KEYS = ANY.filter(is_key)


def resource(title: str = "Titre", name: str = "a.csv") -> Resource:
    link = f"https://demo.data.gouv.fr/api/1/datasets/r/{UUID}"
    url = f"https://static/x/{name}"
    return Resource(UUID, title, "file", url, link, "a" * 40, 12, made_title=name)


def dataset(title: str = "Jeu") -> Dataset:
    page = "https://demo.data.gouv.fr/datasets/jeu"
    return Dataset(ID, title, page, False, False, False, True, ())


def draft(*guesses: Guess, sure: bool, title: str = "Titre", pattern: str = "") -> Draft:
    entry = Entry(resource(title), Guesses(guesses, sure, pattern))
    return Draft((DatasetDraft(dataset(title), (entry,)),), 1, (), 0)


@settings(max_examples=examples(40))
@given(title=ANY, key=KEYS, others=st.lists(ANY, max_size=3))
def test_a_sure_entry_is_read_back_as_it_was_meant(title: str, key: str, others: list[str]) -> None:
    guesses = [
        Guess(key, 1, MatchedBy.BYTES),
        *(Guess(other, 2, MatchedBy.DATE) for other in others),
    ]
    drafted = replace(
        draft(*guesses, sure=True, title=title, pattern="a_*.csv"),
        strangers=tuple(others),
        strange=len(others),
    )
    (entry,) = loads(write(drafted, ORIGIN), "m.yaml").datasets
    (target,) = entry.targets
    assert (entry.dataset, target.resource, target.rule) == (ID, UUID, ObjectRule(key))


@settings(max_examples=examples(40))
@given(title=ANY, key=KEYS)
def test_taking_the_single_marks_away_makes_a_guess_count(title: str, key: str) -> None:
    written = write(draft(Guess(key, 1, MatchedBy.NAME), sure=False, title=title), ORIGIN)
    edited = "\n".join(
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line
        for line in written.split("\n")
    )
    (entry,) = loads(edited, "m.yaml").datasets
    assert entry.targets[0].rule == ObjectRule(key)


@given(ANY)
def test_a_text_is_read_back_from_yaml(value: str) -> None:
    assert YAML(typ="safe", pure=True).load(f"a: {scalar(value)}") == {"a": value}


def test_nothing_unsure_counts_by_itself() -> None:
    written = write(draft(Guess("a.csv", 1, MatchedBy.NAME), sure=False), ORIGIN)
    assert [line for line in written.splitlines() if UUID in line and "#" not in line] == []
    assert "datasets:" in written


def test_another_year_than_in_the_title_is_said() -> None:
    guess = Guess("archives/archives_2026.csv", 1, MatchedBy.DATE)
    other = write(draft(guess, sure=False, title="Archives 2024"), ORIGIN)
    assert "the title says 2024, the object 2026" in " ".join(other.replace("##", "").split())
    assert "the title says" not in write(draft(guess, sure=False, title="Archives 2026"), ORIGIN)


def test_what_is_left_out_is_said_with_its_reason() -> None:
    part = DatasetDraft(dataset(), (), (LeftOut(resource("Un lien"), because("draft_remote")),))
    gone = DatasetDraft(dataset("Vieux"), why=because("draft_archived"))
    written = write(Draft((part, gone), 0, (), 0), ORIGIN)
    comments = " ".join(line.strip("# ") for line in written.splitlines() if "#" in line)
    assert "Un lien" in comments
    assert "link to another site" in comments
    assert "Vieux" in comments
    assert "archived" in comments


def test_a_line_break_in_a_title_does_not_leave_its_comment() -> None:
    title = "Titre\nportal: https://evil.example\u2028x: y\r\n- z\x85w"
    written = write(draft(Guess("a.csv", 1, MatchedBy.BYTES), sure=True, title=title), ORIGIN)
    assert loads(written, "m.yaml").portal == ORIGIN.portal
    assert "\nportal: https://evil" not in written


@given(pattern=KEYS.map(lambda key: f"{key}_*.csv"))
def test_the_pattern_that_is_proposed_is_on_one_line_as_it_is_to_be_written(pattern: str) -> None:
    lines = write(draft(Guess("a.csv", 1, MatchedBy.NAME), sure=False, pattern=pattern), ORIGIN)
    (line,) = [line for line in lines.splitlines() if "## newest: " in line]
    assert YAML(typ="safe", pure=True).load(line.split("## ", 1)[1]) == {"newest": pattern}


def test_a_title_that_ends_like_a_key_and_a_source_called_null_are_texts() -> None:
    guess = Guess("a.csv", 1, MatchedBy.BYTES)
    entry = Entry(resource(), Guesses((guess,), sure=True))
    drafted = Draft((DatasetDraft(dataset("https://musees.example.fr:"), (entry,)),), 1, (), 0)
    read = loads(write(drafted, replace(ORIGIN, name="null")), "m.yaml")
    assert (list(read.sources), read.datasets[0].name) == (["null"], "https://musees.example.fr:")


@settings(max_examples=examples(40))
@given(title=ANY, key=KEYS)
def test_lines_of_a_family_are_read_as_they_were_meant_whatever_titles_say(
    title: str, key: str
) -> None:
    pattern = "f/f_{annee:yyyy}.csv"
    titled = f"{title} {{annee}}"
    known = (("2023", resource(title)), ("2A", resource(title)), ("2024-01", resource(title)))
    made = draft(Guess("a.csv", 1, MatchedBy.NAME), sure=False, title=title)
    part = replace(made.datasets[0], families=(Family(pattern, titled, known, (key, key)),))
    lines = write(replace(made, datasets=(part,)), ORIGIN).splitlines()
    start = next(n for n, line in enumerate(lines) if "## - each:" in line)
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith("      ##   "))
    (read,) = YAML(typ="safe", pure=True).load(
        "\n".join(line.replace("## ", "", 1) for line in lines[start:end])
    )
    assert (read["each"], read["create"]) == (pattern, True)
    assert [str(value) for value in read["known"]] == ["2023", "2A", "2024-01"]
    assert read.get("title", titled) == titled
