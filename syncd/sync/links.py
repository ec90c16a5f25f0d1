"""Files that stay in a public bucket: whether everybody has them there, and what is kept there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from syncd.core import fence
from syncd.core.errors import LinkError, SourceError, SyncdError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.ports import Adapters, PublicBucket, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Copy, Kept, KeptVersion
from syncd.core.targets import Binding, DatasetEntry, Linking, copy_key, is_copy, leads_to

YOUNG = timedelta(days=1)  # a public server that is down for longer costs one more writing

_IN_SHORT = {"link_page": "text/html", "link_other_bytes": "sha1", "link_slow": "timed out"}

log = structlog.get_logger("syncd.links")


def make_ready(
    linking: Linking, dataset: str, key: str, file: SpooledFile, adapters: Adapters
) -> None:
    """Before the portal is told: a copy is written where one is meant, and everybody gets these
    bytes. `LinkError`, `SourceError`, `SpoolError`."""
    if linking.copy_to:
        _copy(linking, dataset, key, file, adapters)
    ask(linking, dataset, key, file.digest, adapters)
    if linking.copy_to:
        _note(linking, dataset, key, file.digest, adapters)


def ask(linking: Linking, dataset: str, key: str, digest: Digest, adapters: Adapters) -> None:
    """Whether everybody gets these bytes: `LinkError`."""
    _ask(linking.address_of(adapters.portal.url, dataset, key, digest), key, digest, adapters)


def _ask(address: str, key: str, digest: Digest, adapters: Adapters) -> None:
    with adapters.progress.transfer(key, "verify", digest.size) as bar:
        adapters.web.must_give(address, digest, bar)
    log.info("link.answers", address=address, sha1=digest.sha1)


def must_lead(address: str, key: str, digest: Digest, adapters: Adapters, *, whole: bool) -> None:
    """Whether the portal's link still leads to the file, by its size or, `whole`, its bytes:
    `LinkError`."""
    with as_broken():
        if whole:
            _ask(address, key, digest, adapters)
        else:
            adapters.web.must_answer(address, digest.size)


@contextmanager
def as_broken() -> Iterator[None]:
    """What goes wrong with an address inside is said of the link that the portal has already."""
    try:
        yield
    except LinkError as error:
        raise LinkError("link_broken", **broken(error).facts) from error


def broken(error: LinkError) -> Reason:
    """That a link leads nowhere, with what its address answered, in short."""
    address = error.reason.facts.get("address")
    return because("link_broken", address=address, detail=in_short(error))


def in_short(error: LinkError) -> str:
    """What an address answered in place of its file."""
    code, facts = error.reason.code, error.reason.facts
    if code == "link_too_long":  # it was not read to its end
        return f"> {facts['size']}"
    if code == "link_other_size":
        return f"{facts['found']} ≠ {facts['size']}"
    if "found_sha1" in facts:
        return f"sha1 {facts['found_sha1']}"
    said = _IN_SHORT.get(code) or facts.get("status") or facts.get("detail") or facts.get("where")
    return str(said or code)


def linking_of(entry: DatasetEntry, binding: Binding, adapters: Adapters) -> Linking | None:
    """How the target of this binding is published, as the manifest has it."""
    locations = adapters.locations
    found = (t for t in entry.targets if t.feeds(binding, locations[t.source]))
    target = next(found, None)
    return target.linking if target is not None else None


# -- copies ------------------------------------------------------------------------------------


def _copy(linking: Linking, dataset: str, key: str, file: SpooledFile, adapters: Adapters) -> None:
    """Its name is its bytes, so one that is there already, from before a kill, is as good."""
    copy = _copy_of(linking, dataset, key, file.digest, adapters)
    bucket = adapters.copies[linking.copy_to]
    if bucket.stat(copy.key) is not None:
        return
    adapters.ledger.note_copy(copy)
    bucket.publish(file, copy.key)
    log.info("link.copied", bucket=bucket.location.bucket, key=copy.key)


def _note(linking: Linking, dataset: str, key: str, digest: Digest, adapters: Adapters) -> None:
    """A copy that everybody has may have been written under an earlier ledger: of its name and its
    bytes, it is ours."""
    copy = _copy_of(linking, dataset, key, digest, adapters)
    noted = adapters.ledger.copies(copy.portal, dataset)
    if not any((one.place, one.key) == (copy.place, copy.key) for one in noted):
        adapters.ledger.note_copy(copy)


def _copy_of(linking: Linking, dataset: str, key: str, digest: Digest, adapters: Adapters) -> Copy:
    portal = adapters.portal.url
    return Copy(
        portal,
        dataset,
        str(adapters.copies[linking.copy_to].location),
        linking.public_key(portal, dataset, key, digest),
        linking.address_of(portal, dataset, key, digest),
        adapters.clock(),
    )


def kept(
    binding: Binding,
    judged: KnownVersion,
    version_id: str | None,
    address: str,
    adapters: Adapters,
) -> Kept:
    """Where the bytes of a publication can be had again."""
    if is_copy(address, binding.portal, binding.dataset, judged.key, judged.digest):
        return Kept.COPY
    return adapters.archive.where(judged.digest, version_id)


def sweep(
    dataset: str, shown: Collection[str], adapters: Adapters, *, spare_young: bool = False
) -> tuple[Reason, ...]:
    """Remove the copies that nobody needs any more. `shown`: where its resources lead to.

    Only what the ledger says that syncd wrote. `spare_young`: a target failed, and the next pass
    may go on with the copy that this one wrote. What cannot be removed now is later, and is said:
    nothing is wrong with what is online, but anybody reads it.
    """
    if not adapters.copies:
        return ()
    try:
        return _sweep(dataset, shown, adapters, adapters.clock() - YOUNG if spare_young else None)
    except SyncdError as error:  # the ledger's
        log.warning("link.copies_not_swept", dataset=dataset, why=str(error))
        return ()


def _sweep(
    dataset: str, shown: Collection[str], adapters: Adapters, before: datetime | None
) -> tuple[Reason, ...]:
    noted = adapters.ledger.copies(adapters.portal.url, dataset)
    if not noted:
        return ()
    meant = _meant(dataset, adapters)
    buckets = _by_place(adapters)
    troubles: list[Reason] = []
    for copy in noted:
        is_young = before is not None and copy.written_at >= before
        if copy.key in meant or _is_shown(copy.key, shown) or is_young:
            continue
        bucket = buckets.get(copy.place)
        if bucket is None:
            continue
        fence.confirm()  # whoever has the lock since may need it again
        try:
            bucket.remove(copy.key)
        except SourceError as error:
            log.warning("link.copy_not_removed", key=copy.key, why=str(error))
            troubles = troubles or [because("copy_not_removed", address=copy.address), error.reason]
            continue
        adapters.ledger.drop_copy(copy)
        log.info("link.copy_removed", bucket=bucket.location.bucket, key=copy.key)
    return tuple(troubles)


def purge(
    binding: Binding, lines: Sequence[KeptVersion], shown: Collection[str], adapters: Adapters
) -> dict[str, Reason]:
    """Remove the copies of these lines, all their versions: of each that stays, by its key, why.

    Its lines are to stay too, so that it is not forgotten.
    """
    noted = adapters.ledger.copies(binding.portal, binding.dataset)
    meant = _meant(binding.dataset, adapters, without={line.id for line in lines})
    staying: dict[str, Reason] = {}
    for key in {copy_of(binding, line): None for line in lines}:
        mine = [copy for copy in noted if copy.key == key]
        if key in meant or _is_shown(key, shown):
            staying[key] = because("copy_in_use", address=mine[0].address if mine else key)
            continue
        left = [copy.address for copy in mine if not _is_purged(copy, adapters)]
        if not mine:  # of a ledger before this one: nothing says that syncd wrote it
            left = [key] if any(b.stat(key) for b in adapters.copies.values()) else []
        if left:
            staying[key] = because("copy_not_purged", address=left[0])
    return staying


def begun(binding: Binding, online: KnownVersion | None, adapters: Adapters) -> dict[str, Reason]:
    """The copies of this resource that a change of the portal which was begun may lead to: by key,
    that each stays. `online`: the version that is, which is none of them."""
    portal, dataset = binding.portal, binding.dataset
    online_digest = online.digest if online is not None else None
    noted = {copy.key: copy.address for copy in adapters.ledger.copies(portal, dataset)}
    meant = {
        copy_key(portal, dataset, intent.judged.key, intent.judged.digest)
        for intent in adapters.ledger.intents(portal, dataset)
        if intent.binding.resource == binding.resource and intent.judged.digest != online_digest
    }
    return {
        key: because("copy_in_use", address=noted[key]) for key in sorted(meant) if key in noted
    }


def copy_of(binding: Binding, line: KeptVersion) -> str:
    """The key of the copy of a line's bytes."""
    judged = line.judged
    return copy_key(binding.portal, binding.dataset, judged.key, judged.digest)


def _is_purged(copy: Copy, adapters: Adapters) -> bool:
    bucket = _by_place(adapters).get(copy.place)
    if bucket is None:
        return False
    fence.confirm()
    try:
        bucket.remove(copy.key, every_version=True)
        if bucket.stat(copy.key) is not None:  # some answer to any removal that it is done
            return False
    except SourceError as error:
        log.warning("link.copy_not_removed", key=copy.key, why=str(error))
        return False
    adapters.ledger.drop_copy(copy)
    return True


def _by_place(adapters: Adapters) -> dict[str, PublicBucket]:
    return {str(bucket.location): bucket for bucket in adapters.copies.values()}


def _is_shown(key: str, shown: Collection[str]) -> bool:
    return any(leads_to(address, key) for address in shown)


def _meant(dataset: str, adapters: Adapters, *, without: Collection[int] = ()) -> set[str]:
    """The keys of the copies that the ledger has a use for, in whichever bucket. `without`: the
    lines with these numbers.

    By the bytes that are meant and never by an address: how a bucket's keys become addresses may
    be written otherwise tomorrow, and the copy is the same.
    """
    ledger, portal = adapters.ledger, adapters.portal.url
    rows = ledger.rows(portal, dataset)
    meant = [row.published for row in rows]
    meant += [intent.judged for intent in ledger.intents(portal, dataset)]
    meant += [
        line.judged
        for resource in {row.binding.resource for row in rows}
        for line in ledger.kept(portal, dataset, resource)
        if line.kept is Kept.COPY and line.id not in without
    ]
    return {copy_key(portal, dataset, one.key, one.digest) for one in meant if one is not None}
