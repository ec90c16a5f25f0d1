"""What to do with each target, and why. Pure: no network, disk, clock or randomness.

`first_look` reads the listing and the ledger; `destination` finds the resource, or why there may
be none; `second_look` compares bytes. Each returns a small frozen value with its reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from syncd.core import deadlines
from syncd.core.composed import composed
from syncd.core.file_names import same_name
from syncd.core.objects import Digest, KnownVersion
from syncd.core.portal import Dataset, Resource
from syncd.core.reasons import Fact, Reason, because
from syncd.core.records import Outcome, Pin, Row
from syncd.core.results import Shapes
from syncd.core.targets import Binding, Target
from syncd.sync import pins, titles
from syncd.sync.matching import Item, Status

AHEAD = timedelta(hours=1)  # no clock of a server that is looked after is so far ahead of ours
_NEVER_STILL = 10  # times its `settle`, in which each look found an object too young
MARK = "syncd:source"  # on resources that syncd created: which object they come from


# -- decisions ---------------------------------------------------------------------------------

# What a target needs next is read off the type of its decision, and of nothing else. A first look
# gives `Final | Fetch`; with the bytes' digest and the portal's word it is `Final | Publishing`.


@dataclass(frozen=True, slots=True)
class Final:
    """Nothing is sent: what the target is, and why."""

    outcome: Outcome
    reason: Reason
    resource: Resource | None = None  # the one concerned, where there is one
    warnings: tuple[Reason, ...] = ()
    profile: object = None  # what the guards measured of the bytes, as JSON
    shapes: Shapes | None = None
    schema: Mapping[str, object] | None = None  # what they were found to be under it, plain
    digest: Digest | None = None  # of a first look: the bytes, where they are known unread
    content: str = ""  # of these bytes, as in `Row`, where it was taken
    online: Digest | None = None  # the bytes online, where they are others that say the same
    pin: Pin | None = None  # what the target is pinned with from now on


@dataclass(frozen=True, slots=True)
class Fetch:
    """Nothing can be said yet. With a `digest` the bytes are known, and the portal has the word."""

    reason: Reason
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """These bytes go to a resource that exists."""

    reason: Reason
    resource: Resource
    warnings: tuple[Reason, ...] = ()
    profile: object = None
    lifted: tuple[Reason, ...] = ()  # those of the warnings that would have stopped it
    shapes: Shapes | None = None
    schema: Mapping[str, object] | None = None  # as in `Final`
    outcome: ClassVar[Outcome] = Outcome.REPLACED


@dataclass(frozen=True, slots=True)
class Create:
    """These bytes become a new resource."""

    reason: Reason
    warnings: tuple[Reason, ...] = ()
    profile: object = None
    lifted: tuple[Reason, ...] = ()  # as in `Replace`
    shapes: Shapes | None = None
    schema: Mapping[str, object] | None = None  # as in `Final`
    outcome: ClassVar[Outcome] = Outcome.CREATED
    resource: ClassVar[None] = None  # there is none yet


Publishing = Replace | Create
Decision = Final | Fetch | Publishing


# Where an item's bytes belong, once the portal was asked: a resource, a new one, or nowhere for the
# reason that `Final` gives.


@dataclass(frozen=True, slots=True)
class Bound:
    resource: Resource


@dataclass(frozen=True, slots=True)
class ToCreate:
    pass


Destination = Bound | ToCreate | Final


# -- first look --------------------------------------------------------------------------------


def first_look(
    item: Item, row: Row | None, now: datetime, *, by_content: bool = False, address: str = ""
) -> Final | Fetch:
    """From the listing and the ledger alone: an unchanged target costs no portal request.

    `by_content`: other bytes that say the same as those online are as good. `address`: that the
    manifest gives to the version online; "" = it is to be a file of the portal's.
    """
    if item.status is not Status.FOUND:
        outcome = Outcome.MISSING if item.status is Status.MISSING else Outcome.AMBIGUOUS
        return Final(outcome, item.reason or because("object_missing", key=item.key))
    fingerprint = item.version.fingerprint
    settle = item.target.settle
    judged = row.judged if row is not None else None
    is_known = judged is not None and (judged.key, judged.fingerprint) == (item.key, fingerprint)
    is_ahead = fingerprint.modified - now > AHEAD
    if settle and now - fingerprint.modified < settle:  # clocks differ: 0 must mean 0
        if not is_ahead:
            return _too_young(item, row, settle, now)
        if not is_known:
            date = fingerprint.modified.isoformat()
            return Final(Outcome.FAILED, because("dated_ahead", key=item.key, date=date))
    if row is None:
        return Fetch(because("first_contact"))
    if judged is None or not is_known:
        return Fetch(_what_changed(item, row))
    if row.restored is not None:
        return Fetch(because("after_backup", made=row.restored.isoformat()), judged.digest)
    if row.pin is not None and pins.is_pinned(row, judged.digest) and row.state is Outcome.PINNED:
        return Final(Outcome.PINNED, pins.reason(row.pin), digest=judged.digest)
    done = row.state.is_well or row.state is Outcome.LATE  # late is all well but for the producer
    if done and row.published is not None:
        if row.address != address:
            code = "other_address" if address and row.address else "other_way"
            return Fetch(because(code, address=address), judged.digest)
        if row.published.digest == judged.digest:
            reason = because("same_version", size=fingerprint.size)
            return Final(Outcome.UNCHANGED, reason, digest=judged.digest)
        if by_content and row.is_same_content:
            reason = _same_content("same_content", judged.digest, row.published.digest)
            return Final(Outcome.UNCHANGED, reason, digest=judged.digest)
    return Fetch(because("look_again", state=row.state.value), judged.digest)


def _too_young(item: Item, row: Row | None, settle: timedelta, now: datetime) -> Final:
    """Waited for; but not in silence for ever, where it is written to faster than `settle`."""
    told = row.reason.facts.get("since") if row and row.reason.code in _TOO_YOUNG else None
    since = min(datetime.fromisoformat(str(told)), now) if told else now
    # Written once by a clock that is `AHEAD` of ours, it is too young for no longer than the first.
    is_lasting = now - since >= max(AHEAD + settle, _NEVER_STILL * settle)
    reason = because(
        "never_still" if is_lasting else "settling",
        key=item.key,
        settle=int(settle.total_seconds()),
        since=since.isoformat(),
    )
    return Final(Outcome.FAILED if is_lasting else Outcome.UNCHANGED, reason)


_TOO_YOUNG = frozenset({"settling", "never_still"})


def lateness(target: Target, deposited: datetime, now: datetime) -> Reason | None:
    """Why the producer is asked for a new file, if so. `deposited`: the object's last date."""
    expect = target.expect
    if expect is None or not deadlines.is_late(expect, deposited, now):
        return None
    facts: dict[str, Fact] = {
        "since": deposited.isoformat(),
        "grace": int(expect.grace.total_seconds()),
    }
    if expect.every is not None:
        return because("deposit_late", **facts, every=int(expect.every.total_seconds()))
    due = deadlines.due(expect, deposited)
    return because("deposit_late_by", **facts, due=due.isoformat())


def _what_changed(item: Item, row: Row) -> Reason:
    new = item.version.fingerprint
    judged = row.judged
    if judged is None:
        return because("first_contact")
    if composed(judged.key) != composed(item.key):
        return because("newer_object", key=item.key, previous=judged.key)
    if judged.fingerprint.size != new.size:
        return because("size_changed", previous=judged.fingerprint.size, size=new.size)
    return because("deposited_again", size=new.size, date=new.modified.isoformat())


def refusal_of_dataset(dataset: Dataset) -> Reason | None:
    """Why nothing may be published in this dataset, if so.

    A deleted dataset answers 200 to its own editor, and would take uploads: the portal's fields
    are what counts, not its status.
    """
    if dataset.deleted:
        return because("dataset_deleted", title=dataset.title, page=dataset.page)
    if dataset.archived:
        return because("dataset_archived", title=dataset.title, page=dataset.page)
    if dataset.harvested:
        return because("dataset_harvested", title=dataset.title, page=dataset.page)
    owner, former = dataset.owner, dataset.former_owner
    if not dataset.may_edit and owner is not None and former is not None:
        names = {"owner": owner.name, "former": former.name}
        return because("dataset_transferred", title=dataset.title, page=dataset.page, **names)
    if not dataset.may_edit:
        return because("dataset_no_right", title=dataset.title, page=dataset.page)
    return None


def news_of_dataset(dataset: Dataset) -> tuple[Reason, ...]:
    """What a person should know of a dataset in which files may be published."""
    if refusal_of_dataset(dataset) is not None:
        return ()
    about = {"title": dataset.title, "page": dataset.page}
    owner, former = dataset.owner, dataset.former_owner
    news = []
    if owner is not None and former is not None:
        news.append(because("dataset_moved", owner=owner.name, former=former.name, **about))
    if dataset.private:
        news.append(because("dataset_private", **about))
    return tuple(news)


def refusal_of_resource(
    resource: Resource | None,
    resource_id: str,
    dataset: Dataset,
    *,
    was_ours: bool,
    made_for: str = "",
    as_link: bool = False,
) -> Reason | None:
    """Why this resource may not be replaced, if so.

    `as_link`: it is to lead to a file elsewhere (docs/decisions/0083-links.md). `made_for`: the
    object for which a person may let another one be made (see `actions.release`).
    """
    if resource is None:
        facts = {"resource": resource_id, "title": dataset.title, "page": dataset.page}
        if was_ours and made_for:
            return because("resource_withdrawn_each", key=made_for, **facts)
        return because("resource_withdrawn" if was_ours else "resource_unknown", **facts)
    if resource.is_remote and not as_link:
        return because("resource_remote", title=resource.title, url=resource.url)
    if as_link and not resource.is_remote:
        return because("resource_hosted", title=resource.title)
    if resource.harvested:
        return because("resource_harvested", title=resource.title)
    return None


def destination(
    item: Item, row: Row | None, dataset: Dataset, mark: str, stated: Collection[str] = ()
) -> Destination:
    """Where the manifest, the ledger or our own mark wants the item's bytes.

    `stated`: ids that the manifest gives to any target. What the manifest says outranks what the
    ledger and the marks remember.
    """
    refusal = refusal_of_dataset(dataset)
    if refusal is not None:
        return Final(Outcome.REFUSED, refusal)
    identifier = item.known_resource
    if identifier is None and row is not None and row.binding.resource:
        identifier = row.binding.resource
        if _is_given_away(identifier, item, stated):
            return Final(Outcome.HELD, because("given_away", key=item.key, title=row.title))
    if identifier is None:
        marked = [r for r in dataset.resources if r.extras.get(MARK) == mark]
        if len(marked) > 1:
            reason = because("marked_twice", key=item.key, count=len(marked))
            return Final(Outcome.HELD, reason)
        if not marked:
            return ToCreate()
        identifier = marked[0].id
        if _is_given_away(identifier, item, stated):
            return Final(Outcome.HELD, because("given_away", key=item.key, title=marked[0].title))
    resource = dataset.find(identifier)
    was_ours = row is not None and row.published is not None
    made_for = item.key if item.known_resource is None else ""
    refusal = refusal_of_resource(
        resource,
        identifier,
        dataset,
        was_ours=was_ours,
        made_for=made_for,
        as_link=item.target.linking is not None,
    )
    if refusal is not None:
        return Final(Outcome.REFUSED, refusal, resource)
    if resource is None:
        raise ValueError("a resource that does not exist was not refused")
    return Bound(resource)


def _is_given_away(identifier: str, item: Item, stated: Collection[str]) -> bool:
    """Whether the manifest gives to another target what was this one's."""
    return identifier in stated and identifier != item.target.resource


def first_publication(
    item: Item, digest: Digest, dataset: Dataset, taken: Collection[str], address: str = ""
) -> Final | Create:
    """An `each` file without a resource: adopt one, create one, or ask.

    `taken`: ids of resources that belong to other targets, by the manifest, the ledger or a mark.
    `address`: as in `second_look`.
    """
    rule = item.target.rule
    free = [r for r in dataset.resources if r.id not in taken]
    same = [r for r in free if r.shows(digest, address) and not r.harvested]
    # A mark that is not ours is another source's, or ours from before the bucket moved: such a
    # resource is only taken when its title too is the one that would be given.
    clear = [r for r in same if MARK not in r.extras or r.title == item.title]
    if len(clear) == 1:
        return Final(Outcome.ADOPTED, because("same_bytes_online"), clear[0])
    file_name = item.key.rsplit("/", 1)[-1]
    like = same or [
        r for r in free if r.title.strip() == item.title or same_name(r.made_title, file_name)
    ]
    known = "-".join(item.match.variables.values()) if item.match else ""
    if like:
        reason = because(
            "adopt_it",
            title=like[0].title,
            resource=like[0].id,
            known=known or item.key,
            line=item.target.place.line,
        )
        return Final(Outcome.HELD, reason)
    if not rule.create:
        reason = because("to_be_created", title=item.title, line=item.target.place.line)
        return Final(Outcome.HELD, reason)
    return Create(because("new_file", title=item.title, size=digest.size))


def second_look(
    row: Row | None,
    digest: Digest,
    resource: Resource,
    sent: Collection[str],
    *,
    republish: bool,
    is_same: bool = False,
    address: str = "",
) -> Final | Replace:
    """From the bytes and the portal's resource. Same bytes are never sent, ledger or no ledger.

    `sent`: sha1 of files that syncd itself sent to this resource without seeing the end.
    `republish`: the bucket wins over a file that someone else put online. `is_same`: these bytes
    say the same as those that were published last. `address`: that the portal is to be told of
    them; "" = it is to have the bytes.
    """
    published = row.published if row else None
    if resource.shows(digest, address):
        if published is not None and published.digest == digest:
            return Final(Outcome.UNCHANGED, because("same_bytes"), resource)
        if row is not None and row.restored is not None:
            reason = because("adopted_after_backup", made=row.restored.isoformat())
            return Final(Outcome.ADOPTED, reason, resource)
        return Final(Outcome.ADOPTED, because("same_bytes_online"), resource)
    sizes = {"size": digest.size, "previous": resource.size}
    if row is None or published is None:
        return Replace(because("first_replacement", **sizes), resource)
    if is_same and resource.shows(published.digest, row.address):
        return says_the_same(row, digest, resource, published.digest)
    ours = {published.digest.sha1, *sent}
    is_known = is_same or digest == published.digest
    if row.restored is not None and resource.sha1 is not None:
        ours.add(resource.sha1)  # it came after the backup; see `stays`
    if _is_ours(row, resource, ours, sent):
        if resource.holds(digest) and digest == published.digest:
            return Replace(because("other_address", address=address), resource)
        code = "online_is_wrong" if is_known else "new_bytes"
        return Replace(because(code, **sizes), resource)
    if republish:
        return Replace(because("bucket_wins", **sizes), resource)
    if is_known:
        return Final(Outcome.DRIFTED, drift(row, resource), resource)
    return Final(
        Outcome.HELD, because("conflict", title=titles.named(row, resource), **sizes), resource
    )


def _is_ours(row: Row, resource: Resource, ours: Collection[str], sent: Collection[str]) -> bool:
    """Whether what is online is what syncd put there, by its bytes, which are among `ours`.

    What a link is said to be is a client's word: it stays when a person writes another address, and
    may be taken away from beside ours.
    """
    is_known = resource.sha1 in ours
    if not resource.is_remote or row.restored is not None or resource.sha1 in sent:
        return is_known
    return resource.url == row.address and (is_known or resource.sha1 is None)


def says_the_same(row: Row | None, digest: Digest, resource: Resource, online: Digest) -> Final:
    """Other bytes than those online, and nothing else: they are not sent.

    `online`: what the resource has.
    """
    is_known = row is not None and row.published is not None and row.published.digest == online
    code, outcome = (
        ("same_content", Outcome.UNCHANGED)
        if is_known
        else ("same_content_online", Outcome.ADOPTED)
    )
    return Final(outcome, _same_content(code, digest, online), resource, online=online)


def _same_content(code: str, digest: Digest, online: Digest) -> Reason:
    return because(code, size=digest.size, online=online.size)


def stays(
    row: Row | None,
    version: KnownVersion,
    binding: Binding,
    resource: Resource,
    now: datetime,
    address: str = "",
) -> Pin | None:
    """The pin of a file online that a lost, or a restored, ledger does not know of.

    A lost one is told by the portal's mark. After a restored one, what is online came after the
    backup, by syncd itself or a person, and stays unless the object is younger still.
    `version`: the bucket's. `address`: as in `second_look`.
    """
    if resource.sha1 is None or resource.shows(version.digest, address):
        return None
    restored = row is not None and row.restored is not None
    if not (restored or is_new_binding(row)):
        return None
    known = row.published.digest.sha1 if row is not None and row.published is not None else None
    if row is not None and pins.is_pinned(row, version.digest) and resource.sha1 == known:
        return None  # it is known
    if resource.extras.get(pins.MARK) in pins.marks_of(binding, version.digest):
        return Pin(version, pins.BY_MARK, "", "", now)
    if not restored or resource.sha1 == known:
        return None
    since = resource.stored_at or resource.told_at
    is_younger = since is not None and version.fingerprint.modified > since
    return None if is_younger else Pin(version, pins.AFTER_BACKUP, "", "", now)


def look_at_pinned(row: Row, resource: Resource) -> Final:
    """A target that a person pinned: is what it was pinned to still online?"""
    if row.pin is None:
        raise ValueError("the row is not pinned")
    if row.published is not None and not resource.shows(row.published.digest, row.address):
        title = titles.named(row, resource)
        facts = {"title": title, "size": resource.size, "by": row.pin.by}
        code = "pinned_drifted" if row.pin.by else "pinned_drifted_unnamed"
        return Final(Outcome.DRIFTED, because(code, **facts), resource)
    return Final(Outcome.PINNED, pins.reason(row.pin), resource)


def drift(row: Row | None, resource: Resource) -> Reason:
    """The file online is not the one that syncd published."""
    published = row.published_at.isoformat() if row and row.published_at else ""
    title = titles.named(row, resource)
    return because("drifted", title=title, size=resource.size, published=published)


def is_new_binding(row: Row | None) -> bool:
    """Whether syncd has never put, nor found, this object's bytes in this resource."""
    return row is None or row.published is None
