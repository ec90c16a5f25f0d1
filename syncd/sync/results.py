"""Turns verdicts, errors and rows into results for the report and rows for the ledger. Pure."""

from __future__ import annotations

from dataclasses import replace

from syncd.core.errors import Gone, NotAllowed, NotFound, Rejected, SyncdError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.reasons import Reason
from syncd.core.records import Action, Outcome, Pin, Release, Row
from syncd.core.results import Lost, Planned, Result
from syncd.core.targets import DatasetEntry, EachRule, ObjectRule, Target
from syncd.sync import decide
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Verdict
from syncd.sync.similar_names import lost_by

# The portal's "no" concerns this dataset or resource and needs a person; the rest may pass.
_REFUSING = (NotAllowed, NotFound, Gone, Rejected)


def outcome_of_error(error: SyncdError) -> Outcome:
    return Outcome.REFUSED if isinstance(error, _REFUSING) else Outcome.FAILED


def row_after(
    context: DatasetContext, case: TargetState, verdict: Verdict, digest: Digest | None
) -> Row:
    """The ledger's row after a verdict that publishes nothing."""
    judged = published = published_at = version_id = None
    if case.row is not None:
        judged, published = case.row.judged, case.row.published
        published_at, version_id = case.row.published_at, case.row.version_id
    if digest is not None:
        version = case.item.version
        judged = KnownVersion(version.key, version.fingerprint, digest)
    if digest is not None and verdict.action in {Action.ADOPT, Action.UNCHANGED}:
        published = judged
    resource = verdict.resource
    resource_id = resource.id if resource else context.resource_of(case) or ""
    return Row(
        binding=context.binding(case.item, resource_id),
        title=resource.title if resource else (case.row.title if case.row else ""),
        link=resource.latest if resource else (case.row.link if case.row else ""),
        state=decide.outcome_of(verdict.action),
        reason=verdict.reason,
        checked_at=context.now,
        judged=judged,
        published=published,
        published_at=published_at,
        version_id=version_id,
        pin=_pin_after(case, verdict, digest),
        release=_release_after(case, digest),
    )


def _pin_after(case: TargetState, verdict: Verdict, digest: Digest | None) -> Pin | None:
    """A pin ends when the portal has what the bucket has now; not while a new file is held."""
    same_again = digest is not None and verdict.action in {Action.ADOPT, Action.UNCHANGED}
    return None if case.row is None or same_again else case.row.pin


def _release_after(case: TargetState, digest: Digest | None) -> Release | None:
    """A permission is for one version: it ends when another one is seen."""
    release = case.row.release if case.row else None
    if release is None or (digest is not None and digest != release.digest):
        return None
    return release


def row_after_error(context: DatasetContext, case: TargetState, error: SyncdError) -> Row:
    verdict = Verdict(Action.REFUSED, error.reason)
    return replace(row_after(context, case, verdict, None), state=outcome_of_error(error))


def result_of(
    context: DatasetContext,
    case: TargetState,
    row: Row,
    warnings: tuple[Reason, ...] = (),
    seconds: float = 0.0,
) -> Result:
    known = row.judged if row.judged is not None and row.judged.key == case.item.key else None
    return Result(
        dataset=context.id,
        dataset_title=context.title or context.entry.name,
        dataset_page=context.page,
        resource=row.binding.resource or None,
        title=row.title or case.item.title,
        object=case.item.key,
        outcome=row.state,
        reason=row.reason,
        warnings=warnings,
        sha1=known.digest.sha1 if known else None,
        size=known.digest.size if known else None,
        seconds=seconds,
        link=row.link,
        lost=_lost(case) if row.state is Outcome.MISSING else None,
    )


def planned(
    context: DatasetContext, case: TargetState, verdict: Verdict, digest: Digest | None
) -> Planned:
    resource = verdict.resource
    if resource is None and context.dataset is not None:
        resource = context.dataset.find(context.resource_of(case) or "")
    size = digest.size if digest else None
    if size is None and case.item.match is not None:
        size = case.item.version.fingerprint.size
    title = case.row.title if case.row else ""
    return Planned(
        dataset=context.id,
        dataset_title=context.title or context.entry.name,
        resource=resource.id if resource else context.resource_of(case),
        title=(resource.title if resource else title) or case.item.title,
        object=case.item.key,
        action=verdict.action,
        reason=verdict.reason,
        warnings=verdict.warnings,
        size=size,
        previous_size=resource.size if resource else None,
        dataset_page=context.page,
        link=resource.latest if resource else (case.row.link if case.row else ""),
        lost=_lost(case) if verdict.action is Action.MISSING else None,
    )


def _lost(case: TargetState) -> Lost:
    return lost_by(case.item.target, case.item.key, case.row)


def planned_error(context: DatasetContext, case: TargetState, error: SyncdError) -> Planned:
    refused = outcome_of_error(error) is Outcome.REFUSED
    plan = planned(context, case, Verdict(Action.REFUSED, error.reason), None)
    return plan if refused else replace(plan, action=None)


def failed_results(
    entry: DatasetEntry, dataset: str, error: SyncdError, only: str = ""
) -> list[Result]:
    """One result per entry of the manifest, for a dataset that could not be worked on at all."""
    return [
        Result(
            dataset=dataset,
            dataset_title=entry.name,
            dataset_page="",
            resource=target.resource,
            title=_title(target),
            object=_object(target),
            outcome=outcome_of_error(error),
            reason=error.reason,
        )
        for target in _asked_for(entry, only)
    ]


def failed_plan(
    entry: DatasetEntry, dataset: str, error: SyncdError, only: str = ""
) -> list[Planned]:
    refused = outcome_of_error(error) is Outcome.REFUSED
    return [
        Planned(
            dataset=dataset,
            dataset_title=entry.name,
            resource=target.resource,
            title=_title(target),
            object=_object(target),
            action=Action.REFUSED if refused else None,
            reason=error.reason,
        )
        for target in _asked_for(entry, only)
    ]


def _asked_for(entry: DatasetEntry, only: str) -> list[Target]:
    """The targets that `--resource` means; all, where none is named or it is a file of `each`."""
    named = [t for t in entry.targets if only in {t.resource, _object(t)}]
    return [t for t in (named if only and named else entry.targets) if not t.paused]


def _title(target: Target) -> str:
    return target.rule.title if isinstance(target.rule, EachRule) else ""


def _object(target: Target) -> str:
    return target.rule.key if isinstance(target.rule, ObjectRule) else target.rule.pattern.text
