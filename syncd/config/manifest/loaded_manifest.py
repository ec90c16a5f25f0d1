"""A manifest without a problem, as commands and the service work by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from syncd.core.catalogue import ThematicSite
from syncd.core.objects import Location
from syncd.core.targets import DatasetEntry, Place

NOWHERE = Place(0, 0)  # of what was not read from a file


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A bucket as the manifest names it; its keys are in the settings."""

    endpoint: str  # scheme, host and port, no final slash
    bucket: str
    region: str = "us-east-1"
    addressing: Literal["auto", "path", "virtual"] = "auto"
    use_proxy: bool = False
    queue: str = ""  # address of the SQS queue with its events; "" = there is none
    place: Place = field(default=NOWHERE, compare=False)  # of the endpoint
    address: str = ""  # of its objects on the web, with {key}; "" = they are not public

    @property
    def location(self) -> Location:
        return Location(self.endpoint, self.bucket)


@dataclass(frozen=True, slots=True)
class LoadedManifest:
    """A manifest without a problem."""

    portal: str  # normalised by `addresses.portal_url`
    timezone: ZoneInfo
    sources: Mapping[str, SourceConfig]
    datasets: tuple[DatasetEntry, ...]
    digest: str  # sha256 of the file's bytes, hex
    thematic: tuple[ThematicSite, ...] = ()
    text: bytes = b""  # the file's
    portal_place: Place = NOWHERE

    @property
    def copied_to(self) -> frozenset[str]:
        """The sources in whose buckets syncd writes copies."""
        ways = {target.linking for entry in self.datasets for target in entry.targets}
        return frozenset(way.copy_to for way in ways if way is not None and way.copy_to)
