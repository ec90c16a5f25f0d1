"""The registry of stores: by its `type`, what opens one. Each is a package beside this file.

A new one: its package, with an `open_store`, and an entry here. Packages are imported when one of
their stores is opened, since their libraries are heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from syncd.adapters.net.options import NetworkOptions
from syncd.core.clock import now
from syncd.core.ports import Archive, ObjectSource, PublicBucket, Spool


class Store(ObjectSource, Protocol):
    def close(self) -> None: ...


# What the manifest says of the source, its keys from the settings by their names, how the names of
# these settings begin, the network.
Opener = Callable[[Any, Mapping[str, str], str, NetworkOptions], Store]


def _s3(config: Any, keys: Mapping[str, str], setting: str, network: NetworkOptions) -> Store:
    from syncd.adapters.s3.source import S3Source, open_store

    return open_store(config, keys, setting, network, S3Source)


class Backups(Store, Protocol):
    """A store that takes backups as well."""

    def put(self, path: Path, key: str) -> None:
        """`SourceError`; `OSError` from reading the file."""
        ...


def _s3_backups(
    config: Any, keys: Mapping[str, str], setting: str, network: NetworkOptions
) -> Backups:
    from syncd.adapters.s3.backups import BackupBucket
    from syncd.adapters.s3.source import open_store

    return open_store(config, keys, setting, network, BackupBucket)


class Keeper(Archive, Protocol):
    """An archive in a store."""

    def names(self) -> frozenset[str]:
        """The sha1s of all kept files. `SpoolError`."""
        ...

    def close(self) -> None: ...


def _s3_archive(
    config: Any,
    prefix: str,
    keys: Mapping[str, str],
    network: NetworkOptions,
    spool: Spool,
    versions: int,
    limit: int,
) -> Keeper:
    from syncd.adapters.s3.archive import BucketArchive
    from syncd.adapters.s3.archive_bucket import ArchiveBucket
    from syncd.adapters.s3.source import open_store

    bucket = open_store(config, keys, "SYNCD_ARCHIVE", network, ArchiveBucket)
    return BucketArchive(
        bucket, prefix, spool, versions, limit, now=now, monotonic=network.monotonic
    )


class Copies(PublicBucket, Protocol):
    def close(self) -> None: ...


def _s3_copies(
    config: Any, keys: Mapping[str, str], setting: str, network: NetworkOptions
) -> Copies:
    from syncd.adapters.s3.public_bucket import S3PublicBucket
    from syncd.adapters.s3.source import open_store

    return open_store(config, keys, setting, network, S3PublicBucket)


STORES: Mapping[str, Opener] = {"s3": _s3}
BACKUPS: Mapping[str, Callable[[Any, Mapping[str, str], str, NetworkOptions], Backups]] = {
    "s3": _s3_backups
}
COPIES: Mapping[str, Callable[[Any, Mapping[str, str], str, NetworkOptions], Copies]] = {
    "s3": _s3_copies
}
# By the scheme of SYNCD_ARCHIVE.
ARCHIVES: Mapping[str, Callable[..., Keeper]] = {"s3": _s3_archive}
DEFAULT = "s3"  # the manifest's sources have no `type` yet
