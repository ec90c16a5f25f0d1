"""What the simulated portal remembers: people, keys, datasets, resources. Plain mutable records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = Any  # what a JSON document holds


@dataclass(slots=True)
class Person:
    name: str  # as in the keys: "editor"
    id: str
    role: str  # in the organization: "admin", "editor", "partial_editor", or ""
    sysadmin: bool
    since: datetime

    @property
    def first_name(self) -> str:
        return self.name.capitalize()

    @property
    def slug(self) -> str:
        return f"{self.name}-lab"


@dataclass(slots=True)
class Token:
    id: str
    secret: str
    person: str
    name: str | None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    user_agents: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Organization:
    id: str
    slug: str
    name: str


@dataclass(slots=True)
class ResourceRecord:
    id: str
    title: str
    created_at: datetime
    modified_at: datetime
    filetype: str = "file"  # or "remote"
    type: str = "main"
    description: str | None = None
    format: str | None = None
    mime: str | None = None
    filesize: int | None = None
    checksum: dict[str, str] | None = None
    stored: str | None = None  # "<slug>/<stamp>/<name>" of a hosted file
    link: str | None = None  # the URL of a remote one
    extras: dict[str, Json] = field(default_factory=dict)
    schema: dict[str, Json] | None = None
    harvest: dict[str, Json] | None = None


@dataclass(slots=True)
class DatasetRecord:
    id: str
    slug: str
    title: str
    description: str
    created_at: datetime
    modified_at: datetime
    owner: str | None = None  # a person's name; None: the organization owns it
    description_short: str | None = None
    acronym: str | None = None
    tags: list[str] = field(default_factory=list)
    license: str | None = None
    frequency: str = "unknown"
    temporal_coverage: dict[str, Json] | None = None
    spatial: dict[str, Json] | None = None
    private: bool = False
    archived: datetime | None = None
    deleted: datetime | None = None
    extras: dict[str, Json] = field(default_factory=dict)
    harvest: dict[str, Json] | None = None
    past_slugs: list[str] = field(default_factory=list)
    assigned: list[str] = field(default_factory=list)  # names of partial editors
    # The organization that it was transferred to: id, slug, name, and names of its members.
    moved_to: dict[str, Json] | None = None
    resources: list[ResourceRecord] = field(default_factory=list)

    def resource(self, identifier: str) -> ResourceRecord | None:
        return next((r for r in self.resources if r.id == identifier), None)


@dataclass(slots=True)
class TopicRecord:
    id: str
    slug: str
    name: str
    owner: str
    created_at: datetime
    modified_at: datetime
    elements: list[dict[str, Json]] = field(default_factory=list)
