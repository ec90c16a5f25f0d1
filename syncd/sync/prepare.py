"""What a cycle does before its targets: who it is about, what is known, what was left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from syncd.core.addresses import is_dataset_id
from syncd.core.errors import PortalError, SourceError, SpoolError
from syncd.core.ports import Adapters
from syncd.core.records import Action, DatasetNote, Intent, Row
from syncd.core.targets import Binding, DatasetEntry
from syncd.sync import listing, recover
from syncd.sync.context import Ahead, DatasetContext, RunOptions, TargetState
from syncd.sync.listing import Listing

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
About = str  # what an intent and a case have in common: the resource, else source and key


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
    note = adapters.ledger.note(adapters.portal.url, dataset)
    return DatasetContext(
        entry=entry,
        id=dataset,
        listing=seen,
        adapters=adapters,
        options=options,
        now=now,
        rows=adapters.ledger.rows(adapters.portal.url, dataset),
        intents=adapters.ledger.intents(adapters.portal.url, dataset),
        title=note.title if note else "",
        page=note.page if note else "",
        checked_at=note.checked_at if note else None,
    )


def from_memory(context: DatasetContext) -> DatasetContext:
    """The scene with the objects that syncd read last, where the buckets are not asked."""
    locations = {name: str(source.location) for name, source in context.adapters.sources.items()}
    seen = listing.remembered(context.entry.active, context.rows, locations, context.now)
    return replace(context, listing=seen)


def someone_was_here(context: DatasetContext) -> bool:
    """Another syncd worked on the dataset after our listing, so it may have seen newer objects."""
    return any(row.checked_at > context.listing.at for row in context.rows)


def describe(context: DatasetContext) -> DatasetContext:
    """Ask the portal for the dataset, and keep nothing."""
    asked_at = context.adapters.clock()
    dataset = context.adapters.portal.describe(context.id)
    return replace(
        context, dataset=dataset, title=dataset.title, page=dataset.page, asked_at=asked_at
    )


def ask_portal(context: DatasetContext) -> DatasetContext:
    """Ask the portal for the dataset, and note its title for later reports."""
    context = describe(context)
    # A look for one target's sake does not postpone the daily look at the others.
    seen = context.now if not context.options.only else context.checked_at or NEVER
    note = DatasetNote(context.adapters.portal.url, context.id, context.title, context.page, seen)
    context.adapters.ledger.put_note(note, addresses={context.entry.dataset} - {context.id})
    return context


def portal_needed(context: DatasetContext, cases: Sequence[TargetState]) -> bool:
    """An unchanged cycle asks nothing of the portal, but for the daily check."""
    if context.options.ask or context.check_due or context.open_intents:
        return True
    return any(case.look.action is Action.FETCH for case in cases)


def anew(context: DatasetContext) -> DatasetContext:
    """The scene with the ledger and the dataset read again."""
    context = remember(
        context.entry, context.id, context.listing, context.adapters, context.options, context.now
    )
    return ask_portal(context)


# -- what an earlier cycle left open -----------------------------------------------------------


def finish_what_was_begun(context: DatasetContext) -> tuple[DatasetContext, Unfinished]:
    """Resolve what earlier cycles left, under the lock; what may still arrive waits for the end.

    Expired intents are looked at too, where the portal was asked anyway: an upload may arrive even
    after its window, and reset a title.
    """
    if not context.intents or context.dataset is None:
        return context, Unfinished()
    marks = {intent.id: context.mark_of_intent(intent) for intent in context.intents}
    found = recover.recover(context.intents, context.dataset, marks, context.adapters)
    unfinished = Unfinished(
        done={_about(row.binding): row for row in found.done},
        pending={_about(intent.binding): intent for intent in found.pending},
        failed={_about(intent.binding): (intent, error) for intent, error in found.failed},
    )
    return _with_rows(context, found.done), unfinished


def settled_for(context: DatasetContext, resource: str) -> DatasetContext:
    """The scene once earlier uploads to this resource are at their end; `PortalError`."""
    context, unfinished = finish_what_was_begun(context)
    if resource in unfinished.failed:
        raise unfinished.failed[resource][1]
    if resource in unfinished.pending:
        intent = unfinished.pending[resource]
        recover.wait_for(intent, context.mark_of_intent(intent), context.adapters)
    return anew(context) if context.intents else context


def _with_rows(context: DatasetContext, done: Sequence[Row]) -> DatasetContext:
    """The scene with the ledger read again, and the dataset as those rows left it."""
    dataset = context.dataset
    again = remember(
        context.entry, context.id, context.listing, context.adapters, context.options, context.now
    )
    for row in done:
        online = dataset.find(row.binding.resource) if dataset else None
        if online is not None:
            again = replace(again, dataset=dataset).with_resource(replace(online, title=row.title))
            dataset = again.dataset
    return replace(again, dataset=dataset, title=context.title, page=context.page)


def _about(binding: Binding) -> About:
    return binding.resource or f"{binding.source}\n{binding.key}"


def about_case(context: DatasetContext, case: TargetState) -> About:
    return _about(context.binding(case.item, context.resource_of(case) or ""))


SMALL = 1024 * 1024  # bytes: so much is read for nothing where the portal then refuses
FRESH = timedelta(seconds=0.5)  # what lies between the portal's answer and the upload is local


@contextmanager
def first_file(context: DatasetContext, cases: Sequence[TargetState]) -> Iterator[DatasetContext]:
    """The scene with its first file in the spool, where there is a small one to be read.

    Whatever goes wrong is left to be found when the file's turn comes.
    """
    with ExitStack() as stack:
        with_file = _with_file(context, cases, stack)
        yield with_file


def _with_file(
    context: DatasetContext, cases: Sequence[TargetState], stack: ExitStack
) -> DatasetContext:
    small = [case for case in cases if _may_be_read(case)]
    if not small or context.options.check or context.open_intents:
        return context
    case = min(small, key=_size)
    adapters, version = context.adapters, case.item.version
    try:
        adapters.portal.expect_uploads()
        bar = stack.enter_context(adapters.progress.transfer(version.key, "fetch", _size(case)))
        source = adapters.sources[case.item.target.source]
        file = stack.enter_context(adapters.spool.fetch(source, version, bar))
    except (PortalError, SourceError, SpoolError):
        return context
    return replace(context, ahead=Ahead(case.item, file, adapters.clock()))


def _may_be_read(case: TargetState) -> bool:
    """New bytes for a resource that was published before, so that a refusal is not likely."""
    if case.look.action is not Action.FETCH or case.look.digest is not None:
        return False
    known = case.row is not None and case.row.published is not None
    return known and case.error is None and case.item.match is not None and _size(case) <= SMALL


def _size(case: TargetState) -> int:
    return case.item.version.fingerprint.size


def is_fresh_for(context: DatasetContext, case: TargetState) -> bool:
    """Whether the portal was asked after this case's file was read, and only just."""
    ahead, asked_at = context.ahead, context.asked_at
    if ahead is None or asked_at is None or ahead.item != case.item:
        return False
    since = context.adapters.clock() - asked_at
    return ahead.read_at <= asked_at and timedelta() <= since <= FRESH
