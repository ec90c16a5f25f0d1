"""Turns decisions, errors and rows into results for the report and rows for the ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.core.errors import Gone, NotAllowed, NotFound, Rejected, SyncdError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.portal import Resource
from syncd.core.reasons import Reason
from syncd.core.records import Outcome, Pin, Release, Row
from syncd.core.results import Result, Shapes
from syncd.core.targets import DatasetEntry, Target
from syncd.guards.verdict import plain_of
from syncd.sync import pins, titles
from syncd.sync.context import DatasetContext, TargetState
from syncd.sync.decide import Final, Publishing
from syncd.sync.similar_names import lost_by

# The portal's "no" concerns this dataset or resource and needs a person; the rest may pass.
_REFUSING = (NotAllowed, NotFound, Gone, Rejected)
_SAME_BYTES = frozenset({Outcome.ADOPTED, Outcome.UNCHANGED})
_PINNED = frozenset({Outcome.PINNED, Outcome.DRIFTED})
# What is said in these of the bucket is not so any more when it has an object, however young.
_OF_THE_LISTING = frozenset({Outcome.MISSING, Outcome.AMBIGUOUS, Outcome.LATE})


def outcome_of_error(error: SyncdError) -> Outcome:
    return Outcome.REFUSED if isinstance(error, _REFUSING) else Outcome.FAILED


def row_after(
    context: DatasetContext,
    state: TargetState,
    decision: Final | Publishing,
    digest: Digest | None,
) -> Row:
    """The ledger's row after a decision that publishes nothing; in a plan, after any.

    `digest`: of the object's bytes, where they were compared with the portal's.
    """
    before, item = state.row, state.item
    if before is not None and _says_nothing_new(context, decision, digest):
        return replace(
            before,
            binding=context.binding(item, context.resource_of(state) or ""),
            state=decision.outcome,
            reason=decision.reason,
            checked_at=context.now,
        )
    judged = before.judged if before else None
    published = before.published if before else None
    contents = (before.judged_content, before.published_content) if before else ("", "")
    if digest is not None:
        judged = KnownVersion(item.version.key, item.version.fingerprint, digest)
        contents = (_content_of(before, decision, digest), contents[1])
        if decision.outcome in _SAME_BYTES:
            published = replace(judged, digest=_online(decision) or digest)
            contents = (contents[0], contents[0])
    resource = context.latest(decision.resource) or context.online(state)
    titled = context.row_about(resource.id) if resource else before
    row = Row(
        binding=context.binding(
            item, resource.id if resource else context.resource_of(state) or ""
        ),
        title=resource.title if resource else (before.title if before else ""),
        link=resource.latest if resource else (before.link if before else ""),
        state=decision.outcome,
        reason=decision.reason,
        checked_at=context.now,
        judged=judged,
        published=published,
        published_at=before.published_at if before else None,
        version_id=before.version_id if before else None,
        pin=_pin_after(before, decision, judged if digest is not None else None, contents[0]),
        release=_release_after(before, digest),
        judged_content=contents[0],
        published_content=contents[1],
        written_title=_written_title(titled, resource),
        file_url=resource.url if resource else (before.file_url if before else ""),
        restored=before.restored if before and not (resource and digest) else None,
        address=_address_after(before, decision, digest, resource),
    )
    pin = decision.pin if isinstance(decision, Final) else None
    if pin is None or resource is None or resource.sha1 is None:
        return row
    online = replace(pin.judged, digest=Digest(resource.sha1, resource.size or 0))
    return pins.pinned_as_it_is(row, online, pin, context.now)


def _address_after(
    before: Row | None,
    decision: Final | Publishing,
    digest: Digest | None,
    resource: Resource | None,
) -> str:
    """Where the version that counts as published leads to."""
    is_same = digest is not None and decision.outcome in _SAME_BYTES
    is_pinned_now = isinstance(decision, Final) and decision.pin is not None
    if resource is not None and (is_same or is_pinned_now):
        return resource.address
    return before.address if before else ""


def _says_nothing_new(
    context: DatasetContext, decision: Final | Publishing, digest: Digest | None
) -> bool:
    """Of bytes or of the resource: the row stays what it was, in another state."""
    pinned = isinstance(decision, Final) and decision.pin is not None
    return digest is None and context.dataset is None and not pinned and not decision.resource


def _written_title(known: Row | None, online: Resource | None) -> str:
    if online is None:
        return known.written_title if known else ""
    return titles.written(known, online)


def _content_of(before: Row | None, decision: Final | Publishing, digest: Digest) -> str:
    """What these bytes say, as far as it was taken: now, or when they were last read."""
    if isinstance(decision, Final) and decision.content:
        return decision.content
    if before is not None and before.judged is not None and before.judged.digest == digest:
        return before.judged_content
    if before is not None and before.published is not None and before.published.digest == digest:
        return before.published_content
    return ""


def _online(decision: Final | Publishing) -> Digest | None:
    return decision.online if isinstance(decision, Final) else None


def _pin_after(
    before: Row | None, decision: Final | Publishing, seen: KnownVersion | None, content: str
) -> Pin | None:
    """A pin ends when the portal has what the bucket has now; not while a new file is held.

    It goes on to other bytes that say the same. `seen`: what the bucket has, where it was looked
    at; `content`: what that says.
    """
    if before is None or before.pin is None or seen is None:
        return before.pin if before is not None else None
    if decision.outcome in _SAME_BYTES:
        return None
    is_about = decision.outcome in _PINNED and pins.says_the_same(before.pin, content)
    return replace(before.pin, judged=seen) if is_about else before.pin


def _release_after(before: Row | None, digest: Digest | None) -> Release | None:
    """A permission is for one version: it ends when another one is seen."""
    release = before.release if before else None
    if release is None or (digest is not None and digest != release.digest):
        return None
    return release


def row_after_error(context: DatasetContext, state: TargetState, error: SyncdError) -> Row:
    return row_after(context, state, Final(outcome_of_error(error), error.reason), None)


def row_unread(
    context: DatasetContext, state: TargetState, look: Final, recovered: Row | None
) -> tuple[Row, bool]:
    """The row of a target of which nothing is read, and whether it is to be stored.

    | the first look                     | the row                                 | stored        |
    |------------------------------------|-----------------------------------------|---------------|
    | unchanged, after a recovered upload| that upload's                           | it is already |
    | settling, and all was well         | as the look says: since when; what is   | once, where   |
    |                                    | pinned stays so                         | a resource is |
    | settling, and something was not    | as it was: waiting makes nothing well   | no            |
    | settling, where there was no object | as it was, for the look's reason       | yes           |
    | anything else                      | as the look says; late where it is late | where there is
      a resource or an object to store it for |
    """
    if recovered is not None and look.outcome is Outcome.UNCHANGED:
        return recovered, False
    row = row_after(context, state, look, None)
    if state.is_settling:
        if state.row is None:  # without a resource, one whose object goes again would stay for ever
            return row, bool(row.binding.resource)
        if state.row.state.is_well:
            is_pinned = state.row.state is Outcome.PINNED
            row = replace(row, state=Outcome.PINNED) if is_pinned else row
            return row, state.row.reason != look.reason
        if state.row.state in _OF_THE_LISTING:
            return replace(row, state=state.row.state), True
        return state.row, False
    return in_time(state, row), bool(row.binding.resource) or state.item.match is not None


def in_time(state: TargetState, row: Row) -> Row:
    """All is well with the file; but is it the one that should be there by now?"""
    if state.late is None or row.state is not Outcome.UNCHANGED:
        return row
    return replace(row, state=Outcome.LATE, reason=state.late)


def results_as_before(
    context: DatasetContext, states: Sequence[TargetState]
) -> list[Result] | None:
    """What is told of a dataset of whose rows only the date would be stored anew, before the portal
    was asked; None where one would be stored otherwise, or has no target."""
    found = []
    for state in states:
        if state.row is None or not _is_as_before(context, state, state.row):
            return None
        found.append(result_of(context, state, state.row))
    resources = {state.row.binding.resource for state in states if state.row is not None}
    is_each_one = len(resources) == len(states) == len(context.rows)
    return found if is_each_one else None


def _is_as_before(context: DatasetContext, state: TargetState, row: Row) -> bool:
    """Whether `row_unread` makes the same row of it, and stores it."""
    if not isinstance(state.look, Final):
        return False
    said = state.look.outcome, state.look.reason
    if state.late is not None and state.look.outcome is Outcome.UNCHANGED:
        said = Outcome.LATE, state.late
    is_same_resource = row.binding.resource and row.binding.resource == context.resource_of(state)
    return (row.state, row.reason) == said and bool(is_same_resource) and not state.is_settling


def result_of(
    context: DatasetContext,
    state: TargetState,
    row: Row,
    warnings: tuple[Reason, ...] = (),
    shapes: Shapes | None = None,
    schema: Mapping[str, object] | None = None,
) -> Result:
    """What is told of a target whose row this is. What was online before is as `context` has it."""
    known = row.judged if row.judged is not None and row.judged.key == state.item.key else None
    before = context.dataset.find(row.binding.resource) if context.dataset else None
    return Result(
        dataset=context.id,
        dataset_title=context.title or context.entry.name,
        dataset_page=context.page,
        resource=row.binding.resource or None,
        title=row.title or state.item.title,
        object=state.item.key,
        outcome=row.state,
        reason=row.reason,
        warnings=warnings,
        address=context.wanted_address(state.item, known.digest)
        if known and state.item.match
        else "",
        sha1=known.digest.sha1 if known else None,
        size=known.digest.size if known else None,
        listed_size=state.item.version.fingerprint.size if state.item.match else None,
        previous_size=before.size if before else None,
        shapes=shapes,
        schema=schema if schema is not None else plain_of(row.reason),
        link=row.link,
        lost=lost_by(state.item.target, state.item.key, state.row)
        if row.state is Outcome.MISSING and not state.is_settling
        else None,
        settling=state.is_settling,
    )


def result_of_row(row: Row, title: str, page: str, warnings: tuple[Reason, ...] = ()) -> Result:
    """Of a target that was published before, without a look at its object.

    `title`, `page`: the dataset's.
    """
    online = row.published
    return Result(
        dataset=row.binding.dataset,
        dataset_title=title,
        dataset_page=page,
        resource=row.binding.resource or None,
        title=row.title,
        object=online.key if online else row.binding.key,
        outcome=row.state,
        reason=row.reason,
        warnings=warnings,
        address=row.address,
        sha1=online.digest.sha1 if online else None,
        size=online.digest.size if online else None,
        link=row.link,
    )


def result_unread(context: DatasetContext, state: TargetState, reason: Reason) -> Result:
    """Of a plan that reads nothing: what becomes of the target depends on its bytes."""
    row = row_after(context, state, Final(Outcome.UNCHANGED, reason), None)
    return replace(result_of(context, state, row), unread=True)


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
            title=target.rule.title,
            object=target.rule.text,
            outcome=outcome_of_error(error),
            reason=error.reason,
        )
        for target in _asked_for(entry, only)
    ]


def _asked_for(entry: DatasetEntry, only: str) -> list[Target]:
    """The targets that `--resource` means; all, where none is named or it is a file of `each`."""
    named = [t for t in entry.targets if only in {t.resource, t.rule.text}]
    return [t for t in (named if only and named else entry.targets) if not t.paused]
