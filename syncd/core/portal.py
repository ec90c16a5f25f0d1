"""Datasets, resources and accounts as the portal describes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.objects import Digest
from syncd.core.schemas import SchemaRef


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the portal describes it (the fields that syncd reads)."""

    id: str
    title: str
    filetype: str  # "file" (hosted) or "remote"
    url: str
    latest: str  # the permanent link
    sha1: str | None
    size: int | None
    harvested: bool = False
    extras: Mapping[str, object] = field(default_factory=dict)
    schema: SchemaRef | None = None  # that its editors say it keeps
    stored_at: datetime | None = None  # when the portal got the file, where it says so
    told_at: datetime | None = None  # of a link: when anything of it was last written
    made_title: str = field(kw_only=True)  # what an upload titles it: the name of its file there
    # What else persons write, as JSON: "description", "type", "schema", "extras.<key>".
    written: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_remote(self) -> bool:
        """Whether it is a link to elsewhere, and no file of the portal's."""
        return self.filetype != "file"

    @property
    def address(self) -> str:
        """Where a link leads; "" for a file of the portal's."""
        return self.url if self.is_remote else ""

    @property
    def has_made_title(self) -> bool:
        """Nothing but an upload makes a title, which leaves a link's address with a date."""
        is_link = self.is_remote and self.stored_at is None
        return self.title == self.made_title and not is_link

    def holds(self, digest: Digest) -> bool:
        """Whether the portal says that it has exactly these bytes.

        By the sha1 alone: a person may edit the size that is shown, and same bytes are never sent.
        """
        return self.sha1 == digest.sha1

    def shows(self, digest: Digest, address: str) -> bool:
        """The same of a file, for which `address` is ""; of a link, whether it leads there and is
        said to be these bytes. What is said of a link is a client's word, and stays when a person
        writes another address."""
        return self.holds(digest) and self.address == address


@dataclass(frozen=True, slots=True)
class PublicFile:
    """What a link is to be told as: where anybody gets which bytes."""

    address: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Owner:
    """An organization, or a person."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset with all its resources, in the portal's order."""

    id: str
    title: str
    page: str
    deleted: bool
    archived: bool
    harvested: bool
    may_edit: bool  # the key may change its resources
    resources: tuple[Resource, ...]
    private: bool = False  # seen by its owner alone
    owner: Owner | None = None
    former_owner: Owner | None = None  # where it was another's when the key could last write to it

    def find(self, resource_id: str) -> Resource | None:
        return next((r for r in self.resources if r.id == resource_id), None)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose key it is, as `GET /api/1/me/` says."""

    id: str
    name: str
    organizations: tuple[str, ...] = ()  # ids of those that its owner is a member of
    is_admin: bool = False  # of the whole portal


@dataclass(frozen=True, slots=True)
class Reach:
    """Which datasets a key may write to, as far as was asked."""

    datasets: frozenset[str]  # ids; without those that were deleted
    is_whole: bool  # False: there are more lists, of which nobody asked
