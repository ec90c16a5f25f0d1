"""A manifest to begin with, or to go on with, from what a portal and a bucket show.

Writes nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from syncd.config.manifest import LoadedManifest, SourceConfig, is_key, load, shown
from syncd.config.manifest import source as source_config
from syncd.config.settings import Settings
from syncd.core.addresses import Address, dataset_address, portal_url
from syncd.core.composed import composed
from syncd.core.errors import Gone, NotFound, ObjectChanged, ObjectMissing, UsageError
from syncd.core.hosts import leads_to_nobody
from syncd.core.objects import Version
from syncd.core.pattern_index import PatternIndex
from syncd.core.portal import Dataset, Resource
from syncd.core.ports import ObjectSource, Portal, Progress, Spool
from syncd.core.reasons import Reason, because
from syncd.core.targets import Target
from syncd.sync.families import Family, Member, families
from syncd.sync.only_files import OnlyFiles
from syncd.sync.resource_matcher import Guesses, MatchedBy, ResourceMatcher

_PORTAL = "https://www.data.gouv.fr"
_SOURCE = "depot"


@dataclass(frozen=True, slots=True)
class InitRequest:
    """As it was typed; None where it was not."""

    datasets: tuple[str, ...]
    organization: str | None
    portal: str | None
    endpoint: str | None
    bucket: str | None
    source: str | None  # its name
    into: LoadedManifest | None = None  # the manifest that is to have these datasets, too


@dataclass(frozen=True, slots=True)
class Origin:
    """The portal and the bucket of the manifest. `name`: the source's."""

    portal: str
    name: str
    source: SourceConfig


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource that takes a file, and the objects that may be it."""

    resource: Resource
    found: Guesses


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A resource that syncd cannot keep in sync, and why."""

    resource: Resource
    why: Reason


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """`why`: the whole dataset is left out for this reason."""

    dataset: Dataset
    entries: tuple[Entry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    why: Reason | None = None
    families: tuple[Family, ...] = ()

    @property
    def sure(self) -> int:
        """How many entries can be used as they are."""
        return sum(entry.found.sure for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Draft:
    datasets: tuple[DatasetDraft, ...]
    objects: int  # in the bucket
    strangers: tuple[str, ...]  # the first objects whose name is like no resource's
    strange: int  # how many of them there are


# -- from where ----------------------------------------------------------------------------------


def addresses_of(request: InitRequest) -> list[Address]:
    """Of the datasets, as they were named."""
    addresses = []
    for given in request.datasets:
        address = dataset_address(given)
        if address is None:
            raise UsageError("init_no_address", given=shown(given))
        addresses.append(address)
    return addresses


def origin(request: InitRequest, addresses: list[Address], settings: Settings) -> Origin:
    """What was typed, and for the rest the manifest that is there already.

    `UsageError`; `ManifestError` when that one is needed and broken.
    """
    if request.into is not None:
        return _origin_of(request, addresses, request.into)
    complete = request.endpoint is not None and request.bucket is not None
    if (request.endpoint is None) != (request.bucket is None):
        raise UsageError("init_half_source")
    there = None
    if not complete:
        if not settings.manifest.exists():
            raise UsageError("init_no_source", path=str(settings.manifest))
        there = load(settings.manifest)
    portal = _portal(request, addresses, there)
    if there is None:
        name = request.source or _SOURCE
        return Origin(
            portal, name, source_config(name, request.endpoint or "", request.bucket or "")
        )
    name = _named(there, request.source)
    return Origin(portal, name, there.sources[name])


def _origin_of(request: InitRequest, addresses: list[Address], there: LoadedManifest) -> Origin:
    typed = [Address("", _portal(request, [], there))] if request.portal else []
    wanted = _portal(replace(request, portal=there.portal), [*addresses, *typed], there)
    name = _named(there, request.source)
    return Origin(wanted, name, there.sources[name])


def _named(there: LoadedManifest, given: str | None) -> str:
    known = ", ".join(there.sources)
    if given is None and len(there.sources) == 1:
        return known
    if given is None:
        raise UsageError("init_which_source", known=known)
    if given not in there.sources:
        raise UsageError("source_unknown", name=given, known=known)
    return given


def _portal(request: InitRequest, addresses: list[Address], there: LoadedManifest | None) -> str:
    wanted = ""
    if request.portal is not None:
        try:
            wanted = portal_url(request.portal)
        except ValueError:
            raise UsageError("bad_url", read=shown(request.portal), example=_PORTAL) from None
    for address in addresses:
        if address.portal and wanted and address.portal != wanted:
            raise UsageError("other_portal", read=address.portal, portal=wanted)
        wanted = wanted or address.portal
    if leads_to_nobody(wanted):
        raise UsageError("nobodys_address", read=shown(wanted))
    return wanted or (there.portal if there else _PORTAL)


def described(request: InitRequest, addresses: list[Address], portal: Portal) -> list[Dataset]:
    """Each dataset once, in the order in which they were named. `UsageError`, `PortalError`."""
    found: dict[str, Dataset] = {}
    for given, address in zip(request.datasets, addresses, strict=True):
        try:
            one = portal.describe(portal.resolve(address.text))
        except (NotFound, Gone):
            raise UsageError("init_no_dataset", given=shown(given), portal=portal.url) from None
        found.setdefault(one.id, one)
    if request.organization is not None:
        for identifier in _of_organization(request.organization, portal):
            if identifier not in found:
                found[identifier] = portal.describe(identifier)
    return list(found.values())


def _of_organization(given: str, portal: Portal) -> tuple[str, ...]:
    name = given.rstrip("/").rsplit("/", 1)[-1]  # its page's address will do as well
    try:
        found = portal.datasets_of(name)
    except NotFound:
        raise UsageError("init_no_organization", given=shown(given), portal=portal.url) from None
    if not found:
        raise UsageError("init_empty_organization", given=shown(given))
    return found


class Claims:
    """What a manifest has already: datasets, and objects of one of its buckets."""

    def __init__(self, there: LoadedManifest, source: SourceConfig) -> None:
        self._datasets = {entry.dataset for entry in there.datasets}
        self._resources: set[str] = set()
        self._keys: set[str] = set()
        self._patterns: PatternIndex[Target] = PatternIndex()
        for target in (target for entry in there.datasets for target in entry.targets):
            self._resources.update(target.stated)
            if there.sources[target.source].location != source.location:
                continue
            if target.rule.pattern is None:
                self._keys.add(target.rule.text)
            else:
                self._patterns.add(target.rule.pattern, target)

    def has_dataset(self, dataset: Dataset) -> bool:
        """Under whatever address: one of its resources will do."""
        names = {dataset.id, dataset.page.rstrip("/").rsplit("/", 1)[-1]}
        resources = (resource.id for resource in dataset.resources)
        return not self._datasets.isdisjoint(names) or not self._resources.isdisjoint(resources)

    def has_key(self, key: str) -> bool:
        patterns = self._patterns.candidates(key)
        return key in self._keys or any(p.match(key) is not None for p, _ in patterns)


# -- the draft -----------------------------------------------------------------------------------


def draft(
    datasets: Sequence[Dataset],
    source: ObjectSource,
    spool: Spool,
    progress: Progress,
    ignore: Sequence[str],
    *,
    with_key: bool,
    claims: Claims | None = None,
) -> Draft:
    """`SourceError` and `SpoolError` from the bucket and its objects. `ignore`: as in the manifest.

    Without a key, nobody knows whether it may edit. Objects that are claimed are not looked at.
    """
    parts = [_sorted(dataset, with_key=with_key) for dataset in datasets]
    matcher = ResourceMatcher(entry.resource for part in parts for entry in part.entries)
    only = OnlyFiles([entry.resource for entry in part.entries] for part in parts)
    for version in _objects(source, ignore):
        if claims is not None and claims.has_key(version.key):
            continue
        usable = is_key(version.key)
        matcher.see(version, usable=usable)
        if usable:
            only.see(version)
    found = matcher.guesses(_sha1s(matcher, source, spool, progress))
    for part in parts:
        found |= only.add_to(found, [entry.resource for entry in part.entries])
    filled = tuple(_filled(part, found) for part in parts)
    known = {guess.key for each in found.values() for guess in each.guesses}
    strangers = tuple(key for key in matcher.strangers if key not in known)
    strange = matcher.strange - (len(matcher.strangers) - len(strangers))
    return Draft(filled, matcher.seen, strangers, strange)


def _sorted(dataset: Dataset, *, with_key: bool) -> DatasetDraft:
    why = _why_not(dataset, with_key=with_key)
    if why is not None:
        return DatasetDraft(dataset, why=why)
    left_out = tuple(
        LeftOut(
            resource, because("draft_remote" if resource.filetype != "file" else "draft_harvested")
        )
        for resource in dataset.resources
        if resource.filetype != "file" or resource.harvested
    )
    out = {one.resource.id for one in left_out}
    entries = tuple(Entry(r, Guesses()) for r in dataset.resources if r.id not in out)
    return DatasetDraft(dataset, entries, left_out)


def _why_not(dataset: Dataset, *, with_key: bool) -> Reason | None:
    if dataset.deleted:
        return because("draft_deleted")
    if dataset.archived:
        return because("draft_archived")
    if dataset.harvested:
        return because("draft_harvested_dataset")
    if with_key and not dataset.may_edit:
        return because("draft_no_right")
    return None


def _objects(source: ObjectSource, ignore: Sequence[str]) -> Iterator[Version]:
    for page in source.pages("", recursive=True):
        for version in page.versions:
            name = composed(version.key.rsplit("/", 1)[-1])
            if name and not any(fnmatchcase(name, pattern) for pattern in ignore):
                yield version


def _sha1s(
    matcher: ResourceMatcher, source: ObjectSource, spool: Spool, progress: Progress
) -> Mapping[str, str]:
    found = {}
    for version in matcher.to_compare:
        size = version.fingerprint.size
        # One that is written to just now cannot be compared; its name can.
        with (
            suppress(ObjectChanged, ObjectMissing),
            progress.transfer(version.key, "fetch", size) as bar,
        ):
            found[version.key] = spool.digest(source, version, bar).sha1
    return found


def _filled(part: DatasetDraft, found: Mapping[str, Guesses]) -> DatasetDraft:
    entries = tuple(Entry(one.resource, found[one.resource.id]) for one in part.entries)
    members = [_member(entry) for entry in entries]
    return replace(part, entries=entries, families=families(members))


def _member(entry: Entry) -> Member:
    """Its object is the one with the same bytes or the same name; another date is another's."""
    guesses = entry.found.guesses
    same = next((g.key for g in guesses[:1] if g.by is MatchedBy.NAME or entry.found.sure), "")
    return Member(entry.resource, same, tuple(guess.key for guess in guesses))
