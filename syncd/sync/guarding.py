"""What the guards get to see of one file, and what they say: held, told, columns and rows.

They are shown what was online in its place, as far as the ledger or the portal has it.
"""

from __future__ import annotations

import structlog

from syncd import guards
from syncd.core.objects import Digest
from syncd.core.portal import Resource
from syncd.core.reasons import Reason, because
from syncd.core.records import Outcome
from syncd.core.results import Shape, Shapes
from syncd.core.schemas import Schema
from syncd.core.targets import GuardPolicy
from syncd.guards import shrink
from syncd.guards.profile import Profile
from syncd.guards.schema import NEW
from syncd.sync.content import Content, online_of, schema_of
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Publishing
from syncd.sync.replaced import ReplacedFile

log = structlog.get_logger("syncd.cycle")

PAST = 12  # publications that a file is compared with


def look(
    context: DatasetContext,
    state: TargetState,
    decision: Publishing,
    digest: Digest,
    content: Content | None,
    replaced: ReplacedFile | None,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...], Shapes | None]:
    """Why the file is held, if so; what is only told; and what becomes of columns and rows.

    `content`, `replaced`: as for `syncd.sync.evaluate.evaluate`.
    """
    policy, online = state.item.target.guards, decision.resource
    still = _held_before(context, state, digest, online) if content is None else None
    if still is not None:
        return (still,), (), None
    found = content.profile if content and guards.reads(policy) else None
    before, unread = None, None
    compares = found is not None and guards.compares(policy)
    if found is not None and online is not None:
        before, unread = _before(context, state, online, replaced)
    case = guards.CheckInput(
        version=state.item.version,
        digest=digest,
        rule=state.item.target.rule,
        online=online,
        published=state.row.published if state.row else None,
        accepted=_accepted(context, policy) if state.item.target.linking is None else None,
        limits=policy.limits,
        found=found,
        before=before,
        past=_past(context, online) if compares else (),
        is_foreign=_is_foreign(context, state, online)
        and (found is not None or not _is_shrunk(state, digest)),
        siblings=_siblings(context, online),
        title=online.title if online else state.item.title,
    )
    findings = guards.judge(case, policy)
    for fault in findings.faults:
        log.error("guard.fault", key=state.item.key, exc_info=fault)
    held = findings.held
    if before is not None and online is not None and state.is_new_binding:
        held = tuple(_against(reason, online) for reason in held)
    if case.is_foreign and online is not None and before is not None and before.unseen is not None:
        unread = _not_compared(online) if case.profile.unseen is None else None
    warned = (*findings.warned, *((unread,) if unread is not None else ()))
    shapes = None
    if found is not None and before is not None:
        shapes = Shapes(_shape(before), _shape(found))
    return held, warned, shapes


def _is_foreign(context: DatasetContext, state: TargetState, online: Resource | None) -> bool:
    """Whether somebody else's file is looked into, before ours takes its place."""
    if online is None or online.sha1 in context.sent_to(online.id):
        return False
    return state.is_new_binding and guards.compares(state.item.target.guards)


def _is_shrunk(state: TargetState, digest: Digest) -> bool:
    """Whether these bytes were held, beside what is online, for being too few."""
    row = state.row
    if row is None or row.state is not Outcome.HELD or row.judged is None:
        return False
    return row.judged.digest == digest and row.reason.code == shrink.CODE


def _against(reason: Reason, online: Resource) -> Reason:
    """A hold on a first mapping ends when somebody puts another file online."""
    if guards.SETTINGS not in reason.facts or online.sha1 is None:
        return reason
    return Reason(reason.code, {**reason.facts, guards.COMPARED: online.sha1})


def _shape(profile: Profile) -> Shape:
    return Shape(profile.width or len(profile.header) or None, profile.rows)


def _accepted(context: DatasetContext, policy: GuardPolicy) -> frozenset[str]:
    """What the portal takes; not asked where nothing is held to it."""
    if policy.levels.get("extension") == "off":
        return frozenset()
    return context.adapters.portal.extensions()


def _held_before(
    context: DatasetContext, state: TargetState, digest: Digest, online: Resource | None
) -> Reason | None:
    """Why these very bytes were held under these very settings: not read again to say it again."""
    row = state.row
    if row is None or row.state is not Outcome.HELD or row.judged is None:
        return None
    settings = row.reason.facts.get(guards.SETTINGS)
    compared = row.reason.facts.get(guards.COMPARED)
    if compared is not None and online is not None and online.sha1 != compared:
        return None
    is_same = row.judged.digest == digest and settings == state.item.target.guards.identity
    return row.reason if is_same and _is_schema_the_same(context, state, row.reason) else None


def _is_schema_the_same(context: DatasetContext, state: TargetState, held: Reason) -> bool:
    if held.code != NEW:
        return True
    wanted = schema_of(state.item.target.guards, online_of(state))
    schema = context.adapters.schemas.find(wanted) if wanted is not None else None
    return isinstance(schema, Schema) and schema.sha256 == held.facts.get("sha256")


def _before(
    context: DatasetContext, state: TargetState, online: Resource, replaced: ReplacedFile | None
) -> tuple[Profile | None, Reason | None]:
    """Of the file online, as far as syncd has seen it, else of the one that it published last; on
    a first mapping the file online is looked into now. Or why nothing is known of it."""
    published = state.row.published.digest.sha1 if state.row and state.row.published else None
    for sha1 in (online.sha1, published):
        kept = _kept_profile(context, online, sha1) if sha1 else None
        if kept is not None:
            return kept, None
    if replaced is None or not guards.compares(state.item.target.guards):
        return None, None
    if online.sha1 in context.sent_to(online.id):  # an upload of ours that went wrong
        return None, None
    found = replaced.profile(online)
    if found is None:
        return None, _not_compared(online)
    return found if found.is_standard else None, None


def _not_compared(online: Resource) -> Reason:
    return because("online_not_compared", title=online.title)


def _kept_profile(context: DatasetContext, online: Resource, sha1: str) -> Profile | None:
    text = context.adapters.ledger.profile(context.adapters.portal.url, context.id, online.id, sha1)
    return Profile.from_json(text) if isinstance(text, str) else None


def _past(context: DatasetContext, online: Resource | None) -> tuple[Profile, ...]:
    """Of the last publications there, as far as they can be read today."""
    if online is None:
        return ()
    url = context.adapters.portal.url
    texts = context.adapters.ledger.profiles(url, context.id, online.id, PAST)
    found = (Profile.from_json(text) for text in texts if isinstance(text, str))
    return tuple(each for each in found if each is not None and each.is_standard)


def _siblings(context: DatasetContext, own: Resource | None) -> tuple[Resource, ...]:
    resources = context.dataset.resources if context.dataset is not None else ()
    return tuple(r for r in resources if own is None or r.id != own.id)
