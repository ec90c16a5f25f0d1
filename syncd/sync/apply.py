"""The targets of a pass: each to its end, or as far as a plan goes; its trouble its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import structlog

from syncd import guards
from syncd.core.errors import (
    ObjectChanged,
    ObjectMissing,
    PortalError,
    Rejected,
    SourceUnreachable,
    SyncdError,
)
from syncd.core.history_records import LineKind
from syncd.core.objects import Digest, KnownVersion
from syncd.core.ports import SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Cause, Outcome, Row
from syncd.core.results import Result
from syncd.core.shortages import shortage_in
from syncd.sync import aftermath, history, linked, links, pin_marks, pins, recover, retention
from syncd.sync.content import Content, online_of, schema_of
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Bound, Fetch, Final, Publishing
from syncd.sync.evaluate import decide_unread, evaluate, is_compared
from syncd.sync.matching import Match, Status
from syncd.sync.prepare import Unfinished, about_state, anew, describe, is_fresh_for
from syncd.sync.publish import Job, publish, put_title_back
from syncd.sync.reading_ahead import ReadingAhead
from syncd.sync.replaced import ReplacedFile
from syncd.sync.results import (
    in_time,
    outcome_of_error,
    result_of,
    result_unread,
    row_after,
    row_after_error,
    row_unread,
)
from syncd.sync.titles import Titles

log = structlog.get_logger("syncd.cycle")

BIG = 64 * 1024 * 1024  # bytes from which a file may keep others waiting
RELISTS = 3  # how often an object may be overwritten under our hands before we leave it


# -- which come when ---------------------------------------------------------------------------


def sort_out(
    context: DatasetContext, states: Sequence[TargetState], unfinished: Unfinished
) -> tuple[list[int], list[int]]:
    """The places in `states` of those that need neither bytes nor portal, and of the others.

    Of the others small files come first, so that none waits behind a big one, and what may still
    arrive comes last, so that none waits for it.
    """

    waiting = {*unfinished.failed, *unfinished.pending}

    def is_quiet(state: TargetState) -> bool:
        is_unread = state.error is None and isinstance(state.look, Final)
        if not is_unread or is_compared(context, state):
            return False
        return not waiting or about_state(context, state) not in waiting

    def turn(at: int) -> tuple[bool, int]:
        return about_state(context, states[at]) in unfinished.pending, states[at].size

    quiet = [at for at, state in enumerate(states) if is_quiet(state)]
    busy = sorted(set(range(len(states))).difference(quiet))
    return quiet, sorted(busy, key=turn)


def record_unread(
    context: DatasetContext, states: Sequence[TargetState], unfinished: Unfinished
) -> list[Result]:
    """Record what the first look decided, in one transaction."""
    rows, results = unread(context, states, unfinished)
    context.adapters.ledger.put(*rows)
    return results


def unread(
    context: DatasetContext, states: Sequence[TargetState], unfinished: Unfinished
) -> tuple[list[Row], list[Result]]:
    """What the first look decided, and the rows to be stored of it; see `results.row_unread`."""
    rows, results = [], []
    done = unfinished.done
    for state in states:
        if not isinstance(state.look, Final):
            raise ValueError("these bytes were to be read")
        recovered = done.get(about_state(context, state)) if done else None
        context, warnings = _with_title(context, state)
        row, is_news = row_unread(context, state, state.look, recovered)
        rows += [row] if is_news else []
        results.append(result_of(context, state, row, warnings))
    return rows, results


def orphans(
    context: DatasetContext, states: Sequence[TargetState], unfinished: Unfinished
) -> list[Result]:
    """Uploads of targets that left the manifest, and could not be brought to their end."""
    current = {about_state(context, state) for state in states}
    return [
        Result(
            dataset=context.id,
            dataset_title=context.title or context.entry.name,
            dataset_page=context.page,
            resource=intent.binding.resource or None,
            title=intent.title,
            object=intent.judged.key,
            outcome=outcome_of_error(error),
            reason=error.reason,
        )
        for about, (intent, error) in unfinished.failed.items()
        if about not in current
    ]


def without_portal(
    context: DatasetContext, states: Sequence[TargetState], error: PortalError
) -> list[Result]:
    """The portal cannot be asked. What needs it fails; what does not goes on."""
    results = []
    for state in states:
        trouble = state.error or (error if _is_stopped_by(context, state, error) else None)
        if trouble is not None:
            results.append(_record_error(context, state, trouble))
        else:
            results += record_unread(context, [state], Unfinished())
    return results


def _is_stopped_by(context: DatasetContext, state: TargetState, error: PortalError) -> bool:
    """Whether this target cannot be said to be well while the portal cannot be asked."""
    if state.is_settled:
        is_asked = context.check_due or context.options.ask
        return outcome_of_error(error) is Outcome.REFUSED or is_asked
    return isinstance(state.look, Fetch)


# -- one target --------------------------------------------------------------------------------


def carry_out(
    context: DatasetContext, state: TargetState, braked: Reason | None, unfinished: Unfinished
) -> Result:
    """One target, to its end. Its trouble stays its own."""
    started = context.adapters.clock()
    about = about_state(context, state)
    recovered = unfinished.done.get(about)
    try:
        if state.error is not None:
            raise state.error
        if about in unfinished.failed:
            raise unfinished.failed[about][1]
        if about in unfinished.pending:
            intent = unfinished.pending[about]
            mark = context.mark_of_intent(intent)
            recovered = recover.wait_for(intent, mark, context.adapters)
            context, state = _seen_again(anew(context), state)
        result = _attempts(context, state, braked)
    except SyncdError as error:
        log_trouble = log.debug if error.already_reported or context.options.plan else log.warning
        log_trouble("target.failed", resource=context.resource_of(state), why=str(error))
        result = _record_error(context, state, error)
    except Exception as error:
        # A fault of our own must not stop the other targets; it is as loud as any failure.
        log.exception("target.fault", resource=context.resource_of(state))
        fault = shortage_in(error) or SyncdError("fault", detail=type(error).__name__)
        result = _record_error(context, state, fault)
    if recovered is not None and result.outcome is Outcome.UNCHANGED:
        result = result_of(context, state, recovered)
    seconds = (context.adapters.clock() - started).total_seconds()
    return replace(result, seconds=round(seconds, 3))


def _attempts(context: DatasetContext, state: TargetState, braked: Reason | None) -> Result:
    is_gone = False
    for _ in range(RELISTS):
        try:
            return _attempt(context, state, braked)
        except (ObjectChanged, ObjectMissing) as error:
            log.info("object.relisted", key=state.item.key, why=str(error))
            is_gone = isinstance(error, ObjectMissing)
            state = _relisted(context, state)
    code = "object_listed_and_gone" if is_gone else "object_keeps_changing"
    raise SourceUnreachable(code, key=state.item.key, times=RELISTS)


def _attempt(context: DatasetContext, state: TargetState, braked: Reason | None) -> Result:
    """decide ─▶ (bytes needed? fetch ─▶ evaluate) ─▶ stop, or publish ─▶ record"""
    decision = linked.still_answering(context, state, decide_unread(context, state, braked))
    if decision is state.look:
        return record_unread(context, [state], Unfinished())[0]
    if isinstance(decision, Final):
        return _record(context, state, decision, state.look.digest)
    if context.options.fast:
        if isinstance(decision, Fetch):
            return result_unread(context, state, decision.reason)
        return _record(context, state, decision, state.look.digest)
    target = state.item.target
    context.adapters.portal.expect_uploads()  # nobody downloads gigabytes for one that is down
    with (
        _slot(context, state),
        ReadingAhead(context, state, BIG) as ahead,
        _fetched(context, state, ahead) as file,
        ReplacedFile(context.adapters, with_content=target.by_content) as replaced,
    ):
        schema = schema_of(target.guards, online_of(state))
        content = Content(
            file,
            state.item.key,
            context.adapters,
            schema,
            with_content=target.by_content,
            following=ahead.following,
        )
        decision = evaluate(context, state, file.digest, braked, content, replaced)
        ahead.end()
        if isinstance(decision, Final):
            if linked.leads_to(
                context, state, decision, file.digest
            ):  # what the portal says is true
                is_told = decision.outcome is Outcome.UNCHANGED
                with links.as_broken() if is_told else nullcontext():
                    linked.make_ready(context, state, file)
            return _record(context, state, decision, file.digest)
        linked.make_ready(context, state, file)
        if context.options.plan:
            return _record(context, state, decision, file.digest)
        # First, since it takes time: the title that is put back is the one read last.
        unkept: tuple[Reason, ...] = ()
        if target.linking is None:  # else nothing of what is online is lost
            unkept = retention.before(
                context.id, decision.resource, file, replaced, context.adapters
            )
        judged_by = context.dataset
        context, state = _freshly_described(context, state)
        if context.dataset != judged_by:  # else the same question, with the same answer
            decision = evaluate(context, state, file.digest, braked, content, replaced)
            if isinstance(decision, Final):
                return _record(context, state, decision, file.digest)
        decision = replace(decision, warnings=retention.told(decision.warnings, unkept))
        return _publish(context, state, decision, file)


@contextmanager
def _slot(context: DatasetContext, state: TargetState) -> Iterator[None]:
    """A big file does not keep the small ones of other datasets waiting."""
    if state.size < BIG:
        yield
        return
    with context.adapters.release_slot(), context.adapters.big_files():
        yield


@contextmanager
def _fetched(
    context: DatasetContext, state: TargetState, ahead: ReadingAhead
) -> Iterator[SpooledFile]:
    if context.prefetched is not None and context.prefetched.item == state.item:
        yield context.prefetched.file
        return
    adapters, version = context.adapters, state.item.version
    source = adapters.sources[state.item.target.source]
    with (
        adapters.progress.transfer(version.key, "fetch", state.size) as bar,
        adapters.spool.fetch(source, version, bar, ahead.begin) as file,
    ):
        yield file


def _relisted(context: DatasetContext, state: TargetState) -> TargetState:
    """The state with the object as it is now: it changed between the listing and the reading."""
    item = state.item
    version = context.adapters.sources[item.target.source].stat(item.key)
    if version is None:
        gone = because("object_missing", key=item.key)
        item = replace(item, status=Status.MISSING, match=None, reason=gone)
    elif item.match is not None:
        item = replace(item, match=Match(version, item.match.variables))
    return replace(state, item=item, look=context.first_look(item, state.row))


def _seen_again(context: DatasetContext, state: TargetState) -> tuple[DatasetContext, TargetState]:
    row = context.row_of(state.item)
    look = context.first_look(state.item, row)
    return context, context.with_destination(replace(state, row=row, look=look))


def _freshly_described(
    context: DatasetContext, state: TargetState
) -> tuple[DatasetContext, TargetState]:
    """Both as the portal is now, for the decision right before the upload."""
    resource = context.resource_of(state)
    if is_fresh_for(context, state):
        return context, state
    if context.dataset is not None and resource is not None:
        context = context.with_resource(context.adapters.portal.resource(context.id, resource))
    else:
        context = describe(context)
    return context, context.with_destination(state)


def _publish(
    context: DatasetContext, state: TargetState, decision: Publishing, file: SpooledFile
) -> Result:
    version, address = state.item.version, context.wanted_address(state.item, file.digest)
    if address:  # which resets no title, nor puts one back that an upload of somebody's reset
        context, titled_again = _with_title(context, state)
        decision = replace(decision, warnings=(*decision.warnings, *titled_again))
    online, dataset = context.latest(decision.resource), context.dataset
    if dataset is None:
        raise ValueError("the portal has not been asked yet")
    titled = Titles(state.item.title, state.item.title)
    kept = context.titles_of(online) if online else titled
    job = Job(
        binding=context.binding(state.item, online.id if online else ""),
        judged=KnownVersion(version.key, version.fingerprint, file.digest),
        title=kept.wanted,
        mark=context.mark_of(state.item),
        reason=decision.reason,
        before=None if online else tuple(r.id for r in dataset.resources),
        cause=_cause(context, state, file.digest),
        findings=decision.warnings,
        profile=decision.profile,
        lifted=decision.lifted,
        loosened=guards.loosened(state.item.target.guards),
        online=online,
        written_title=kept.written,
        address=address,
    )
    try:
        row = publish(job, file, context.adapters)
    except Rejected as error:  # remembered with the bytes, which are not sent in each cycle
        refused = Final(Outcome.REFUSED, error.reason, online)
        return _record(context, state, refused, file.digest)
    retention.after(row.binding, context.adapters)
    return result_of(context, state, row, decision.warnings, decision.shapes, decision.schema)


def _cause(context: DatasetContext, state: TargetState, digest: Digest) -> Cause:
    """A released file is published by whoever released it, whichever cycle comes by first."""
    cause = context.options.cause
    release = state.row.release if state.row else None
    if release is None or not pins.is_released(state.row, digest):
        return cause
    return replace(cause, trigger="release", by=release.by, note=release.note)


def _record(
    context: DatasetContext,
    state: TargetState,
    decision: Final | Publishing,
    digest: Digest | None,
) -> Result:
    """The end of a target of which nothing is sent; a plan's ledger drops what is recorded."""
    context, warnings = _with_title(context, state)
    if isinstance(decision, Final):
        decision = replace(decision, warnings=(*decision.warnings, *warnings))
    adapters, online = context.adapters, context.latest(decision.resource)
    row = in_time(state, row_after(context, state, decision, digest))
    if decision.outcome is Outcome.ADOPTED and online is not None and row.published is not None:
        kept = links.kept(row.binding, row.published, None, row.address, adapters)
        cause = context.options.cause
        line = history.of_adoption(row, online, cause, decision.profile, kept)
        adapters.ledger.record(line, row)
    elif isinstance(decision, Final) and decision.pin is not None:
        cause = context.options.cause
        adapters.ledger.keep(row, history.of_row(LineKind.PINNED, row, cause, context.now))
    else:
        adapters.ledger.put(row)
    if online is not None and not context.options.plan:
        pin_marks.put_right(row, online, adapters)
    return result_of(context, state, row, decision.warnings, decision.shapes, decision.schema)


def _with_title(
    context: DatasetContext, state: TargetState
) -> tuple[DatasetContext, tuple[Reason, ...]]:
    """The title that a person wrote, put back where somebody else's upload has reset it.

    And what to say of it. Of a plan, the dataset as it would be. What cannot be put back now is
    left to the next look, as nothing is wrong with the file.
    """
    if not isinstance(state.destination, Bound):
        return context, ()
    online = context.latest(state.destination.resource)
    if online is None or aftermath.made_by_us(online, context.intents) is not None:
        return context, ()  # an upload of our own is brought to its end with its title
    wanted = context.titles_of(online).wanted
    if not aftermath.may_retitle(online, wanted):
        return context, ()
    try:
        if context.options.plan:
            titled = replace(online, title=wanted)
        else:
            titled = put_title_back(context.id, online.id, wanted, context.adapters)
    except PortalError as error:
        log.warning("title.not_put_back", resource=online.id, why=str(error))
        return context, ()
    warning = because("title_put_back", title=wanted, made=online.title)
    return context.with_resource(titled), (warning,) if titled.title == wanted else ()


def _record_error(context: DatasetContext, state: TargetState, error: SyncdError) -> Result:
    """By the row as it is now: the trouble may have come after a publication was recorded, and the
    row of before would make our own file online somebody else's."""
    if not context.options.plan:
        rows = context.adapters.ledger.rows(context.adapters.portal.url, context.id)
        context = replace(context, rows=rows)
        state = replace(state, row=context.row_of(state.item))
    row: Row = row_after_error(context, state, error)
    if row.binding.resource or state.item.match is not None:
        context.adapters.ledger.put(row)
    return result_of(context, state, row)
