"""What one cycle knows: its dataset, the ledger's rows, the listing, and the cases to handle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from syncd.core.errors import SyncdError
from syncd.core.objects import Digest
from syncd.core.portal import Dataset, Resource
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.reasons import Reason
from syncd.core.records import Action, Cause, Intent, IntentState, Row
from syncd.core.targets import Binding, DatasetEntry, EachRule, ObjectRule, Target
from syncd.sync import decide
from syncd.sync.listing import Listing
from syncd.sync.matching import Item, Status, items

# First looks after which nothing is read; a look at the portal may still find a difference.
QUIET = frozenset({Action.UNCHANGED, Action.PINNED})

RowsByKey = Mapping[tuple[str, str], Sequence[Row]]  # by the source and key of their bindings


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the person who started the run asked for."""

    force: bool = False  # lifts guards and conflicts, never "same bytes are never sent"
    patience: float = 60.0  # seconds to wait for another syncd's lock
    fast: bool = False  # plan only: do not read objects
    ask: bool = False  # ask the portal even where nothing changed
    only: str = ""  # one TARGET: a resource id, the beginning of one, or an object key
    check: bool = False  # look at the portal alone: read no object, publish nothing
    release: Digest | None = None  # publish these bytes and no others
    cause: Cause = field(default_factory=Cause)  # what the history says of what this run publishes


@dataclass(frozen=True, slots=True)
class TargetState:
    """One item of the cycle. `error`: its listing failed, so nothing is known of it."""

    item: Item
    row: Row | None
    look: decide.Look
    error: SyncdError | None = None
    late: Reason | None = None  # why the producer is asked for a new file, if so

    @property
    def is_new_binding(self) -> bool:
        return decide.is_new_binding(self.row)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A file that was read before the portal was asked (`syncd.sync.prepare`)."""

    item: Item
    file: SpooledFile
    read_at: datetime  # when that was done


@dataclass(frozen=True, slots=True)
class DatasetContext:
    """Everything that a cycle over one dataset decides from."""

    entry: DatasetEntry
    id: str  # the dataset's
    listing: Listing
    adapters: Adapters
    options: RunOptions
    now: datetime
    rows: tuple[Row, ...]
    intents: tuple[Intent, ...]  # open or expired
    title: str = ""  # of the dataset, as last seen
    page: str = ""
    checked_at: datetime | None = None
    dataset: Dataset | None = None  # as the portal describes it, once it was asked
    asked_at: datetime | None = None  # when that was asked
    ahead: Ahead | None = None
    marks: frozenset[str] = frozenset()  # of all items of this cycle
    bound: frozenset[str] = frozenset()  # ids of resources that this cycle has worked on

    # -- naming things ----------------------------------------------------------------------

    def location(self, target: Target) -> str:
        return str(self.adapters.sources[target.source].location)

    def binding(self, item: Item, resource: str) -> Binding:
        portal = self.adapters.portal.url
        return Binding(portal, self.id, resource, self.location(item.target), item.binding_key)

    def mark(self, source: str, key: str) -> str:
        """The public mark of a created resource.

        A digest: extras are public, and what the internal network looks like is not.
        """
        return hashlib.sha256(f"{source}\n{key}".encode()).hexdigest()

    def mark_of(self, item: Item) -> str:
        return self.mark(self.location(item.target), item.binding_key)

    def mark_of_intent(self, intent: Intent) -> str:
        return self.mark(intent.binding.source, intent.binding.key)

    def resource_of(self, case: TargetState) -> str | None:
        """The resource id that the manifest or the ledger has for this case."""
        if case.item.known_resource is not None:
            return case.item.known_resource
        return (case.row.binding.resource or None) if case.row else None

    # -- what is open -----------------------------------------------------------------------

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        return tuple(i for i in self.intents if i.state is IntentState.OPEN)

    def sent_to(self, resource: str) -> set[str]:
        """sha1 of files that syncd sent to this resource without having seen the end."""
        mine = [i for i in self.intents if i.binding.resource == resource]
        known = {i.judged.digest.sha1 for i in mine} | {
            i.answered_sha1 for i in mine if i.answered_sha1
        }
        online = self.dataset.find(resource) if self.dataset else None
        if online is not None and online.sha1 and decide.made_by_us(online, self.intents):
            known.add(online.sha1)
        return known

    @property
    def check_due(self) -> bool:
        return self.checked_at is None or (self.now - self.checked_at >= self.adapters.check_every)

    def with_resource(self, fresh: Resource) -> DatasetContext:
        """The same scene, with one resource as it was just read."""
        if self.dataset is None:
            return self
        resources = tuple(fresh if r.id == fresh.id else r for r in self.dataset.resources)
        return replace(self, dataset=replace(self.dataset, resources=resources))

    # -- cases ------------------------------------------------------------------------------

    def row_of(self, item: Item, rows: RowsByKey | None = None) -> Row | None:
        """The ledger's row for this item. `rows`: an index made once for many items."""
        rows = _by_key(self.rows) if rows is None else rows
        mine = rows.get((self.location(item.target), item.binding_key), [])
        known = item.known_resource
        if known is not None:
            wanted = self.binding(item, known)
            return next((row for row in mine if row.binding == wanted), None)
        return max(mine, key=lambda r: (bool(r.binding.resource), r.checked_at), default=None)

    def cases(self) -> list[TargetState]:
        """One case per item, in the manifest's order."""
        rows = _by_key(self.rows)
        return [
            case
            for target in self.entry.active
            for case in self._cases_of(target, rows)
            if (not self.options.only or self._is_asked_for(case))
            and (not self.options.check or _is_well(case))
        ]

    def having_bound(self, resource: str | None) -> DatasetContext:
        """The same scene, where this resource has its object: no other file may adopt it."""
        return replace(self, bound=self.bound | {resource}) if resource else self

    def with_marks_of(self, cases: Iterable[TargetState]) -> DatasetContext:
        return replace(self, marks=frozenset(self.mark_of(case.item) for case in cases))

    def _cases_of(self, target: Target, rows: RowsByKey) -> Iterable[TargetState]:
        failure = self.listing.failure_of(target)
        if failure is not None:
            look = decide.Look(Action.MISSING, failure.reason)
            for key in self._bound_keys(target) or [_wanted_key(target)]:
                item = Item(target, Status.MISSING, key)
                yield TargetState(item, self.row_of(item, rows), look, failure)
            return
        mine = items(target, self.listing.found, self._bound_keys(target))
        dates = [item.version.fingerprint.modified for item in mine if item.match is not None]
        newest = max(dates, default=None)
        for item in mine:
            row = self.row_of(item, rows)
            look = decide.first_look(item, row, self.now)
            # Of the many files of `each`, the last one deposited stands for the producer.
            last = item.match is not None and item.version.fingerprint.modified == newest
            late = decide.lateness(target, newest, self.now) if last and newest else None
            yield TargetState(item, row, look, late=late)

    def _is_asked_for(self, case: TargetState) -> bool:
        resource = self.resource_of(case)
        only = self.options.only
        rule = case.item.target.rule
        pattern = "" if isinstance(rule, ObjectRule) else rule.pattern.text
        if only in {case.item.key, pattern}:
            return True
        return resource is not None and resource.startswith(only)

    def _bound_keys(self, target: Target) -> list[str]:
        """The objects that an `each` target has resources for, as the ledger knows."""
        rule = target.rule
        if not isinstance(rule, EachRule):
            return []
        source = self.location(target)
        mine = (r.binding for r in self.rows if r.binding.source == source and r.binding.resource)
        return sorted({b.key for b in mine if rule.pattern.match(b.key) is not None})

    def stated(self) -> set[str]:
        """Resource ids that the manifest names."""
        stated = {t.resource for t in self.entry.targets if t.resource}
        for target in self.entry.targets:
            if isinstance(target.rule, EachRule):
                stated |= set(target.rule.known.values())
        return stated

    def taken(self, but: TargetState) -> set[str]:
        """Resource ids that belong to other targets of this dataset."""
        bound = {
            row.binding.resource
            for row in self.rows
            if row.binding.resource
            and row.binding.key != but.item.binding_key
            and self._is_current(row)
        }
        mine = self.mark_of(but.item)
        resources = self.dataset.resources if self.dataset else ()
        marks = {r.id: r.extras.get(decide.MARK) for r in resources}
        marked = {i for i, mark in marks.items() if mark != mine and mark in self.marks}
        return {*self.stated(), *bound, *marked, *self.bound}

    def _is_current(self, row: Row) -> bool:
        return any(
            self.location(t) == row.binding.source
            and (
                t.selector == row.binding.key
                or (isinstance(t.rule, EachRule) and t.rule.pattern.match(row.binding.key))
            )
            for t in self.entry.targets
        )


def _is_well(case: TargetState) -> bool:
    """A look at the portal alone learns nothing of what the last cycle left otherwise."""
    return case.look.action in QUIET and case.look.digest is not None


def _by_key(rows: Iterable[Row]) -> RowsByKey:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.binding.source, row.binding.key), []).append(row)
    return found


def _wanted_key(target: Target) -> str:
    rule = target.rule
    return rule.key if isinstance(rule, ObjectRule) else rule.pattern.text
