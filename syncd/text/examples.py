"""What the parts of a manifest look like when they are right: shown where a problem leaves that open.

YAML is the same in every language: nothing here is translated.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.errors import Problem

Lines = tuple[str, ...]

# By the key that a problem is about.
OF_KEY: Mapping[str, Lines] = {
    "version": ("version: 1",),
    "portal": ("portal: https://www.data.gouv.fr",),
    "schema": ("schema: etalab/schema-irve-statique@2.3.1",),
    "timezone": ("timezone: Europe/Paris",),
    "sources": (
        "sources:",
        "  depot:",
        "    endpoint: https://s3.example.fr",
        "    bucket: publication-opendata",
    ),
    "endpoint": ("endpoint: https://s3.example.fr",),
    "bucket": ("bucket: publication-opendata",),
    "addressing": ("addressing: path",),
    "use_proxy": ("use_proxy: true",),
    "events": ("events: {queue: https://sqs.eu-west-3.amazonaws.com/123456789012/depot}",),
    "queue": ("events: {queue: https://sqs.eu-west-3.amazonaws.com/123456789012/depot}",),
    "defaults": ("defaults:", "  source: depot", "  schedule: {every: 15m}"),
    "source": ("source: depot",),
    "schedule": ("schedule: {every: 15m}", 'schedule: {cron: "0 6 * * mon-fri"}'),
    "every": ("schedule: {every: 15m}",),
    "before": ('expect: {before: "31 march"}',),
    "cron": ('schedule: {cron: "0 6 * * mon-fri"}',),
    "expect": ("expect: {every: 7d, grace: 1d}", 'expect: {before: "31 march"}'),
    "settle": ("settle: 2m",),
    "drift": ("drift: report",),
    "unchanged": ("unchanged: content",),
    "publish": ("publish: link", "publish: {copy: public_bucket}"),
    "copy": ("publish: {copy: public_bucket}",),
    "ignore": ('ignore: ["~$*", "*.tmp"]',),
    "guards": ("guards: {shrink: 80%, year: off}", "guards: off"),
    "shrink": ("guards: {shrink: 80%}",),
    "rows": ("guards: {rows: 80%}",),
    "thematic": (
        "thematic:",
        "  - name: culture.data.gouv.fr",
        "    address: https://culture.data.gouv.fr",
        "    topic: univers-culture",
    ),
    "address": ("address: https://culture.data.gouv.fr",),
    "topic": ("topic: univers-culture",),
    "tags": ("tags: [musee, cinema]",),
    "datasets": (
        "datasets:",
        "  - dataset: 5d2c4f6e8b4c4110c5a1b2c3",
        "    resources:",
        "      - resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975",
        "        object: musees/liste_musees.csv",
    ),
    "dataset": (
        "- dataset: 5d2c4f6e8b4c4110c5a1b2c3",
        "- dataset: https://www.data.gouv.fr/datasets/liste-des-musees-de-france/",
    ),
    "name": ("name: Liste des musées de France",),
    "contact": ("contact: musees@example.fr",),
    "resources": (
        "resources:",
        "  - resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975",
        "    object: musees/liste_musees.csv",
    ),
    "resource": (
        "- resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975",
        "- resource: https://www.data.gouv.fr/datasets/r/47ac11c2-8a00-46a7-9fa8-9b802643f975",
    ),
    "object": ("object: musees/liste_musees.csv",),
    "newest": ('newest: "exports/liste_musees_*.csv"',),
    "each": ('- each: "festivals/festivals_{annee:yyyy}.csv"',),
    "title": ('title: "Festivals {annee}"',),
    "create": ("create: true",),
    "known": ("known: {2024: 47ac11c2-8a00-46a7-9fa8-9b802643f975}",),
    "by": ("by: date",),
    "paused": ('paused: "nouveau fichier attendu en mars"',),
}

# By the problem itself, where it has no key of the manifest.
OF_CODE: Mapping[str, Lines] = {
    "file_empty": ("version: 1", *OF_KEY["portal"]),
    "not_a_mapping": ("version: 1", *OF_KEY["portal"]),
    "rule_missing": (*OF_KEY["object"], *OF_KEY["newest"]),
    "yaml_indent": OF_KEY["resources"],
    "yaml_bracket": OF_KEY["ignore"],
    "yaml_quote_open": ('object: "musees/liste_musees.csv"',),
    "yaml_backslash": OF_KEY["object"],
    "yaml_no_colon": OF_KEY["portal"],
    "yaml_key": OF_KEY["source"],
    "yaml_merge": OF_KEY["defaults"],
    "yaml_star": OF_KEY["newest"],
    "yaml_start": OF_KEY["each"],
    "secret_in_manifest": (
        "SYNCD_API_KEY=…",
        "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID=…",
        "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY=…",
    ),
}

_PUBLIC_ADDRESS: Lines = ("address: https://open.example.fr/{key}",)  # of a source

# Problems of one value, of which the form of its key says what was expected.
_OF_VALUES = frozenset(
    {
        "bad_bucket",
        "bad_publish",
        "bad_choice",
        "bad_dataset",
        "bad_duration",
        "bad_email",
        "bad_limit",
    }
    | {"bad_day", "bad_schema_name", "expect_choice", "no_such_day"}
    | {
        "bad_resource",
        "bad_timezone",
        "bad_topic",
        "bad_url",
        "bad_version",
        "cron_field",
        "cron_fields",
    }
    | {"cron_name", "cron_never", "dataset_as_resource", "each_without_variable", "empty_list"}
    | {"empty_value", "invalid_value", "key_folder", "key_is_address", "key_wildcard"}
    | {"known_key", "missing_key", "newest_without_wildcard", "pattern_brace", "pattern_kind"}
    | {"pattern_name", "pattern_twice", "resource_as_dataset", "schedule_choice", "title_brace"}
    | {"title_variable", "wrong_type"}
)


def form_for(found: Problem) -> Lines:
    """An example of what belongs there; nothing where the sentence itself says what to do."""
    if found.reason.code in OF_CODE:
        return OF_CODE[found.reason.code]
    if "known" in str(found.reason.facts.get("belongs", "")).split(", "):
        return OF_KEY["known"]
    if found.reason.code not in _OF_VALUES:
        return ()
    steps = found.path.replace("]", "").replace("[", ".").split(".")
    if found.path.startswith("sources.") and steps[-1] == "address":
        return _PUBLIC_ADDRESS
    named = [step for step in steps if step in OF_KEY]
    return OF_KEY[named[-1]] if named else ()
