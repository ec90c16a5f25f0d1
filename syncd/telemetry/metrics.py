"""What Prometheus can ask of the service: numbers about data, labelled by dataset and source.

Names and HELP texts are a machine's interface, so they are English in every language. No label
ever holds an object's name, and each has few values: datasets and sources of the manifest, and
outcomes.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from syncd import __version__
from syncd.core.records import Outcome
from syncd.core.results import FAILED, OK, PERSON, Result
from syncd.telemetry.readiness import Facts, not_ready

# A cycle in which nothing changed takes well under a second; one over many large files, hours.
CYCLE_BUCKETS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400)  # seconds
HOST_KINDS = ("portal", "s3")
EventResult = Literal["claimed", "unclaimed", "refused"]
EVENT_RESULTS: Sequence[EventResult] = ("claimed", "unclaimed", "refused")
CYCLE_RESULTS = {OK: "ok", PERSON: "person", FAILED: "failed"}  # by exit code

# Otherwise the text format has a second series, `…_created`, beside each counter's.
disable_created_metrics()  # type: ignore[no-untyped-call]  # its makers gave it no types


class Metrics:
    """The service tells what happened; what is the case is asked for at each scrape (`ask`)."""

    def __init__(self) -> None:
        self._targets: dict[str, Mapping[str, int]] = {}  # dataset -> outcome -> how many
        self._unclaimed: dict[str, int] = {}  # dataset -> how many

        self.registry = CollectorRegistry()  # our own: what libraries register is not ours to show
        Info("syncd", "The version that runs", registry=self.registry).info(
            {"version": __version__}
        )
        self._cycles = Counter(
            "syncd_cycles_total",
            "Cycles by dataset and result: ok, person (someone must look), failed",
            ["dataset", "result"],
            registry=self.registry,
        )
        self._outcomes = Counter(
            "syncd_outcomes_total",
            "What became of targets in cycles, by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self._bytes = Counter(
            "syncd_published_bytes_total",
            "Bytes of the files that were put online",
            registry=self.registry,
        )
        self._seconds = Histogram(
            "syncd_cycle_seconds",
            "How long cycles take",
            buckets=CYCLE_BUCKETS,
            registry=self.registry,
        )
        self._retries = Counter(
            "syncd_retries_total",
            "Requests that were made again, by whom they went to: portal, s3",
            ["host_kind"],
            registry=self.registry,
        )
        self._events = Counter(
            "syncd_events_total",
            "What S3 servers told of new objects, by source and result: claimed (a look follows), "
            "unclaimed, refused (without a source: of one that nobody may tell of)",
            ["source", "result"],
            registry=self.registry,
        )
        # A rate needs the zero before the one.
        for outcome in Outcome:
            self._outcomes.labels(outcome.value)
        for kind in HOST_KINDS:
            self._retries.labels(kind)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def ask(
        self,
        *,
        facts: Callable[[], Facts],
        last_success: Callable[[], Mapping[str, datetime]],
        key_expiry: Callable[[], datetime | None],
        unsent: Callable[[], int],
        last_event: Callable[[], Mapping[str, datetime]] = dict,
        event_queues: Callable[[], Mapping[str, bool]] = dict,
    ) -> None:
        """Show these from now on, read anew at each scrape; `last_success`: by dataset id,
        `last_event`, `event_queues`: by source.

        They are called from the threads that answer scrapes. What they raise ends that scrape.
        """

        def present() -> Iterator[Metric]:
            yield from self._present(facts(), last_success(), key_expiry(), unsent())
            yield from _events(last_event(), event_queues())

        self.registry.register(_Present(present))

    def expect(self, datasets: Iterable[str]) -> None:
        """These datasets are in the manifest: their series begin, at zero."""
        for dataset in datasets:
            self._targets.setdefault(dataset, {})
            for word in CYCLE_RESULTS.values():
                self._cycles.labels(dataset, word)

    def cycle_done(
        self, dataset: str, results: Sequence[Result], seconds: float, exit_code: int
    ) -> None:
        """A cycle over one dataset ended; without results where it broke off before the first."""
        self._cycles.labels(dataset, CYCLE_RESULTS.get(exit_code, "failed")).inc()
        self._seconds.observe(seconds)
        tally = Tally(result.outcome.value for result in results)
        for outcome, count in tally.items():
            self._outcomes.labels(outcome).inc(count)
        sent = (r.size or 0 for r in results if r.outcome in {Outcome.REPLACED, Outcome.CREATED})
        self._bytes.inc(sum(sent))
        if results or exit_code != FAILED:  # a cycle that broke off says nothing of the targets
            self._targets[dataset] = {o.value: tally[o.value] for o in Outcome}

    def unclaimed(self, dataset: str, count: int) -> None:
        """So many new objects look as if meant for a target of the dataset, which claims none."""
        self._unclaimed[dataset] = count

    def retried(self, kind: str) -> None:
        """A request is made again. `kind`: one of HOST_KINDS."""
        self._retries.labels(kind).inc()

    def event(self, source: str, result: EventResult, count: int) -> None:
        self._events.labels(source, result).inc(count)

    def expect_events(self, sources: Iterable[str]) -> None:
        """Servers may tell of these: their series begin, at zero."""
        for source in sources:
            for result in EVENT_RESULTS:
                self._events.labels(source, result)

    def forget(self, datasets: Iterable[str]) -> None:
        """These datasets left the manifest: their series end."""
        for dataset in datasets:
            self._targets.pop(dataset, None)
            self._unclaimed.pop(dataset, None)
            for word in CYCLE_RESULTS.values():
                self._cycles.remove(dataset, word)

    def _present(
        self,
        facts: Facts,
        succeeded: Mapping[str, datetime],
        expiry: datetime | None,
        unsent: int,
    ) -> Iterator[Metric]:
        """What is the case now."""
        targets = dict(self._targets)
        datasets = sorted({*targets, *succeeded, *facts.late, *facts.overdue})

        yield _gauge("syncd_ready", "1 while /readyz says so", {(): not not_ready(facts)})
        yield _gauge(
            "syncd_targets",
            "Targets by dataset and outcome of the last cycle",
            {(name, s): n for name, states in targets.items() for s, n in states.items()},
            "dataset",
            "state",
        )
        yield _gauge(
            "syncd_unclaimed_objects",
            "New objects near a dataset's targets that no target claims, as of the last cycle",
            {(name,): count for name, count in dict(self._unclaimed).items()},
            "dataset",
        )
        yield _gauge(
            "syncd_last_success_timestamp_seconds",
            "When the last cycle began in which nothing failed; absent before the first",
            {(name,): at.timestamp() for name, at in succeeded.items()},
            "dataset",
        )
        yield _gauge(
            "syncd_seconds_since_last_success",
            "Seconds since that cycle began",
            {(name,): (facts.now - at).total_seconds() for name, at in succeeded.items()},
            "dataset",
        )
        yield _gauge(
            "syncd_dataset_late",
            "1 while the last success is older than the schedule allows",
            {(name,): name in facts.late for name in datasets},
            "dataset",
        )
        yield _gauge(
            "syncd_cycle_overdue",
            "1 while a cycle runs for longer than its deadline",
            {(name,): name in facts.overdue for name in datasets},
            "dataset",
        )
        yield _gauge(
            "syncd_manifest_valid",
            "0 while the manifest has problems and the last good one is worked by",
            {(): facts.manifest != "invalid"},
        )
        yield _gauge(
            "syncd_manifest_held",
            "1 while a new manifest waits for a person",
            {(): facts.manifest == "held"},
        )
        yield _gauge(
            "syncd_key_expiry_timestamp_seconds",
            "When the portal's API key ends; absent where it does not, or where this is not known",
            {} if expiry is None else {(): expiry.timestamp()},
        )
        yield _gauge(
            "syncd_notifications_unsent",
            "Notifications that could not be sent yet",
            {(): unsent},
        )
        yield _gauge(
            "syncd_portal_reachable",
            "1 if the portal answered when last asked; absent before",
            {} if facts.portal is None else {(): facts.portal or facts.key_refused},
        )
        yield _gauge(
            "syncd_source_reachable",
            "1 if the source answered when last asked; absent before",
            {
                (name,): ok or name in facts.sources_refusing
                for name, ok in facts.sources.items()
                if ok is not None
            },
            "source",
        )
        yield _gauge(
            "syncd_key_refused",
            "1 while the portal refuses the API key; absent before it was asked",
            {} if facts.portal is None else {(): facts.key_refused},
        )
        yield _gauge(
            "syncd_source_key_refused",
            "1 while the source refuses its key, or its rights; absent before it was asked",
            {
                (name,): name in facts.sources_refusing
                for name, ok in facts.sources.items()
                if ok is not None
            },
            "source",
        )


def _events(told: Mapping[str, datetime], queues: Mapping[str, bool]) -> Iterator[Metric]:
    yield _gauge(
        "syncd_last_event_timestamp_seconds",
        "When a server last told of something in the source; absent before the first time",
        {(source,): at.timestamp() for source, at in told.items()},
        "source",
    )
    yield _gauge(
        "syncd_event_queue_reachable",
        "1 if the queue of the source's events answered when last asked; absent before",
        {(source,): is_well for source, is_well in queues.items()},
        "source",
    )


class _Present(Collector):
    """Read anew at each scrape."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        return self._collect()


def _gauge(
    name: str, documentation: str, values: Mapping[tuple[str, ...], float], *labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, float(value))
    return family
