"""Reads what the audit judges: the catalogue, the topics, the ledger. Writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from syncd import audit
from syncd.audit import Audit, Audited, Known, Listed
from syncd.core.catalogue import CatalogueEntry, ThematicSite
from syncd.core.errors import PortalError
from syncd.core.ledger_ports import Ledger
from syncd.core.ports import Portal
from syncd.core.reasons import Reason
from syncd.core.targets import DatasetEntry
from syncd.guards.profile import Profile


def inspect(
    entries: Sequence[DatasetEntry],
    sites: Sequence[ThematicSite],
    portal: Portal,
    ledger: Ledger,
    locations: Mapping[str, str],
    now: datetime,
) -> Audit:
    """Every dataset, each for itself. `locations`: source name -> its place."""
    listed: dict[ThematicSite, frozenset[str] | Reason] = {
        site: _datasets_of(site, portal) for site in sites
    }
    return audit.first_things_first(
        _audited(entry, listed, portal, ledger, locations, now) for entry in entries
    )


def _datasets_of(site: ThematicSite, portal: Portal) -> frozenset[str] | Reason:
    try:
        return portal.topic_datasets(site.topic)
    except PortalError as error:
        return error.reason


def _audited(
    manifest: DatasetEntry,
    listed: Listed,
    portal: Portal,
    ledger: Ledger,
    locations: Mapping[str, str],
    now: datetime,
) -> Audited:
    address = ledger.address(portal.url, manifest.dataset) or manifest.dataset
    try:
        entry = portal.catalogue_entry(address)
    except PortalError as error:
        note = ledger.note(portal.url, address)
        title = note.title if note else manifest.name
        return audit.failure(address, title, _edit(portal, address), error.reason, listed)
    known = _known(entry, portal, ledger)
    subject = audit.subject_of(manifest, entry, known, locations, now, edit=_edit(portal, entry.id))
    return audit.evaluate(subject, listed)


def _known(entry: CatalogueEntry, portal: Portal, ledger: Ledger) -> Known:
    profiles: dict[str, Profile] = {}
    for file in entry.files:
        resource = file.resource
        if resource.sha1 is None:
            continue
        text = ledger.profile(portal.url, entry.id, resource.id, resource.sha1)
        profile = Profile.from_json(text) if isinstance(text, str) else None
        if profile is not None:
            profiles[resource.id] = profile
    rows = ledger.rows(portal.url, entry.id)
    return Known(rows, ledger.history(portal.url, entry.id), profiles)


def _edit(portal: Portal, dataset: str) -> str:
    """Where a dataset is edited in a browser."""
    return f"{portal.url}/admin/datasets/{dataset}"
