"""Lists what the manifest needs, once per run, and sorts the objects to their targets.

A listing that fails is a failure of the targets that hang on it, never "the rest is gone".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from syncd.core.composed import composed, forms
from syncd.core.errors import SourceDenied, SourceError
from syncd.core.objects import ObjectPage, Version
from syncd.core.ports import ObjectSource
from syncd.core.records import Row
from syncd.core.targets import Target
from syncd.sync.matching import NEVER, Index, MatchIndex
from syncd.sync.prefixes import (
    Ask,
    Prefix,
    Shortcut,
    asks,
    by_prefix,
    covering,
    datasets_by_listing,
    folders,
)

log = structlog.get_logger("syncd.survey")

Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the sources showed at one instant."""

    at: datetime
    found: MatchIndex
    failures: Mapping[Prefix, SourceError]
    cut: frozenset[Prefix] = frozenset()  # of which only wanted keys were looked for in the end

    def failure_of(self, target: Target) -> SourceError | None:
        if not self.failures:
            return None
        return next((self.failures[p] for p in covering(target) if p in self.failures), None)

    def may_hide(self, source: str, key: str) -> bool:
        """Whether an unclaimed object may be there although it was not seen."""
        if self.found.index.claims_or_ignores(source, key):
            return False
        lies_in = set(folders(composed(key)))
        return any(
            prefix.source == source and prefix.prefix in lies_in
            for prefix in (*self.failures, *self.cut)
        )

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Objects that no target claims; of very many only the first `matching.MOST_UNMAPPED`."""
        return tuple(sorted(self.found.unmapped))

    @property
    def unmapped_count(self) -> int:
        return self.found.unmapped_count


def in_either_form(path: str, look: Callable[[str], Iterable[Shown]]) -> Iterator[Shown]:
    """What there is under the path in each form of its letters; `look` asks for one of them.

    `SourceError` as `look` raises it. Rights may be given for one form alone: that the other is
    refused matters where nothing is found, if it is the one that most people write, and where part
    of it was shown.
    """
    ways = forms(path)
    refused: SourceDenied | None = None
    allowed = found = is_usual = False
    for form in ways:
        begun = False
        try:
            for shown in look(form):
                begun = found = True
                yield shown
            allowed = True
        except SourceDenied as error:
            if begun:
                raise
            refused = refused or error
            is_usual = is_usual or form == ways[0]
    if refused is not None and not (found or (allowed and not is_usual)):
        raise refused


def remembered(
    targets: Sequence[Target],
    rows: Iterable[Row],
    locations: Mapping[str, str],
    at: datetime,
) -> Listing:
    """The buckets as they were when syncd last read them, for a look at the portal alone.

    `locations`: source name -> its place, as bindings have it.
    """
    found = MatchIndex(Index(targets), targets)
    read = {(row.binding.source, row.judged.key): row.judged for row in rows if row.judged}
    for source, location in locations.items():
        found.see(
            source,
            ObjectPage.of(
                Version(key, judged.fingerprint)
                for (place, key), judged in read.items()
                if place == location
            ),
        )
    return Listing(at, found, {})


def scan(
    wanted: Sequence[Target],
    everything: Index | Iterable[Target],
    sources: Mapping[str, ObjectSource],
    now: datetime,
    since: Mapping[str, datetime] = NEVER,
) -> Listing:
    """All that the manifest needs to know of its buckets. `everything`: all targets, also those
    not looked at now, whose objects are not unmapped. `since`: see `MatchIndex`."""
    index = everything if isinstance(everything, Index) else Index(everything)
    under = by_prefix(wanted)
    scanner = _Scanner(sources, MatchIndex(index, wanted, since, under.keys()))
    for ask in asks(under):
        scanner.take_in(ask)
    return Listing(now, scanner.found, scanner.failures, frozenset(scanner.cut))


def scan_together(
    wanted: Sequence[Target],
    index: Index,
    sources: Mapping[str, ObjectSource],
    now: datetime,
    since: Mapping[str, datetime] = NEVER,
) -> tuple[Listing, frozenset[str]]:
    """As `scan`, but only by requests that serve several datasets. With the datasets of which all
    was seen, as the manifest has them; the others had better be scanned each by itself, abreast.
    """
    under = by_prefix(wanted)
    asked = asks(under)
    serves = datasets_by_listing(under, asked)
    shared = {listing for listing, datasets in serves.items() if len(datasets) > 1}
    scanner = _Scanner(sources, MatchIndex(index, wanted, since, under.keys()), shared)
    for ask in asked:
        scanner.take_in(ask)
    unseen = (datasets for listing, datasets in serves.items() if listing not in scanner.shown)
    left = frozenset[str]().union(*unseen)
    listing = Listing(now, scanner.found, scanner.failures, frozenset(scanner.cut))
    return listing, frozenset(target.dataset for target in wanted) - left


class _Scanner:
    """One look at every source. `only`: of single listings, those that are worth it; None = all."""

    def __init__(
        self,
        sources: Mapping[str, ObjectSource],
        found: MatchIndex,
        only: Collection[Prefix] | None = None,
    ) -> None:
        self.found = found
        self.failures: dict[Prefix, SourceError] = {}
        self.cut: set[Prefix] = set()
        self.shown: set[Prefix] = set()  # of what was asked for, all that was shown to its end
        self._only = only
        self._sources = sources
        self._dead: dict[str, SourceError] = {}

    def take_in(self, ask: Ask | Shortcut) -> None:
        """What the request shows. A failure is noted for the listings that hang on it."""
        source = ask.listing.source
        if isinstance(ask, Ask) and self._only is not None and ask.listing not in self._only:
            return
        if source in self._dead:
            self._fail(ask, self._dead[source])
            return
        try:
            if isinstance(ask, Ask):
                self._look(ask)
                self.shown.add(ask.listing)
                return
            taken = self._take(ask)
        except SourceError as error:
            self._fail(ask, error)
            return
        if taken:
            self.shown.update(one.listing for one in ask.over)
            return
        for one in ask.over:
            self.take_in(one)

    def _look(self, ask: Ask) -> None:
        limit = ask.limit
        if self._list(ask.listing, lambda count, _: limit is None or count <= limit):
            return
        self.cut.add(ask.listing)
        source = ask.listing.source
        for key in ask.keys:
            for version in in_either_form(key, partial(self._stat, source)):
                self.found.see(source, ObjectPage.of([version]))

    def _stat(self, source: str, key: str) -> Iterable[Version]:
        version = self._sources[source].stat(key)
        return () if version is None else (version,)

    def _take(self, shortcut: Shortcut) -> bool:
        """Whether it led to the end."""
        wanted = {one.listing.prefix for one in shortcut.over}
        shown: set[str] = set()

        def is_worth_it(count: int, keys: Sequence[str]) -> bool:
            for folder in {key[: key.rfind("/") + 1] for key in keys}:
                shown.update(wanted.intersection(folders(composed(folder))))
            return count <= shortcut.limit(len(shown))

        try:
            return self._list(shortcut.listing, is_worth_it)
        except SourceDenied:  # rights may end where the needs of the manifest do
            return False

    def _list(self, listing: Prefix, may_go_on: Callable[[int, Sequence[str]], bool]) -> bool:
        """Whether it was read to its end. If not, its unmapped objects are not counted."""
        unmapped = self.found.unmapped_count
        source = listing.source
        complete = False
        try:
            ask = partial(self._sources[source].pages, recursive=listing.recursive)
            count = 0
            for page in in_either_form(listing.prefix, ask):
                count += len(page.keys)
                if not may_go_on(count, page.keys):
                    break
                self.found.see(source, page)
            else:
                complete = True
        finally:
            if not complete:
                self.found.forget_unmapped(unmapped)
        return complete

    def _fail(self, ask: Ask | Shortcut, error: SourceError) -> None:
        source, prefix = ask.listing.source, ask.listing.prefix
        if source not in self._dead:
            log.warning("source.list_failed", source=source, prefix=prefix, why=str(error))
        # Rights may differ from one prefix to the next; anything else is the same for all.
        if not isinstance(error, SourceDenied):
            self._dead[source] = error
        for one in [ask] if isinstance(ask, Ask) else ask.over:
            self.failures[one.listing] = error
