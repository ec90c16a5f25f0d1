"""The verdict on one case: the pure decisions and guards, applied in their order."""

from __future__ import annotations

from dataclasses import replace

import structlog

from syncd import guards
from syncd.core.errors import ObjectChanged, SourceError, SpoolError
from syncd.core.objects import Digest
from syncd.core.portal import Dataset, Resource
from syncd.core.ports import Adapters
from syncd.core.reasons import Reason, because
from syncd.core.records import Action, Outcome, Row
from syncd.core.targets import GuardPolicy
from syncd.guards import brake
from syncd.guards.content import Content, Profile
from syncd.sync import decide, pins
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Verdict

log = structlog.get_logger("syncd.cycle")

PUBLISHING = frozenset({Action.REPLACE, Action.CREATE})


def before_reading(context: DatasetContext, case: TargetState) -> Verdict | None:
    """A verdict that needs no bytes: refusals. Nobody downloads gigabytes to be refused."""
    bound = _bound(context, case)
    return bound if isinstance(bound, Verdict) else None


def judge(
    context: DatasetContext,
    case: TargetState,
    digest: Digest,
    brake_reason: Reason | None,
    content: Content | None = None,
) -> Verdict:
    """The verdict on these bytes. `brake_reason` holds the replacements of new bindings.

    `content`: the bytes themselves, None where only their digest is known.
    """
    verdict = _judged(context, case, digest, brake_reason, content)
    wanted = context.options.release
    if wanted is not None and wanted != digest and verdict.action in PUBLISHING:
        reason = because("release_other_bytes", key=case.item.key, size=digest.size)
        return Verdict(Action.REFUSED, reason, verdict.resource)
    return _profiled(verdict, content, case.item.target.guards)


def _judged(
    context: DatasetContext,
    case: TargetState,
    digest: Digest,
    brake_reason: Reason | None,
    content: Content | None,
) -> Verdict:
    bound = _bound(context, case)
    if isinstance(bound, Verdict):
        return bound
    released = pins.is_released(case.row, digest)
    if bound is not None and case.row is not None and pins.is_pinned(case.row, digest):
        return decide.look_at_pinned(case.row, bound)
    if bound is None:
        verdict = decide.first_publication(
            case.item, digest, _dataset(context), context.taken(but=case)
        )
    else:
        republish = case.item.target.republish or context.options.force or released
        sent = context.sent_to(bound.id)
        verdict = decide.second_look(case.row, digest, bound, sent, republish=republish)
    if verdict.action not in PUBLISHING or context.options.force:
        return verdict
    refused = _refused_before(context, case, verdict, digest)
    if refused is not None:
        return replace(verdict, action=Action.REFUSED, reason=refused)
    if verdict.action is Action.REPLACE and case.is_new_binding:
        braked = brake_reason or _braked_before(case)
        if braked is not None and not released:
            return replace(verdict, action=Action.HOLD, reason=braked)
    guarded = _guarded(context, case, verdict, digest, content)
    return _released(case.row, verdict, guarded) if released else guarded


def _released(row: Row | None, verdict: Verdict, guarded: Verdict) -> Verdict:
    """A person looked at these bytes: what the guards say is told, and stops nothing."""
    if row is None or row.release is None:
        raise ValueError("nobody released this")
    warnings = guarded.warnings
    if guarded.action is Action.HOLD:
        warnings = (guarded.reason, *warnings)
    reason = because("released", by=row.release.by)
    return replace(guarded, action=verdict.action, reason=reason, warnings=warnings)


def _refused_before(
    context: DatasetContext, case: TargetState, verdict: Verdict, digest: Digest
) -> Reason | None:
    """Why the portal would not have exactly these bytes: they are sent to it once a day at most.

    But for the case where an upload of ours left wrong bytes online: that is worth trying.
    """
    row, online = case.row, verdict.resource
    if context.check_due or (online is not None and online.sha1 in context.sent_to(online.id)):
        return None
    if row is None or row.judged is None or row.judged.digest != digest:
        return None
    said_no = row.state is Outcome.REFUSED and row.reason.facts.get("what") == "upload"
    in_parts_of = row.reason.facts.get("part_size")
    if isinstance(in_parts_of, int) and context.adapters.portal.part_size < in_parts_of:
        return None  # in smaller parts it may pass
    return row.reason if said_no else None


def _braked_before(case: TargetState) -> Reason | None:
    """The brake stays on until a person has looked, also when only its victims are left."""
    row = case.row
    if row is None or row.state is not Outcome.HELD or row.reason.code != brake.CODE:
        return None
    return row.reason if _may_brake(case) else None


def _may_brake(case: TargetState) -> bool:
    return case.item.target.guards.levels.get("brake", "hold") == "hold"


def _dataset(context: DatasetContext) -> Dataset:
    if context.dataset is None:
        raise ValueError("the portal has not been asked yet")
    return context.dataset


def _bound(context: DatasetContext, case: TargetState) -> Verdict | Resource | None:
    """The resource of this case; None when it has none yet; or why nothing can be done."""
    dataset = _dataset(context)
    refusal = decide.refusal_of_dataset(dataset)
    if refusal is not None:
        return Verdict(Action.REFUSED, refusal)
    mark = context.mark_of(case.item)
    bound = decide.bind(case.item, case.row, dataset, mark, _others(context, case))
    if bound.hold is not None:
        return Verdict(Action.HOLD, bound.hold)
    if bound.resource_id is None:
        return None
    resource = dataset.find(bound.resource_id)
    was_ours = case.row is not None and case.row.published is not None
    made_for = case.item.key if case.item.known_resource is None else ""
    refusal = decide.refusal_of_resource(
        resource, bound.resource_id, dataset, was_ours=was_ours, made_for=made_for
    )
    if refusal is not None:
        return Verdict(Action.REFUSED, refusal, resource)
    if resource is None:  # None would mean "to be created"
        raise ValueError("a resource that does not exist was not refused")
    return resource


def _others(context: DatasetContext, case: TargetState) -> set[str]:
    """The ids that the manifest gives to other targets."""
    own = {case.item.target.resource, case.item.known_resource}
    return {stated for stated in context.stated() if stated not in own}


def _profiled(verdict: Verdict, content: Content | None, policy: GuardPolicy) -> Verdict:
    """What goes online, or is there already, is what the next judgement compares with."""
    kept = verdict.action in PUBLISHING or verdict.action is Action.ADOPT
    if content is None or not kept or not guards.reads(policy):
        return verdict
    return replace(verdict, profile=content.profile.to_json())


def _guarded(
    context: DatasetContext,
    case: TargetState,
    verdict: Verdict,
    digest: Digest,
    content: Content | None,
) -> Verdict:
    policy = case.item.target.guards
    still = _held_before(case, digest) if content is None else None
    if still is not None:
        return replace(verdict, action=Action.HOLD, reason=still)
    found = content.profile if content and guards.reads(policy) else None
    findings = guards.judge(
        guards.CheckInput(
            version=case.item.version,
            digest=digest,
            rule=case.item.target.rule,
            online=verdict.resource,
            published=case.row.published if case.row else None,
            accepted=_accepted(context, policy),
            limits=policy.limits,
            found=found,
            before=_last_profile(context, case, verdict.resource) if found else None,
            siblings=_siblings(context, verdict.resource),
            title=verdict.resource.title if verdict.resource else case.item.title,
        ),
        policy,
    )
    for fault in findings.faults:
        log.error("guard.fault", key=case.item.key, exc_info=fault)
    if findings.held:
        first, *others = findings.held
        warnings = (*others, *findings.warned)
        return replace(verdict, action=Action.HOLD, reason=first, warnings=warnings)
    return replace(verdict, warnings=findings.warned)


def _accepted(context: DatasetContext, policy: GuardPolicy) -> frozenset[str]:
    """What the portal takes; not asked where nothing is held to it."""
    if policy.levels.get("extension") == "off":
        return frozenset()
    return context.adapters.portal.extensions()


def _held_before(case: TargetState, digest: Digest) -> Reason | None:
    """Why these very bytes were held under these very settings: not read again to say it again."""
    row = case.row
    if row is None or row.state is not Outcome.HELD or row.judged is None:
        return None
    settings = row.reason.facts.get(guards.SETTINGS)
    is_same = row.judged.digest == digest and settings == case.item.target.guards.identity
    return row.reason if is_same else None


def _last_profile(
    context: DatasetContext, case: TargetState, online: Resource | None
) -> Profile | None:
    """Of the file online, as far as syncd has seen it, else of the one that it published last."""
    if online is None:
        return None
    published = case.row.published.digest.sha1 if case.row and case.row.published else None
    for sha1 in (online.sha1, published):
        kept = _kept_profile(context, online, sha1) if sha1 else None
        if kept is not None:
            return kept
    return None


def _kept_profile(context: DatasetContext, online: Resource, sha1: str) -> Profile | None:
    text = context.adapters.ledger.profile(context.adapters.portal.url, context.id, online.id, sha1)
    return Profile.from_json(text) if isinstance(text, str) else None


def _siblings(context: DatasetContext, own: Resource | None) -> tuple[Resource, ...]:
    resources = context.dataset.resources if context.dataset is not None else ()
    return tuple(r for r in resources if own is None or r.id != own.id)


def brake_on(context: DatasetContext, cases: list[TargetState]) -> Reason | None:
    """Whether so many new bindings would replace a file that a wrong paste is likely.

    Objects of the same size as the file online are read here, once, to tell an adoption from a
    replacement; the others need no reading.
    """
    if context.dataset is None or context.options.force:
        return None
    new = []
    for case in cases:
        if case.look.action is not Action.FETCH or not case.is_new_binding:
            continue
        if not _may_brake(case):
            continue
        bound = _bound(context, case)
        if isinstance(bound, Resource):
            new.append((case, bound))
    if len(new) < brake.FEWEST:
        return None
    replacing = sum(_would_replace(context.adapters, case, resource) for case, resource in new)
    return brake.look(len(new), replacing)


def _would_replace(adapters: Adapters, case: TargetState, online: Resource) -> bool:
    version = case.item.version
    if online.size != version.fingerprint.size:
        return True
    digest = case.look.digest
    if digest is None:
        source = adapters.sources[case.item.target.source]
        try:
            with adapters.progress.transfer(version.key, "fetch", version.fingerprint.size) as bar:
                digest = adapters.spool.digest(source, version, bar)
        except ObjectChanged:
            return True
        except (SourceError, SpoolError):
            return False  # its own failure is reported when its turn comes
    return not online.holds(digest)
