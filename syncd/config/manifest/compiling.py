"""The checked manifest as values ready for use, its layers laid over each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo

from syncd.config.manifest import models
from syncd.config.manifest.loaded_manifest import LoadedManifest, SourceConfig
from syncd.config.manifest.tree import Node, Step, Table, find, items_at
from syncd.config.manifest.values import Loss, Way
from syncd.core.catalogue import ThematicSite
from syncd.core.composed import composed
from syncd.core.schemas import SchemaRef
from syncd.core.targets import (
    DatasetEntry,
    EachRule,
    Expect,
    GuardLevel,
    GuardPolicy,
    Linking,
    NewestRule,
    ObjectRule,
    Place,
    Rule,
    Schedule,
    Target,
)
from syncd.guards import GUARDS, USUAL_LIMITS

DEFAULT_IGNORE = ("~$*", ".*", "*.tmp", "*.part")
DEFAULT_SCHEDULE = Schedule(every=timedelta(minutes=15))


def compiled(manifest: models.Manifest, root: Node, text: bytes) -> LoadedManifest:
    """`root` is the tree that `manifest` was read from, `text` the file: it knows the places."""
    sources = {
        name: SourceConfig(
            source.endpoint,
            source.bucket,
            source.region,
            source.addressing,
            source.use_proxy,
            source.events.queue if source.events else "",
            _place(root, ("sources", name, "endpoint")),
            source.address or "",
        )
        for name, source in manifest.sources.items()
    }
    addresses = {name: source.address for name, source in sources.items()}
    datasets = tuple(
        _dataset(dataset, manifest.defaults, manifest.timezone, node, addresses)
        for dataset, node in zip(manifest.datasets, items_at(root, "datasets"), strict=True)
    )
    thematic = tuple(
        ThematicSite(
            site.name, site.address, site.topic, tuple(site.tags or ()), site.contact or ""
        )
        for site in manifest.thematic or ()
    )
    return LoadedManifest(
        manifest.portal,
        manifest.timezone,
        MappingProxyType(sources),
        datasets,
        hashlib.sha256(text).hexdigest(),
        thematic,
        text,
        _place(root, ("portal",)),
    )


def _dataset(
    dataset: models.Dataset,
    defaults: models.Defaults,
    timezone: ZoneInfo,
    node: Node,
    addresses: Mapping[str, str],
) -> DatasetEntry:
    """`addresses`: of each source's objects, "" where they are not public."""
    schedule = dataset.schedule or defaults.schedule
    shared = _policy((defaults, dataset), timezone, addresses)
    targets = []
    for target, its_node in zip(dataset.resources, items_at(node, "resources"), strict=True):
        own, policy = target.model_fields_set & _POLICIES, shared
        if own:
            guards = shared.guards if own.isdisjoint(_OF_GUARDS) else None
            policy = _policy((defaults, dataset, target), timezone, addresses, guards)
        targets.append(_target(target, dataset, policy, its_node))
    return DatasetEntry(
        dataset=dataset.dataset.text,
        name=dataset.name or "",
        contact=dataset.contact,
        schedule=Schedule(schedule.every, schedule.cron) if schedule else DEFAULT_SCHEDULE,
        targets=tuple(targets),
        place=node.place,
        paused=dataset.paused or "",
    )


def _place(root: Node, steps: tuple[Step, ...]) -> Place:
    node = find(root, steps)
    return node.place if node else Place(1, 1)


def _rule_line(entry: Node) -> int:
    if isinstance(entry, Table):
        for key, place, _ in entry.entries:
            if key in models.RULES:
                return place.line
    return 0


Layers = tuple[models.Policies, ...]  # the outermost first
_POLICIES = frozenset(models.Policies.model_fields)
_OF_GUARDS = frozenset({"guards", "schema_"})


@dataclass(frozen=True, slots=True)
class _Policy:
    """What holds for a target, its layers laid over each other; most of a dataset share one."""

    source: str
    guards: GuardPolicy
    republish: bool
    settle: timedelta
    ignore: tuple[str, ...]
    expect: Expect | None
    by_content: bool
    linking: Linking | None


def _policy(
    layers: Layers,
    timezone: ZoneInfo,
    addresses: Mapping[str, str],
    guards: GuardPolicy | None = None,
) -> _Policy:
    """`guards`: those of the layers above, where the innermost says nothing of them."""
    ignore = _nearest(layers, "ignore")
    source = cast("str", _nearest(layers, "source"))  # held by the cross-checks
    linking = _linking(cast("Way | None", _nearest(layers, "publish")), source, addresses)
    return _Policy(
        source=source,
        guards=guards or _guards(layers),
        republish=_nearest(layers, "drift") == "republish",
        settle=cast("timedelta", _nearest(layers, "settle") or timedelta()),
        ignore=DEFAULT_IGNORE if ignore is None else cast("tuple[str, ...]", ignore),
        expect=_expect(layers, timezone),
        # Where an object is public, other bytes that say the same are at its address already.
        by_content=_nearest(layers, "unchanged") == "content"
        and (linking is None or bool(linking.copy_to)),
        linking=linking,
    )


def _linking(way: Way | None, source: str, addresses: Mapping[str, str]) -> Linking | None:
    """The cross-checks hold that the addresses are there."""
    if way is None or way.name == "file":
        return None
    return Linking(addresses[way.source or source], way.source)


def _target(target: models.Target, dataset: models.Dataset, policy: _Policy, node: Node) -> Target:
    return Target(
        dataset=dataset.dataset.text,
        resource=None if isinstance(target, models.EachTarget) else target.resource.text,
        source=policy.source,
        rule=_rule(target),
        guards=policy.guards,
        republish=policy.republish,
        settle=policy.settle,
        ignore=policy.ignore,
        place=node.place,
        paused=target.paused or dataset.paused or "",
        expect=policy.expect,
        by_content=policy.by_content,
        linking=policy.linking,
        rule_line=_rule_line(node),
    )


def _expect(layers: Layers, timezone: ZoneInfo) -> Expect | None:
    found = cast("models.Expect | None", _nearest(layers, "expect"))
    if found is None:
        return None
    return Expect(found.every, found.grace, found.cron, found.before or (), timezone)


def _nearest(layers: Layers, name: str) -> object:
    """The setting of the innermost layer that has it."""
    for layer in reversed(layers):
        value: object = getattr(layer, name)
        if value is not None:
            return value
    return None


def _rule(target: models.Target) -> Rule:
    match target:
        case models.ObjectTarget():
            return ObjectRule(target.rule)
        case models.NewestTarget():
            return NewestRule(target.rule, target.by)
        case models.EachTarget():
            stated = (target.known or {}).items()
            known = {composed(key): address.text for key, address in stated}
            return EachRule(target.rule, target.title or "", target.create, MappingProxyType(known))


def _guards(layers: Layers) -> GuardPolicy:
    """Laid over each other guard by guard: a layer changes only those that it names."""
    levels: dict[str, GuardLevel] = {}
    limits = dict(USUAL_LIMITS)
    for guards in (layer.guards for layer in layers):
        if guards is None:
            continue
        for name in GUARDS:
            setting = getattr(guards, models.field_of(name))
            if setting is None:
                continue
            if isinstance(setting, Loss):
                levels[name] = setting.level
                if setting.limit is not None:
                    limits[name] = setting.limit
            else:
                levels[name] = setting
    schema = cast("SchemaRef | None", _nearest(layers, "schema_"))
    return GuardPolicy(MappingProxyType(levels), MappingProxyType(limits), schema)
