"""Files that stay in a public bucket: whether everybody has them there, and what is kept there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from syncd.core.errors import SyncdError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.records import Copy, Kept
from syncd.core.targets import Binding, DatasetEntry, Linking, copy_key, is_copy

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


def ask(linking: Linking, dataset: str, key: str, digest: Digest, adapters: Adapters) -> None:
    """Whether everybody gets these bytes: `LinkError`."""
    address = linking.address_of(dataset, key, digest)
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
    bucket, public = adapters.copies[linking.copy_to], linking.public_key(dataset, key, file.digest)
    if bucket.stat(public) is not None:
        return
    copy = Copy(
        adapters.portal.url,
        dataset,
        str(bucket.location),
        public,
        linking.address_of(dataset, key, file.digest),
        adapters.clock(),
    )
    adapters.ledger.note_copy(copy)
    bucket.publish(file, public)
    log.info("link.copied", bucket=bucket.location.bucket, key=public)


def kept(
    binding: Binding,
    judged: KnownVersion,
    version_id: str | None,
    address: str,
    adapters: Adapters,
) -> Kept:
    """Where the bytes of a publication can be had again."""
    if is_copy(address, binding.dataset, judged.key, judged.digest):
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
    rows = ledger.rows(portal, dataset)
    needed = {*shown, *(row.address for row in rows)}
    needed |= {intent.address for intent in ledger.intents(portal, dataset)}
    over = [
        copy
        for copy in noted
        if copy.address not in needed and (before is None or copy.written_at < before)
    ]
    if not over:
        return
    for_undo = {
        copy_key(dataset, line.judged.key, line.judged.digest)
        for resource in {row.binding.resource for row in rows}
        for line in ledger.kept(portal, dataset, resource)
        if line.kept is Kept.COPY
    }
    buckets = {str(bucket.location): bucket for bucket in adapters.copies.values()}
    for copy in over:
        bucket = buckets.get(copy.place)
        if copy.key in for_undo or bucket is None:
            continue
        bucket.remove(copy.key)
        ledger.drop_copy(copy)
        log.info("link.copy_removed", bucket=bucket.location.bucket, key=copy.key)
