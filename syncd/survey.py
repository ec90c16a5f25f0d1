"""Lists what the manifest needs, once per run, and sorts the objects to their targets.

A listing that fails is a failure of the targets that hang on it, never "the rest is gone".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from syncd.errors import SourceDenied, SourceError
from syncd.mapping import Found, Index, Prefix, covers, prefixes
from syncd.model import Row, Target, Version
from syncd.ports import ObjectSource

log = structlog.get_logger("syncd.survey")


@dataclass(frozen=True, slots=True)
class Survey:
    """What the sources showed at one instant."""

    at: datetime
    found: Found
    failures: Mapping[Prefix, SourceError]

    def failure_of(self, target: Target) -> SourceError | None:
        return next((e for p, e in self.failures.items() if covers(p, target)), None)

    @property
    def unmapped(self) -> tuple[str, ...]:
        return tuple(sorted(self.found.unmapped))


def remembered(
    targets: Sequence[Target],
    rows: Iterable[Row],
    locations: Mapping[str, str],
    at: datetime,
) -> Survey:
    """The buckets as they were when syncd last read them, for a look at the portal alone.

    `locations`: source name -> its place, as bindings have it.
    """
    found = Found(Index(targets), targets)
    read = {(row.binding.source, row.judged.key): row.judged for row in rows if row.judged}
    for (place, key), judged in read.items():
        for source, location in locations.items():
            if location == place:
                found.see(source, Version(key, judged.fingerprint))
    return Survey(at, found, {})


def survey(
    wanted: Sequence[Target],
    everything: Iterable[Target],
    sources: Mapping[str, ObjectSource],
    now: datetime,
) -> Survey:
    """One complete listing per prefix. `everything`: all targets, also those not looked at now,
    whose objects are not unmapped."""
    found = Found(Index(everything), wanted)
    failures: dict[Prefix, SourceError] = {}
    dead: dict[str, SourceError] = {}
    for prefix in prefixes(wanted):
        if prefix.source in dead:
            failures[prefix] = dead[prefix.source]
            continue
        try:
            for version in sources[prefix.source].list(prefix.prefix, recursive=prefix.recursive):
                found.see(prefix.source, version)
        except SourceError as error:
            log.warning(
                "source.list_failed", source=prefix.source, prefix=prefix.prefix, why=str(error)
            )
            failures[prefix] = error
            # Rights may differ from one prefix to the next; anything else is the same for all.
            if not isinstance(error, SourceDenied):
                dead[prefix.source] = error
    return Survey(now, found, failures)
