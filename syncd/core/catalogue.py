"""What the portal's catalogue says of a dataset, and where datasets can be found: for the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.core.portal import Resource


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A resource, with what only readers of the catalogue look at."""

    resource: Resource
    description: str = ""
    type: str = "main"  # main, documentation, update, api, code, other


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A dataset as its page shows it. `quality`: the portal's own criteria, as far as it tells."""

    id: str
    title: str
    page: str
    description: str
    description_short: str
    tags: tuple[str, ...]
    frequency: str  # "unknown" where none was chosen
    private: bool
    archived: bool
    deleted: bool
    created_at: datetime
    modified_at: datetime  # of the dataset; moved by an upload, too
    updated_at: datetime  # of its newest resource
    files: tuple[CatalogueFile, ...]
    quality: Mapping[str, bool] = field(default_factory=dict)
    score: float | None = None  # 0..1

    def __post_init__(self) -> None:
        object.__setattr__(self, "quality", MappingProxyType(dict(self.quality)))

    def find(self, resource_id: str) -> CatalogueFile | None:
        return next((one for one in self.files if one.resource.id == resource_id), None)


@dataclass(frozen=True, slots=True)
class ThematicSite:
    """A site that shows those datasets of the portal that are elements of one of its topics."""

    name: str
    address: str
    topic: str  # id or slug
    tags: tuple[str, ...] = ()  # its categories: a dataset without any is in none of them
    contact: str = ""  # whom to ask for a dataset to be shown there
