"""The state of the simulated portal, and everything that happens to it.

The HTTP side calls it for clients; tests and the demo call it for the people who work on the
portal by hand: `retitle`, `replace_file`, `withdraw`, `harvest`, `archive`, `delete_dataset`.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import secrets
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from syncd.simulator import naming
from syncd.simulator.clock import Clock
from syncd.simulator.files import FileRoom, NameTaken, Received
from syncd.simulator.persistence import dump, load
from syncd.simulator.records import (
    DatasetRecord,
    Json,
    Organization,
    Person,
    ResourceRecord,
    Token,
    TopicRecord,
)

PEOPLE = {  # name: role in the organization
    "sysadmin": "",
    "editor": "editor",
    "orgadmin": "admin",
    "partial": "partial_editor",
    "stranger": "",
}
_BLOCK = 1024 * 1024


class Store:
    """Every method takes the lock; what it returns may be edited under `writing()`."""

    def __init__(self, folder: Path, clock: Clock, *, lasting: bool = True) -> None:
        """`lasting`: the folder outlives the process, so every change is written to it."""
        self.clock = clock
        self.files = FileRoom(folder)
        self.settings: dict[str, Json] = {
            "READ_ONLY_MODE": False,
            "MAX_CONTENT_LENGTH": None,  # bytes
            "ALLOWED_RESOURCES_EXTENSIONS": sorted(naming.EXTENSIONS),
        }
        self.lock = threading.RLock()
        self._document = folder / "portal.json"
        self._lasting = lasting
        self.people: dict[str, Person] = {}
        self.tokens: list[Token] = []
        self.datasets: list[DatasetRecord] = []
        self.topics: list[TopicRecord] = []
        if self._document.exists():
            self._load()
        else:
            self._populate()
            self._save()

    # -- memory ------------------------------------------------------------------------------

    def _populate(self) -> None:
        now = self.clock.now()
        self.secret = secrets.token_hex(16)
        self.organization = Organization(new_id(), "ville-de-test", "Ville de Test")
        for name, role in PEOPLE.items():
            self.people[name] = Person(name, new_id(), role, name == "sysadmin", now)
            self.tokens.append(Token(new_id(), new_token(), name, "lab", now))

    def _load(self) -> None:
        document = json.loads(self._document.read_text(encoding="utf-8"))
        self.secret = document["secret"]
        self.organization = load(Organization, document["organization"])
        self.people = {p["name"]: load(Person, p) for p in document["people"]}
        self.tokens = [load(Token, t) for t in document["tokens"]]
        self.datasets = [load(DatasetRecord, d) for d in document["datasets"]]
        self.topics = [load(TopicRecord, t) for t in document.get("topics", ())]

    def _save(self) -> None:
        if not self._lasting:
            return
        document = {
            "secret": self.secret,
            "organization": dump(self.organization),
            "people": [dump(p) for p in self.people.values()],
            "tokens": [dump(t) for t in self.tokens],
            "datasets": [dump(d) for d in self.datasets],
            "topics": [dump(t) for t in self.topics],
        }
        part = self._document.with_suffix(".part")
        part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        os.replace(part, self._document)  # noqa: PTH105  # whoever reads it never sees half of it

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock, and save at the end."""
        with self.lock:
            yield
            self._save()

    # -- people and keys ---------------------------------------------------------------------

    @property
    def keys(self) -> dict[str, str]:
        """Each person's first key."""
        with self.lock:
            return {t.person: t.secret for t in reversed(self.tokens)}

    def token(self, secret: str) -> Token | None:
        with self.lock:
            return next((t for t in self.tokens if t.secret == secret), None)

    def new_token(self, person: str, name: str | None, expires_at: datetime | None) -> Token:
        with self.writing():
            token = Token(new_id(), new_token(), person, name, self.clock.now(), expires_at)
            self.tokens.append(token)
            return token

    def expire_token(self, secret: str) -> None:
        with self.writing():
            for token in self.tokens:
                if token.secret == secret:
                    token.expires_at = self.clock.now() - timedelta(seconds=1)

    # -- reading -----------------------------------------------------------------------------

    def dataset(self, identifier: str) -> DatasetRecord:
        """KeyError when there is none."""
        with self.lock:
            for dataset in self.datasets:
                if dataset.id == identifier:
                    return dataset
            raise KeyError(identifier)

    def dataset_by_slug(self, slug: str) -> DatasetRecord | None:
        with self.lock:
            return next((d for d in self.datasets if d.slug == slug), None)

    def dataset_by_past_slug(self, slug: str) -> DatasetRecord | None:
        with self.lock:
            return next((d for d in self.datasets if slug in d.past_slugs), None)

    def resource(self, dataset: str, resource: str) -> ResourceRecord:
        """KeyError when there is none."""
        with self.lock:
            found = self.dataset(dataset).resource(resource)
            if found is None:
                raise KeyError(resource)
            return found

    def find_resource(self, resource: str) -> tuple[DatasetRecord, ResourceRecord] | None:
        with self.lock:
            for dataset in self.datasets:
                found = dataset.resource(resource)
                if found:
                    return dataset, found
            return None

    def content(self, dataset: str, resource: str) -> bytes:
        """The bytes of a hosted resource."""
        with self.lock:
            stored = self.resource(dataset, resource).stored
            if stored is None:
                raise KeyError(resource)
            return self.files.path(stored).read_bytes()

    # -- what clients and people do ----------------------------------------------------------

    def new_dataset(
        self,
        title: str,
        description: str = "",
        *,
        owner: str | None = None,
        private: bool = False,
        tags: Iterable[str] = (),
        license_id: str | None = None,
        frequency: str = "unknown",
    ) -> DatasetRecord:
        with self.writing():
            now = self.clock.now()
            dataset = DatasetRecord(
                new_id(),
                self._free_slug(title, None),
                title,
                description,
                now,
                now,
                owner=owner,
                private=private,
                tags=list(tags),
                license=license_id,
                frequency=frequency,
            )
            for other in self.datasets:
                if dataset.slug in other.past_slugs:
                    other.past_slugs.remove(dataset.slug)
            self.datasets.append(dataset)
            return dataset

    def retitle_dataset(self, dataset: str, title: str) -> None:
        """The slug follows the title; the old one redirects."""
        with self.writing():
            record = self.dataset(dataset)
            if title == record.title:
                return
            record.title = title
            record.modified_at = self.clock.now()
            slug = self._free_slug(title, record)
            if slug != record.slug:
                for other in self.datasets:
                    if slug in other.past_slugs:
                        other.past_slugs.remove(slug)
                record.past_slugs.append(record.slug)
                record.slug = slug

    def _free_slug(self, title: str, own: DatasetRecord | None) -> str:
        wanted = naming.slug(title)[:240] or "-"
        taken = {d.slug for d in self.datasets if d is not own}
        number, slug = 0, wanted
        while slug in taken:
            number += 1
            slug = f"{wanted}-{number}"
        return slug

    def delete_dataset(self, dataset: str) -> None:
        with self.writing():
            record = self.dataset(dataset)
            record.deleted = record.modified_at = self.clock.now()

    def archive(self, dataset: str) -> None:
        with self.writing():
            self.dataset(dataset).archived = self.clock.now()

    def transfer(self, dataset: str, name: str, members: Iterable[str] = ()) -> None:
        """To another organization, of which these people are editors."""
        with self.writing():
            record, slug = self.dataset(dataset), naming.slug(name)
            record.moved_to = {"id": new_id(), "slug": slug, "name": name, "members": [*members]}
            record.assigned = []

    def harvest(self, dataset: str, resource: str | None = None) -> None:
        """As if the dataset, or this resource of it, came from a harvester."""
        with self.writing():
            if resource is None:
                self.dataset(dataset).harvest = {
                    "backend": "dcat",
                    "domain": "source.example.org",
                    "source_id": "0123456789abcdef01234567",
                    "source_url": "https://source.example.org/catalogue",
                    "remote_id": "jeu-1",
                    "remote_url": "https://source.example.org/jeu-1",
                    "uri": "https://source.example.org/jeu-1",
                    "last_update": HARVESTED,
                }
            else:
                self.resource(dataset, resource).harvest = {
                    "uri": "https://source.example.org/jeu-1/fichier",
                    "modified_at": HARVESTED,
                }

    def retitle(self, dataset: str, resource: str, title: str) -> None:
        """A person edits the title of a resource."""
        with self.writing():
            self.edit(dataset, resource, {"title": title})

    def edit(self, dataset: str, resource: str, changes: dict[str, Json]) -> ResourceRecord:
        """Change fields of a resource by their names in `ResourceRecord`; dates become now."""
        with self.writing():
            record = self.resource(dataset, resource)
            for name, value in changes.items():
                setattr(record, name, value)
            self._touch(self.dataset(dataset), record)
            return record

    def withdraw(self, dataset: str, resource: str) -> None:
        """A person deletes a resource."""
        with self.writing():
            owner = self.dataset(dataset)
            record = self.resource(dataset, resource)
            owner.resources.remove(record)
            owner.modified_at = self.clock.now()
            if record.stored:
                self.files.remove(record.stored)

    def replace_file(self, dataset: str, resource: str, name: str, content: bytes) -> None:
        """A person uploads another file; the title is reset, as for every upload."""
        received = self.files.receive(iter([content]))
        self.clock.advance(1)  # no collision with what was uploaded a moment ago
        self.publish(dataset, name, received, self.snapshot(dataset, resource))

    def add_file(self, dataset: str, name: str, content: bytes) -> ResourceRecord:
        """A person uploads a new file."""
        received = self.files.receive(iter([content]))
        return self.publish(dataset, name, received, None)

    def add_remote(self, dataset: str, record: ResourceRecord) -> ResourceRecord:
        with self.writing():
            owner = self.dataset(dataset)
            owner.resources.insert(0, record)
            owner.modified_at = record.modified_at
            return record

    def new_topic(self, name: str, owner: str) -> TopicRecord:
        with self.writing():
            now = self.clock.now()
            taken = {topic.slug for topic in self.topics}
            base = naming.slug(name)
            slugs = itertools.chain([base], (f"{base}-{n}" for n in itertools.count(1)))
            slug = next(one for one in slugs if one not in taken)
            topic = TopicRecord(new_id(), slug, name, owner, now, now)
            self.topics.append(topic)
            return topic

    def topic(self, address: str) -> TopicRecord | None:
        """By its id or slug."""
        with self.lock:
            return next((t for t in self.topics if address in {t.id, t.slug}), None)

    def snapshot(self, dataset: str, resource: str) -> ResourceRecord:
        """A copy, as it is now."""
        with self.lock:
            return copy.deepcopy(self.resource(dataset, resource))

    def upload_folder(self, dataset: str) -> str:
        """Where an upload that starts at this instant goes: `<slug>/<stamp to the second>`."""
        with self.lock:
            stamp = self.clock.now().strftime("%Y%m%d-%H%M%S")
            return f"{self.dataset(dataset).slug}/{stamp}"

    def publish(
        self,
        dataset: str,
        name: str,
        received: Received,
        old: ResourceRecord | None,
        folder: str | None = None,
    ) -> ResourceRecord:
        """Commit an upload: a new resource, or new bytes for `old`, a snapshot from its start.

        The snapshot is written back whole, as the portal does: an edit made between the start of
        an upload and its end is lost. `NameTaken` within one second. When the resource was
        withdrawn meanwhile: KeyError if it had a file (which cannot be removed twice), else a
        record that is in no dataset.
        """
        with self.writing():
            owner = self.dataset(dataset)
            withdrawn = old is not None and owner.resource(old.id) is None
            if withdrawn and old is not None and old.stored:
                raise KeyError(old.id)
            target = f"{folder or self.upload_folder(dataset)}/{naming.file_name(name)}"
            try:
                self.files.keep(received, target)
            except (NameTaken, OSError):
                received.discard()
                raise
            now = self.clock.now()
            record = copy.deepcopy(old) if old else ResourceRecord(str(uuid.uuid4()), "", now, now)
            record.title = naming.file_name(name)
            record.stored = target
            record.link = None
            record.format = naming.file_format(
                record.title, self.settings["ALLOWED_RESOURCES_EXTENSIONS"]
            )
            record.mime = naming.mime(record.title)
            record.filesize = received.size
            record.checksum = {"type": "sha1", "value": received.sha1}
            if old is None:
                owner.resources.insert(0, record)
            elif not withdrawn:
                place = next(i for i, r in enumerate(owner.resources) if r.id == old.id)
                owner.resources[place] = record
            self._touch(owner, record)
            if old is not None and old.stored:
                self.files.remove(old.stored)
            return record

    def _touch(self, dataset: DatasetRecord, resource: ResourceRecord) -> None:
        resource.modified_at = dataset.modified_at = self.clock.now()


HARVESTED = "2020-01-02T03:04:05+00:00"


def new_id() -> str:
    """Like the portal's dataset ids: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def new_token() -> str:
    return f"udata_{secrets.token_urlsafe(48)}"
