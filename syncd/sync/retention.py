"""What is kept of files that go offline, so that a person can go back to them."""

from __future__ import annotations

import structlog

from syncd.core.errors import SpoolError, SyncdError
from syncd.core.history_records import LineKind
from syncd.core.objects import Fingerprint, KnownVersion
from syncd.core.portal import Resource
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Act, Cause, Kept, KeptVersion, Publication, Row
from syncd.core.targets import Binding, leads_to
from syncd.sync import history, links
from syncd.sync.replaced import ReplacedFile

log = structlog.get_logger("syncd.safekeeping")

_NOT_KEPT = "online_not_kept"  # it could not be read


def before(
    dataset: str,
    online: Resource | None,
    file: SpooledFile,
    replaced: ReplacedFile,
    adapters: Adapters,
) -> tuple[Reason, ...]:
    """Before an upload: keep what it will replace, and what it brings.

    What cannot be kept is told, and does not stop the publication: an old file at hand is worth
    less than the right one online.
    """
    if not adapters.archive.versions:
        return ()
    troubles = [_keep_online(dataset, online, replaced, adapters) if online is not None else None]
    if not file.version_id:
        # It is online too, and in the bucket: no reason to wait for the disk.
        troubles.append(adapters.archive.keep(file, wait_for_disk=False))
    found = tuple(trouble for trouble in troubles if trouble is not None)
    for trouble in found:
        log.warning("archive.not_kept", why=trouble.code, **trouble.facts)
    return found


def told(warnings: tuple[Reason, ...], unkept: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Both; that the file online could not be read is said once."""
    codes = {reason.code for reason in unkept}
    first = [w for w in warnings if w.code != "online_not_compared" or _NOT_KEPT not in codes]
    return (*first, *unkept)


def after(binding: Binding, adapters: Adapters) -> None:
    """After an upload: let go of what is older than the versions to keep.

    What cannot be now is, after the next one: nothing is wrong with what is online.
    """
    try:
        _let_go(binding, adapters)
    except SyncdError as error:
        log.warning("archive.not_let_go", resource=binding.resource, why=str(error))


def _let_go(binding: Binding, adapters: Adapters) -> None:
    lines = adapters.ledger.kept(binding.portal, binding.dataset, binding.resource)
    surplus = beyond(lines, adapters.archive.versions)
    if surplus:
        nobody = Cause(trigger="")
        let_go = history.of_binding(LineKind.LET_GO, binding, nobody, adapters.clock(), "")
        adapters.ledger.forget_bytes([line.id for line in surplus], let_go)
        gone = {line.judged.digest.sha1 for line in surplus}
        adapters.archive.sweep(adapters.ledger.claims, adapters.clock(), only=gone)


def kept(binding: Binding, adapters: Adapters) -> list[KeptVersion]:
    """One line for each different file of this resource that can be had again."""
    lines = adapters.ledger.kept(binding.portal, binding.dataset, binding.resource)
    return list({line.judged.digest.sha1: line for line in lines}.values())


def copies_to_purge(row: Row, adapters: Adapters) -> list[KeptVersion]:
    """The copies in a public bucket that are kept for an undo alone, one line for each."""
    lines = adapters.ledger.kept(row.binding.portal, row.binding.dataset, row.binding.resource)
    earlier = [line for line in lines if _is_earlier_copy(row.binding, line, row)]
    return list({links.copy_of(row.binding, line): line for line in earlier}.values())


def _is_earlier_copy(binding: Binding, line: KeptVersion, row: Row | None) -> bool:
    """Whether it is kept as a copy, and not the one that is online."""
    if line.kept is not Kept.COPY:
        return False
    online = row.published if row is not None else None
    if online is not None and (online.key, online.digest) == (line.judged.key, line.judged.digest):
        return False
    return row is None or not leads_to(row.address, links.copy_of(binding, line))


def purge(binding: Binding, adapters: Adapters, cause: Cause) -> int:
    """Remove this resource's files from the archive; how many different ones it was.

    And its copies in a public bucket, but the one that is online. A file that is kept for another
    resource too stays for that one. `SpoolError` when one could not be removed: a later sweep tries
    again, and what is public still is not forgotten.
    """
    ledger, dataset = adapters.ledger, binding.dataset
    lines = ledger.kept(binding.portal, dataset, binding.resource)
    rows = ledger.rows(binding.portal, dataset)
    row = next((row for row in rows if row.binding.resource == binding.resource), None)
    copied = [line for line in lines if _is_earlier_copy(binding, line, row)]
    staying: dict[str, Reason] = {}
    if copied:
        online = adapters.portal.describe(dataset)
        staying = links.purge(binding, copied, {r.url for r in online.resources}, adapters)
        copied = [line for line in copied if links.copy_of(binding, line) not in staying]
    begun = links.begun(binding, row.published if row is not None else None, adapters)
    staying = {**staying, **begun}
    gone = [line for line in lines if line.kept is Kept.ARCHIVE] + copied
    title = gone[-1].title if gone else ""
    if gone or not staying:
        purged = history.of_binding(LineKind.PURGED, binding, cause, adapters.clock(), title)
        ledger.forget_bytes([line.id for line in gone], purged)
    digests = {line.judged.digest for line in gone}
    archived = {line.judged.digest for line in gone if line.kept is Kept.ARCHIVE}
    adapters.archive.erase(archived, ledger.claims, adapters.clock())
    for reason in staying.values():
        raise SpoolError(reason.code, **reason.facts)
    return len(digests)


def beyond(lines: tuple[KeptVersion, ...], versions: int) -> list[KeptVersion]:
    """Of the kept lines of one resource, oldest first, those that need not be so any more. Pure.

    Kept are the last `versions` different files, the one online among them, and the one that was
    online before syncd first replaced it.
    """
    wanted: list[str] = []
    for line in reversed(lines):
        if line.judged.digest.sha1 not in wanted and len(wanted) < versions:
            wanted.append(line.judged.digest.sha1)
    if lines and lines[0].act is Act.FOUND and versions:
        wanted.append(lines[0].judged.digest.sha1)
    return [line for line in lines if line.judged.digest.sha1 not in wanted]


def _keep_online(
    dataset: str, online: Resource, replaced: ReplacedFile, adapters: Adapters
) -> Reason | None:
    """Somebody else's file, or one that is not kept: the portal deletes it at the replacement."""
    lines = adapters.ledger.kept(adapters.portal.url, dataset, online.id)
    if any(line.judged.digest.sha1 == online.sha1 for line in lines):
        return None
    is_unread = replaced.is_out_of_reach(online)  # what is too large for us, mostly
    trouble = None if is_unread else adapters.archive.room_for(online.size or 0)
    if trouble is not None:
        return trouble
    file = replaced.file(online)
    if file is None:
        return because(_NOT_KEPT, title=online.title)
    try:
        trouble = adapters.archive.keep(file)
    except SpoolError as error:
        log.info("archive.online_not_read", resource=online.id, why=str(error))
        return because(_NOT_KEPT, title=online.title)
    if trouble is not None:
        return trouble
    now = adapters.clock()
    seen = Fingerprint("", file.digest.size, now.replace(microsecond=0))
    found = replaced.known_profile(online)
    profile = found if found is not None and found.is_standard else None
    line = Publication(
        id=0,
        binding=Binding(adapters.portal.url, dataset, online.id, "", ""),
        judged=KnownVersion(online.made_title, seen, file.digest),
        title=online.title,
        link=online.latest,
        act=Act.FOUND,
        cause=Cause(trigger=""),
        begun_at=now,
        profile=None if profile is None else profile.to_json(),
        kept=adapters.archive.where(file.digest, None),
    )
    adapters.ledger.record(history.with_receipt(line, online, ("sha1",)))
    return None
