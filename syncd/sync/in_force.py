"""Under which manifest files go online: each one is kept, and said to have come into force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncd import guards
from syncd.config.manifest import LoadedManifest
from syncd.core.history_records import Event, LineKind
from syncd.core.ledger_ports import Ledger
from syncd.core.targets import DatasetEntry

# Guards that were loosened, and of which targets: each as "dataset resource-or-rule".
Loosened = list[dict[str, Any]]


def note(manifest: LoadedManifest, ledger: Ledger, now: datetime) -> None:
    """Keep the manifest's text and tell the history that it is in force, unless it was already."""
    former = ledger.manifest_in_force(manifest.portal)
    before: Mapping[str, object] = former.facts if former is not None else {}
    if before.get("manifest") == manifest.digest:
        return
    loose = _by_target(manifest.datasets)
    known = dict(_targets(before.get("guards")))
    looser = {
        target: changed
        for target, found in loose.items()
        if (changed := _looser(found, known.get(target, {})))
    }
    facts = {
        "manifest": manifest.digest,
        "before": before.get("manifest"),
        "guards": _grouped(loose),
        "looser": _grouped(looser),
    }
    event = Event(LineKind.MANIFEST, now, manifest.portal, facts=facts)
    ledger.put_manifest(manifest.text, event)


def _by_target(entries: Sequence[DatasetEntry]) -> dict[str, dict[str, str]]:
    return {
        f"{entry.dataset} {target.resource or target.selector}": found
        for entry in entries
        for target in entry.targets
        if (found := guards.loosened(target.guards))
    }


def _looser(found: Mapping[str, str], than: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in found.items() if guards.is_looser(value, than.get(name))}


def _grouped(by_target: Mapping[str, Mapping[str, str]]) -> Loosened:
    """Most targets that are loosened at all are so alike."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for target, found in by_target.items():
        groups.setdefault(tuple(found.items()), []).append(target)
    return [{"guards": dict(found), "targets": targets} for found, targets in groups.items()]


def _targets(grouped: object) -> Iterable[tuple[str, Mapping[str, str]]]:
    for group in grouped if isinstance(grouped, list) else []:
        for target in group["targets"]:
            yield target, group["guards"]
