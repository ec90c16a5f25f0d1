"""What a sound manifest becomes."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from syncd.config.manifest import DEFAULT_IGNORE, LoadedManifest, load, loads
from syncd.config.manifest.times import cron, duration
from syncd.config.manifest.values import growth, loss
from syncd.core.objects import Location
from syncd.core.targets import EachRule, GuardPolicy, NewestRule, ObjectRule, Place, Target
from tests.support.manifest_builders import GOOD, problems_of

EXAMPLE = Path(__file__).parents[3] / "config" / "manifest.example.yaml"

HEAD = """\
version: 1
portal: HTTPS://Demo.data.gouv.fr:443/fr/
sources:
  depot:
    endpoint: https://s3.example.fr/
    bucket: opendata
"""
R = "47ac11c2-8a00-46a7-9fa8-9b802643f975"


def loaded(defaults: str, dataset: str = "", target: str = "object: a.csv") -> LoadedManifest:
    return loads(
        f"{HEAD}defaults: {{source: depot, {defaults}}}\n"
        f"datasets:\n  - dataset: musees\n    {dataset}\n    resources:\n"
        f"      - resource: {R}\n        {target}\n",
        "m.yaml",
    )


def target_of(manifest: LoadedManifest) -> Target:
    return manifest.datasets[0].targets[0]


def guards(defaults: str, dataset: str = "", target: str = "") -> GuardPolicy:
    return target_of(
        loaded(
            f"guards: {defaults}" if defaults else "",
            f"guards: {dataset}" if dataset else "",
            "object: a.csv" + (f"\n        guards: {target}" if target else ""),
        )
    ).guards


def test_the_example_loads_and_its_digest_is_that_of_its_bytes() -> None:
    manifest = load(EXAMPLE)
    assert manifest.digest == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert manifest.portal == "https://demo.data.gouv.fr"
    assert [d.dataset for d in manifest.datasets] == [
        "5d2c4f6e8b4c4110c5a1b2c3",
        "liste-des-festivals-en-france",
    ]
    rules = [target.rule for dataset in manifest.datasets for target in dataset.targets]
    assert isinstance(rules[0], ObjectRule)
    assert isinstance(rules[1], NewestRule)
    assert isinstance(rules[2], EachRule)
    assert rules[2].known == {"2024": "1b9e8c0a-7f60-4d1e-8a55-0c4f5b0d9a21"}


def test_what_is_not_said_has_its_default() -> None:
    manifest = loaded("")
    target = target_of(manifest)
    assert manifest.timezone == ZoneInfo("Europe/Paris")
    assert manifest.portal == "https://demo.data.gouv.fr"
    source = manifest.sources["depot"]
    assert source.location == Location("https://s3.example.fr", "opendata")
    assert (source.region, source.addressing, source.use_proxy) == ("us-east-1", "auto", False)
    assert manifest.datasets[0].schedule.every == timedelta(minutes=15)
    assert (manifest.datasets[0].name, manifest.datasets[0].contact) == ("", None)
    assert target.settle == timedelta(0)
    assert target.ignore == DEFAULT_IGNORE
    assert not target.republish
    assert target.source == "depot"
    assert target.guards == GuardPolicy({}, {"shrink": 0.5, "rows": 0.5})


def test_each_entry_knows_its_place() -> None:
    manifest = loaded("")
    assert manifest.datasets[0].place == Place(9, 5)
    assert target_of(manifest).place == Place(12, 9)


def test_the_nearest_layer_counts() -> None:
    manifest = loaded(
        "settle: 1m, drift: republish, ignore: [a], schedule: {cron: '@daily'}",
        "settle: 2m\n    schedule: {every: 1h30m}\n    ignore: []",
        "newest: a*\n        settle: 0s\n        drift: report\n        by: name",
    )
    target = target_of(manifest)
    assert target.settle == timedelta(0)
    assert not target.republish
    assert target.ignore == ()
    assert isinstance(target.rule, NewestRule)
    assert target.rule.by == "name"
    assert manifest.datasets[0].schedule.every == timedelta(minutes=90)
    assert manifest.datasets[0].schedule.cron is None


def test_a_target_may_have_a_source_of_its_own() -> None:
    text = HEAD + (
        "  autre: {endpoint: http://localhost:8333, bucket: autre, addressing: path,"
        " region: fr-par, use_proxy: true}\n"
        f"datasets: [{{dataset: m, source: depot, resources: ["
        f"{{resource: {R}, object: a, source: autre}}]}}]"
    )
    manifest = loads(text, "m.yaml")
    assert target_of(manifest).source == "autre"
    assert manifest.sources["autre"].use_proxy
    assert manifest.sources["autre"].endpoint == "http://localhost:8333"


def test_a_source_may_have_a_queue_of_events() -> None:
    queue = "https://sqs.eu-west-3.amazonaws.com/123456789012/depot"
    text = GOOD.replace(
        "    bucket: opendata\n", f"    bucket: b1-x\n    events: {{queue: {queue}}}\n"
    )
    assert loads(text, "m.yaml").sources["depot"].queue == queue
    for bad in ("https://sqs.example.fr", "ftp://x/y", "https://u:p@sqs.example.fr/1/q"):
        (found,) = problems_of(text.replace(queue, bad))
        assert found.path == "sources.depot.events.queue"


def test_guards_are_laid_over_each_other_guard_by_guard() -> None:
    policy = guards("{shrink: 80%, empty: warn}", "{empty: 'off', brake: warn}", "{shrink: warn}")
    assert policy.levels == {"empty": "off", "shrink": "warn", "brake": "warn"}
    assert policy.limits["shrink"] == 0.8


def test_bytes_and_rows_have_limits_of_their_own() -> None:
    policy = guards("{shrink: 80%}", "", "{rows: 10%}")
    assert policy.limits == {"shrink": 0.8, "rows": 0.1}
    assert policy.levels == {"shrink": "hold", "rows": "hold"}


def test_guards_off_is_the_text_off_and_turns_all_off() -> None:
    assert set(guards("off").levels.values()) == {"off"}


def test_a_nearer_layer_turns_one_guard_on_again() -> None:
    policy = guards("", "off", "{shrink: 12.5%}")
    assert policy.levels["shrink"] == "hold"
    assert policy.levels["empty"] == "off"
    assert policy.limits["shrink"] == 0.125


def test_keys_of_known_are_their_text_as_written() -> None:
    manifest = loads(
        HEAD + "datasets:\n  - dataset: m\n    source: depot\n    resources:\n"
        "      - each: f_{m}.csv\n        title: 2024\n        known:\n"
        f"          03: {R}\n          2024: 8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11\n"
        "          0x1F: https://demo.data.gouv.fr/fr/datasets/r/"
        "9f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11\n",
        "m.yaml",
    )
    rule = target_of(manifest).rule
    assert isinstance(rule, EachRule)
    assert rule.known == {
        "03": R,
        "2024": "8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11",
        "0x1F": "9f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11",
    }
    assert rule.title == "2024"
    assert not rule.create


@pytest.mark.parametrize("identifier", ["534567891234567890123456", "5345678901234567890123e4"])
def test_a_dataset_id_that_looks_like_a_number_stays_an_id(identifier: str) -> None:
    text = (
        HEAD + f"datasets: [{{dataset: {identifier}, resources: [{{each: '*', source: depot}}]}}]"
    )
    assert loads(text, "m.yaml").datasets[0].dataset == identifier


@pytest.mark.parametrize(
    "written",
    [
        "https://demo.data.gouv.fr/fr/datasets/musees/",
        "https://demo.data.gouv.fr/datasets/musees?page=2#/resources",
        "https://demo.data.gouv.fr/api/1/datasets/musees/",
        "https://demo.data.gouv.fr/admin/datasets/musees",
    ],
)
def test_a_dataset_may_be_the_address_of_its_page(written: str) -> None:
    text = HEAD + f"datasets: [{{dataset: '{written}', resources: [{{each: '*', source: depot}}]}}]"
    assert loads(text, "m.yaml").datasets[0].dataset == "musees"


def test_aliases_may_be_used() -> None:
    manifest = loads(
        HEAD + "datasets:\n"
        "  - {dataset: a, source: depot, guards: &g {empty: warn}, resources: [{each: a/*}]}\n"
        "  - {dataset: b, source: depot, guards: *g, resources: [{each: b/*}]}\n",
        "m.yaml",
    )
    assert [d.targets[0].guards.levels["empty"] for d in manifest.datasets] == ["warn", "warn"]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("31 march", [(3, 31)]),
        ("31 mars", [(3, 31)]),
        ("March 31st", [(3, 31)]),
        ("1er août", [(8, 1)]),
        ("29 février", [(2, 29)]),
        ("[30 septembre, 31 Mars, 31 march]", [(3, 31), (9, 30)]),
    ],
)
def test_days_are_read_as_people_write_them(written: str, days: list[tuple[int, int]]) -> None:
    text = HEAD + (
        f"datasets:\n  - {{dataset: a, source: depot, expect: {{before: {written}, grace: 2d}}, "
        "resources: [{each: a/*}]}\n"
    )
    expect = loads(text, "m.yaml").datasets[0].targets[0].expect
    assert expect is not None
    assert [(one.month, one.day) for one in expect.before] == days
    assert expect.timezone == ZoneInfo("Europe/Paris")


@given(st.integers(0, 9999), st.integers(0, 9999), st.integers(0, 9999), st.integers(0, 9999))
def test_durations_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    written = f"{days}d{hours}h{minutes}m{seconds}s"
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert duration(written) == expected


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_refused_with_a_suggestion_that_is_one(text: str) -> None:
    try:
        assert duration(text) >= timedelta(0)
    except PydanticCustomError as error:
        suggestion = (error.context or {}).get("suggestion", "")
        assert not suggestion or duration(suggestion) >= timedelta(0)


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ("@daily", "0 0 * * *"),
        ("@Hourly", "0 * * * *"),
        ("0  6 * * mon-fri", "0 6 * * mon-fri"),
        ("*/5 8-18 1,15 jan-jun 7", "*/5 8-18 1,15 jan-jun 7"),
    ],
)
def test_cron_becomes_five_fields(written: str, fields: str) -> None:
    assert cron(written) == fields


@pytest.mark.parametrize(
    ("written", "limit"), [("80%", 0.8), ("80 %", 0.8), ("0%", 0), ("100%", 1), ("12.5%", 0.125)]
)
def test_a_limit_is_a_share(written: str, limit: float) -> None:
    assert loss(written).limit == limit
    assert loss(written).level == "hold"


@pytest.mark.parametrize(
    ("written", "level", "limit"),
    [("10x", "hold", 10), ("2.5 x", "hold", 2.5), ("warn", "warn", None), ("off", "off", None)],
)
def test_a_limit_of_growth_is_so_many_times(written: str, level: str, limit: float | None) -> None:
    assert (growth(written).level, growth(written).limit) == (level, limit)


@pytest.mark.parametrize(
    ("written", "suggestion"), [("10", "10x"), ("0x", ""), ("50%", ""), ("hodl", "hold")]
)
def test_other_limits_of_growth_are_refused(written: str, suggestion: str) -> None:
    with pytest.raises(PydanticCustomError) as error:
        growth(written)
    assert (error.value.context or {}).get("suggestion", "") == suggestion


@pytest.mark.parametrize("written", ["101%", "-1%", "%", "80 percent", ""])
def test_other_limits_are_refused(written: str) -> None:
    with pytest.raises(PydanticCustomError):
        loss(written)
