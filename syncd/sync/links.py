"""Files that stay in a public bucket: whether everybody has them there, and what is kept there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from syncd.core.errors import SyncdError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.records import Copy, Kept
from syncd.core.targets import Binding, DatasetEntry, Linking, copy_key, is_copy, leads_to

YOUNG = timedelta(days=1)  # a public server that is down for longer costs one more writing

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
    address = linking.address_of(adapters.portal.url, dataset, key, digest)
    with adapters.progress.transfer(key, "verify", digest.size) as bar:
        adapters.web.must_give(address, digest, bar)
    log.info("link.answers", address=address, sha1=digest.sha1)


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
) -> None:
    """Remove the copies that nobody needs any more. `shown`: where its resources lead to.

    Only what the ledger says that syncd wrote. `spare_young`: a target failed, and the next pass
    may go on with the copy that this one wrote. What cannot be removed now is later: nothing is
    wrong with what is online.
    """
    if not adapters.copies:
        return
    try:
        _sweep(dataset, shown, adapters, adapters.clock() - YOUNG if spare_young else None)
    except SyncdError as error:
        log.warning("link.copies_not_removed", dataset=dataset, why=str(error))


def _sweep(
    dataset: str, shown: Collection[str], adapters: Adapters, before: datetime | None
) -> None:
    ledger, portal = adapters.ledger, adapters.portal.url
    noted = ledger.copies(portal, dataset)
    if not noted:
        return
    needed = _meant(dataset, adapters)
    over = [
        copy
        for copy in noted
        if copy.key not in needed
        and not any(leads_to(address, copy.key) for address in shown)
        and (before is None or copy.written_at < before)
    ]
    buckets = {str(bucket.location): bucket for bucket in adapters.copies.values()}
    for copy in over:
        bucket = buckets.get(copy.place)
        if bucket is None:
            continue
        bucket.remove(copy.key)
        ledger.drop_copy(copy)
        log.info("link.copy_removed", bucket=bucket.location.bucket, key=copy.key)


def _meant(dataset: str, adapters: Adapters) -> set[str]:
    """The keys of the copies that the ledger has a use for, in whichever bucket.

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
        if line.kept is Kept.COPY
    ]
    return {copy_key(portal, dataset, one.key, one.digest) for one in meant if one is not None}
