"""The clients of both edges, made with the options of the network among their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.portal import HttpPortal
from syncd.adapters.s3.source import S3Source
from syncd.core.objects import Location, Version
from syncd.core.ports import ObjectSource

_NETWORK = frozenset(field.name for field in fields(NetworkOptions))


def http_portal(url: str, key: str, **options: Any) -> HttpPortal:
    network, own = _split(options)
    return HttpPortal(url, key, network, **own)


def s3_source(location: Location, **options: Any) -> S3Source:
    network, own = _split(options)
    return S3Source(location, network, **own)


def versions_of(source: ObjectSource, prefix: str, *, recursive: bool) -> Iterator[Version]:
    for page in source.pages(prefix, recursive=recursive):
        yield from page.versions


def _split(options: dict[str, Any]) -> tuple[NetworkOptions, dict[str, Any]]:
    network = {name: value for name, value in options.items() if name in _NETWORK}
    own = {name: value for name, value in options.items() if name not in _NETWORK}
    return NetworkOptions(**network), own
