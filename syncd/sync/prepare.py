"""What a cycle does before its targets: who it is about, what is known, what was left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from syncd.core.addresses import is_dataset_id
from syncd.core.errors import PortalError, SourceError, SpoolError
from syncd.core.objects import Digest
from syncd.core.portal import Owner
from syncd.core.ports import Adapters
from syncd.core.records import DatasetNote, Intent, Memory, Row
from syncd.core.targets import Binding, DatasetEntry
from syncd.sync import listing, recover
from syncd.sync.context import DatasetContext, Prefetched, RunOptions, TargetState
from syncd.sync.decide import Fetch
from syncd.sync.listing import Listing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
About = str  # what an intent and a target have in common: the resource, else source and key


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What became of the uploads that an earlier cycle left open."""

    done: Mapping[About, Row] = field(default_factory=dict)
    pending: Mapping[About, Intent] = field(default_factory=dict)
    failed: Mapping[About, tuple[Intent, PortalError]] = field(default_factory=dict)


def identify(entry: DatasetEntry, adapters: Adapters) -> str:
    """The dataset's id: from the ledger, else asked once from the portal."""
    if is_dataset_id(entry.dataset):
        return entry.dataset
    known = adapters.ledger.address(adapters.portal.url, entry.dataset)
    return known if known is not None else adapters.portal.resolve(entry.dataset)


def remember(
    entry: DatasetEntry,
    dataset: str,
    seen: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> DatasetContext:
    memory = adapters.ledger.memories(adapters.portal.url, [dataset])[dataset]
    return recalled(entry, dataset, memory, seen, adapters, options, now)


def recalled(
    entry: DatasetEntry,
    dataset: str,
    memory: Memory,
    seen: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> DatasetContext:
    note = memory.note
    return DatasetContext(
        entry=entry,
        id=dataset,
        listing=seen,
        adapters=adapters,
        options=options,
        now=now,
        rows=memory.rows,
        intents=memory.intents,
        title=note.title if note else "",
        page=note.page if note else "",
        owner=Owner(note.owner, note.owner_name) if note and note.owner else None,
        checked_at=note.checked_at if note else None,
    )


def from_memory(context: DatasetContext) -> DatasetContext:
    """With the objects that syncd read last, where the buckets are not asked."""
    seen = listing.remembered(context.entry.active, context.rows, context.locations, context.now)
    return replace(context, listing=seen)


def someone_was_here(context: DatasetContext) -> bool:
    """Another syncd worked on the dataset after our listing, so it may have seen newer objects."""
    return any(row.checked_at > context.listing.at for row in context.rows)


def describe(context: DatasetContext) -> DatasetContext:
    """Ask the portal for the dataset, and keep nothing."""
    asked_at = context.adapters.clock()
    dataset = context.adapters.portal.describe(context.id)
    former, owner = context.owner, dataset.owner
    if former is not None and owner is not None and former.id != owner.id:
        dataset = replace(dataset, former_owner=former)
    return replace(
        context, dataset=dataset, title=dataset.title, page=dataset.page, asked_at=asked_at
    )


def ask_portal(context: DatasetContext) -> DatasetContext:
    """Ask the portal for the dataset, and note its title for later reports."""
    context = describe(context)
    # A look for one target's sake does not postpone the daily look at the others.
    seen = context.now if not context.options.only else context.checked_at or _EPOCH
    dataset, owner = context.dataset, context.owner
    if dataset is not None and dataset.may_edit and dataset.owner is not None:
        owner = dataset.owner
    note = DatasetNote(
        context.adapters.portal.url,
        context.id,
        context.title,
        context.page,
        seen,
        owner=owner.id if owner else "",
        owner_name=owner.name if owner else "",
    )
    context.adapters.ledger.put_note(note, addresses={context.entry.dataset} - {context.id})
    return context


def portal_needed(context: DatasetContext, states: Sequence[TargetState]) -> bool:
    """An unchanged cycle asks nothing of the portal, but for the daily check."""
    if context.options.ask or context.check_due or context.portal_may_change:
        return True
    return any(isinstance(state.look, Fetch) for state in states)


def read_again(context: DatasetContext) -> DatasetContext:
    """The same, with what the ledger has now; the portal was not asked for it yet."""
    entry, adapters = context.entry, context.adapters
    return remember(entry, context.id, context.listing, adapters, context.options, context.now)


def anew(context: DatasetContext) -> DatasetContext:
    """The same, with the ledger and the dataset read again."""
    return ask_portal(read_again(context))


# -- what an earlier cycle left open -----------------------------------------------------------


def finish_what_was_begun(context: DatasetContext) -> tuple[DatasetContext, Unfinished]:
    """Resolve what earlier cycles left, under the lock; what may still arrive waits for the end.

    Expired intents are looked at too, where the portal was asked anyway: an upload may arrive even
    after its window, and reset a title. A plan foresees what this does.
    """
    if not context.intents or context.dataset is None:
        return context, Unfinished()
    marks = {intent.id: context.mark_of_intent(intent) for intent in context.intents}
    plan = context.options.plan
    found = recover.recover(context.intents, context.dataset, marks, context.adapters, plan=plan)
    unfinished = Unfinished(
        done={_about(row.binding): row for row in found.done},
        pending={} if plan else {_about(intent.binding): intent for intent in found.pending},
        failed={_about(intent.binding): (intent, error) for intent, error in found.failed},
    )
    return _as_recovered(context, found), unfinished


def recovered_for(
    context: DatasetContext, resource: str, digest: Digest | None = None
) -> DatasetContext:
    """The context once earlier uploads to this resource are at their end; `PortalError`.

    With "" it is one to be created: earlier creations are waited for that sent these bytes.
    """
    context, unfinished = finish_what_was_begun(context)
    if resource in unfinished.failed:
        raise unfinished.failed[resource][1]
    for intent in unfinished.pending.values():
        if intent.binding.resource != resource or (not resource and intent.judged.digest != digest):
            continue
        recover.wait_for(intent, context.mark_of_intent(intent), context.adapters)
    return anew(context) if context.intents else context


def _as_recovered(context: DatasetContext, found: recover.Recovery) -> DatasetContext:
    """With the ledger as it is now, and the dataset as the recovered uploads left it.

    A plan's ledger was not written, so what it would have now is laid over it.
    """
    again = read_again(context)
    ended = {intent.id for intent in found.ended}
    done = {(row.binding.source, row.binding.key, row.binding.resource): row for row in found.done}
    born = {(source, key, "") for source, key, _ in done}
    others = [
        row
        for row in again.rows
        if (row.binding.source, row.binding.key, row.binding.resource) not in {*done, *born}
    ]
    online = replace(
        again,
        rows=(*others, *done.values()),
        intents=tuple(intent for intent in again.intents if intent.id not in ended),
        dataset=context.dataset,
        title=context.title,
        page=context.page,
        checked_at=context.checked_at,
    )
    for row in found.done:
        resource = context.dataset.find(row.binding.resource) if context.dataset else None
        if resource is not None:
            online = online.with_resource(replace(resource, title=row.title))
    return online


def _about(binding: Binding) -> About:
    return binding.resource or f"{binding.source}\n{binding.key}"


def about_state(context: DatasetContext, state: TargetState) -> About:
    return _about(context.binding(state.item, context.resource_of(state) or ""))


SMALL = 1024 * 1024  # bytes: so much is read for nothing where the portal then refuses
FRESH = timedelta(seconds=0.5)  # what lies between the portal's answer and the upload is local


@contextmanager
def first_file(context: DatasetContext, states: Sequence[TargetState]) -> Iterator[DatasetContext]:
    """With the first file in the spool, where there is a small one to be read.

    What the portal says then is as fresh as can be when the file is sent: the resource need not be
    read once more. Every later file has its own fresh reading. Whatever goes wrong is left to be
    found when the file's turn comes.
    """
    with ExitStack() as stack:
        yield _with_file(context, states, stack)


def _with_file(
    context: DatasetContext, states: Sequence[TargetState], stack: ExitStack
) -> DatasetContext:
    small = [state for state in states if _may_be_read(state)]
    options = context.options
    if not small or options.check or options.fast or context.open_intents:
        return context
    state = min(small, key=lambda one: one.size)
    adapters, version = context.adapters, state.item.version
    try:
        adapters.portal.expect_uploads()
        bar = stack.enter_context(adapters.progress.transfer(version.key, "fetch", state.size))
        source = adapters.sources[state.item.target.source]
        file = stack.enter_context(adapters.spool.fetch(source, version, bar))
    except (PortalError, SourceError, SpoolError):
        return context
    return replace(context, prefetched=Prefetched(state.item, file, adapters.clock()))


def _may_be_read(state: TargetState) -> bool:
    """New bytes for a resource that was published before, so that a refusal is not likely."""
    if not isinstance(state.look, Fetch) or state.look.digest is not None:
        return False
    known = state.row is not None and state.row.published is not None
    return known and state.error is None and state.item.match is not None and state.size <= SMALL


def is_fresh_for(context: DatasetContext, state: TargetState) -> bool:
    """Whether the portal was asked after this file was read, and only just."""
    prefetched, asked_at = context.prefetched, context.asked_at
    if prefetched is None or asked_at is None or prefetched.item != state.item:
        return False
    since = context.adapters.clock() - asked_at
    return prefetched.read_at <= asked_at and timedelta() <= since <= FRESH
