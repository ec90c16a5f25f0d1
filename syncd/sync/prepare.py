"""What a cycle does before its targets: who it is about, what is known, what was left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from syncd.core.addresses import is_dataset_id
from syncd.core.errors import PortalError, SourceError, SpoolError
from syncd.core.ports import Edges
from syncd.core.records import Action, DatasetNote, Intent, Row
from syncd.core.targets import Binding, DatasetEntry
from syncd.sync import listing, recover
from syncd.sync.context import Ahead, Case, Orders, Scene
from syncd.sync.listing import Survey

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
About = str  # what an intent and a case have in common: the resource, else source and key


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What became of the uploads that an earlier cycle left open."""

    done: Mapping[About, Row] = field(default_factory=dict)
    pending: Mapping[About, Intent] = field(default_factory=dict)
    failed: Mapping[About, tuple[Intent, PortalError]] = field(default_factory=dict)


def identify(entry: DatasetEntry, edges: Edges) -> str:
    """The dataset's id: from the ledger, else asked once from the portal."""
    if is_dataset_id(entry.dataset):
        return entry.dataset
    known = edges.ledger.address(edges.portal.url, entry.dataset)
    return known if known is not None else edges.portal.resolve(entry.dataset)


def remember(
    entry: DatasetEntry,
    dataset: str,
    seen: Survey,
    edges: Edges,
    orders: Orders,
    now: datetime,
) -> Scene:
    note = edges.ledger.note(edges.portal.url, dataset)
    return Scene(
        entry=entry,
        id=dataset,
        survey=seen,
        edges=edges,
        orders=orders,
        now=now,
        rows=edges.ledger.rows(edges.portal.url, dataset),
        intents=edges.ledger.intents(edges.portal.url, dataset),
        title=note.title if note else "",
        page=note.page if note else "",
        checked_at=note.checked_at if note else None,
    )


def from_memory(scene: Scene) -> Scene:
    """The scene with the objects that syncd read last, where the buckets are not asked."""
    locations = {name: str(source.location) for name, source in scene.edges.sources.items()}
    seen = listing.remembered(scene.entry.active, scene.rows, locations, scene.now)
    return replace(scene, survey=seen)


def someone_was_here(scene: Scene) -> bool:
    """Another syncd worked on the dataset after our listing, so it may have seen newer objects."""
    return any(row.checked_at > scene.survey.at for row in scene.rows)


def describe(scene: Scene) -> Scene:
    """Ask the portal for the dataset, and keep nothing."""
    asked_at = scene.edges.clock()
    dataset = scene.edges.portal.describe(scene.id)
    return replace(
        scene, dataset=dataset, title=dataset.title, page=dataset.page, asked_at=asked_at
    )


def ask_portal(scene: Scene) -> Scene:
    """Ask the portal for the dataset, and note its title for later reports."""
    scene = describe(scene)
    # A look for one target's sake does not postpone the daily look at the others.
    seen = scene.now if not scene.orders.only else scene.checked_at or NEVER
    note = DatasetNote(scene.edges.portal.url, scene.id, scene.title, scene.page, seen)
    scene.edges.ledger.put_note(note, addresses={scene.entry.dataset} - {scene.id})
    return scene


def portal_needed(scene: Scene, cases: Sequence[Case]) -> bool:
    """An unchanged cycle asks nothing of the portal, but for the daily check."""
    if scene.orders.ask or scene.check_due or scene.open_intents:
        return True
    return any(case.look.action is Action.FETCH for case in cases)


def anew(scene: Scene) -> Scene:
    """The scene with the ledger and the dataset read again."""
    scene = remember(scene.entry, scene.id, scene.survey, scene.edges, scene.orders, scene.now)
    return ask_portal(scene)


# -- what an earlier cycle left open -----------------------------------------------------------


def finish_what_was_begun(scene: Scene) -> tuple[Scene, Unfinished]:
    """Resolve what earlier cycles left, under the lock; what may still arrive waits for the end.

    Expired intents are looked at too, where the portal was asked anyway: an upload may arrive even
    after its window, and reset a title.
    """
    if not scene.intents or scene.dataset is None:
        return scene, Unfinished()
    marks = {intent.id: scene.mark_of_intent(intent) for intent in scene.intents}
    found = recover.recover(scene.intents, scene.dataset, marks, scene.edges)
    unfinished = Unfinished(
        done={_about(row.binding): row for row in found.done},
        pending={_about(intent.binding): intent for intent in found.pending},
        failed={_about(intent.binding): (intent, error) for intent, error in found.failed},
    )
    return _with_rows(scene, found.done), unfinished


def settled_for(scene: Scene, resource: str) -> Scene:
    """The scene once earlier uploads to this resource are at their end; `PortalError`."""
    scene, unfinished = finish_what_was_begun(scene)
    if resource in unfinished.failed:
        raise unfinished.failed[resource][1]
    if resource in unfinished.pending:
        intent = unfinished.pending[resource]
        recover.wait_for(intent, scene.mark_of_intent(intent), scene.edges)
    return anew(scene) if scene.intents else scene


def _with_rows(scene: Scene, done: Sequence[Row]) -> Scene:
    """The scene with the ledger read again, and the dataset as those rows left it."""
    dataset = scene.dataset
    again = remember(scene.entry, scene.id, scene.survey, scene.edges, scene.orders, scene.now)
    for row in done:
        online = dataset.find(row.binding.resource) if dataset else None
        if online is not None:
            again = replace(again, dataset=dataset).with_resource(replace(online, title=row.title))
            dataset = again.dataset
    return replace(again, dataset=dataset, title=scene.title, page=scene.page)


def _about(binding: Binding) -> About:
    return binding.resource or f"{binding.source}\n{binding.key}"


def about_case(scene: Scene, case: Case) -> About:
    return _about(scene.binding(case.item, scene.resource_of(case) or ""))


SMALL = 1024 * 1024  # bytes: so much is read for nothing where the portal then refuses
FRESH = timedelta(seconds=0.5)  # what lies between the portal's answer and the upload is local


@contextmanager
def first_file(scene: Scene, cases: Sequence[Case]) -> Iterator[Scene]:
    """The scene with its first file in the spool, where there is a small one to be read.

    Whatever goes wrong is left to be found when the file's turn comes.
    """
    with ExitStack() as stack:
        with_file = _with_file(scene, cases, stack)
        yield with_file


def _with_file(scene: Scene, cases: Sequence[Case], stack: ExitStack) -> Scene:
    small = [case for case in cases if _may_be_read(case)]
    if not small or scene.orders.check or scene.open_intents:
        return scene
    case = min(small, key=_size)
    edges, version = scene.edges, case.item.version
    try:
        edges.portal.expect_uploads()
        bar = stack.enter_context(edges.progress.transfer(version.key, "fetch", _size(case)))
        source = edges.sources[case.item.target.source]
        file = stack.enter_context(edges.spool.fetch(source, version, bar))
    except (PortalError, SourceError, SpoolError):
        return scene
    return replace(scene, ahead=Ahead(case.item, file, edges.clock()))


def _may_be_read(case: Case) -> bool:
    """New bytes for a resource that was published before, so that a refusal is not likely."""
    if case.look.action is not Action.FETCH or case.look.digest is not None:
        return False
    known = case.row is not None and case.row.published is not None
    return known and case.error is None and case.item.match is not None and _size(case) <= SMALL


def _size(case: Case) -> int:
    return case.item.version.fingerprint.size


def is_fresh_for(scene: Scene, case: Case) -> bool:
    """Whether the portal was asked after this case's file was read, and only just."""
    ahead, asked_at = scene.ahead, scene.asked_at
    if ahead is None or asked_at is None or ahead.item != case.item:
        return False
    since = scene.edges.clock() - asked_at
    return ahead.read_at <= asked_at and timedelta() <= since <= FRESH
