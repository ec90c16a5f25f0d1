"""A manifest to begin with, from what a portal and a bucket show. Writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase

from syncd.config.manifest import is_key
from syncd.core.errors import ObjectChanged, ObjectMissing
from syncd.core.objects import Version
from syncd.core.portal import Dataset, Resource
from syncd.core.ports import ObjectSource, Progress, Spool
from syncd.core.reasons import Reason, because
from syncd.sync.similar_names import Guesses, ResourceMatcher


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


def draft(
    datasets: Sequence[Dataset],
    source: ObjectSource,
    spool: Spool,
    progress: Progress,
    ignore: Sequence[str],
    *,
    with_key: bool,
) -> Draft:
    """`SourceError` and `SpoolError` from the bucket and its objects. `ignore`: as in the manifest.

    Without a key, nobody knows whether it may edit.
    """
    parts = [_sorted(dataset, with_key=with_key) for dataset in datasets]
    matcher = ResourceMatcher(entry.resource for part in parts for entry in part.entries)
    for version in _objects(source, ignore):
        matcher.see(version, usable=is_key(version.key))
    found = matcher.guesses(_sha1s(matcher, source, spool, progress))
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
    for version in source.list("", recursive=True):
        name = version.key.rsplit("/", 1)[-1]
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
    return DatasetDraft(part.dataset, entries, part.left_out, part.why)
