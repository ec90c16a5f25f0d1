"""Do re-users get what the ledger says? Downloads it at the permanent link, and compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from syncd.actions.selection import is_named, rows_of
from syncd.adapters.disk.spool import digest_of
from syncd.core.errors import LinkError, PortalError
from syncd.core.objects import Digest, KnownVersion
from syncd.core.ports import Adapters
from syncd.core.reasons import Reason, because
from syncd.core.records import DatasetNote, Outcome, Row
from syncd.core.results import Report, Result
from syncd.core.targets import DatasetEntry
from syncd.sync import links, prepare
from syncd.sync.results import outcome_of_error, result_of_row

_OTHER_BYTES = frozenset({"link_other_size", "link_too_long", "link_other_bytes"})


def verify(
    entries: Sequence[DatasetEntry], adapters: Adapters, only: str = "", patience: float = 60.0
) -> Report:
    """One result per published target: `unchanged`, `drifted`, or what stopped the download.

    Other bytes are noted in the ledger, so that the next cycle looks at the portal. Each dataset is
    kept from being published meanwhile.
    """
    results = []
    for entry in entries:
        dataset = prepare.identify(entry, adapters)
        with adapters.locks.hold(adapters.portal.url, dataset, patience, "verify"):
            note = adapters.ledger.note(adapters.portal.url, dataset)
            rows = rows_of(
                entry, adapters.ledger.rows(adapters.portal.url, dataset), adapters.locations
            )
            mine = [row for row in rows if not only or is_named(row, only)]
            results += [
                _verified(entry, row, row.published, note, adapters)
                for row in mine
                if row.published
            ]
    return Report(tuple(results))


def _verified(
    entry: DatasetEntry,
    row: Row,
    published: KnownVersion,
    note: DatasetNote | None,
    adapters: Adapters,
) -> Result:
    found: Digest | None = None
    sha1: str | None = None
    size: int | None = None
    try:
        online = adapters.portal.resource(row.binding.dataset, row.binding.resource)
        # A link that is not ours is none of our files, whatever it leads to.
        if online.address == row.address:
            found = _got(entry, row, published, online.url, adapters)
            sha1, size = found.sha1, found.size
    except PortalError as error:
        outcome, reason = outcome_of_error(error), error.reason
    except LinkError as error:
        is_other = error.reason.code in _OTHER_BYTES
        outcome = Outcome.DRIFTED if is_other else Outcome.FAILED
        reason = _said_of_link(error, published) or links.broken(error)
        sha1, size = _found(error)
        _note(row, outcome, reason, adapters)
    else:
        outcome, reason = _compared(row, published, found, online.url)
        if not outcome.is_well:
            _note(row, outcome, reason, adapters)
    row = replace(row, state=outcome, reason=reason)
    title, page = (note.title, note.page) if note else ("", "")
    return replace(result_of_row(row, title, page), sha1=sha1, size=size)


def _found(error: LinkError) -> tuple[str | None, int | None]:
    """What the address gives, as far as that was read or announced."""
    facts = error.reason.facts
    sha1, size = facts.get("found_sha1"), facts.get("found")
    if error.reason.code == "link_too_long" or not isinstance(size, int):
        return None, None
    return (sha1 if isinstance(sha1, str) else None), size


def _said_of_link(error: LinkError, published: KnownVersion) -> Reason | None:
    """That it gives another file, where it is known which; None: it is broken."""
    sha1, size = _found(error)
    if size is None:
        return None
    address, digest = error.reason.facts.get("address"), published.digest
    reason = because(
        "verified_link_size",
        address=address,
        sha1=digest.sha1,
        size=digest.size,
        online_size=size,
    )
    if sha1 is None:
        return reason
    return Reason("verified_link_bytes", {**reason.facts, "online_sha1": sha1})


def _note(row: Row, outcome: Outcome, reason: Reason, adapters: Adapters) -> None:
    now = adapters.clock()
    adapters.ledger.put(replace(row, state=outcome, reason=reason, checked_at=now))


def _compared(
    row: Row, published: KnownVersion, found: Digest | None, url: str
) -> tuple[Outcome, Reason]:
    """`found`: None where the portal has a link to elsewhere, `url`, in place of a file."""
    if found is None:
        return Outcome.DRIFTED, because("verified_remote", title=row.title, url=url)
    if found == published.digest:
        return Outcome.UNCHANGED, because("verified", size=found.size)
    if row.restored is not None:
        made = row.restored.isoformat()
        return Outcome.DRIFTED, because("verified_after_backup", title=row.title, made=made)
    reason = because(
        "verified_other_bytes",
        title=row.title,
        sha1=published.digest.sha1,
        size=published.digest.size,
        online_sha1=found.sha1,
        online_size=found.size,
    )
    return Outcome.DRIFTED, reason


def _got(
    entry: DatasetEntry, row: Row, published: KnownVersion, storage: str, adapters: Adapters
) -> Digest:
    """What re-users get. `LinkError` where a link of ours does not give its file."""
    binding = row.binding
    linking = links.linking_of(entry, binding, adapters)
    of = (binding.portal, binding.dataset, published.key, published.digest)
    if linking is None or row.address != linking.address_of(*of):  # a person's may lead anywhere
        return _download(row, published, storage, adapters)
    with adapters.progress.transfer(row.title, "verify", published.digest.size) as bar:
        adapters.web.must_give(row.address, published.digest, bar)
    return published.digest


def _download(row: Row, published: KnownVersion, storage: str, adapters: Adapters) -> Digest:
    with (
        adapters.portal.download(row.link, storage) as download,
        adapters.progress.transfer(row.title, "verify", published.digest.size) as bar,
    ):

        def passing() -> Iterator[bytes]:
            for chunk in download.chunks:
                yield chunk
                bar.advance(len(chunk))

        return digest_of(passing())
