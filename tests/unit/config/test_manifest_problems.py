"""What is said of a broken manifest: all of it at once, each with its place and a suggestion."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.config.manifest import load, loads
from syncd.config.manifest.limits import MAX_BYTES
from syncd.core.errors import ManifestError, Problem
from syncd.text import lesson
from tests.support.examples import examples
from tests.support.manifest_builders import GOOD, R, problems_of, with_lines

Said = tuple[int, int, str, str]


def said(problems: tuple[Problem, ...]) -> list[Said]:
    return [(p.line, p.column, p.reason.code, p.suggestion) for p in problems]


def test_the_manifest_that_the_cases_break_is_sound() -> None:
    assert len(loads(GOOD, "m.yaml").datasets) == 2


D = "5d2c4f6e8b4c4110c5a1b2c3"
R2 = "8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11"

CASES: dict[str, tuple[str, list[Said]]] = {
    # -- keys
    "unknown key at the top": (
        with_lines({2: "portail: https://demo.data.gouv.fr"}),
        [(2, 1, "unknown_key", "portal")],
    ),
    "misspelt object": (
        with_lines({13: "        objet: a.csv"}),
        [(13, 9, "unknown_key", "object")],
    ),
    "misspelt resource": (
        with_lines({12: f"      - ressource: {R}"}),
        [(12, 9, "unknown_key", "resource")],
    ),
    "key that nothing resembles": (
        with_lines({8: "  source: depot\n  zzz: 1"}),
        [(9, 3, "unknown_key", "")],
    ),
    "key of a later version": (
        with_lines({13: "        object: a.csv\n        licence: lov2"}),
        [(14, 9, "unknown_key", "")],
    ),
    "key in the wrong place": (
        with_lines({13: "        object: a.csv\n        schedule: {every: 1h}"}),
        [(14, 9, "key_misplaced", "")],
    ),
    "by without newest": (
        with_lines({13: "        object: a.csv\n        by: date"}),
        [(14, 9, "key_misplaced", "")],
    ),
    "resource beside each": (
        with_lines({18: f"      - each: f_{{annee}}.csv\n        resource: {R}"}),
        [(19, 9, "key_misplaced", ""), (19, 19, "resource_twice", "")],
    ),
    "two rules in one entry": (
        with_lines({13: "        object: a.csv\n        newest: b_*.csv"}),
        [(14, 9, "rule_several", "")],
    ),
    "no rule at all": (with_lines({13: None}), [(12, 9, "rule_missing", "")]),
    "no version, no portal": (
        with_lines({1: None, 2: None}),
        [
            (1, 1, "missing_key", "portal: https://www.data.gouv.fr"),
            (1, 1, "missing_key", "version: 1"),
        ],
    ),
    "no resource": (with_lines({12: "      -"}), [(13, 9, "missing_key", "")]),
    "no resources": (with_lines({17: "    name: x", 18: None}), [(16, 5, "missing_key", "")]),
    "empty resources": (
        with_lines({17: "    resources: []", 18: None}),
        [(17, 5, "empty_list", "")],
    ),
    "nothing after a key": (with_lines({13: "        object:"}), [(13, 9, "empty_value", "")]),
    "nothing under defaults": (
        with_lines({8: "  # source: depot"}),
        [
            (7, 1, "empty_value", ""),
            (12, 9, "source_missing", "source: depot"),
            (18, 9, "source_missing", "source: depot"),
        ],
    ),
    "every duplicate key": (
        with_lines(
            {
                2: "portal: https://demo.data.gouv.fr\nportal: x\nversion: 2",
                6: "    bucket: opendata\n    bucket: o",
            }
        ),
        [(3, 1, "duplicate_key", ""), (4, 1, "duplicate_key", ""), (9, 5, "duplicate_key", "")],
    ),
    "an entry without its dash": (
        with_lines(
            {14: "        resource: 8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11", 15: "        object: b"}
        ),
        [(14, 9, "dash_missing", "")],
    ),
    "merge key": (
        with_lines({16: "  - <<: {}\n    dataset: festivals"}),
        [(16, 5, "yaml_merge", "")],
    ),
    "key that is a list": (
        with_lines({8: "  source: depot\n  ? [a]\n  : b"}),
        [(9, 5, "yaml_key", "")],
    ),
    "tag": (with_lines({6: "    bucket: !secret opendata"}), [(6, 13, "yaml_tag", "")]),
    # -- values
    "version 2": (with_lines({1: "version: 2"}), [(1, 10, "bad_version", "1")]),
    "portal without scheme": (
        with_lines({2: "portal: www.data.gouv.fr"}),
        [(2, 9, "bad_url", "https://www.data.gouv.fr")],
    ),
    "time zone near": (
        with_lines({2: "portal: https://demo.data.gouv.fr\ntimezone: Europe/Pariss"}),
        [(3, 11, "bad_timezone", "Europe/Paris")],
    ),
    "time zone that is a folder": (
        with_lines({2: "portal: https://demo.data.gouv.fr\ntimezone: ../../etc/passwd"}),
        [(3, 11, "bad_timezone", "")],
    ),
    "list instead of text": (with_lines({6: "    bucket: [a]"}), [(6, 13, "wrong_type", "")]),
    "boolean instead of text": (with_lines({6: "    bucket: true"}), [(6, 13, "wrong_type", "")]),
    "mapping instead of list": (
        with_lines({17: "    resources:", 18: "      each: f_{annee}.csv"}),
        [(18, 7, "wrong_type", "")],
    ),
    "list instead of mapping": (with_lines({4: "  - depot:"}), [(4, 3, "wrong_type", "")]),
    "text instead of a dataset": (
        with_lines({16: "  - festivals", 17: None, 18: None}),
        [(16, 5, "wrong_type", "")],
    ),
    "variable without quotes": (
        with_lines({18: "      - each: f_{annee}.csv\n        title: {annee}"}),
        [(19, 16, "wrong_type", '"{annee}"')],
    ),
    "yes for true": (
        with_lines({18: "      - each: f_{annee}.csv\n        create: oui"}),
        [(19, 17, "wrong_type", "true")],
    ),
    "ignore that is no list": (
        with_lines({8: '  source: depot\n  ignore: "*.bak"'}),
        [(9, 11, "wrong_type", '["*.bak"]')],
    ),
    "ignore with a folder": (
        with_lines({8: '  source: depot\n  ignore: ["tmp/*.bak"]'}),
        [(9, 12, "ignore_slash", "*.bak")],
    ),
    "bad choice": (
        with_lines({8: "  source: depot\n  drift: republich"}),
        [(9, 10, "bad_choice", "republish")],
    ),
    "bad addressing": (
        with_lines({6: "    bucket: opendata\n    addressing: paths"}),
        [(7, 17, "bad_choice", "path")],
    ),
    "contact": (
        with_lines({16: "  - dataset: festivals\n    contact: Jean <jean@culture.gouv.fr>"}),
        [(17, 14, "bad_email", "jean@culture.gouv.fr")],
    ),
    # -- time
    "schedule that is a duration": (
        with_lines({8: "  source: depot\n  schedule: 15m"}),
        [(9, 13, "wrong_type", "{every: 15m}")],
    ),
    "expectation that is a duration": (
        with_lines({8: "  source: depot\n  expect: 1d"}),
        [(9, 11, "wrong_type", "{every: 1d}")],
    ),
    "expectation of nothing": (
        with_lines({8: "  source: depot\n  expect: {grace: 6h}"}),
        [(9, 11, "expect_choice", "")],
    ),
    "expectation of two kinds": (
        with_lines({8: "  source: depot\n  expect: {every: 1y, before: 31 march}"}),
        [(9, 11, "expect_choice", "")],
    ),
    "expectation on a misspelt day": (
        with_lines({8: "  source: depot\n  expect: {before: 31 marz}"}),
        [(9, 20, "bad_day", "31 mars")],
    ),
    "expectation on a day in figures": (
        with_lines({8: "  source: depot\n  expect: {before: 31/03}"}),
        [(9, 20, "bad_day", "")],
    ),
    "expectation on a day that never is": (
        with_lines({8: "  source: depot\n  expect: {before: [1 mars, 31 juin]}"}),
        [(9, 20, "no_such_day", "")],
    ),
    "schedule without unit": (
        with_lines({8: "  source: depot\n  schedule: {every: 15}"}),
        [(9, 21, "bad_duration", "15m")],
    ),
    "schedule in French": (
        with_lines({8: "  source: depot\n  schedule: {every: 2 jours}"}),
        [(9, 21, "bad_duration", "2d")],
    ),
    "schedule without its value": (
        with_lines({8: "  source: depot\n  schedule: {every: }"}),
        [(9, 14, "empty_value", "")],
    ),
    "schedule too often": (
        with_lines({8: "  source: depot\n  schedule: {every: 5s}"}),
        [(9, 21, "too_often", "10s")],
    ),
    "every and cron": (
        with_lines({8: '  source: depot\n  schedule: {every: 5m, cron: "@daily"}'}),
        [(9, 13, "schedule_choice", "")],
    ),
    "cron with six fields": (
        with_lines({8: '  source: depot\n  schedule: {cron: "0 0 6 * * 1"}'}),
        [(9, 20, "cron_fields", "0 6 * * 1")],
    ),
    "cron with a bad hour": (
        with_lines({8: '  source: depot\n  schedule: {cron: "0 25 * * 1"}'}),
        [(9, 20, "cron_field", "")],
    ),
    "cron that never comes": (
        with_lines({8: '  source: depot\n  schedule: {cron: "0 0 31 2 *"}'}),
        [(9, 20, "cron_never", "")],
    ),
    "cron name": (
        with_lines({8: '  source: depot\n  schedule: {cron: "@dayly"}'}),
        [(9, 20, "cron_name", "@daily")],
    ),
    "settle": (with_lines({8: "  source: depot\n  settle: two"}), [(9, 11, "bad_duration", "")]),
    # -- guards
    "unknown guard": (
        with_lines({8: "  source: depot\n  guards: {shrinks: hold}"}),
        [(9, 12, "unknown_key", "shrink")],
    ),
    "guard level": (
        with_lines({8: "  source: depot\n  guards: {empty: warning}"}),
        [(9, 19, "bad_choice", "warn")],
    ),
    "limit of a guard without one": (
        with_lines({8: "  source: depot\n  guards: {empty: 80%}"}),
        [(9, 19, "bad_choice", "")],
    ),
    "limit without percent": (
        with_lines({8: "  source: depot\n  guards: {shrink: 80}"}),
        [(9, 20, "bad_limit", "80%")],
    ),
    "limit as a share": (
        with_lines({8: "  source: depot\n  guards: {shrink: 0.8}"}),
        [(9, 20, "bad_limit", "80%")],
    ),
    "guards false": (
        with_lines({8: "  source: depot\n  guards: false"}),
        [(9, 11, "wrong_type", "off")],
    ),
    # -- what is pasted from the portal
    "resource id as dataset": (
        with_lines({16: f"  - dataset: {R}"}),
        [(16, 14, "resource_as_dataset", "")],
    ),
    "permanent link as dataset": (
        with_lines({16: f"  - dataset: https://demo.data.gouv.fr/fr/datasets/r/{R}"}),
        [(16, 14, "resource_as_dataset", "")],
    ),
    "dataset id as resource": (
        with_lines({12: f"      - resource: {D}"}),
        [(12, 19, "dataset_as_resource", "")],
    ),
    "page address as resource": (
        with_lines({12: "      - resource: https://demo.data.gouv.fr/fr/datasets/musees/"}),
        [(12, 19, "dataset_as_resource", "")],
    ),
    "slug as resource": (
        with_lines({12: "      - resource: musees"}),
        [(12, 19, "bad_resource", "")],
    ),
    "resource id without dashes": (
        with_lines({12: f"      - resource: {R.replace('-', '')}"}),
        [(12, 19, "bad_resource", R)],
    ),
    "title as dataset": (
        with_lines({16: "  - dataset: Liste Musees"}),
        [(16, 14, "bad_dataset", "liste-musees")],
    ),
    "other portal": (
        with_lines(
            {
                12: f"      - resource: https://www.data.gouv.fr/fr/datasets/r/{R}",
                16: "  - dataset: https://www.data.gouv.fr/fr/datasets/festivals/",
                18: f"      - each: f_{{annee}}.csv\n        known: {{2024: https://x.fr/r/{D[:8]}-0000-4000-8000-000000000000}}",
            }
        ),
        [(12, 19, "other_portal", ""), (16, 14, "other_portal", ""), (19, 23, "other_portal", "")],
    ),
    "dataset twice": (
        with_lines({16: f"  - dataset: https://demo.data.gouv.fr/datasets/{D}/"}),
        [(16, 14, "dataset_twice", "")],
    ),
    "resource twice, also under known": (
        with_lines(
            {
                14: f"      - resource: {R}",
                18: f"      - each: f_{{annee}}.csv\n        known: {{2024: {R.upper()}}}",
            }
        ),
        [(14, 19, "resource_twice", ""), (19, 23, "resource_twice", "")],
    ),
    # -- keys and patterns
    "object twice": (
        with_lines({15: "        object: musees/liste.csv"}),
        [(15, 17, "object_twice", "")],
    ),
    "pattern twice": (
        with_lines({18: "      - each: exports/liste_*.csv"}),
        [(18, 15, "object_twice", "")],
    ),
    "object that a pattern matches": (
        with_lines({13: "        object: exports/liste_a.csv"}),
        [(13, 17, "object_in_pattern", "")],
    ),
    "object that an earlier pattern matches": (
        with_lines({15: "        object: festivals/f_2024.csv"}),
        [(15, 17, "object_in_pattern", "")],
    ),
    "key with a slash first": (
        with_lines({13: "        object: /a.csv"}),
        [(13, 17, "key_slash", "a.csv")],
    ),
    "key with spaces": (
        with_lines({13: '        object: " a.csv "'}),
        [(13, 17, "key_spaces", "a.csv")],
    ),
    "key that is a folder": (
        with_lines({13: "        object: musees/"}),
        [(13, 17, "key_folder", "")],
    ),
    "key that is an address": (
        with_lines({13: "        object: s3://opendata/a/b.csv"}),
        [(13, 17, "key_is_address", "a/b.csv")],
    ),
    "key that is hardly an address": (
        with_lines({13: "        object: s3://[opendata/a/b.csv"}),
        [(13, 17, "key_is_address", "a/b.csv")],
    ),
    "key that is too long": (
        with_lines({13: f"        object: {'é' * 513}"}),
        [(13, 17, "key_long", "")],
    ),
    "key with a star": (
        with_lines({13: "        object: a_*.csv"}),
        [(13, 17, "key_wildcard", "newest: a_*.csv")],
    ),
    "newest without a wildcard": (
        with_lines({15: "        newest: a.csv"}),
        [(15, 17, "newest_without_wildcard", "object: a.csv")],
    ),
    "each without a variable": (
        with_lines({18: "      - each: a.csv"}),
        [(18, 15, "each_without_variable", "object: a.csv")],
    ),
    "unknown kind": (
        with_lines({18: "      - each: f_{annee:yyy}.csv"}),
        [(18, 15, "pattern_kind", "yyyy")],
    ),
    "lone brace": (with_lines({18: "      - each: f_{annee.csv"}), [(18, 15, "pattern_brace", "")]),
    "variable twice": (
        with_lines({18: "      - each: f_{a}_{a}.csv"}),
        [(18, 15, "pattern_twice", "")],
    ),
    "bad variable name": (
        with_lines({18: "      - each: f_{1a}.csv"}),
        [(18, 15, "pattern_name", "")],
    ),
    "unknown variable in the title": (
        with_lines({18: '      - each: f_{annee}.csv\n        title: "F {anee} {mois}"'}),
        [(19, 16, "title_variable", "{annee}"), (19, 16, "title_variable", "")],
    ),
    "lone brace in the title": (
        with_lines({18: '      - each: f_{annee}.csv\n        title: "F {annee"'}),
        [(19, 16, "title_brace", "")],
    ),
    "known of another form": (
        with_lines(
            {18: f"      - each: f_{{a:yyyy}}_{{m:mm}}.csv\n        known: {{2024-3: {R[:-1]}0}}"}
        ),
        [(19, 17, "known_key", "")],
    ),
    "known without a variable": (
        with_lines({18: f"      - each: f_*.csv\n        known: {{a: {R[:-1]}0}}"}),
        [(19, 17, "known_without_variable", "")],
    ),
    "content of a CSV, which is its bytes": (
        with_lines({13: "        object: a.csv\n        unchanged: content"}),
        [(14, 20, "content_is_bytes", "")],
    ),
    "unchanged by something else": (
        with_lines({13: "        object: a.zip\n        unchanged: contents"}),
        [(14, 20, "bad_choice", "content")],
    ),
    # -- links
    "link from a bucket without an address": (
        with_lines({13: "        object: a.csv\n        publish: link"}),
        [(14, 18, "source_without_address", "")],
    ),
    "copy into a bucket without an address": (
        with_lines({13: "        object: a.csv\n        publish: {copy: depot}"}),
        [(14, 25, "source_without_address", "")],
    ),
    "copy into the bucket that it is in": (
        with_lines(
            {
                6: "    bucket: opendata\n    address: https://open.example.fr/{key}",
                8: "  source: depot\n  publish: {copy: depot}",
            }
        ),
        [(10, 19, "copy_to_itself", "")],
    ),
    "copy into an unknown source": (
        with_lines({8: "  source: depot\n  publish: {copy: depots}"}),
        [(9, 19, "source_unknown", "depot")],
    ),
    "published by no known way": (
        with_lines({8: "  source: depot\n  publish: links"}),
        [(9, 12, "bad_publish", "link")],
    ),
    "copy into a source that is not written": (
        with_lines({8: "  source: depot\n  publish: {copy: }"}),
        [(9, 13, "empty_value", "")],
    ),
    "address without the key": (
        with_lines({6: "    bucket: opendata\n    address: https://open.example.fr/"}),
        [(7, 14, "address_without_key", "https://open.example.fr/{key}")],
    ),
    "address with something behind the key": (
        with_lines({6: '    bucket: opendata\n    address: "https://open.example.fr/{key}#a"'}),
        [(7, 14, "address_without_key", "")],
    ),
    "address that is none": (
        with_lines({6: "    bucket: opendata\n    address: open.example.fr/{key}"}),
        [(7, 14, "bad_url", "https://open.example.fr/{key}")],
    ),
    "queue that is a server": (
        with_lines({6: "    bucket: opendata\n    events: {queue: 'https://sqs.example.fr/'}"}),
        [(7, 21, "no_queue", "")],
    ),
    "queue with something behind its path": (
        with_lines(
            {6: "    bucket: opendata\n    events: {queue: 'https://sqs.example.fr/1/q#a'}"}
        ),
        [(7, 21, "no_queue", "https://sqs.example.fr/1/q")],
    ),
    "queue without scheme": (
        with_lines({6: "    bucket: opendata\n    events: {queue: sqs.example.fr/1/q}"}),
        [(7, 21, "bad_url", "https://sqs.example.fr/1/q")],
    ),
    # -- sources
    "unknown source": (with_lines({8: "  source: depots"}), [(8, 11, "source_unknown", "depot")]),
    "source name": (
        with_lines({4: "  Dépôt-Open__Data:", 8: "  source: Dépôt-Open__Data"}),
        [(4, 3, "source_name", "d_p_t_open_data")],
    ),
    "endpoint with a path": (
        with_lines({5: "    endpoint: https://s3.example.fr/opendata"}),
        [(5, 15, "endpoint_path", "https://s3.example.fr")],
    ),
    "endpoint without scheme": (
        with_lines({5: "    endpoint: s3.example.fr"}),
        [(5, 15, "bad_url", "https://s3.example.fr")],
    ),
    "bucket with a folder": (
        with_lines({6: "    bucket: opendata/musees"}),
        [(6, 13, "bad_bucket", "opendata")],
    ),
    # -- YAML
    "tab": (with_lines({8: "\tsource: depot"}), [(8, 1, "yaml_tab", "")]),
    "star without quotes": (
        with_lines({15: "        newest: *.csv"}),
        [(15, 17, "yaml_star", '"*.csv"')],
    ),
    "star in a list": (
        with_lines({8: "  source: depot\n  ignore: [*.tmp, a]"}),
        [(9, 12, "yaml_star", '"*.tmp"')],
    ),
    "at without quotes": (
        with_lines({8: "  source: depot\n  schedule:\n    cron: @daily"}),
        [(10, 11, "yaml_start", '"@daily"')],
    ),
    "brace without quotes": (
        with_lines({18: "      - each: {annee}.csv # an"}),
        [(18, 22, "yaml_start", '"{annee}.csv"')],
    ),
    "open quote": (with_lines({15: "        newest: 'a_*.csv"}), [(15, 17, "yaml_quote_open", "")]),
    "backslash": (
        with_lines({13: '        object: "a\\data.csv"'}),
        [(13, 20, "yaml_backslash", "")],
    ),
    "colon in a text": (
        with_lines({16: "  - dataset: festivals\n    name: A: B"}),
        [(17, 12, "yaml_colon", '"A: B"')],
    ),
    "wrong indentation": (
        with_lines({13: "          object: a.csv"}),
        [(13, 17, "yaml_indent", "")],
    ),
    "no colon": (with_lines({2: "portal"}), [(2, 1, "yaml_no_colon", "")]),
    "no colon in the last line of a part": (
        with_lines({8: "  source depot"}),
        [(8, 9, "yaml_no_colon", "")],
    ),
    "open bracket": (
        with_lines({8: "  source: depot\n  ignore: [a, b"}),
        [(9, 11, "yaml_bracket", "")],
    ),
    "two documents": (GOOD + "---\na: 1\n", [(19, 1, "yaml_documents", "")]),
    "control character": (
        with_lines({6: "    bucket: open\x01data"}),
        [(6, 17, "yaml_character", "")],
    ),
    "empty": ("", [(1, 1, "file_empty", "")]),
    "comments only": ("# nothing\n\n", [(1, 1, "file_empty", "")]),
    "list at the top": ("- a\n- b\n", [(1, 1, "not_a_mapping", "")]),
    "text at the top": ("bonjour\n", [(1, 1, "not_a_mapping", "")]),
    "no space after the first colon": (
        "version:1\n",
        [
            (1, 1, "missing_key", ""),
            (1, 1, "missing_key", "portal: https://www.data.gouv.fr"),
            (1, 1, "missing_key", ""),
            (1, 9, "yaml_space", ""),
        ],
    ),
    "alias of itself": ("version: &a [*a]\n", [(1, 10, "yaml_alias_loop", "")]),
    "deep": ("[" * 45 + "]" * 45, [(1, 42, "yaml_too_deep", "")]),
    "very deep": ("[" * 700, [(1, 42, "yaml_too_deep", "")]),
    # -- many at once
    "many at once": (
        with_lines(
            {
                1: "version: 3",
                5: "    endpoint: ftp://s3.example.fr",
                6: "    bucket: x\n    secret_access_key: WJALRXUTNFEMI",
                8: "  source: depots",
                13: "        objet: /liste.csv",
                14: f"      - resource: {R}",
                16: f"  - dataset: {D}",
            }
        ),
        [
            (1, 10, "bad_version", "1"),
            (5, 15, "bad_url", ""),
            (6, 13, "bad_bucket", ""),
            (7, 5, "secret_in_manifest", ""),
            (9, 11, "source_unknown", "depot"),
            (14, 9, "unknown_key", "object"),
            (15, 19, "resource_twice", ""),
            (17, 14, "dataset_twice", ""),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_manifest_gives_all_its_problems_with_their_places(case: str) -> None:
    text, expected = CASES[case]
    assert said(problems_of(text)) == expected


@pytest.mark.parametrize("case", CASES)
def test_windows_line_ends_and_a_byte_order_mark_change_no_place(case: str, tmp_path: Path) -> None:
    text, expected = CASES[case]
    file = tmp_path / "m.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    with pytest.raises(ManifestError) as caught:
        load(file)
    assert said(caught.value.problems) == expected


@pytest.mark.parametrize("case", CASES)
def test_every_problem_names_the_file_and_has_plain_facts(case: str) -> None:
    for problem in problems_of(CASES[case][0]):
        assert problem.file == "m.yaml"
        for fact in (*problem.reason.facts.values(), problem.suggestion):
            assert fact is None or len(str(fact)) <= 600
            assert "\n" not in str(fact)


# -- facts ---------------------------------------------------------------------------------------


def only(text: str) -> Problem:
    (problem,) = problems_of(text)
    return problem


def test_what_names_a_resource_beside_each_is_told_of_known() -> None:
    entry = f"      - each: f_{{annee}}.csv\n        resource: {R[:-1]}0"
    beside = only(with_lines({18: entry}))
    assert beside.reason.facts["belongs"] == "object, newest, known"
    assert "known: {2024:" in lesson(beside)
    matched = only(with_lines({15: "        object: festivals/f_2024.csv"}))
    assert "`known`" in lesson(matched)


def test_a_misplaced_key_says_where_it_belongs() -> None:
    problem = only(with_lines({13: "        object: a.csv\n        by: date"}))
    assert dict(problem.reason.facts) == {"key": "by", "belongs": "newest"}
    assert problem.path == "datasets[0].resources[0].by"


def test_a_wrong_type_says_what_was_read_and_expected() -> None:
    problem = only(with_lines({6: "    bucket: true"}))
    facts = {"expected": "text", "found": "flag", "read": "true"}
    assert dict(problem.reason.facts) == facts
    assert problem.path == "sources.depot.bucket"


def test_a_bad_cron_field_is_named() -> None:
    problem = only(with_lines({8: '  source: depot\n  schedule: {cron: "0 25 * * 1"}'}))
    assert problem.reason.facts["field"] == "hour"
    assert problem.reason.facts["value"] == "25"


def test_a_repeated_resource_names_the_line_of_the_first() -> None:
    assert only(with_lines({14: f"      - resource: {R}"})).reason.facts["first"] == 12


def test_a_known_key_of_another_form_says_which_one_is_meant() -> None:
    text = CASES["known of another form"][0]
    assert only(text).reason.facts["expected"] == "yyyy-mm"


def test_a_long_value_is_shortened() -> None:
    problem = only(with_lines({16: "  - dataset: " + "É" * 5000}))
    assert len(str(problem.reason.facts["read"])) == 80


def test_two_names_of_one_bucket_are_one_place() -> None:
    text = with_lines(
        {
            6: "    bucket: opendata\n  autre:\n"
            "    endpoint: https://S3.example.fr:443/\n    bucket: opendata",
            15: "        object: musees/liste.csv\n        source: autre",
        }
    )
    assert [p.reason.code for p in problems_of(text)] == ["object_twice"]


def test_the_same_key_in_two_buckets_is_two_objects() -> None:
    text = with_lines(
        {
            6: "    bucket: opendata\n  autre:\n"
            "    endpoint: https://s3.example.fr\n    bucket: autre",
            15: "        object: musees/liste.csv\n        source: autre",
        }
    )
    assert loads(text, "m.yaml")


def test_an_object_that_a_pattern_ignores_may_have_its_own_entry() -> None:
    text = with_lines(
        {
            13: "        object: exports/liste_a.csv",
            15: "        newest: exports/liste_*.csv\n        ignore: [liste_a.csv]",
        }
    )
    assert loads(text, "m.yaml")


def test_www_and_http_are_the_same_portal() -> None:
    text = with_lines(
        {
            2: "portal: https://www.data.gouv.fr",
            16: "  - dataset: http://data.gouv.fr/fr/datasets/festivals/",
        }
    )
    assert loads(text, "m.yaml").datasets[1].dataset == "festivals"


# -- secrets -------------------------------------------------------------------------------------

SECRET = "wJalrXUtnFEMI/K7MDENG"


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({6: f"    bucket: opendata\n    secret_access_key: {SECRET}"}, "secret_in_manifest"),
        ({6: f"    bucket: opendata\n    aws-secret-access-key: {SECRET}"}, "secret_in_manifest"),
        ({2: f"portal: https://demo.data.gouv.fr\napi_key: {SECRET}"}, "secret_in_manifest"),
        ({2: f"portal: https://demo.data.gouv.fr\nsecrets: [{SECRET}]"}, "secret_in_manifest"),
        ({4: f"  password: {SECRET}\n  depot:"}, "secret_in_manifest"),
        ({5: f"    endpoint: https://ak:{SECRET}@s3.example.fr"}, "bad_url"),
        ({5: "    endpoint: https://ak:wJalrXUtnFEMI@s3.example.fr"}, "secret_in_url"),
        ({2: "portal: https://ak:wJalrXUtnFEMI@demo.data.gouv.fr"}, "secret_in_url"),
        ({13: f"        object: https://s3.x.fr/a?X-Amz-Signature={SECRET}"}, "key_is_address"),
        ({6: f"    bucket: opendata\n    secret_key: @{SECRET}"}, "yaml_start"),
        ({6: f"    bucket: opendata\n    secret_key: *{SECRET}"}, "yaml_star"),
        ({6: f"    bucket: opendata\n    secret_key: a: {SECRET}"}, "yaml_colon"),
        ({6: f"    bucket: opendata\n    token: {SECRET}\n    token: {SECRET}"}, "duplicate_key"),
    ],
)
def test_a_secret_in_the_manifest_is_reported_and_never_shown(
    edits: dict[int, str | None], code: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        loads(with_lines(edits), "m.yaml")
    problems = caught.value.problems
    assert code in [p.reason.code for p in problems]
    assert "wJalr" not in repr(problems)
    assert "wJalr" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# -- files ---------------------------------------------------------------------------------------


def failing(path: Path) -> Problem:
    with pytest.raises(ManifestError) as caught:
        load(path)
    (problem,) = caught.value.problems
    return problem


def test_a_missing_file_is_one_problem_that_names_a_neighbour(tmp_path: Path) -> None:
    (tmp_path / "manifest.yml").write_text(GOOD)
    problem = failing(tmp_path / "manifest.yaml")
    assert problem.reason.code == "manifest_missing"
    assert problem.suggestion == str(tmp_path / "manifest.yml")


def test_a_folder_in_the_files_place_is_unreadable(tmp_path: Path) -> None:
    assert failing(tmp_path).reason.code == "manifest_unreadable"


def test_a_pipe_in_the_place_of_the_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.yaml")
    reason = failing(tmp_path / "manifest.yaml").reason
    assert (reason.code, reason.facts["detail"]) == ("manifest_unreadable", "not a regular file")


def test_latin_1_is_one_problem_with_its_place_and_letter(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes("version: 1\n# a\nname: musées\n".encode("latin-1"))
    problem = failing(file)
    assert (problem.reason.code, problem.line, problem.column) == ("not_utf8", 3, 10)
    assert problem.reason.facts["likely"] == "é"


def test_utf_16_is_one_problem(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(GOOD.encode("utf-16"))
    assert failing(file).reason.facts["encoding"] == "UTF-16"


@pytest.mark.parametrize("lead", [b"\xff\xfe", b"\xfe\xff"])
@pytest.mark.parametrize("rest", [b"", b"\n\0", GOOD.encode("utf-16-le"), GOOD.encode("utf-16-be")])
def test_utf_16_is_said_with_a_word(tmp_path: Path, lead: bytes, rest: bytes) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(lead + rest)
    assert str(failing(file).reason.facts["likely"]).strip()


@pytest.mark.parametrize("letter", range(0x80, 0x100))
def test_a_letter_that_is_not_utf_8_is_said_so_that_it_can_be_seen(
    tmp_path: Path, letter: int
) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(b"version: 1 " + bytes([letter]) + b"\n")
    assert str(failing(file).reason.facts["likely"]).strip()


@pytest.mark.parametrize(
    "tag",
    ["!%20", "!<%20>", "!<%C2%A0>", "!!", "!<tag:yaml.org,2002:>", "!a", "!<!>", "!"],
)
@pytest.mark.parametrize("value", ["a", "[a]", "{a: b}"])
def test_a_tag_is_never_said_without_its_name(tag: str, value: str) -> None:
    for problem in problems_of(with_lines({6: f"    bucket: {tag} {value}"}) + "bad: 1\n"):
        assert str(problem.reason.facts.get("tag", "!")).strip()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("htp//127.0.0.1:123", "http://127.0.0.1:123"),
        ("http//www.data.gouv.fr", "http://www.data.gouv.fr"),
        ("https:/www.data.gouv.fr", "https://www.data.gouv.fr"),
        ("https:www.data.gouv.fr", "https://www.data.gouv.fr"),
        ("htps://www.data.gouv.fr/fr/", "https://www.data.gouv.fr"),
        ("ttps://www.data.gouv.fr", "https://www.data.gouv.fr"),
        ("https;//www.data.gouv.fr", "https://www.data.gouv.fr"),
        (r"https:\\www.data.gouv.fr", "https://www.data.gouv.fr"),
        ("www.data.gouv.fr", "https://www.data.gouv.fr"),
        ("localhost:7000", "https://localhost:7000"),
        ("ftp://www.data.gouv.fr", ""),
        ("s3://www.data.gouv.fr", ""),
        ("http://", ""),
    ],
)
def test_an_address_with_a_misspelt_scheme_is_proposed_with_the_right_one(
    written: str, meant: str
) -> None:
    problem = only(with_lines({2: f"portal: '{written}'"}))
    assert (problem.reason.code, problem.suggestion) == ("bad_url", meant)


def test_a_file_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("# x\n" * (10 * 1024 * 1024 // 4))
    problem = failing(file)
    assert problem.reason.code == "file_too_large"
    assert problem.reason.facts["limit"] == MAX_BYTES


def test_an_alias_bomb_is_one_problem() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.thread_time()
    assert [p.reason.code for p in problems_of("\n".join(levels))] == ["yaml_alias_bomb"]
    assert time.thread_time() - started < 5


@given(st.text(max_size=200))
@settings(max_examples=examples(150))
def test_any_text_loads_or_is_a_manifest_error(text: str) -> None:
    with pytest.raises(ManifestError):
        loads(text, "m.yaml")


LINES = st.sampled_from([*GOOD.splitlines(), "\t", "  ", "- a", "&a", "*a", "? b", "{", "]", "%"])


@given(st.lists(LINES, max_size=25), st.text(alphabet="{}[]*&!|>'\"%@`#:,-? \n\tab1", max_size=12))
@settings(max_examples=examples(150))
def test_any_shuffled_manifest_loads_or_is_a_manifest_error(lines: list[str], noise: str) -> None:
    try:
        loads("\n".join(lines) + noise, "m.yaml")
    except ManifestError as error:
        problems = error.problems
    else:
        return
    assert problems
    assert list(problems) == sorted(problems, key=lambda p: (p.line, p.column))


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.stress)])
def test_thousands_of_targets_load(count: int) -> None:
    lines = GOOD.splitlines()[:9]
    for at in range(count // 100):
        lines += [f"  - dataset: {at:024x}", "    resources:"]
        for number in range(50):
            lines += [
                f"      - resource: {uuid.uuid4()}",
                f"        object: plat/f_{at}_{number}.csv",
            ]
            lines += [
                f"      - resource: {uuid.uuid4()}",
                f"        newest: plat/n_{at}_{number}_*",
            ]
    started = time.thread_time()
    manifest = loads("\n".join(lines), "m.yaml")
    assert sum(len(d.targets) for d in manifest.datasets) == count
    # Ten thousand take some 5 s; hours, if it grew with the square.
    assert time.thread_time() - started < count / 100
