"""A person goes back to an earlier file: the same way as any publication, and then a pin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from syncd.actions import seen
from syncd.actions.selection import row_of, why_it_is
from syncd.core.errors import (
    LinkError,
    NotSoNow,
    ObjectChanged,
    ObjectMissing,
    PortalError,
    SourceError,
    SpoolError,
    UsageError,
)
from syncd.core.history_records import LineKind
from syncd.core.objects import Digest, Version
from syncd.core.portal import Resource
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Act, Cause, Kept, Outcome, Publication, Row
from syncd.core.results import Report, Result
from syncd.core.targets import DatasetEntry, Linking, copy_key
from syncd.guards.profile import Profile
from syncd.sync import aftermath, decide, history, links, pin_marks, pins, prepare, retention
from syncd.sync.context import DatasetContext, RunOptions
from syncd.sync.dry_run import unwritten
from syncd.sync.listing import scan
from syncd.sync.publish import Job, publish, put_title_back
from syncd.sync.replaced import ReplacedFile
from syncd.sync.results import outcome_of_error, result_of_row

_ACTS = frozenset({Act.REPLACED, Act.CREATED, Act.ADOPTED, Act.FOUND})


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """What is asked for. `only`: the TARGET as `selection.by_target` gave it."""

    only: str
    cause: Cause
    number: int | None = None  # of a line of the history; None = the file before
    patience: float = 60.0  # seconds to wait for another syncd
    shown: str | None = None  # what was looked at, as `seen` names it; None where nothing was


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that is or was online, as a person knows it again."""

    number: int | None  # of its line of the history; None where it has none
    at: datetime | None  # when it was put, or found, online
    size: int | None  # bytes
    rows: int | None  # None where it was not counted
    sha1: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """From the file that is online to the one that comes in its place."""

    online: ShownFile
    back_to: ShownFile


Tell = Callable[[Step], None]


def undo(
    entry: DatasetEntry,
    request: UndoRequest,
    adapters: Adapters,
    now: datetime,
    *,
    plan: bool = False,
    tell: Tell = lambda _: None,
) -> Report:
    """Put an earlier file online again, under the title of today, and pin the target.

    Guards are not asked: the file was online before. `UsageError` when there is nothing to go back
    to; what goes wrong with the portal, the bucket or the disk is the result.

    `tell`: called once it is known which file goes online, before anything is read or sent.
    `plan`: only say what would be done. The earlier file is read, so that it is known to be there;
    nothing but a temporary file is written, and nobody is kept off the dataset.
    """
    dataset = prepare.identify(entry, adapters)
    nothing = scan((), (), adapters.sources, now)
    options = RunOptions(only=request.only, cause=request.cause, plan=plan)
    if plan:
        dry = replace(adapters, ledger=unwritten(adapters.ledger))
        context = prepare.remember(entry, dataset, nothing, dry, options, now)
        return _attempted(context, request, partial(_undone, tell=tell))
    url, by = adapters.portal.url, request.cause.by
    with adapters.locks.hold(url, dataset, request.patience, "undo", by):
        context = prepare.remember(entry, dataset, nothing, adapters, options, now)
        row = _row(context, request)
        seen.must_be(seen.online(row), request.shown, row, request.only)
        return _attempted(context, request, partial(_undone, tell=tell))


def leave(entry: DatasetEntry, request: UndoRequest, adapters: Adapters, now: datetime) -> Report:
    """What is online stays, whatever it is, for as long as the bucket has what it has: a pin.

    For a file that is held, and for one that somebody else put online. Nothing is sent.
    `UsageError` when it is neither.
    """
    dataset = prepare.identify(entry, adapters)
    nothing = scan((), (), adapters.sources, now)
    options = RunOptions(only=request.only, cause=request.cause)
    url, by = adapters.portal.url, request.cause.by
    with adapters.locks.hold(url, dataset, request.patience, "leave", by):
        context = prepare.remember(entry, dataset, nothing, adapters, options, now)
        row = _row(context, request)
        seen.must_be(seen.to_decide(row), request.shown, row, request.only)
        if not pins.may_be_left(row):
            title, state, why = row.title or row.binding.key, row.state.value, why_it_is(row)
            raise NotSoNow("not_to_leave", why, title=title, given=request.only, state=state)
        return _attempted(context, request, _left)


def _attempted(context: DatasetContext, request: UndoRequest, act: Callable[..., Result]) -> Report:
    row = _row(context, request)
    try:
        context = _as_it_is(context, row)
        row = _row(context, request)
        return Report((act(context, row, request),))
    except (PortalError, SourceError, SpoolError, LinkError) as error:
        failed = replace(row, state=outcome_of_error(error), reason=error.reason)
        return Report((_result(context, failed),))


def _as_it_is(context: DatasetContext, row: Row) -> DatasetContext:
    """With the portal asked, and earlier uploads at their end; a plan foresees that end."""
    if context.options.plan:
        return prepare.finish_what_was_begun(prepare.describe(context))[0]
    return prepare.recovered_for(prepare.ask_portal(context), row.binding.resource)


def unpin(entry: DatasetEntry, request: UndoRequest, adapters: Adapters, now: datetime) -> Row:
    """Let the next cycle publish what the bucket has. `UsageError` when it is not pinned."""
    dataset = prepare.identify(entry, adapters)
    url, by = adapters.portal.url, request.cause.by
    with adapters.locks.hold(url, dataset, request.patience, "unpin", by):
        rows = adapters.ledger.rows(adapters.portal.url, dataset)
        row = row_of(entry, rows, adapters.locations, request.only)
        seen.must_be(seen.pin(row), request.shown, row, request.only)
        if row.pin is None or row.published is None:
            title = row.title or row.binding.key
            raise UsageError("not_pinned", title=title, given=request.only, state=row.state.value)
        line = Publication(
            id=0,
            binding=row.binding,
            judged=row.published,
            title=row.title,
            link=row.link,
            act=Act.UNPINNED,
            cause=request.cause,
            begun_at=now,
        )
        # Not what the bucket has, so the next cycle looks again.
        free = replace(row, pin=None, state=Outcome.UNCHANGED)
        free = replace(
            free,
            reason=because("unpinned", by=request.cause.by, title=row.title or row.binding.key),
        )
        adapters.ledger.keep(free, line)
        pin_marks.remove(free.binding, adapters)
        return free


def _undone(context: DatasetContext, row: Row, request: UndoRequest, tell: Tell) -> Result:
    adapters = context.adapters
    refusal, online = _looked_up(context, row)
    if refusal is not None or online is None:
        reason = refusal or because("target_never_looked", given=request.only)
        return _result(context, replace(row, state=Outcome.REFUSED, reason=reason))
    lines = adapters.ledger.history(context.adapters.portal.url, context.id, online.id)
    linking = links.linking_of(context.entry, row.binding, adapters)
    anywhere = linking is not None and not linking.copy_to
    line = choose(lines, online.sha1, request, anywhere=anywhere)
    address = _address(linking, line)
    pin = pins.new_pin(row, context.intents, request.cause, context.now, request.only)
    tell(Step(shown_online(online, lines), shown_line(line)))
    if context.options.plan:
        return _planned(context, row, online, line, linking)
    if online.shows(line.judged.digest, address):  # the same bytes are never sent
        pinned = pins.pinned_as_it_is(row, line.judged, pin, context.now)
        pinned = replace(pinned, address=address)
        told = history.of_row(LineKind.PINNED, pinned, request.cause, pin.at)
        adapters.ledger.keep(pinned, told)
        pin_marks.put_right(pinned, online, adapters)
        return _result(context, pinned)
    job = Job(
        binding=row.binding,
        judged=line.judged,
        title="",  # as it is right before
        mark=context.mark(row.binding.source, row.binding.key),
        reason=pins.reason(pin),
        cause=request.cause,
        profile=line.profile,
        pin=pin,
        address=address,
        version_id=line.version_id,
    )
    if linking is not None:
        _ask_former(linking, line, adapters)
        done = publish(_titled(context, job, online), None, adapters)
        retention.after(done.binding, adapters)
        return _result(context, done)
    with kept_bytes(line, adapters) as file, ReplacedFile(adapters) as replaced:
        warnings = retention.before(context.id, online, file, replaced, adapters)
        job = replace(_titled(context, job, online), findings=warnings)
        done = publish(job, file, adapters)
    retention.after(done.binding, adapters)
    return _result(context, done, warnings)


def _titled(context: DatasetContext, job: Job, online: Resource) -> Job:
    """With the title that was read last."""
    fresh = context.adapters.portal.resource(context.id, online.id)
    kept = context.titles_of(fresh)
    if job.address and aftermath.may_retitle(fresh, kept.wanted):  # somebody's upload reset it
        fresh = put_title_back(context.id, online.id, kept.wanted, context.adapters)
    return replace(job, online=fresh, title=kept.wanted, written_title=kept.written)


def _address(linking: Linking | None, line: Publication) -> str:
    """Where everybody has the file of this line; "" where the portal is to have it."""
    if linking is None:
        return ""
    of = line.binding
    return linking.address_of(of.portal, of.dataset, line.judged.key, line.judged.digest)


def _ask_former(linking: Linking, line: Publication, adapters: Adapters) -> None:
    """A copy is kept. Elsewhere the object may have other bytes by now: `LinkError`."""
    try:
        links.ask(linking, line.binding.dataset, line.judged.key, line.judged.digest, adapters)
    except LinkError as error:
        address = _address(linking, line)
        raise LinkError("link_gone", title=line.title, address=address) from error


def _left(context: DatasetContext, row: Row, request: UndoRequest) -> Result:
    """The row is pinned beside what the portal has now."""
    refusal, online = _looked_up(context, row)
    if refusal is not None or online is None or online.sha1 is None:
        reason = refusal or because("target_never_looked", given=request.only)
        return _result(context, replace(row, state=Outcome.REFUSED, reason=reason))
    pin = pins.new_pin(row, context.intents, request.cause, context.now, request.only)
    digest = Digest(online.sha1, online.size or 0)
    known = row.published
    if known is None or known.digest != digest:
        known = replace(pin.judged, digest=digest)
    row = replace(row, release=None)  # whoever let it pass is overruled
    pinned = pins.pinned_as_it_is(row, known, pin, context.now)
    pinned = replace(pinned, address=online.address)
    adapters = context.adapters
    adapters.ledger.keep(pinned, history.of_row(LineKind.PINNED, pinned, request.cause, pin.at))
    pin_marks.put_right(pinned, online, adapters)
    return _result(context, pinned)


def _planned(
    context: DatasetContext,
    row: Row,
    online: Resource,
    line: Publication,
    linking: Linking | None,
) -> Result:
    size, address = line.judged.digest.size, _address(linking, line)
    if online.shows(line.judged.digest, address):
        reason, outcome = because("undo_would_pin", title=online.title), Outcome.PINNED
    else:
        if linking is not None:
            _ask_former(linking, line, context.adapters)
        else:
            with kept_bytes(line, context.adapters):
                pass
        reason = because("undo_would_replace", title=online.title, number=line.id)
        outcome = Outcome.REPLACED
    result = _result(context, replace(row, state=outcome, reason=reason))
    return replace(result, listed_size=size, previous_size=online.size, address=address)


def shown_line(line: Publication) -> ShownFile:
    """The file of a line of the history."""
    profile = Profile.from_json(line.profile) if isinstance(line.profile, str) else None
    digest = line.judged.digest
    rows = profile.rows if profile is not None else None
    return ShownFile(line.id, line.titled_at or line.begun_at, digest.size, rows, digest.sha1)


def shown_online(online: Resource, lines: Sequence[Publication]) -> ShownFile:
    """The file online, by the newest line of these that is about its bytes."""
    mine = [line for line in lines if line.act in _ACTS and line.judged.digest.sha1 == online.sha1]
    if not mine:
        return ShownFile(None, None, online.size, None, online.sha1)
    return shown_line(mine[-1])


def _looked_up(context: DatasetContext, row: Row) -> tuple[Reason | None, Resource | None]:
    """Why nothing may be put there, if so; and what is there."""
    if context.dataset is None:
        raise ValueError("the portal has not been asked yet")
    refusal = decide.refusal_of_dataset(context.dataset)
    online = context.dataset.find(row.binding.resource)
    if refusal is None:
        refusal = decide.refusal_of_resource(
            online,
            row.binding.resource,
            context.dataset,
            was_ours=True,
            as_link=links.linking_of(context.entry, row.binding, context.adapters) is not None,
        )
    return refusal, online


def choose(
    lines: Sequence[Publication],
    online: str | None,
    request: UndoRequest,
    *,
    anywhere: bool = False,
) -> Publication:
    """The line of the history to go back to. Pure. `online`: the sha1 of the file online.
    `anywhere`: a link's file may still be where it was, whether or not syncd keeps it; a copy that
    is not kept was removed.

    Without a number, the newest kept file from before the one online was first put there: undone
    twice, it goes back twice, and never forward to the file that was undone. `UsageError`.
    """
    shown = [line for line in lines if line.act in _ACTS]
    if request.number is not None:
        asked = next((line for line in shown if line.id == request.number), None)
        if asked is None:
            raise UsageError("no_such_number", number=request.number, given=request.only)
        if asked.judged.digest.sha1 == online:
            return asked
        return asked if anywhere else _kept_as(asked, lines, request)
    first = next((line.id for line in shown if line.judged.digest.sha1 == online), None)
    before = [
        line
        for line in shown
        if (line.kept or anywhere)
        and line.judged.digest.sha1 != online
        and (first is None or line.id < first)
    ]
    if not before:
        title = shown[-1].title if shown else request.only
        raise UsageError("nothing_to_undo", title=title, given=request.only)
    return before[-1]


def _kept_as(asked: Publication, lines: Sequence[Publication], request: UndoRequest) -> Publication:
    """The same bytes may be kept for another line."""
    same = [line for line in lines if line.judged.digest == asked.judged.digest and line.kept]
    if not same:
        raise UsageError("number_not_kept", number=asked.id, given=request.only)
    return asked if asked.kept else same[-1]


@contextmanager
def kept_bytes(line: Publication, adapters: Adapters) -> Iterator[SpooledFile]:
    """The line's file, checked. `SourceError` or `SpoolError` when it cannot be had."""
    if line.kept is Kept.ARCHIVE:
        with adapters.archive.fetch(line.judged.digest) as file:
            yield file
        return
    if line.kept is Kept.COPY:
        with _copied_bytes(line, adapters) as file:
            yield file
        return
    places = {str(source.location): source for source in adapters.sources.values()}
    source = places.get(line.binding.source)
    if source is None:
        raise SpoolError("version_of_other_source", key=line.judged.key)
    version = Version(line.judged.key, line.judged.fingerprint, line.version_id)
    size = line.judged.digest.size
    with (
        adapters.progress.transfer(version.key, "fetch", size) as bar,
        _still_there(version),
        adapters.spool.fetch(source, version, bar) as file,
    ):
        if file.digest != line.judged.digest:
            raise SpoolError("version_other_bytes", key=version.key, sha1=line.judged.digest.sha1)
        yield file


@contextmanager
def _copied_bytes(line: Publication, adapters: Adapters) -> Iterator[SpooledFile]:
    digest = line.judged.digest
    key = copy_key(line.binding.portal, line.binding.dataset, line.judged.key, digest)
    found = ((bucket, bucket.stat(key)) for bucket in adapters.copies.values())
    for bucket, version in found:
        if version is None:
            continue
        with (
            adapters.progress.transfer(key, "fetch", digest.size) as bar,
            _still_there(version),
            adapters.spool.fetch(bucket, version, bar) as file,
        ):
            if file.digest != digest:
                raise SpoolError("version_other_bytes", key=key, sha1=digest.sha1)
            yield file
        return
    raise SpoolError("version_gone", key=key)


@contextmanager
def _still_there(version: Version) -> Iterator[None]:
    try:
        yield
    except (ObjectMissing, ObjectChanged) as error:
        raise SpoolError("version_gone", key=version.key) from error


def _row(context: DatasetContext, request: UndoRequest) -> Row:
    return row_of(context.entry, context.rows, context.adapters.locations, request.only)


def _result(context: DatasetContext, row: Row, warnings: tuple[Reason, ...] = ()) -> Result:
    title = context.title or context.entry.name
    return result_of_row(row, title, context.page, warnings)
