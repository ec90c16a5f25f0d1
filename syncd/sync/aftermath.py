"""What became of what was sent: whether it arrived, and whose the title is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from syncd.core.file_names import may_be_name
from syncd.core.objects import Digest
from syncd.core.portal import Dataset, Resource
from syncd.core.reasons import Reason, because
from syncd.core.records import Intent, IntentState, Row
from syncd.sync import titles
from syncd.sync.decide import MARK
from syncd.sync.titles import Titles


class End(Enum):
    """What became of an upload whose end nobody saw."""

    ARRIVED = "arrived"
    PENDING = "pending"  # the server may still commit it: do not send again
    LOST = "lost"
    WITHDRAWN = "withdrawn"  # a person removed the resource: nothing is left to arrive in


@dataclass(frozen=True, slots=True)
class Aftermath:
    end: End
    resource: Resource | None = None


def judge(
    intent: Intent, dataset: Dataset, mark: str, now: datetime, window: timedelta
) -> Aftermath:
    """Judge an intent by what the dataset shows now (docs/architecture.md, Hard cases).

    The window (`Adapters.settle_window`) counts from the first look after the loss: nobody knows
    when the client died, only that it was before that look.
    """
    found = made_by(intent, dataset, mark)
    if found is not None:
        return Aftermath(End.ARRIVED, found)
    resource = intent.binding.resource
    if resource and dataset.find(resource) is None:
        return Aftermath(End.WITHDRAWN)
    since = settles_from(intent, now)
    if since is None or now < since + window:
        return Aftermath(End.PENDING)
    return Aftermath(End.LOST)


def settles_from(intent: Intent, now: datetime) -> datetime | None:
    """When the window began; None: it begins now.

    Also where a clock noted it that was ahead, and was set right since: nobody waits for that day.
    """
    since = intent.settle_from
    return since if since is not None and since <= now else None


def made_by(intent: Intent, dataset: Dataset, mark: str) -> Resource | None:
    """The resource that this upload has put online, if one shows its bytes."""
    if intent.binding.resource:  # known, also for a creation that was answered
        resource = dataset.find(intent.binding.resource)
        if resource is not None or not intent.creates:
            is_there = resource is not None and shows(resource, intent)
            return resource if is_there else None
    sent = [r for r in dataset.resources if shows(r, intent)]
    marked = next((r for r in sent if r.extras.get(MARK) == mark), None)
    if marked is not None:
        return marked
    new = (r for r in sent if r.id not in (intent.before or ()) and MARK not in r.extras)
    return next((r for r in new if may_be_name(r.made_title, intent.filename)), None)


def shows(resource: Resource, intent: Intent) -> bool:
    """Whether the portal says that it has there what was sent."""
    return resource.shows(intent.judged.digest, intent.address)


def stored_by(intent: Intent, dataset: Dataset, mark: str) -> Resource | None:
    """The same for an upload that was refused: also where other bytes were stored than sent.

    Those are known by the title of our file's name, where a person's had stood.
    """
    found = made_by(intent, dataset, mark)
    resource = dataset.find(intent.binding.resource) if intent.binding.resource else None
    if found is not None or resource is None or resource.title == intent.title:
        return found
    return resource if made_by_us(resource, [intent]) is not None else None


def may_still_come(intent: Intent, dataset: Dataset) -> bool:
    """Whether something is left that a refused upload could still change."""
    resource = intent.binding.resource
    return not resource or dataset.find(resource) is not None


def came_late(intent: Intent, resource: Resource, mark: str) -> bool:
    """Whether a resource that shows the bytes of an upload that was given up has them from it.

    Anybody may have put them there. The upload gave it the title of our file's name, where another
    one stood; once a person has written a title, there is nothing left to be put back.
    """
    if intent.address or (intent.creates and resource.extras.get(MARK) == mark):
        return True  # an address that was told again has ended those that were told before
    made = resource.has_made_title and may_be_name(resource.made_title, intent.filename)
    return made and (intent.creates or may_retitle(resource, intent.title))


def is_sent_again(given_up: Intent, intents: Iterable[Intent]) -> bool:
    """Whether a later upload of the same file stands open."""
    if given_up.state is IntentState.OPEN:
        return False
    return any(
        one.state is IntentState.OPEN
        and one.id > given_up.id
        and one.judged.digest == given_up.judged.digest
        and replace(one.binding, resource="") == replace(given_up.binding, resource="")
        and given_up.binding.resource in {"", one.binding.resource}
        for one in intents
    )


def is_same_refusal(one: Intent, other: Intent) -> bool:
    """Whether what may still come of these two refused uploads is the same."""
    states = {one.state, other.state}
    sent = [(i.binding, i.judged.digest, i.filename) for i in (one, other)]
    return states == {IntentState.REFUSED} and sent[0] == sent[1]


def retitled_since(intent: Intent, online: Resource | None) -> Intent:
    """The intent with the title that a person has written since, if so: theirs is to be put back.

    `online`: the resource as it is now, None where there is none yet.
    """
    if online is None or online.has_made_title or online.title in {"", intent.title}:
        return intent
    return replace(intent, title=online.title, written_title=online.title)


def is_answer_to(intent: Intent, answer: Resource) -> bool:
    """Whether a portal that was asked for this upload may speak of that resource."""
    if intent.binding.resource:
        return answer.id.lower() == intent.binding.resource.lower()
    return answer.id not in (intent.before or ())


def made_by_us(resource: Resource, intents: Sequence[Intent]) -> Intent | None:
    """The unfinished upload of ours that made what this resource shows now, if one did.

    Known by the bytes; else by a title that nobody wrote, made of the name that we sent: an upload
    whose answer was lost may have left other bytes than those sent. Of one that was refused both
    must fit: a person may have put there, under its name, what the portal would not have from us.
    """
    if not resource.has_made_title:
        return None
    mine = [i for i in reversed(intents) if i.binding.resource == resource.id]
    named = [i for i in mine if may_be_name(resource.made_title, i.filename)]
    for intent in mine:
        is_known = intent.state is not IntentState.REFUSED or intent in named
        if is_known and resource.sha1 in {intent.judged.digest.sha1, intent.answered_sha1}:
            return intent
    return next((i for i in named if i.state is not IntentState.REFUSED), None)


def titles_to_keep(online: Resource, row: Row | None, intents: Sequence[Intent]) -> Titles:
    """The titles of a resource. `row`: what the ledger last had of it, None = nothing.

    Usually the one that it has. When an earlier upload of ours made that one, the title from
    before the upload; when somebody else's did, the last that a person wrote.
    """
    intent = made_by_us(online, intents)
    if intent is not None:
        return Titles(intent.title, intent.written_title or titles.if_written(intent.title))
    known = titles.written(row, online)
    return Titles(known or online.title, known)


def answer(resource: Resource, digest: Digest, address: str = "") -> Reason | None:
    """None when the portal's answer carries our sha1 and size, and a link our address, else what
    differs."""
    if address and resource.address != address:
        return because("verify_link", address=address, online=resource.url)
    if resource.sha1 == digest.sha1 and resource.size == digest.size:
        return None
    return because(
        "verify_bytes",
        sha1=digest.sha1,
        size=digest.size,
        online_sha1=resource.sha1 or "-",
        online_size=resource.size if resource.size is not None else -1,
    )


def may_retitle(now: Resource, wanted: str) -> bool:
    """Whether the title is to be put back: only while it is the one that our upload made.

    Any other title was written by a person in the meantime, and wins.
    """
    return bool(wanted) and now.has_made_title and now.title != wanted
