"""The decision on one target's bytes: the pure decisions and guards, applied in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from syncd import guards
from syncd.core.errors import ObjectChanged, SourceError, SpoolError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.portal import Dataset, Resource
from syncd.core.reasons import Reason, because
from syncd.core.records import Outcome, Pin, Row
from syncd.core.targets import Target
from syncd.guards import brake
from syncd.guards.profile import is_current
from syncd.guards.verdict import held_with
from syncd.sync import decide, guarding, pins
from syncd.sync.content import Content
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Bound, Decision, Fetch, Final, Publishing, Replace
from syncd.sync.replaced import ReplacedFile


def decide_unread(context: DatasetContext, state: TargetState, braked: Reason | None) -> Decision:
    """What can be said without reading the object: nobody downloads gigabytes to be refused.

    `Publishing` only where the bytes are known, and are to be sent.
    """
    look = state.look
    if isinstance(look, Final) and not is_compared(context, state):
        return look
    if context.options.check and isinstance(look, Fetch) and state.row is not None:
        # An upload arrived while this look at the portal waited for it: no object is read now.
        return Final(state.row.state, state.row.reason)
    if isinstance(state.destination, Final):
        return state.destination
    if look.digest is None:
        return Fetch(look.reason)
    decision = evaluate(context, state, look.digest, braked)
    if context.options.check and not isinstance(decision, Final) and isinstance(look, Final):
        return look  # the next cycle publishes, at its time
    return decision


def is_compared(context: DatasetContext, state: TargetState) -> bool:
    """The portal was asked anyway: what is unchanged here is compared with what is there."""
    return context.dataset is not None and state.is_settled and state.look.digest is not None


def evaluate(
    context: DatasetContext,
    state: TargetState,
    digest: Digest,
    braked: Reason | None,
    content: Content | None = None,
    replaced: ReplacedFile | None = None,
) -> Final | Publishing:
    """The decision on these bytes. `braked` holds the replacements of new bindings.

    `content`: the bytes themselves, None where only their digest is known. `replaced`: what is
    online, to compare with where syncd knows nothing of it.
    """
    decision = _decided(context, state, digest, braked, content, replaced)
    wanted = context.options.release
    if wanted is not None and wanted != digest and not isinstance(decision, Final):
        reason = because("release_other_bytes", key=state.item.key, size=digest.size)
        return Final(Outcome.REFUSED, reason, decision.resource)
    return _measured(_told_of_link(context, state, decision, digest), content, state.item.target)


def _told_of_link(
    context: DatasetContext, state: TargetState, decision: Final | Publishing, digest: Digest
) -> Final | Publishing:
    """What no hold can hold back: an object that is written over where it is public already."""
    linking, online = state.item.target.linking, decision.resource
    if linking is None or linking.copy_to or decision.outcome is not Outcome.HELD:
        return decision
    if not isinstance(decision, Final) or online is None:
        return decision
    if online.address != context.wanted_address(state.item, digest):
        return decision
    told = because("link_is_open", address=online.url)
    return replace(decision, warnings=(*decision.warnings, told))


def _decided(
    context: DatasetContext,
    state: TargetState,
    digest: Digest,
    braked: Reason | None,
    content: Content | None,
    replaced: ReplacedFile | None,
) -> Final | Publishing:
    where = state.destination
    if where is None:
        raise ValueError("the portal has not been asked yet")
    if isinstance(where, Final):
        return where
    address = context.wanted_address(state.item, digest)
    released = pins.is_released(state.row, digest)
    lifting = released or context.options.force
    lifted: list[Reason] = []
    decision: Final | Publishing
    if isinstance(where, Bound):
        pin = _stays(context, state, digest, where.resource)
        if pin is not None:
            return Final(Outcome.PINNED, pins.reason(pin), where.resource, pin=pin)
        if state.row is not None and _is_pinned(state, digest, where.resource, content, address):
            return decide.look_at_pinned(state.row, where.resource)
        by_content = context.goes_by_content(state.item)
        republish = state.item.target.republish
        look = partial(
            decide.second_look,
            state.row,
            digest,
            where.resource,
            context.sent_to(where.resource.id),
            is_same=by_content and _is_known_same(state.row, digest),
            address=address,
        )
        decision = look(republish=republish)
        if lifting and decision.outcome in {Outcome.HELD, Outcome.DRIFTED}:
            sizes = {"size": digest.size, "previous": where.resource.size}
            lifted.append(because("overruled", title=where.resource.title, **sizes))
            decision = look(republish=True)
        if isinstance(decision, Replace) and by_content:
            decision = _as_it_says(context, state, decision, digest, content, replaced)
    else:
        taken = context.taken(but=state)
        dataset = _dataset(context)
        decision = decide.first_publication(state.item, digest, dataset, taken, address)
    if isinstance(decision, Final):
        return decision
    refused = _refused_before(context, state, decision, digest)
    if refused is not None and not context.options.force:
        return Final(Outcome.REFUSED, refused, decision.resource)
    if isinstance(decision, Replace) and state.is_new_binding:
        stopped = braked or _braked_before(state)
        if stopped is not None and not lifting:
            return Final(Outcome.HELD, stopped, decision.resource)
        lifted += [stopped] if stopped is not None else []
    held, warned, shapes = guarding.look(context, state, decision, digest, content, replaced)
    if held and not lifting:
        first, *others = held
        warnings = (*others, *warned)
        return Final(Outcome.HELD, first, decision.resource, warnings, shapes=shapes)
    # A person looked at these bytes: what the guards say is shown, and stops nothing.
    lifted += held
    if released and state.row is not None and state.row.release is not None:
        decision = replace(decision, reason=because("released", by=state.row.release.by))
    warnings = (*lifted, *warned)
    return replace(decision, warnings=warnings, lifted=tuple(lifted), shapes=shapes)


def _stays(
    context: DatasetContext, state: TargetState, digest: Digest, online: Resource
) -> Pin | None:
    item, row = state.item, state.row
    if item.target.republish and row is not None:
        return None  # the bucket wins
    version = KnownVersion(item.version.key, item.version.fingerprint, digest)
    address = context.wanted_address(item, digest)
    return decide.stays(
        row, version, context.binding(item, online.id), online, context.now, address
    )


def _refused_before(
    context: DatasetContext, state: TargetState, decision: Publishing, digest: Digest
) -> Reason | None:
    """Why the portal would not have exactly these bytes: they are sent to it once a day at most.

    But for the state where an upload of ours left wrong bytes online: that is worth trying.
    """
    row, online = state.row, decision.resource
    if context.check_due:
        return None
    published = row.published.digest.sha1 if row and row.published else None
    if online is not None and online.sha1 in context.sent_to(online.id) - {published}:
        return None
    if row is None or row.judged is None or row.judged.digest != digest:
        return None
    address = context.wanted_address(state.item, digest)
    if address and address not in {one.address for one in context.intents}:
        return None  # it was another address that the portal would not have
    said_no = row.state is Outcome.REFUSED and row.reason.facts.get("what") in {"upload", "link"}
    in_parts_of = row.reason.facts.get("part_size")
    if isinstance(in_parts_of, int) and context.adapters.portal.part_size < in_parts_of:
        return None  # in smaller parts it may pass
    return row.reason if said_no else None


def _braked_before(state: TargetState) -> Reason | None:
    """The brake stays on until a person has looked, also when only its victims are left."""
    row = state.row
    if row is None or row.state is not Outcome.HELD or row.reason.code != brake.CODE:
        return None
    return row.reason if _may_brake(state) else None


def _may_brake(state: TargetState) -> bool:
    return state.item.target.guards.levels.get("brake", "hold") == "hold"


def _dataset(context: DatasetContext) -> Dataset:
    if context.dataset is None:
        raise ValueError("the portal has not been asked yet")
    return context.dataset


def _measured(
    decision: Final | Publishing, content: Content | None, target: Target
) -> Final | Publishing:
    """What goes online, or is there already, is what the next judgement compares with."""
    if content is None:
        return decision
    kept = not isinstance(decision, Final) or decision.outcome is Outcome.ADOPTED
    is_read = guards.reads(target.guards) or target.by_content
    profile = content.profile if kept and is_read else content.known_profile
    if profile is None:
        return decision
    if isinstance(decision, Final):
        decision = replace(decision, content=profile.content)
    if profile.schema is not None:
        decision = replace(decision, schema=profile.schema.to_plain())
        if decision.outcome is Outcome.HELD:
            decision = replace(decision, reason=held_with(decision.reason, profile.schema))
    if kept and is_read and decision.profile is None:
        decision = replace(decision, profile=profile.to_json())
    return decision


# -- other bytes that say the same -------------------------------------------------------------


def _said(state: TargetState, digest: Digest, content: Content | None) -> str:
    """What these bytes say, as `Profile.content`; "" where it is not known."""
    if not state.item.target.by_content:
        return ""
    if content is not None:
        return content.profile.content
    row = state.row
    is_known = row is not None and row.judged is not None and row.judged.digest == digest
    return row.judged_content if row is not None and is_known else ""


def _is_pinned(
    state: TargetState, digest: Digest, online: Resource, content: Content | None, address: str
) -> bool:
    """A bad file that is packed anew is not undone by itself.

    After a restored backup the bucket's file may be online: then the pin ended since.
    """
    row = state.row
    if (
        row is None
        or row.pin is None
        or (row.restored is not None and online.shows(digest, address))
    ):
        return False
    if pins.is_pinned(row, digest):
        return True
    return bool(row.pin.content) and pins.says_the_same(row.pin, _said(state, digest, content))


def _is_known_same(row: Row | None, digest: Digest) -> bool:
    is_judged = row is not None and row.judged is not None and row.judged.digest == digest
    return row is not None and is_judged and row.is_same_content


def _as_it_says(
    context: DatasetContext,
    state: TargetState,
    decision: Replace,
    digest: Digest,
    content: Content | None,
    replaced: ReplacedFile | None,
) -> Final | Replace:
    """The decision, unless the file online says the same as these bytes.

    A file online that neither is the one that was published, nor stood there before the first
    publication, is not spoken of: a person's, or what an upload of ours left.
    """
    row, online = state.row, decision.resource
    published = row.published if row is not None else None
    if row is not None and published is not None:
        if not online.shows(published.digest, row.address):
            return decision
    elif online.is_remote:  # whatever it says, it leads to somebody else's file
        return decision
    if online.sha1 is None or (published is None and online.sha1 in context.sent_to(online.id)):
        return decision
    said = _said(state, digest, content)
    if not said:
        return decision
    if row is not None and published is not None and is_current(row.published_content):
        if row.published_content != said:
            return decision
        return decide.says_the_same(row, digest, online, published.digest)
    found = replaced.profile(online) if replaced is not None else None
    file = replaced.file(online) if replaced is not None else None
    if found is None or file is None or found.content != said:
        return decision
    same = decide.says_the_same(row, digest, online, file.digest)
    return replace(same, profile=found.to_json())


def brake_on(context: DatasetContext, states: Sequence[TargetState]) -> Reason | None:
    """Whether so many new bindings would replace a file that a wrong paste is likely.

    Objects of the same size as the file online are read here, once, to tell an adoption from a
    replacement; the others need no reading.
    """
    if context.dataset is None or context.options.fast:
        return None
    new = [
        (state, state.destination.resource)
        for state in states
        if isinstance(state.look, Fetch)
        and isinstance(state.destination, Bound)
        and state.is_new_binding
        and _may_brake(state)
    ]
    if len(new) < brake.FEWEST:
        return None
    replacing = sum(_would_replace(context, state, online) for state, online in new)
    return brake.look(len(new), replacing)


def _would_replace(context: DatasetContext, state: TargetState, online: Resource) -> bool:
    version, adapters = state.item.version, context.adapters
    if online.size != version.fingerprint.size:
        return True
    digest = state.look.digest
    if digest is None:
        source = adapters.sources[state.item.target.source]
        try:
            with adapters.progress.transfer(version.key, "fetch", version.fingerprint.size) as bar:
                digest = adapters.spool.digest(source, version, bar)
        except ObjectChanged:
            return True
        except (SourceError, SpoolError):
            return False  # its own failure is reported when its turn comes
    return not online.shows(digest, context.wanted_address(state.item, digest))
