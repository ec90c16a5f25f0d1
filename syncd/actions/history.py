"""What was published and done, when and by whom, from the ledger alone."""

from __future__ import annotations

import re

from syncd.actions import selection
from syncd.config.configuration import App
from syncd.core.addresses import resource_address
from syncd.core.composed import composed
from syncd.core.errors import UsageError
from syncd.core.history_records import Event
from syncd.core.ledger_ports import LedgerView
from syncd.core.records import Publication


def history(
    app: App, ledger: LedgerView, target: str | None
) -> tuple[tuple[Publication, ...], tuple[Event, ...]]:
    """Oldest first. Also of resources that the manifest does not have: a push may go to any.

    `UsageError` when there is no such target.
    """
    lines, events = ledger.history(app.manifest.portal), ledger.events(app.manifest.portal)
    if target is None:
        return lines, events
    address = resource_address(target)
    wanted = composed(address.text if address else target)
    meant = {line.binding.resource for line in lines if _is_meant(line, wanted)}
    if not meant:  # by a title, one that was never published, or an error
        wanted = selection.select(app, ledger, None, target).only
        meant = {line.binding.resource for line in lines if _is_meant(line, wanted)}
    return (
        tuple(line for line in lines if line.binding.resource in meant),
        tuple(e for e in events if e.resource in meant or composed(e.key) == wanted),
    )


def manifest(ledger: LedgerView, digest: str) -> bytes:
    """The text of the manifest that a line of the history names; `digest` may be a beginning."""
    if not re.fullmatch("[0-9a-fA-F]{8,64}", digest):
        raise UsageError("bad_digest", given=digest)
    found = ledger.manifests(digest.lower())
    if not found:
        raise UsageError("manifest_not_kept", given=digest)
    if len(found) > 1:
        raise UsageError("digest_not_unique", given=digest)
    return next(iter(found.values()))


def _is_meant(line: Publication, wanted: str) -> bool:
    keys = {composed(line.judged.key), composed(line.binding.key)}
    return wanted in keys or line.binding.resource.startswith(wanted)


def of_target(
    ledger: LedgerView, portal: str, dataset: str, resource: str, key: str
) -> tuple[tuple[Publication, ...], tuple[Event, ...]]:
    """The same of one target that is known: its resource, or its object before there is one."""
    lines = ledger.history(portal, dataset, resource) if resource else ()
    wanted = composed(key)
    return lines, tuple(
        one
        for one in ledger.events(portal)
        if (one.resource == resource if one.resource else composed(one.key) == wanted)
        and one.dataset == dataset
    )
