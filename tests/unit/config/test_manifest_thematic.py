"""`thematic:` in the manifest: sites on which the datasets should be found."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from syncd.config.manifest import json_schema, load, loads
from syncd.core.catalogue import ThematicSite
from syncd.text import problem
from tests.support.manifest_builders import GOOD, as_an_editor_reads, problems_of

EXAMPLE = Path(__file__).parents[3] / "config" / "manifest.example.yaml"
VALIDATOR = Draft202012Validator(json_schema())
SITE = "{name: Culture, address: https://culture.example/fr, topic: univers-culture%s}"


def with_sites(*sites: str) -> str:
    return f"{GOOD}thematic:\n" + "".join(f"  - {site}\n" for site in sites)


def sites_of(text: str) -> tuple[ThematicSite, ...]:
    assert list(VALIDATOR.iter_errors(as_an_editor_reads(text))) == []
    return loads(text, "m.yaml").thematic


def test_without_it_there_is_no_site() -> None:
    assert loads(GOOD, "m.yaml").thematic == ()


def test_several_sites_may_be_named() -> None:
    full = SITE % ", tags: [musee, 2024], contact: opendata@culture.example"
    other = "{name: Mer, address: ' HTTPS://mer.example ', topic: 69aea5dff97ef1fc29836765}"
    assert sites_of(with_sites(full, other)) == (
        ThematicSite(
            "Culture",
            "https://culture.example/fr",
            "univers-culture",
            ("musee", "2024"),
            "opendata@culture.example",
        ),
        ThematicSite("Mer", "HTTPS://mer.example", "69aea5dff97ef1fc29836765"),
    )


def test_the_example_has_the_site_of_the_ministry() -> None:
    (site,) = load(EXAMPLE).thematic
    assert (site.address, site.topic) == ("https://culture.data.gouv.fr", "univers-culture")
    assert len(site.tags) == 11


@pytest.mark.parametrize(
    ("site", "code", "suggestion"),
    [
        ("{name: C, address: culture.example/a, topic: c}", "bad_url", "https://culture.example/a"),
        ("{name: C, address: 'https://a:b@c.example', topic: c}", "secret_in_url", ""),
        ("{name: C, address: https://c.example, topic: Univers Culture}", "bad_topic", ""),
        (
            "{name: C, address: https://c.example, topic: 'https://p.example/topics/univers-c/'}",
            "bad_topic",
            "univers-c",
        ),
        ("{name: C, address: https://c.example}", "missing_key", ""),
        ("{name: C, address: https://c.example, topic: c, tag: [a]}", "unknown_key", "tags"),
        ("{name: C, address: https://c.example, topic: c, by: date}", "key_misplaced", ""),
        ("{name: C, address: https://c.example, topic: c, tags: musee}", "wrong_type", '["musee"]'),
        ("{name: C, address: https://c.example, topic: }", "empty_value", ""),
        ("culture", "wrong_type", ""),
    ],
)
def test_what_is_wrong_with_a_site_is_said(site: str, code: str, suggestion: str) -> None:
    found = problems_of(with_sites(site))
    assert [(one.reason.code, one.suggestion) for one in found] == [(code, suggestion)]
    assert found[0].line == GOOD.count("\n") + 2
    assert problem(found[0]).startswith("m.yaml:")


def test_a_key_of_a_site_elsewhere_says_where_it_belongs() -> None:
    (found,) = problems_of(
        GOOD.replace("    bucket: opendata", "    bucket: opendata\n    topic: c")
    )
    assert found.reason.facts["belongs"] == "thematic"
    assert "under `thematic`" in problem(found)
