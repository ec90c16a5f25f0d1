"""What one pass knows: its dataset, the ledger's rows, the listing, and its targets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from syncd.core.composed import composed, forms
from syncd.core.errors import SyncdError
from syncd.core.objects import Digest
from syncd.core.patterns import natural_order
from syncd.core.portal import Dataset, Owner, Resource
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.reasons import Reason
from syncd.core.records import Cause, Intent, IntentState, Outcome, Row
from syncd.core.targets import Binding, DatasetEntry, Target
from syncd.sync import aftermath, decide
from syncd.sync.decide import Destination, Fetch, Final
from syncd.sync.listing import Listing
from syncd.sync.matching import Item, Status, items
from syncd.sync.titles import Titles


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the person who started the run asked for."""

    plan: bool = False  # go as far as the decisions: nothing is sent, nothing recorded
    fast: bool = False  # of a plan: do not read objects
    force: bool = False  # lifts guards and conflicts, never "same bytes are never sent"
    patience: float = 60.0  # seconds to wait for another syncd's lock
    gives_way: bool = False  # a lock that another syncd holds is raised, and is no failure
    ask: bool = False  # ask the portal even where nothing changed
    only: str = ""  # one TARGET: a resource id, the beginning of one, or an object key
    check: bool = False  # look at the portal alone: read no object, publish nothing
    release: Digest | None = None  # publish these bytes and no others
    cause: Cause = field(default_factory=Cause)  # what the history says of what this run publishes


@dataclass(frozen=True, slots=True)
class TargetState:
    """One item on its way through the pass. `error`: its listing failed, so nothing is known."""

    item: Item
    row: Row | None
    look: Final | Fetch  # what the listing and the ledger say
    error: SyncdError | None = None
    late: Reason | None = None  # why the producer is asked for a new file, if so
    destination: Destination | None = None  # None until the portal was asked

    @property
    def is_new_binding(self) -> bool:
        return decide.is_new_binding(self.row)

    @property
    def is_settled(self) -> bool:
        """Nothing is read of it; a look at the portal may still find a difference."""
        return isinstance(self.look, Final) and self.look.outcome in _SETTLED

    @property
    def is_settling(self) -> bool:
        """It may still be written to: nothing is learnt of it."""
        return self.look.reason.code == "settling"

    @property
    def size(self) -> int:
        """Bytes of the object; 0 where there is none."""
        return self.item.version.fingerprint.size if self.item.match is not None else 0


_SETTLED = frozenset({Outcome.UNCHANGED, Outcome.PINNED})


@dataclass(frozen=True, slots=True)
class Prefetched:
    """A file that was read before the portal was asked (`prepare.first_file`)."""

    item: Item
    file: SpooledFile
    read_at: datetime  # when that was done


WATCHED_FOR = timedelta(hours=1)  # how long each pass asks for an upload that was given up


@dataclass(frozen=True)
class DatasetContext:
    """Everything that a pass over one dataset decides from."""

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
    owner: Owner | None = None  # of the dataset, when the key could last write to it
    checked_at: datetime | None = None
    dataset: Dataset | None = None  # as the portal describes it, once it was asked
    asked_at: datetime | None = None  # when that was asked
    prefetched: Prefetched | None = None
    marks: frozenset[str] = frozenset()  # of all items of this pass
    bound: frozenset[str] = frozenset()  # ids of resources that this pass has worked on

    # -- naming things ----------------------------------------------------------------------

    @property
    def locations(self) -> Mapping[str, str]:
        return self.adapters.locations

    def binding(self, item: Item, resource: str) -> Binding:
        row = self.row_of(item)
        if row is not None and row.binding.resource == resource:
            return row.binding
        location, key = self.locations[item.target.source], self._key_of(item, row)
        return Binding(self.adapters.portal.url, self.id, resource, location, key)

    def _key_of(self, item: Item, row: Row | None) -> str:
        """The key's part of its binding, in the form in which the ledger has it already."""
        return row.binding.key if row is not None else item.binding_key

    def mark(self, source: str, key: str) -> str:
        """The public mark of a created resource.

        A digest: extras are public, and what the internal network looks like is not.
        """
        return hashlib.sha256(f"{source}\n{key}".encode()).hexdigest()

    def mark_of(self, item: Item) -> str:
        """Of several forms of the key the one that the portal has: ledgers may be lost."""
        source = self.locations[item.target.source]
        key = self._key_of(item, self.row_of(item))
        ways = (self.mark(source, way) for way in (key, item.key, *forms(key)))
        resources = self.dataset.resources if self.dataset else ()
        there = {resource.extras.get(decide.MARK) for resource in resources}
        return next((mark for mark in ways if mark in there), self.mark(source, key))

    def mark_of_intent(self, intent: Intent) -> str:
        return self.mark(intent.binding.source, intent.binding.key)

    def resource_of(self, state: TargetState) -> str | None:
        """The resource id that the manifest or the ledger has for this target."""
        if state.item.known_resource is not None:
            return state.item.known_resource
        return (state.row.binding.resource or None) if state.row else None

    def online(self, state: TargetState) -> Resource | None:
        """That resource, as the portal last described it; None where it was not asked."""
        return self.dataset.find(self.resource_of(state) or "") if self.dataset else None

    def latest(self, resource: Resource | None) -> Resource | None:
        """The same as the portal last described it."""
        found = self.dataset.find(resource.id) if self.dataset and resource else None
        return found or resource

    def titles_of(self, online: Resource) -> Titles:
        return aftermath.titles_to_keep(online, self.row_about(online.id), self.intents)

    def row_about(self, resource: str) -> Row | None:
        """The row that last had anything of this resource, whichever object it is bound to."""
        return self._rows_by_resource.get(resource)

    @cached_property
    def _rows_by_resource(self) -> Mapping[str, Row]:
        return {r.binding.resource: r for r in sorted(self.rows, key=lambda r: r.checked_at)}

    # -- what is open -----------------------------------------------------------------------

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        return tuple(i for i in self.intents if i.state is IntentState.OPEN)

    @property
    def portal_may_change(self) -> bool:
        """Whether an upload may still be carried out: one without an end, or given up lately.

        Whoever sent it may have been asleep with its last bytes in hand, another took its lock, and
        it goes on: nobody but the portal knows then what is online (docs/decisions/0070).
        """
        return any(
            i.state is IntentState.OPEN
            or (
                i.state is IntentState.EXPIRED
                and abs(self.now - (i.settle_from or i.started_at)) < WATCHED_FOR
            )
            for i in self.intents
        )

    def sent_to(self, resource: str) -> set[str]:
        """sha1 of files that syncd sent to this resource without having seen the end."""
        online = self.dataset.find(resource) if self.dataset else None
        mine = [
            i
            for i in self.intents
            if i.binding.resource == resource
            and i.state is not IntentState.REFUSED
            # What is said of a link stays beside an address that a person writes.
            and (online is None or not online.is_remote or i.address == online.url)
        ]
        known = {i.judged.digest.sha1 for i in mine} | {
            i.answered_sha1 for i in mine if i.answered_sha1
        }
        if online is not None and online.sha1 and aftermath.made_by_us(online, self.intents):
            known.add(online.sha1)
        return known

    @property
    def check_due(self) -> bool:
        """Also where a clock that was far ahead noted the last look."""
        since = self.checked_at
        return since is None or abs(self.now - since) >= self.adapters.check_every

    def with_resource(self, fresh: Resource) -> DatasetContext:
        """The same, with one resource as it was just read."""
        if self.dataset is None:
            return self
        resources = tuple(fresh if r.id == fresh.id else r for r in self.dataset.resources)
        return replace(self, dataset=replace(self.dataset, resources=resources))

    # -- targets ----------------------------------------------------------------------------

    def states(self) -> list[TargetState]:
        """One for each item, in the manifest's order."""
        return [
            state
            for target in self.entry.active
            for state in self._states_of(target)
            if (not self.options.only or self._is_asked_for(state))
            # A look at the portal alone learns nothing of what the last pass left otherwise.
            and (not self.options.check or (state.is_settled and state.look.digest is not None))
        ]

    def first_look(self, item: Item, row: Row | None) -> Final | Fetch:
        online = row.published if row is not None else None
        address = self.address_of(item, online.key, online.digest) if online is not None else ""
        by_content = self.goes_by_content(item)
        return decide.first_look(item, row, self.now, by_content=by_content, address=address)

    def address_of(self, item: Item, key: str, digest: Digest) -> str:
        """That the portal is told of these bytes of this object; "" = it is to have the bytes."""
        linking = item.target.linking
        if linking is None:
            return ""
        return linking.address_of(self.adapters.portal.url, self.id, key, digest)

    def wanted_address(self, item: Item, digest: Digest) -> str:
        """The same of the object as it is now."""
        return self.address_of(item, item.version.key, digest)

    def goes_by_content(self, item: Item) -> bool:
        """Whether other bytes that say the same as those online are left in the bucket."""
        return item.target.by_content and not self.options.force

    def row_of(self, item: Item) -> Row | None:
        """The ledger's row for this item."""
        place = self.locations[item.target.source], composed(item.binding_key)
        mine = self._rows_by_key.get(place, ())
        known = item.known_resource
        if known is not None:
            for row in mine:
                if row.binding.resource == known:
                    return row
            return None
        if len(mine) < 2:
            return mine[0] if mine else None
        # Two look-alikes of `each` may have a resource each, from when they counted as two.
        key = item.key if item.target.rule.makes_many else ""

        def rank(row: Row) -> tuple[bool, bool, datetime]:
            return bool(row.binding.resource), row.binding.key == key, row.checked_at

        return max(mine, key=rank, default=None)

    @cached_property
    def _rows_by_key(self) -> Mapping[tuple[str, str], Sequence[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            place = row.binding.source, composed(row.binding.key)
            found.setdefault(place, []).append(row)
        return found

    def _states_of(self, target: Target) -> Iterator[TargetState]:
        failure = self.listing.failure_of(target)
        if failure is not None:
            gone = Final(Outcome.MISSING, failure.reason)
            for key in self._bound_keys(target) or [target.rule.text]:
                item = Item(target, Status.MISSING, key)
                yield TargetState(item, self.row_of(item), gone, failure)
            return
        mine = items(target, self.listing.found, self._bound_keys(target))
        # Of the many files of `each`, the last one deposited stands for the producer; of those that
        # were copied in one second, the last by its name.
        there = [item for item in mine if item.match is not None] if target.expect else []
        last = max(there, key=_deposited, default=None)
        for item in mine:
            row = self.row_of(item)
            look = self.first_look(item, row)
            late = None
            if item is last:
                late = decide.lateness(target, item.version.fingerprint.modified, self.now)
            yield TargetState(item, row, look, late=late)

    def _is_asked_for(self, state: TargetState) -> bool:
        resource, only, rule = self.resource_of(state), self.options.only, state.item.target.rule
        name = composed(only)
        if name == composed(state.item.key) or (rule.pattern is not None and name == rule.text):
            return True
        return resource is not None and resource.startswith(only)

    def _bound_keys(self, target: Target) -> list[str]:
        """The objects that an `each` target has resources for, as the ledger knows."""
        if not target.rule.makes_many:
            return []
        source = self.locations[target.source]
        mine = (r.binding for r in self.rows if r.binding.source == source and r.binding.resource)
        return sorted({b.key for b in mine if target.rule.matches(b.key)})

    # -- whose is which resource -------------------------------------------------------------

    def having_bound(self, resource: str | None) -> DatasetContext:
        """The same, where this resource has its object: no other file may adopt it."""
        return replace(self, bound=self.bound | {resource}) if resource else self

    def with_destinations(
        self, states: Iterable[TargetState]
    ) -> tuple[DatasetContext, list[TargetState]]:
        """Where each one's bytes belong, as the portal described the dataset."""
        states = list(states)
        if self.dataset is None:
            return self, states
        marks = frozenset(self.mark_of(state.item) for state in states)
        known = replace(self, marks=marks)
        return known, [known.with_destination(state) for state in states]

    def with_destination(self, state: TargetState) -> TargetState:
        if self.dataset is None:
            return state
        item = state.item
        where = decide.destination(item, state.row, self.dataset, self.mark_of(item), self.stated)
        return replace(state, destination=where)

    @cached_property
    def stated(self) -> frozenset[str]:
        """Resource ids that the manifest names."""
        return frozenset(stated for target in self.entry.targets for stated in target.stated)

    def taken(self, but: TargetState) -> set[str]:
        """Resource ids that belong to other targets of this dataset."""
        key = composed(but.item.binding_key)
        others = (one for one in self._current_bindings if composed(one.key) != key)
        bound = {binding.resource for binding in others}
        mine = self.mark_of(but.item)
        resources = self.dataset.resources if self.dataset else ()
        marks = {r.id: r.extras.get(decide.MARK) for r in resources}
        marked = {i for i, mark in marks.items() if mark != mine and mark in self.marks}
        return {*self.stated, *bound, *marked, *self.bound}

    @cached_property
    def _current_bindings(self) -> Sequence[Binding]:
        """Of rows that a target of the manifest still stands for, and that have a resource."""
        exact = {(self.locations[t.source], composed(t.selector)) for t in self.entry.targets}
        many = [(self.locations[t.source], t.rule) for t in self.entry.targets if t.rule.makes_many]
        return [
            binding
            for binding in (row.binding for row in self.rows if row.binding.resource)
            if (binding.source, composed(binding.key)) in exact
            or any(binding.source == place and rule.matches(binding.key) for place, rule in many)
        ]


def _deposited(item: Item) -> tuple[datetime, object, str]:
    return item.version.fingerprint.modified, natural_order(item.key), item.key
