"""The numbers that Prometheus reads: which there are, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY, Metric, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families

from syncd import __version__
from syncd.core.reasons import because
from syncd.core.records import Outcome
from syncd.core.results import CONFIG, FAILED, OK, PERSON, Result
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts
from tests.support.builders import NOW
from tests.support.readiness_builders import WELL

D1, D2 = "5d2c4f6e8b4c4110c5a1b2c3", "62cf95993d99f22480f49334"
# Changing one of these breaks alerts and dashboards of people whom we do not know.
OURS = {
    "syncd_info": "gauge",
    "syncd_ready": "gauge",
    "syncd_cycles": "counter",
    "syncd_outcomes": "counter",
    "syncd_targets": "gauge",
    "syncd_published_bytes": "counter",
    "syncd_cycle_seconds": "histogram",
    "syncd_retries": "counter",
    "syncd_events": "counter",
    "syncd_last_event_timestamp_seconds": "gauge",
    "syncd_event_queue_reachable": "gauge",
    "syncd_last_success_timestamp_seconds": "gauge",
    "syncd_seconds_since_last_success": "gauge",
    "syncd_unclaimed_objects": "gauge",
    "syncd_dataset_late": "gauge",
    "syncd_cycle_overdue": "gauge",
    "syncd_manifest_valid": "gauge",
    "syncd_manifest_held": "gauge",
    "syncd_key_expiry_timestamp_seconds": "gauge",
    "syncd_notifications_unsent": "gauge",
    "syncd_portal_reachable": "gauge",
    "syncd_source_reachable": "gauge",
    "syncd_key_refused": "gauge",
    "syncd_source_key_refused": "gauge",
}


@dataclass
class Service:
    """What the numbers are asked of."""

    facts: Facts = WELL
    succeeded: Mapping[str, datetime] = field(default_factory=dict)
    expiry: datetime | None = None
    unsent: int = 0

    def metrics(self) -> Metrics:
        metrics = Metrics()
        metrics.ask(
            facts=lambda: self.facts,
            last_success=lambda: self.succeeded,
            key_expiry=lambda: self.expiry,
            unsent=lambda: self.unsent,
        )
        return metrics


def families(metrics: Metrics) -> dict[str, Metric]:
    text = generate_latest(metrics.registry).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """The samples of one name, by the values of their labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in families(metrics).values()
        for sample in family.samples
        if sample.name == name
    }


def result(outcome: Outcome, size: int | None = None, key: str = "secret-object.csv") -> Result:
    return Result(D1, "Musées", "", None, "Liste", key, outcome, because("new_bytes"), size=size)


def test_the_names_and_types_are_these_and_no_others() -> None:
    metrics = Service().metrics()
    metrics.cycle_done(D1, [result(Outcome.REPLACED, 3)], 0.2, OK)

    found = {name: family.type for name, family in families(metrics).items()}

    assert {n: t for n, t in found.items() if not n.startswith(("process_", "python_"))} == OURS
    assert {"process_resident_memory_bytes", "process_open_fds", "python_info"} <= set(found)


def test_each_name_has_an_explanation() -> None:
    assert [n for n, f in families(Service().metrics()).items() if not f.documentation] == []


def test_the_other_format_can_be_read_as_well() -> None:
    metrics = Service().metrics()
    metrics.cycle_done(D1, [result(Outcome.REPLACED, 3)], 0.2, OK)
    text = openmetrics.generate_latest(metrics.registry).decode()

    found = {family.name for family in openmetrics_parser.text_string_to_metric_families(text)}

    assert {name for name in OURS if name != "syncd_info"} | {"syncd"} <= found
    assert "_created" not in text


def test_the_version_is_told() -> None:
    assert samples(Service().metrics(), "syncd_info") == {(__version__,): 1}


def test_two_services_in_one_process_do_not_share_their_numbers() -> None:
    first, second = Service().metrics(), Service().metrics()
    first.retried("s3")

    assert samples(second, "syncd_retries_total") == {("portal",): 0, ("s3",): 0}
    assert not [m.name for m in REGISTRY.collect() if m.name.startswith("syncd")]


@pytest.mark.parametrize(
    ("exit_code", "word"), [(OK, "ok"), (PERSON, "person"), (FAILED, "failed"), (CONFIG, "failed")]
)
def test_a_cycle_counts_by_its_result(exit_code: int, word: str) -> None:
    metrics = Service().metrics()
    metrics.expect([D1])
    metrics.cycle_done(D1, [], 2.0, exit_code)

    counted = samples(metrics, "syncd_cycles_total")

    assert counted == {(D1, w): float(w == word) for w in ("ok", "person", "failed")}
    assert samples(metrics, "syncd_cycle_seconds_count") == {(): 1}
    assert samples(metrics, "syncd_cycle_seconds_sum") == {(): 2.0}


def test_outcomes_add_up_over_cycles_and_targets_show_the_last_one() -> None:
    metrics = Service().metrics()
    metrics.cycle_done(D1, [result(Outcome.REPLACED, 9), result(Outcome.HELD)], 1.0, PERSON)
    metrics.cycle_done(D1, [result(Outcome.UNCHANGED), result(Outcome.HELD)], 1.0, PERSON)

    outcomes, targets = samples(metrics, "syncd_outcomes_total"), samples(metrics, "syncd_targets")

    assert {w: n for w, n in outcomes.items() if n} == {
        ("replaced",): 1,
        ("held",): 2,
        ("unchanged",): 1,
    }
    assert {key: n for key, n in targets.items() if n} == {(D1, "unchanged"): 1, (D1, "held"): 1}
    assert targets[D1, "replaced"] == 0


def test_only_what_went_online_counts_as_published() -> None:
    metrics = Service().metrics()
    sent = [result(Outcome.REPLACED, 1000), result(Outcome.CREATED, 24)]
    kept = [result(Outcome.HELD, 500), result(Outcome.UNCHANGED, 7), result(Outcome.REPLACED)]
    metrics.cycle_done(D1, sent + kept, 1.0, PERSON)

    assert samples(metrics, "syncd_published_bytes_total") == {(): 1024}


def test_a_cycle_that_broke_off_leaves_the_targets_as_they_were_known() -> None:
    metrics = Service().metrics()
    metrics.cycle_done(D1, [result(Outcome.UNCHANGED)], 1.0, OK)
    metrics.cycle_done(D1, [], 1.0, FAILED)

    assert samples(metrics, "syncd_targets")[D1, "unchanged"] == 1


def test_a_dataset_that_left_the_manifest_leaves_the_numbers() -> None:
    metrics = Service().metrics()
    metrics.expect([D1, D2])
    for dataset in (D1, D2):
        metrics.cycle_done(dataset, [result(Outcome.UNCHANGED)], 1.0, OK)
    metrics.forget([D1, "never-known"])

    for name in ("syncd_cycles_total", "syncd_targets", "syncd_dataset_late"):
        assert {key[0] for key in samples(metrics, name)} == {D2}


def test_a_dataset_is_there_with_zeros_before_its_first_cycle() -> None:
    metrics = Service().metrics()
    metrics.expect([D1])

    assert samples(metrics, "syncd_dataset_late") == {(D1,): 0}
    assert samples(metrics, "syncd_cycles_total")[D1, "failed"] == 0


def test_the_age_of_the_last_success_grows_by_itself() -> None:
    service = Service(succeeded={D1: NOW - timedelta(minutes=10)})
    metrics = service.metrics()

    assert samples(metrics, "syncd_seconds_since_last_success") == {(D1,): 600}
    service.facts = replace(WELL, now=NOW + timedelta(minutes=5))
    assert samples(metrics, "syncd_seconds_since_last_success") == {(D1,): 900}
    stamp = (NOW - timedelta(minutes=10)).timestamp()
    assert samples(metrics, "syncd_last_success_timestamp_seconds") == {(D1,): stamp}


def test_late_and_overdue_datasets_are_told_apart_from_the_others() -> None:
    facts = replace(WELL, late=(D1,), overdue=(D2,))
    metrics = Service(facts, {D1: NOW, D2: NOW}).metrics()

    assert samples(metrics, "syncd_dataset_late") == {(D1,): 1, (D2,): 0}
    assert samples(metrics, "syncd_cycle_overdue") == {(D1,): 0, (D2,): 1}
    assert samples(metrics, "syncd_ready") == {(): 0}


@pytest.mark.parametrize(
    ("manifest", "valid", "held"), [("valid", 1, 0), ("invalid", 0, 0), ("held", 1, 1)]
)
def test_the_manifest_is_valid_or_not_and_held_or_not(manifest: str, valid: int, held: int) -> None:
    metrics = Service(replace(WELL, manifest=manifest)).metrics()

    assert samples(metrics, "syncd_manifest_valid") == {(): valid}
    assert samples(metrics, "syncd_manifest_held") == {(): held}
    assert samples(metrics, "syncd_ready") == {(): float(manifest == "valid")}


def test_what_is_not_known_has_no_number() -> None:
    service = Service(replace(WELL, portal=None, sources={"new": None, "down": False, "up": True}))
    metrics = service.metrics()

    assert samples(metrics, "syncd_portal_reachable") == {}
    assert samples(metrics, "syncd_source_reachable") == {("down",): 0, ("up",): 1}
    assert samples(metrics, "syncd_key_expiry_timestamp_seconds") == {}

    service.facts, service.expiry, service.unsent = replace(WELL, portal=False), NOW, 3
    assert samples(metrics, "syncd_portal_reachable") == {(): 0}
    assert samples(metrics, "syncd_key_expiry_timestamp_seconds") == {(): NOW.timestamp()}
    assert samples(metrics, "syncd_notifications_unsent") == {(): 3}


def test_retries_count_by_whom_they_went_to() -> None:
    metrics = Service().metrics()
    metrics.retried("portal")

    assert samples(metrics, "syncd_retries_total") == {("portal",): 1, ("s3",): 0}


def test_the_series_grow_with_the_datasets_and_with_nothing_else() -> None:
    metrics = Service().metrics()
    counts = []
    for turn in range(2):
        many = [result(Outcome.FAILED, key=f"secret-object-{turn}-{n}.csv") for n in range(50)]
        metrics.cycle_done(D1, many, 1.0, FAILED)
        counts.append(sum(len(family.samples) for family in families(metrics).values()))

    assert counts[0] == counts[1]
    assert b"secret-object" not in generate_latest(metrics.registry)


def test_a_refused_key_is_no_portal_that_cannot_be_reached() -> None:
    refused = replace(
        WELL,
        portal=False,
        key_refused=True,
        sources={"a": False, "b": False, "c": True},
        sources_refusing=frozenset({"a"}),
    )
    metrics = Service(refused).metrics()

    assert samples(metrics, "syncd_portal_reachable") == {(): 1}
    assert samples(metrics, "syncd_key_refused") == {(): 1}
    assert samples(metrics, "syncd_source_reachable") == {("a",): 1, ("b",): 0, ("c",): 1}
    assert samples(metrics, "syncd_source_key_refused") == {("a",): 1, ("b",): 0, ("c",): 0}
    assert samples(metrics, "syncd_ready") == {(): 0}


def test_unclaimed_objects_are_counted_by_dataset_until_it_leaves_the_manifest() -> None:
    metrics = Service().metrics()
    metrics.expect([D1])
    metrics.unclaimed(D1, 3)
    assert samples(metrics, "syncd_unclaimed_objects") == {(D1,): 3}

    metrics.forget([D1])

    assert samples(metrics, "syncd_unclaimed_objects") == {}
