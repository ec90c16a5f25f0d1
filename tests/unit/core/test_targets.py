"""The three rules answer the same questions, so that nobody asks for their type."""

from __future__ import annotations

import pytest

from syncd.core.patterns import Pattern
from syncd.core.targets import EachRule, NewestRule, ObjectRule, Rule
from tests.support.builders import RESOURCE, target

PATTERN = Pattern.parse("exports/{year:yyyy}.csv")
KNOWN = {"2023": "1f6c4d0e-2222-4b4e-9c3e-000000000001", "2024": RESOURCE}

RULES: dict[str, Rule] = {
    "object": ObjectRule("exports/2024.csv"),
    "newest": NewestRule(PATTERN, "name"),
    "each": EachRule(PATTERN, "Year {year}", create=True, known=KNOWN),
}


@pytest.mark.parametrize("word", RULES)
def test_a_rule_knows_its_word_and_its_text_in_the_manifest(word: str) -> None:
    rule = RULES[word]
    assert rule.keyword == word
    assert rule.text == ("exports/2024.csv" if word == "object" else PATTERN.text)


@pytest.mark.parametrize("word", RULES)
def test_a_rule_matches_the_keys_that_it_means(word: str) -> None:
    rule = RULES[word]
    assert rule.matches("exports/2024.csv")
    assert rule.matches("exports/2023.csv") == (word != "object")
    assert not rule.matches("exports/2024.csv.bak")
    assert not rule.matches("exports/24.csv")


def test_only_an_exact_key_has_no_pattern() -> None:
    assert [rule.pattern for rule in RULES.values()] == [None, PATTERN, PATTERN]


def test_only_each_stands_for_many_resources() -> None:
    assert [word for word, rule in RULES.items() if rule.makes_many] == ["each"]


def test_only_newest_chooses_one_object_of_several() -> None:
    assert [rule.by for rule in RULES.values()] == [None, "name", None]


def test_only_each_says_how_resources_are_made_and_which_there_are() -> None:
    said = {word: (rule.title, rule.create, dict(rule.known)) for word, rule in RULES.items()}
    assert said["each"] == ("Year {year}", True, KNOWN)
    assert said["object"] == said["newest"] == ("", False, {})


@pytest.mark.parametrize(
    ("word", "selector"),
    [
        ("object", "exports/2024.csv"),
        ("newest", f"newest:{PATTERN.text}"),
        ("each", f"each:{PATTERN.text}"),
    ],
)
def test_a_selector_is_what_the_ledger_has_stored(word: str, selector: str) -> None:
    assert target(rule=RULES[word]).selector == selector


def test_target_states_the_resources_that_the_manifest_names_for_it() -> None:
    assert target(rule=RULES["object"]).stated == (RESOURCE,)
    assert target(rule=RULES["each"]).stated == tuple(KNOWN.values())
    assert target(rule=EachRule(PATTERN, "", create=True)).stated == ()
