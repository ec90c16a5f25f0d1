"""A target that is a link, in a pass: whether what the portal leads to is still its file."""

from __future__ import annotations

import structlog

from syncd.core.errors import LinkError
from syncd.core.objects import Digest
from syncd.core.ports import SpooledFile
from syncd.core.records import Outcome
from syncd.core.targets import Linking
from syncd.sync import links
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Decision, Fetch, Final

log = structlog.get_logger("syncd.cycle")


def leads_to(
    context: DatasetContext, state: TargetState, decision: Decision, digest: Digest
) -> bool:
    """Whether the portal has the link to these bytes already, and is told nothing."""
    if not isinstance(decision, Final) or decision.resource is None:
        return False
    if decision.outcome not in {Outcome.ADOPTED, Outcome.UNCHANGED}:
        return False
    address = context.wanted_address(state.item, digest)
    return bool(address) and decision.resource.shows(digest, address)


def still_answering(context: DatasetContext, state: TargetState, decision: Decision) -> Decision:
    """A link that is as it was may lead nowhere: asked where the portal is, once a day. What was
    not well is asked for every byte. A copy that is gone is read, to be written again."""
    options, is_new = context.options, isinstance(state.look, Fetch)
    if not (is_new or context.check_due or options.ask or options.check):
        return decision
    digest, linking = state.look.digest, state.item.target.linking
    if digest is None or linking is None:
        return decision
    pinned = _pinned_to(state, linking, decision)
    if pinned is None and not leads_to(context, state, decision, digest):
        return decision
    address, wanted = pinned or (context.wanted_address(state.item, digest), digest)
    try:
        links.must_lead(address, state.item.key, wanted, context.adapters, whole=is_new)
    except LinkError as error:
        is_dry = options.check or options.fast or options.plan
        if linking.copy_to and pinned is None and not is_dry:
            log.warning("link.broken", why=str(error))
            return Fetch(error.reason)
        raise
    return decision


def _pinned_to(
    state: TargetState, linking: Linking, decision: Decision
) -> tuple[str, Digest] | None:
    """Of a pinned target our address that the portal has, and the file's digest; None of another
    target, and of a person's address, which may lead anywhere and is not asked."""
    if not isinstance(decision, Final) or decision.outcome is not Outcome.PINNED:
        return None
    row, online = state.row, decision.resource
    if row is None or row.pin is None or row.published is None or online is None:
        return None
    digest, begins = row.published.digest, linking.template.partition("{key}")[0]
    is_ours = row.pin.trigger == "undo" or row.address.startswith(begins)
    is_known = online.shows(digest, row.address) and online.size == digest.size
    return (row.address, digest) if is_ours and is_known else None


def make_ready(context: DatasetContext, state: TargetState, file: SpooledFile) -> None:
    """Everybody has the file, where the portal is only told where; a plan writes no copy."""
    linking, key = state.item.target.linking, state.item.version.key
    if linking is not None and not (linking.copy_to and context.options.plan):
        links.make_ready(linking, context.id, key, file, context.adapters)
