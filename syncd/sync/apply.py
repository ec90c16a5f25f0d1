"""The targets of a cycle: each to its end, or foreseen, its trouble its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog

from syncd.core.errors import (
    ObjectChanged,
    ObjectMissing,
    PortalError,
    Rejected,
    SourceUnreachable,
    SyncdError,
)
from syncd.core.objects import Digest, KnownVersion
from syncd.core.ports import SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Action, Cause, Outcome, Row
from syncd.core.results import Planned, Result
from syncd.guards.content import Content
from syncd.sync import decide, history, pins, recover, retention
from syncd.sync.context import QUIET, DatasetContext, TargetState
from syncd.sync.decide import Verdict
from syncd.sync.evaluate import PUBLISHING, before_reading, judge
from syncd.sync.matching import Match, Status
from syncd.sync.prepare import Unfinished, about_case, anew, describe, is_fresh_for
from syncd.sync.publish import Job, publish
from syncd.sync.results import (
    outcome_of_error,
    planned,
    planned_error,
    result_of,
    row_after,
    row_after_error,
)

log = structlog.get_logger("syncd.cycle")

BIG = 64 * 1024 * 1024  # bytes from which a file may keep others waiting
RELISTS = 3  # how often an object may be overwritten under our hands before we leave it


# -- quiet and busy ----------------------------------------------------------------------------


def sort_out(
    context: DatasetContext, cases: Sequence[TargetState], unfinished: Unfinished
) -> tuple[list[TargetState], list[TargetState]]:
    """Those that need neither bytes nor portal, and the others.

    Of the others small files come first, so that none waits behind a big one, and what may still
    arrive comes last, so that none waits for it.
    """

    def is_quiet(case: TargetState) -> bool:
        about = about_case(context, case)
        if case.error is not None or about in unfinished.failed or about in unfinished.pending:
            return False
        return case.look.action is not Action.FETCH and not _to_compare(context, case)

    quiet = [case for case in cases if is_quiet(case)]
    busy = [case for case in cases if not is_quiet(case)]
    busy.sort(key=lambda case: (about_case(context, case) in unfinished.pending, _size(case)))
    return quiet, busy


def _size(case: TargetState) -> int:
    return case.item.version.fingerprint.size if case.item.match is not None else 0


def in_order(
    cases: Sequence[TargetState], handled: Sequence[TargetState], results: Sequence[Result]
) -> list[Result]:
    """The results of `handled` in the order of `cases`, which is the manifest's."""
    by_case = {id(case): result for case, result in zip(handled, results, strict=True)}
    return [by_case[id(case)] for case in cases if id(case) in by_case]


def _to_compare(context: DatasetContext, case: TargetState) -> bool:
    """The portal was asked anyway: what is unchanged here is compared with what is there."""
    return (
        context.dataset is not None and case.look.action in QUIET and case.look.digest is not None
    )


def settle_quietly(
    context: DatasetContext, cases: Sequence[TargetState], unfinished: Unfinished
) -> list[Result]:
    """Record what the first look decided, in one transaction."""
    rows, results = [], []
    for case in cases:
        row = row_after(context, case, Verdict(case.look.action, case.look.reason), None)
        row = row if _is_settling(case) else _timely(case, row)
        if _is_settling(case) and case.row is not None and not case.row.state.is_well:
            row = case.row  # waiting does not make well what was not
        done = unfinished.done.get(about_case(context, case))
        if done is not None and case.look.action is Action.UNCHANGED:
            row = done
        elif _worth_a_row(case, row):
            rows.append(row)
        results.append(result_of(context, case, row))
    context.adapters.ledger.put(*rows)
    return results


def _timely(case: TargetState, row: Row) -> Row:
    """All is well with the file; but is it the one that should be there by now?"""
    if case.late is None or row.state is not Outcome.UNCHANGED:
        return row
    return replace(row, state=Outcome.LATE, reason=case.late)


def _worth_a_row(case: TargetState, row: Row) -> bool:
    if _is_settling(case):
        return False  # nothing was learnt
    return bool(row.binding.resource) or case.item.match is not None


def _is_settling(case: TargetState) -> bool:
    return case.look.reason.code == "settling"


def orphans(
    context: DatasetContext, cases: Sequence[TargetState], unfinished: Unfinished
) -> list[Result]:
    """Uploads of targets that left the manifest, and could not be brought to their end."""
    current = {about_case(context, case) for case in cases}
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


def without_portal(context: DatasetContext, error: PortalError) -> list[Result]:
    """The portal cannot be asked. What needs it fails; what does not goes on."""
    results = []
    for case in context.cases():
        trouble = case.error or (error if _is_stopped_by(context, case, error) else None)
        if trouble is not None:
            results.append(_record_error(context, case, trouble))
        else:
            results += settle_quietly(context, [case], Unfinished())
    return results


def _is_stopped_by(context: DatasetContext, case: TargetState, error: PortalError) -> bool:
    """Whether this target cannot be said to be well while the portal cannot be asked."""
    if case.look.action in QUIET:
        return outcome_of_error(error) is Outcome.REFUSED or context.check_due
    return case.look.action is Action.FETCH


# -- one target --------------------------------------------------------------------------------


def carry_out(
    context: DatasetContext, case: TargetState, brake: Reason | None, unfinished: Unfinished
) -> Result:
    """One target, to its end. Its trouble stays its own."""
    started = context.adapters.clock()
    about = about_case(context, case)
    done = unfinished.done.get(about)
    try:
        if case.error is not None:
            raise case.error
        if about in unfinished.failed:
            raise unfinished.failed[about][1]
        if about in unfinished.pending:
            intent = unfinished.pending[about]
            done = recover.wait_for(intent, context.mark_of_intent(intent), context.adapters)
            context = anew(context)
            case = _look_again(context, case)
        result = _attempts(context, case, brake)
    except SyncdError as error:
        tell = log.debug if error.told else log.warning
        tell("target.failed", resource=context.resource_of(case), why=str(error))
        result = _record_error(context, case, error)
    except Exception as error:
        # A fault of our own must not stop the other targets; it is as loud as any failure.
        log.exception("target.fault", resource=context.resource_of(case))
        fault = SyncdError("fault", detail=type(error).__name__)
        result = _record_error(context, case, fault)
    if done is not None and result.outcome is Outcome.UNCHANGED:
        result = result_of(context, case, done)
    seconds = (context.adapters.clock() - started).total_seconds()
    return replace(result, seconds=round(seconds, 3))


def _attempts(context: DatasetContext, case: TargetState, brake: Reason | None) -> Result:
    for _ in range(RELISTS):
        try:
            return _attempt(context, case, brake)
        except (ObjectChanged, ObjectMissing) as error:
            log.info("object.relisted", key=case.item.key, why=str(error))
            case = _relisted(context, case)
    raise SourceUnreachable("object_keeps_changing", key=case.item.key, times=RELISTS)


def _attempt(context: DatasetContext, case: TargetState, brake: Reason | None) -> Result:
    if case.look.action is not Action.FETCH and not _to_compare(context, case):
        return settle_quietly(context, [case], Unfinished())[0]
    verdict = before_reading(context, case)
    if verdict is None and case.look.digest is not None:
        verdict = judge(context, case, case.look.digest, brake)
        if verdict.action in PUBLISHING:
            if context.options.check:  # the next cycle publishes, at its time
                return settle_quietly(context, [case], Unfinished())[0]
            verdict = None  # the bytes are needed after all
    if verdict is not None:
        return _record(context, case, verdict, case.look.digest)
    context.adapters.portal.expect_uploads()  # nobody downloads gigabytes for a portal that is down
    with _lane(context, case), _fetched(context, case) as file:
        content = Content(file.path, case.item.key)
        verdict = judge(context, case, file.digest, brake, content)
        if verdict.action in PUBLISHING:
            # First, since it takes time: the title that is put back is the one read last.
            unkept = retention.before(context.id, verdict.resource, file, context.adapters)
            return _publish(context, case, file, content, brake, unkept)
        return _record(context, case, verdict, file.digest)


@contextmanager
def _lane(context: DatasetContext, case: TargetState) -> Iterator[None]:
    """A big file does not keep the small ones of other datasets waiting."""
    if _size(case) < BIG:
        yield
        return
    with context.adapters.release_slot(), context.adapters.big_files():
        yield


@contextmanager
def _fetched(context: DatasetContext, case: TargetState) -> Iterator[SpooledFile]:
    if context.ahead is not None and context.ahead.item == case.item:
        yield context.ahead.file
        return
    source = context.adapters.sources[case.item.target.source]
    version = case.item.version
    size = version.fingerprint.size
    with (
        context.adapters.progress.transfer(version.key, "fetch", size) as bar,
        context.adapters.spool.fetch(source, version, bar) as file,
    ):
        yield file


def _relisted(context: DatasetContext, case: TargetState) -> TargetState:
    """The case with the object as it is now: it changed between the listing and the reading."""
    item = case.item
    version = context.adapters.sources[item.target.source].stat(item.key)
    if version is None:
        gone = because("object_missing", key=item.key)
        item = replace(item, status=Status.MISSING, match=None, reason=gone)
    elif item.match is not None:
        item = replace(item, match=Match(version, item.match.variables))
    return replace(case, item=item, look=decide.first_look(item, case.row, context.now))


def _look_again(context: DatasetContext, case: TargetState) -> TargetState:
    row = context.row_of(case.item)
    return replace(case, row=row, look=decide.first_look(case.item, row, context.now))


def _publish(
    context: DatasetContext,
    case: TargetState,
    file: SpooledFile,
    content: Content,
    brake: Reason | None,
    unkept: tuple[Reason, ...],
) -> Result:
    """Judge once more on the freshest description, then publish."""
    adapters = context.adapters
    resource_id = context.resource_of(case)
    if is_fresh_for(context, case):
        pass
    elif context.dataset is not None and resource_id is not None:
        context = context.with_resource(adapters.portal.resource(context.id, resource_id))
    else:
        context = describe(context)
    verdict = judge(context, case, file.digest, brake, content)
    if verdict.action not in PUBLISHING or context.dataset is None:
        return _record(context, case, verdict, file.digest)
    target, version = verdict.resource, case.item.version
    creating = target is None
    warnings = (*verdict.warnings, *unkept)
    job = Job(
        binding=context.binding(case.item, target.id if target else ""),
        judged=KnownVersion(version.key, version.fingerprint, file.digest),
        title=decide.wanted_title(target, context.intents) if target else case.item.title,
        mark=context.mark_of(case.item),
        reason=verdict.reason,
        before=tuple(r.id for r in context.dataset.resources) if creating else None,
        cause=_cause(context, case, file.digest),
        findings=warnings,
        profile=verdict.profile,
    )
    try:
        row = publish(job, file, adapters)
    except Rejected as error:  # remembered with the bytes, which are not sent in each cycle
        refused = Verdict(Action.REFUSED, error.reason, target)
        return _record(context, case, refused, file.digest)
    retention.after(row.binding, adapters)
    return result_of(context, case, row, warnings)


def _cause(context: DatasetContext, case: TargetState, digest: Digest) -> Cause:
    """A released file is published by whoever released it, whichever cycle comes by first."""
    cause = context.options.cause
    release = case.row.release if case.row else None
    if release is None or not pins.is_released(case.row, digest):
        return cause
    return replace(cause, trigger="release", by=release.by, note=release.note)


def _record(
    context: DatasetContext, case: TargetState, verdict: Verdict, digest: Digest | None
) -> Result:
    row = _timely(case, row_after(context, case, verdict, digest))
    if verdict.action is Action.ADOPT and verdict.resource is not None and row.published:
        kept = context.adapters.archive.where(row.published.digest, None)
        cause, profile = context.options.cause, verdict.profile
        line = history.of_adoption(row, verdict.resource, cause, profile, kept)
        context.adapters.ledger.record(line, row)
    else:
        context.adapters.ledger.put(row)
    return result_of(context, case, row, verdict.warnings)


def _record_error(context: DatasetContext, case: TargetState, error: SyncdError) -> Result:
    row = row_after_error(context, case, error)
    if row.binding.resource or case.item.match is not None:
        context.adapters.ledger.put(row)
    return result_of(context, case, row)


# -- planning ----------------------------------------------------------------------------------


def foresee(context: DatasetContext, case: TargetState, brake: Reason | None) -> Planned:
    """What `carry_out` would do with this case. Only temporary files are written."""
    return _foreseen_in_time(case, _foresee(context, case, brake))


def _foreseen_in_time(case: TargetState, plan: Planned) -> Planned:
    if case.late is None or plan.action is not Action.UNCHANGED or _is_settling(case):
        return plan
    return replace(plan, action=Action.LATE, reason=case.late)


def _foresee(context: DatasetContext, case: TargetState, brake: Reason | None) -> Planned:
    try:
        if case.error is not None:
            raise case.error
        for _ in range(RELISTS):
            try:
                return _foreseen(context, case, brake)
            except (ObjectChanged, ObjectMissing):
                case = _relisted(context, case)
        raise SourceUnreachable("object_keeps_changing", key=case.item.key, times=RELISTS)
    except SyncdError as error:
        return planned_error(context, case, error)


def foresee_without_portal(context: DatasetContext, error: PortalError) -> list[Planned]:
    """What `without_portal` would report."""
    result = []
    for case in context.cases():
        trouble = case.error or (error if _is_stopped_by(context, case, error) else None)
        if trouble is not None:
            result.append(planned_error(context, case, trouble))
        else:
            verdict = Verdict(case.look.action, case.look.reason)
            result.append(_foreseen_in_time(case, planned(context, case, verdict, None)))
    return result


def _foreseen(context: DatasetContext, case: TargetState, brake: Reason | None) -> Planned:
    look = case.look
    if look.action is not Action.FETCH and not _to_compare(context, case):
        return planned(context, case, Verdict(look.action, look.reason), None)
    verdict = before_reading(context, case)
    if verdict is not None:
        return planned(context, case, verdict, look.digest)
    if look.digest is not None:
        verdict = judge(context, case, look.digest, brake)
        if verdict.action not in PUBLISHING or context.options.fast:
            return planned(context, case, verdict, look.digest)
    if context.options.fast:
        return planned(context, case, Verdict(Action.FETCH, look.reason), None)
    with _fetched(context, case) as file:
        content = Content(file.path, case.item.key)
        verdict = judge(context, case, file.digest, brake, content)
        return planned(context, case, verdict, file.digest)
