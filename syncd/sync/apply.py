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
from syncd.core.objects import Digest, Judged
from syncd.core.ports import SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Action, Cause, Outcome, Row
from syncd.core.results import Planned, Result
from syncd.guards.content import Content
from syncd.sync import decide, history, pins, recover, retention
from syncd.sync.context import QUIET, Case, Scene
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
    scene: Scene, cases: Sequence[Case], unfinished: Unfinished
) -> tuple[list[Case], list[Case]]:
    """Those that need neither bytes nor portal, and the others.

    Of the others small files come first, so that none waits behind a big one, and what may still
    arrive comes last, so that none waits for it.
    """

    def is_quiet(case: Case) -> bool:
        about = about_case(scene, case)
        if case.error is not None or about in unfinished.failed or about in unfinished.pending:
            return False
        return case.look.action is not Action.FETCH and not _to_compare(scene, case)

    quiet = [case for case in cases if is_quiet(case)]
    busy = [case for case in cases if not is_quiet(case)]
    busy.sort(key=lambda case: (about_case(scene, case) in unfinished.pending, _size(case)))
    return quiet, busy


def _size(case: Case) -> int:
    return case.item.version.fingerprint.size if case.item.match is not None else 0


def in_order(
    cases: Sequence[Case], handled: Sequence[Case], results: Sequence[Result]
) -> list[Result]:
    """The results of `handled` in the order of `cases`, which is the manifest's."""
    by_case = {id(case): result for case, result in zip(handled, results, strict=True)}
    return [by_case[id(case)] for case in cases if id(case) in by_case]


def _to_compare(scene: Scene, case: Case) -> bool:
    """The portal was asked anyway: what is unchanged here is compared with what is there."""
    return scene.dataset is not None and case.look.action in QUIET and case.look.digest is not None


def settle_quietly(scene: Scene, cases: Sequence[Case], unfinished: Unfinished) -> list[Result]:
    """Record what the first look decided, in one transaction."""
    rows, results = [], []
    for case in cases:
        row = row_after(scene, case, Verdict(case.look.action, case.look.reason), None)
        row = row if _is_settling(case) else _timely(case, row)
        if _is_settling(case) and case.row is not None and not case.row.state.is_well:
            row = case.row  # waiting does not make well what was not
        done = unfinished.done.get(about_case(scene, case))
        if done is not None and case.look.action is Action.UNCHANGED:
            row = done
        elif _worth_a_row(case, row):
            rows.append(row)
        results.append(result_of(scene, case, row))
    scene.edges.ledger.put(*rows)
    return results


def _timely(case: Case, row: Row) -> Row:
    """All is well with the file; but is it the one that should be there by now?"""
    if case.late is None or row.state is not Outcome.UNCHANGED:
        return row
    return replace(row, state=Outcome.LATE, reason=case.late)


def _worth_a_row(case: Case, row: Row) -> bool:
    if _is_settling(case):
        return False  # nothing was learnt
    return bool(row.binding.resource) or case.item.match is not None


def _is_settling(case: Case) -> bool:
    return case.look.reason.code == "settling"


def orphans(scene: Scene, cases: Sequence[Case], unfinished: Unfinished) -> list[Result]:
    """Uploads of targets that left the manifest, and could not be brought to their end."""
    current = {about_case(scene, case) for case in cases}
    return [
        Result(
            dataset=scene.id,
            dataset_title=scene.title or scene.entry.name,
            dataset_page=scene.page,
            resource=intent.binding.resource or None,
            title=intent.title,
            object=intent.judged.key,
            outcome=outcome_of_error(error),
            reason=error.reason,
        )
        for about, (intent, error) in unfinished.failed.items()
        if about not in current
    ]


def without_portal(scene: Scene, error: PortalError) -> list[Result]:
    """The portal cannot be asked. What needs it fails; what does not goes on."""
    results = []
    for case in scene.cases():
        trouble = case.error or (error if _is_stopped_by(scene, case, error) else None)
        if trouble is not None:
            results.append(_record_error(scene, case, trouble))
        else:
            results += settle_quietly(scene, [case], Unfinished())
    return results


def _is_stopped_by(scene: Scene, case: Case, error: PortalError) -> bool:
    """Whether this target cannot be said to be well while the portal cannot be asked."""
    if case.look.action in QUIET:
        return outcome_of_error(error) is Outcome.REFUSED or scene.check_due
    return case.look.action is Action.FETCH


# -- one target --------------------------------------------------------------------------------


def carry_out(scene: Scene, case: Case, brake: Reason | None, unfinished: Unfinished) -> Result:
    """One target, to its end. Its trouble stays its own."""
    started = scene.edges.clock()
    about = about_case(scene, case)
    done = unfinished.done.get(about)
    try:
        if case.error is not None:
            raise case.error
        if about in unfinished.failed:
            raise unfinished.failed[about][1]
        if about in unfinished.pending:
            intent = unfinished.pending[about]
            done = recover.wait_for(intent, scene.mark_of_intent(intent), scene.edges)
            scene = anew(scene)
            case = _look_again(scene, case)
        result = _attempts(scene, case, brake)
    except SyncdError as error:
        tell = log.debug if error.told else log.warning
        tell("target.failed", resource=scene.resource_of(case), why=str(error))
        result = _record_error(scene, case, error)
    except Exception as error:
        # A fault of our own must not stop the other targets; it is as loud as any failure.
        log.exception("target.fault", resource=scene.resource_of(case))
        fault = SyncdError("fault", detail=type(error).__name__)
        result = _record_error(scene, case, fault)
    if done is not None and result.outcome is Outcome.UNCHANGED:
        result = result_of(scene, case, done)
    seconds = (scene.edges.clock() - started).total_seconds()
    return replace(result, seconds=round(seconds, 3))


def _attempts(scene: Scene, case: Case, brake: Reason | None) -> Result:
    for _ in range(RELISTS):
        try:
            return _attempt(scene, case, brake)
        except (ObjectChanged, ObjectMissing) as error:
            log.info("object.relisted", key=case.item.key, why=str(error))
            case = _relisted(scene, case)
    raise SourceUnreachable("object_keeps_changing", key=case.item.key, times=RELISTS)


def _attempt(scene: Scene, case: Case, brake: Reason | None) -> Result:
    if case.look.action is not Action.FETCH and not _to_compare(scene, case):
        return settle_quietly(scene, [case], Unfinished())[0]
    verdict = before_reading(scene, case)
    if verdict is None and case.look.digest is not None:
        verdict = judge(scene, case, case.look.digest, brake)
        if verdict.action in PUBLISHING:
            if scene.orders.check:  # the next cycle publishes, at its time
                return settle_quietly(scene, [case], Unfinished())[0]
            verdict = None  # the bytes are needed after all
    if verdict is not None:
        return _record(scene, case, verdict, case.look.digest)
    scene.edges.portal.expect_uploads()  # nobody downloads gigabytes for a portal that is down
    with _lane(scene, case), _fetched(scene, case) as file:
        content = Content(file.path, case.item.key)
        verdict = judge(scene, case, file.digest, brake, content)
        if verdict.action in PUBLISHING:
            # First, since it takes time: the title that is put back is the one read last.
            unkept = retention.before(scene.id, verdict.resource, file, scene.edges)
            return _publish(scene, case, file, content, brake, unkept)
        return _record(scene, case, verdict, file.digest)


@contextmanager
def _lane(scene: Scene, case: Case) -> Iterator[None]:
    """A big file does not keep the small ones of other datasets waiting."""
    if _size(case) < BIG:
        yield
        return
    with scene.edges.aside(), scene.edges.big_files():
        yield


@contextmanager
def _fetched(scene: Scene, case: Case) -> Iterator[SpooledFile]:
    if scene.ahead is not None and scene.ahead.item == case.item:
        yield scene.ahead.file
        return
    source = scene.edges.sources[case.item.target.source]
    version = case.item.version
    size = version.fingerprint.size
    with (
        scene.edges.progress.transfer(version.key, "fetch", size) as bar,
        scene.edges.spool.fetch(source, version, bar) as file,
    ):
        yield file


def _relisted(scene: Scene, case: Case) -> Case:
    """The case with the object as it is now: it changed between the listing and the reading."""
    item = case.item
    version = scene.edges.sources[item.target.source].stat(item.key)
    if version is None:
        gone = because("object_missing", key=item.key)
        item = replace(item, status=Status.MISSING, match=None, reason=gone)
    elif item.match is not None:
        item = replace(item, match=Match(version, item.match.variables))
    return replace(case, item=item, look=decide.first_look(item, case.row, scene.now))


def _look_again(scene: Scene, case: Case) -> Case:
    row = scene.row_of(case.item)
    return replace(case, row=row, look=decide.first_look(case.item, row, scene.now))


def _publish(
    scene: Scene,
    case: Case,
    file: SpooledFile,
    content: Content,
    brake: Reason | None,
    unkept: tuple[Reason, ...],
) -> Result:
    """Judge once more on the freshest description, then publish."""
    edges = scene.edges
    resource_id = scene.resource_of(case)
    if is_fresh_for(scene, case):
        pass
    elif scene.dataset is not None and resource_id is not None:
        scene = scene.with_resource(edges.portal.resource(scene.id, resource_id))
    else:
        scene = describe(scene)
    verdict = judge(scene, case, file.digest, brake, content)
    if verdict.action not in PUBLISHING or scene.dataset is None:
        return _record(scene, case, verdict, file.digest)
    target, version = verdict.resource, case.item.version
    creating = target is None
    warnings = (*verdict.warnings, *unkept)
    job = Job(
        binding=scene.binding(case.item, target.id if target else ""),
        judged=Judged(version.key, version.fingerprint, file.digest),
        title=decide.wanted_title(target, scene.intents) if target else case.item.title,
        mark=scene.mark_of(case.item),
        reason=verdict.reason,
        before=tuple(r.id for r in scene.dataset.resources) if creating else None,
        cause=_cause(scene, case, file.digest),
        findings=warnings,
        profile=verdict.profile,
    )
    try:
        row = publish(job, file, edges)
    except Rejected as error:  # remembered with the bytes, which are not sent in each cycle
        refused = Verdict(Action.REFUSED, error.reason, target)
        return _record(scene, case, refused, file.digest)
    retention.after(row.binding, edges)
    return result_of(scene, case, row, warnings)


def _cause(scene: Scene, case: Case, digest: Digest) -> Cause:
    """A released file is published by whoever released it, whichever cycle comes by first."""
    cause = scene.orders.cause
    release = case.row.release if case.row else None
    if release is None or not pins.is_released(case.row, digest):
        return cause
    return replace(cause, trigger="release", by=release.by, note=release.note)


def _record(scene: Scene, case: Case, verdict: Verdict, digest: Digest | None) -> Result:
    row = _timely(case, row_after(scene, case, verdict, digest))
    if verdict.action is Action.ADOPT and verdict.resource is not None and row.published:
        kept = scene.edges.archive.where(row.published.digest, None)
        cause, profile = scene.orders.cause, verdict.profile
        line = history.of_adoption(row, verdict.resource, cause, profile, kept)
        scene.edges.ledger.record(line, row)
    else:
        scene.edges.ledger.put(row)
    return result_of(scene, case, row, verdict.warnings)


def _record_error(scene: Scene, case: Case, error: SyncdError) -> Result:
    row = row_after_error(scene, case, error)
    if row.binding.resource or case.item.match is not None:
        scene.edges.ledger.put(row)
    return result_of(scene, case, row)


# -- planning ----------------------------------------------------------------------------------


def foresee(scene: Scene, case: Case, brake: Reason | None) -> Planned:
    """What `carry_out` would do with this case. Only temporary files are written."""
    return _foreseen_in_time(case, _foresee(scene, case, brake))


def _foreseen_in_time(case: Case, plan: Planned) -> Planned:
    if case.late is None or plan.action is not Action.UNCHANGED or _is_settling(case):
        return plan
    return replace(plan, action=Action.LATE, reason=case.late)


def _foresee(scene: Scene, case: Case, brake: Reason | None) -> Planned:
    try:
        if case.error is not None:
            raise case.error
        for _ in range(RELISTS):
            try:
                return _foreseen(scene, case, brake)
            except (ObjectChanged, ObjectMissing):
                case = _relisted(scene, case)
        raise SourceUnreachable("object_keeps_changing", key=case.item.key, times=RELISTS)
    except SyncdError as error:
        return planned_error(scene, case, error)


def foresee_without_portal(scene: Scene, error: PortalError) -> list[Planned]:
    """What `without_portal` would report."""
    result = []
    for case in scene.cases():
        trouble = case.error or (error if _is_stopped_by(scene, case, error) else None)
        if trouble is not None:
            result.append(planned_error(scene, case, trouble))
        else:
            verdict = Verdict(case.look.action, case.look.reason)
            result.append(_foreseen_in_time(case, planned(scene, case, verdict, None)))
    return result


def _foreseen(scene: Scene, case: Case, brake: Reason | None) -> Planned:
    look = case.look
    if look.action is not Action.FETCH and not _to_compare(scene, case):
        return planned(scene, case, Verdict(look.action, look.reason), None)
    verdict = before_reading(scene, case)
    if verdict is not None:
        return planned(scene, case, verdict, look.digest)
    if look.digest is not None:
        verdict = judge(scene, case, look.digest, brake)
        if verdict.action not in PUBLISHING or scene.orders.fast:
            return planned(scene, case, verdict, look.digest)
    if scene.orders.fast:
        return planned(scene, case, Verdict(Action.FETCH, look.reason), None)
    with _fetched(scene, case) as file:
        content = Content(file.path, case.item.key)
        verdict = judge(scene, case, file.digest, brake, content)
        return planned(scene, case, verdict, file.digest)
