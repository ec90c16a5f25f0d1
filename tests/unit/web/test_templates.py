"""Templates hold no sentence: each text is asked for by its key, with all that its fields need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from syncd.text.screens import SCREENS
from syncd.web.rendering import FOLDER
from tests.unit.text.test_sentences import fields

TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
BY_NAME = pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.stem)


def calls(template: Path) -> Iterator[tuple[list[str], set[str]]]:
    """The keys that a call of `t` may ask for, and the facts that it gives."""
    tree = Environment(autoescape=True).parse(template.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name != "t" or call.dyn_kwargs:
            continue
        first = call.args[0]
        choices = [first.expr1, first.expr2] if isinstance(first, nodes.CondExpr) else [first]
        keys = [str(one.value) for one in choices if isinstance(one, nodes.Const)]
        yield keys, {keyword.key for keyword in call.kwargs}


@BY_NAME
def test_every_text_that_a_template_asks_for_exists_and_gets_its_facts(template: Path) -> None:
    asked = [(key, given) for keys, given in calls(template) for key in keys]
    assert [key for key, _ in asked if key not in SCREENS] == []
    assert [key for key, given in asked if fields(SCREENS[key]) - given] == []


def test_the_search_finds_the_texts() -> None:
    assert sum(len(keys) for template in TEMPLATES for keys, _ in calls(template)) > 80


class Words(HTMLParser):
    """What a reader would see of a template, or be told, beside what is filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r"[^\W\d_]{2,}", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        told = {"alt", "aria-label", "data-label", "placeholder", "title"}
        for name, value in attrs:
            if name in told:
                self.handle_data(value or "")


def words(source: str) -> list[str]:
    parser = Words()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.DOTALL))
    return [word for word in parser.found if word not in {"syncd"}]


@BY_NAME
def test_no_template_holds_a_word_of_its_own(template: Path) -> None:
    assert words(template.read_text(encoding="utf-8")) == []


def test_a_word_in_a_template_is_found_out() -> None:
    assert words('<p title="Hover me">{{ t("page.runs") }} is</p>') == ["Hover", "me", "is"]


@BY_NAME
def test_no_template_has_a_script_a_style_or_anything_from_elsewhere(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert (
        re.findall(
            r"<(script|style|iframe|object|embed|base)\b|\bstyle=|\bon[a-z]+=|\| *safe", source
        )
        == []
    )
    assert re.findall(r'(?:src|href|action)="(?!/|#|\{\{)[^"]*"', source) == []
