"""The JSON Schema for editors, held to the loader and to its copy in `config/`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from syncd.config.manifest import json_schema, loads
from syncd.core.errors import ManifestError
from tests.support.manifest_builders import GOOD, as_an_editor_reads, with_lines

CONFIG = Path(__file__).parents[3] / "config"
VALIDATOR = Draft202012Validator(json_schema())
R = "1b9e8c0a-7f60-4d1e-8a55-0c4f5b0d9a21"


def test_the_copy_in_config_is_the_generated_one() -> None:
    written = (CONFIG / "manifest.schema.json").read_text(encoding="utf-8")
    assert json.loads(written) == json_schema()


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_key_has_a_description() -> None:
    schema = json_schema()
    parts = [schema, *schema["$defs"].values()]
    guards = schema["$defs"]["Guards"]["oneOf"][1]
    for part in [*parts, guards]:
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), name


GOOD_EDITS: list[dict[int, str | None]] = [
    {},
    {8: "  source: depot\n  guards: off"},
    {8: "  source: depot\n  guards: {shrink: 80%, empty: 'off', brake: warn}"},
    {8: "  source: depot\n  schedule: {every: 1h30m}\n  settle: 2m\n  ignore: []\n  drift: report"},
    {8: '  source: depot\n  schedule: {cron: "@daily"}'},
    {5: "    endpoint: ' HTTP://localhost:8333/ '"},
    {6: "    bucket: 2024\n    region: 12\n    addressing: path\n    use_proxy: true"},
    {16: "  - dataset: 534567891234567890123456\n    name: 2024\n    contact: a.b@c.gouv.fr"},
    {16: "  - dataset: 5345678901234567890123e4"},
    {13: "        object: 2024"},
    {13: "        object: 'a b/é+%.csv'"},
    {15: "        newest: '{jour:dd}.csv'\n        by: name"},
    {18: f"      - each: f_{{a}}.csv\n        title: 2024\n        known: {{2024: {R}}}"},
]


@pytest.mark.parametrize("edits", GOOD_EDITS)
def test_what_loads_passes_the_schema(edits: dict[int, str | None]) -> None:
    text = with_lines(edits)
    loads(text, "m.yaml")
    assert not list(VALIDATOR.iter_errors(as_an_editor_reads(text)))


def test_the_example_passes_the_schema() -> None:
    text = (CONFIG / "manifest.example.yaml").read_text(encoding="utf-8")
    assert not list(VALIDATOR.iter_errors(as_an_editor_reads(text)))


def test_what_the_example_has_behind_a_hash_is_right_as_well() -> None:
    text = (CONFIG / "manifest.example.yaml").read_text(encoding="utf-8")
    whole = re.sub(r"^( *)# ( *(?:- )?[a-z_]+:(?: |$))", r"\1\2", text, flags=re.MULTILINE)
    shown = {"events", "address", "publish", "settle", "expect", "guards", "region"}
    assert {key for key in shown if re.search(rf"^[ -]*{key}:", whole, re.MULTILINE)} == shown
    loads(whole, "m.yaml")
    assert not list(VALIDATOR.iter_errors(as_an_editor_reads(whole)))


BAD_EDITS: list[dict[int, str | None]] = [
    {1: "version: 2"},
    {2: None},
    {2: "portail: x"},
    {4: "  Depot:"},
    {6: "    bucket: a/b"},
    {6: "    bucket: opendata\n    secret_access_key: x"},
    {8: "  source: depot\n  guards: none"},
    {8: "  source: depot\n  guards: {empty: 80%}"},
    {8: "  source: depot\n  guards: {shrink: 800%}"},
    {8: "  source: depot\n  schedule: {every: 5m, cron: '@daily'}"},
    {8: "  source: depot\n  schedule: {}"},
    {8: "  source: depot\n  settle: soon"},
    {8: "  source:"},
    {13: None},
    {13: "        object: /a.csv"},
    {13: "        object: a.csv\n        newest: b*"},
    {13: "        object: a.csv\n        by: date"},
    {15: "        newest: a.csv"},
    {18: f"      - each: a_{{x}}\n        resource: {R}"},
]


@pytest.mark.parametrize("edits", BAD_EDITS)
def test_what_an_editor_can_see_is_refused_by_both(edits: dict[int, str | None]) -> None:
    text = with_lines(edits)
    with pytest.raises(ManifestError):
        loads(text, "m.yaml")
    assert list(VALIDATOR.iter_errors(as_an_editor_reads(text)))


def test_the_base_of_these_cases_is_sound() -> None:
    assert not list(VALIDATOR.iter_errors(as_an_editor_reads(GOOD)))
