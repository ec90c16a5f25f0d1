"""What the core needs from the edges, as Protocols; the edges and the simulators fulfil them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol

from syncd.core.catalogue import CatalogueEntry
from syncd.core.errors import LinkError, SourceError, SpoolError
from syncd.core.ledger_ports import Ledger
from syncd.core.objects import Digest, Location, ObjectPage, Version
from syncd.core.portal import Account, Dataset, PublicFile, Reach, Resource
from syncd.core.reasons import Reason
from syncd.core.records import Kept
from syncd.core.schemas import NoSchema, Schema, SchemaRef


@dataclass(frozen=True, slots=True)
class OpenObject:
    """An object being read. `chunks` yields its bytes in order; errors surface while iterating.

    `cut`: what to raise when it was another number of bytes than `size`, from that number.
    """

    size: int
    version_id: str | None
    chunks: Iterator[bytes]
    cut: Callable[[int], SourceError]


@dataclass(frozen=True, slots=True)
class Usage:
    """How a server was found when it was last used."""

    via: str = ""  # HOST:PORT of the proxy on the way; "" = directly
    reachable: bool | None = None  # None = never used; False also: it refused the key
    refused: bool = False  # it answered, and refused the key
    skew: float | None = None  # seconds that this machine's clock is ahead of the server's


class ObjectSource(Protocol):
    """One bucket."""

    @property
    def location(self) -> Location: ...

    @property
    def usage(self) -> Usage: ...

    def peek(self, prefix: str) -> Version | None:
        """Any one object under the prefix, by the smallest listing; None when there is none."""
        ...

    def pages(self, prefix: str, *, recursive: bool) -> Iterator[ObjectPage]:
        """Every object under the prefix, or `SourceError`: never a part of them in silence.

        Not `recursive`: only keys without a further slash after the prefix. No page is empty.
        """
        ...

    def stat(self, key: str) -> Version | None:
        """This one key, listed anew; None when it is gone."""
        ...

    def open(self, version: Version) -> AbstractContextManager[OpenObject]:
        """Read exactly this version: `ObjectChanged`, `ObjectMissing` or another `SourceError`.

        A connection that is cut is no error as long as the reading can be continued.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """Bytes on local disk, hashed while they were written."""

    path: Path
    digest: Digest
    version_id: str | None = None


class Spool(Protocol):
    """Local disk for files on their way."""

    def fetch(
        self,
        source: ObjectSource,
        version: Version,
        transfer: Transfer,
        begun: Callable[[Path], None] = ...,
    ) -> AbstractContextManager[SpooledFile]:
        """The version's bytes in a temporary file, gone on leaving.

        `begun` is told where, before the first of them: they are written there in order, and stay.
        `SourceError` from the reading, `SpoolError` from the disk.
        """
        ...

    def take(
        self, name: str, size: int, chunks: Iterable[bytes], transfer: Transfer
    ) -> AbstractContextManager[SpooledFile]:
        """The same for bytes from elsewhere, of which `size` are announced."""
        ...

    def digest(self, source: ObjectSource, version: Version, transfer: Transfer) -> Digest:
        """Only the digest: nothing is kept."""
        ...


class Following(Protocol):
    """A reading that begins while its file is still written. It makes way for other files."""

    def end(self) -> None:
        """Nothing more is wanted of it."""
        ...


class ContentReader(Protocol):
    """Looks into files, within limits: whatever is in them, it gives an answer."""

    def read(
        self,
        file: SpooledFile,
        name: str,
        on_open: Callable[[], None],
        schema: str = "",
        *,
        with_content: bool = False,
        following: Following | None = None,
    ) -> str:
        """What the guards measure of the file, as the ledger keeps it. `name`: its object's key.
        `on_open` is called once, right before the file is opened: not while it waits for others.
        `schema`: the text of the one that the file is held to; "" = none. `with_content`: with the
        digest of what the file says, for which it may have to be read in full. `following`: a
        reading of this very file, without these two, that began before; it is ended.

        `ReaderError` or `Shortage` when nothing was learnt of the file, by no fault of its own.
        """
        ...

    def follow(self, path: Path, name: str, size: int) -> Following | None:
        """Begin to read a file that is being written and will have `size` bytes; None where that
        cannot be done now."""
        ...

    def compare(
        self,
        before: SpooledFile,
        before_name: str,
        after: SpooledFile,
        name: str,
        by: Sequence[str],
    ) -> str:
        """What differs, as `syncd.guards.comparison` has it. `by`: see there. Raises as `read`."""
        ...


class Schemas(Protocol):
    """The schemas that files are held to, as they were frozen here. Nobody is asked for one."""

    def find(self, wanted: SchemaRef) -> Schema | NoSchema: ...


class NoSchemas:
    """Where nobody froze any: for commands that publish nothing, and for tests."""

    def find(self, wanted: SchemaRef) -> NoSchema:
        return NoSchema("schema_elsewhere" if wanted.address else "schema_no_catalogue")


Claims = Callable[[Collection[str]], Mapping[str, bool]]  # see `Ledger.claims`


class Archive(Protocol):
    """Files of earlier publications, by their digest. Nothing of it stops a publication."""

    @property
    def versions(self) -> int:
        """How many published versions of a resource are kept; 0 = none."""
        ...

    @property
    def place(self) -> str:
        """Its address where it is in a bucket; "" = in the state folder."""
        ...

    def probe(self) -> Reason | None:
        """Why files could not be kept in that bucket and had again, if so. Writes there."""
        ...

    def room_for(self, size: int) -> Reason | None:
        """Why `size` more bytes cannot be kept, if so."""
        ...

    def keep(self, file: SpooledFile, *, wait_for_disk: bool = True) -> Reason | None:
        """Keep the file's bytes: on disk when this returns None, else why they are not.

        Not waiting: a power cut may lose them, never damage them unnoticed.
        """
        ...

    def where(self, digest: Digest, version_id: str | None) -> Kept:
        """Where these bytes can be had again, by this archive or the bucket's own versions."""
        ...

    def fetch(self, digest: Digest) -> AbstractContextManager[SpooledFile]:
        """The bytes, checked. `SpoolError` when they are not there, or are others."""
        ...

    def sweep(self, claims: Claims, now: datetime, *, only: Collection[str] | None = None) -> int:
        """Remove the files that nothing claims (see `Ledger.claims`); how many that were.

        `only`: of these sha1s alone, as long as all were looked at within the last day.
        What was kept only just now may stay until then.
        """
        ...

    def erase(self, digests: Collection[Digest], claims: Claims, now: datetime) -> None:
        """Remove these for good, but those that something claims. `SpoolError` when one stays."""
        ...


class NothingKept:
    """An archive that keeps nothing: for commands that publish nothing, and for tests."""

    versions = 0
    place = ""

    def probe(self) -> Reason | None:
        return None

    def room_for(self, size: int) -> Reason | None:
        del size
        return None

    def keep(self, file: SpooledFile, *, wait_for_disk: bool = True) -> Reason | None:
        del file, wait_for_disk
        return None

    def where(self, digest: Digest, version_id: str | None) -> Kept:
        del digest
        return Kept.SOURCE if version_id else Kept.NOWHERE

    def fetch(self, digest: Digest) -> AbstractContextManager[SpooledFile]:
        raise SpoolError("archive_missing", sha1=digest.sha1)

    def sweep(self, claims: Claims, now: datetime, *, only: Collection[str] | None = None) -> int:
        del claims, now, only
        return 0

    def erase(self, digests: Collection[Digest], claims: Claims, now: datetime) -> None:
        del digests, claims, now


class Locks(Protocol):
    def hold(
        self, portal: str, dataset: str, patience: float, command: str = "", by: str = ""
    ) -> AbstractContextManager[None]:
        """Keep every other syncd off this dataset; `LockHeld` after `patience` seconds.

        `command` (`sync`, `release`, …) and `by` are what others are told meanwhile; "" = whoever
        is logged in.
        """
        ...

    def hold_free(
        self, portal: str, datasets: Collection[str], command: str = "", by: str = ""
    ) -> AbstractContextManager[Collection[str]]:
        """The same for those of these datasets that nobody is at; it waits for none.

        Some dozens at most: each is an open file.
        """
        ...


class Web(Protocol):
    """Public addresses, asked as anybody asks them: without a key.

    Of a host that did not answer lately the same trouble is raised, and nobody asks it.
    """

    def must_give(self, address: str, digest: Digest, transfer: Transfer) -> None:
        """These bytes, all of them and no others: `LinkError`. Reads no byte too many."""
        ...

    def must_answer(self, address: str, size: int) -> None:
        """A file of so many bytes, of which the first are read: `LinkError`."""
        ...


class PublicBucket(ObjectSource, Protocol):
    """A bucket that syncd writes copies into, and whose objects anybody may read."""

    def publish(self, file: SpooledFile, key: str) -> None:
        """Store exactly these bytes, or nothing. `SourceError`, `SpoolError`."""
        ...

    def remove(self, key: str, *, every_version: bool = False) -> None: ...

    def trial(self, key: str, body: bytes) -> AbstractContextManager[None]:
        """A small object that is there inside, and removed on leaving. `SourceError`."""
        ...


class Offline:
    """A `Web` for commands that publish nothing, and for tests."""

    def must_give(self, address: str, digest: Digest, transfer: Transfer) -> None:
        del digest, transfer
        raise LinkError("link_unreachable", address=address, detail="")

    def must_answer(self, address: str, size: int) -> None:
        del size
        raise LinkError("link_unreachable", address=address, detail="")


class Transfer(Protocol):
    """Told about the bytes of one long transfer as they pass."""

    def advance(self, count: int) -> None: ...

    def restart(self) -> None: ...


class Progress(Protocol):
    """Told about transfers and waits; the command line shows them, a service does not."""

    def transfer(self, label: str, direction: str, size: int) -> AbstractContextManager[Transfer]:
        """`direction` is "fetch", "guard", "send", "keep" or "verify"; `size` in bytes."""
        ...

    def waiting(self, why: Reason, seconds: float) -> None:
        """Nothing goes on for so long, or at most so long."""
        ...


@dataclass(frozen=True, slots=True)
class Download:
    """A file being read over the web. `size` in bytes, where the server announces it."""

    size: int | None
    chunks: Iterator[bytes]


class UploadRules(Protocol):
    """What a portal does with the files that it is sent. Asks nobody."""

    @property
    def apart(self) -> timedelta:
        """Between two uploads of one name to one dataset; sooner, the second fails."""
        ...

    def name(self, key: str) -> str:
        """The file name under which an object is sent: the key's last segment, made harmless."""
        ...

    def busy_with(self, size: int) -> timedelta:
        """How long it may go on with an upload of so many bytes after its client has died."""
        ...


Look = Callable[[], Resource | None]  # at the portal, in the middle of a change of it
UploadLook = Callable[[bool], Resource | None]  # True: after a refusal, right before another try


def unseen(*_: object) -> Resource | None:
    """A look that sees nothing."""
    return None


def nothing() -> None:
    pass


class Portal(Protocol):
    """Where files are published. Every method raises `PortalError` and nothing else."""

    @property
    def url(self) -> str: ...

    @property
    def upload_rules(self) -> UploadRules: ...

    @property
    def part_size(self) -> int:
        """Bytes of a part, where a file is sent in parts; also in the facts of a 413."""
        ...

    @property
    def usage(self) -> Usage: ...

    def resolve(self, address: str) -> str:
        """The dataset id behind an id or slug."""
        ...

    def dataset_of(self, resource: str) -> str:
        """The id of the dataset that has this resource."""
        ...

    def datasets_of(self, organization: str) -> tuple[str, ...]:
        """The ids of an organization's datasets that this key may see; by its id or slug."""
        ...

    def describe(self, dataset: str, *, urgent: bool = False) -> Dataset:
        """`urgent`: asked even where the portal is left alone, as its word decides what is sent."""
        ...

    def catalogue_entry(self, dataset: str) -> CatalogueEntry:
        """The dataset of an id or slug, as its page shows it."""
        ...

    def topic_datasets(self, topic: str) -> frozenset[str]:
        """The ids of all datasets that are elements of a topic (its id or slug)."""
        ...

    def resource(self, dataset: str, resource: str, *, urgent: bool = False) -> Resource:
        """`urgent`: an upload is done and its title is not; asked also of a failing portal."""
        ...

    def glance(self, dataset: str, resource: str) -> Resource | None:
        """The same in one short try; None where it is not said. Raises nothing."""
        ...

    def expect_uploads(self) -> None:
        """Raises at once, without a request, when an upload would not even be tried now."""
        ...

    def extensions(self) -> frozenset[str]:
        """The file extensions that this portal accepts; asked once a day."""
        ...

    def whoami(self) -> Account: ...

    def reach(self, account: Account) -> Reach:
        """Which datasets the key may write to; asks a few pages of lists, however long they are."""
        ...

    def key_expiry(self) -> datetime | None:
        """When the key expires; None where the portal does not say, or it never does."""
        ...

    def replace(
        self,
        dataset: str,
        resource: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        look: UploadLook = unseen,
        glance: Callable[[], None] = nothing,
        *,
        urgent: bool = False,
    ) -> Resource:
        """Send the file to an existing resource. Resets its title: put it back with `retitle`.

        What a person writes on the resource meanwhile may be lost (see `syncd.sync.edits`).
        `glance`: called when all but the last bytes of a file in one request are on their way.

        `urgent`: wrong bytes are online; sent even where the portal is left alone.

        `look`: called before a request that resets the title, where time passed since the upload
        began: the parts were sent, or the portal has refused such a request and is asked again.
        True: that was so since the last look, and the next request follows at once. What it
        returns is stored already: nothing more is sent.

        `AnswerLost` means that the portal may still commit the upload seconds later. After any
        other error with `may_be_stored` it says that it does not, but may have done so, or do so.
        """
        ...

    def create(
        self,
        dataset: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        look: UploadLook = unseen,
    ) -> Resource:
        """The same for a new resource. `look`: called before a request that would make another."""
        ...

    def turn_link(
        self, dataset: str, resource: str, file: PublicFile, look: UploadLook = unseen
    ) -> Resource:
        """Give a link another address, and say of which file. Leaves its title alone.

        `look`, and what is raised: as in `replace`; asked twice it is the same as once.
        """
        ...

    def create_link(
        self,
        dataset: str,
        file: PublicFile,
        title: str,
        marks: Mapping[str, object],
        look: UploadLook = unseen,
    ) -> Resource:
        """A new link under this title, with these `syncd:*` extras. `look`: as in `create`."""
        ...

    def download(self, url: str, storage: str = "") -> AbstractContextManager[Download]:
        """What anybody gets at this address of the portal's; asked without the key.

        `storage`: where the portal says that the file lies, if `url` only leads there. Only that
        server and the portal are asked, wherever a redirection leads, and none of a network that
        the portal is not in itself.
        """
        ...

    def retitle(self, dataset: str, resource: str, title: str, look: Look = unseen) -> Resource:
        """`look`: called before another try. What it returns is to be left as it is."""
        ...

    def write_back(self, dataset: str, resource: str, written: Mapping[str, object]) -> None:
        """Write fields as `Resource.written` has them, and no others."""
        ...

    def mark(self, dataset: str, resource: str, marks: Mapping[str, object]) -> None:
        """Write `syncd:*` extras, or remove those that are None; moves no public date."""
        ...


@dataclass(frozen=True)
class Adapters:
    """All that a cycle touches of the world. Built in `syncd.bootstrap`, and in tests."""

    sources: Mapping[str, ObjectSource]  # by their names in the manifest
    portal: Portal
    ledger: Ledger
    spool: Spool
    reader: ContentReader
    locks: Locks
    progress: Progress
    clock: Callable[[], datetime]  # aware, UTC
    wait: Callable[[float], None]  # seconds
    least_settle_window: timedelta  # of a lost upload that the portal need not work on for long
    concurrency: int = 1  # how many datasets at once
    stopping: Callable[[], bool] = lambda: False  # the service was told to stop
    check_every: timedelta = timedelta(days=1)  # how often a quiet dataset is looked at online
    # Around what takes long: it takes no other dataset's place, and big files go few at a time.
    release_slot: Callable[[], AbstractContextManager[None]] = nullcontext
    big_files: Callable[[], AbstractContextManager[None]] = nullcontext
    archive: Archive = field(default_factory=NothingKept)
    schemas: Schemas = field(default_factory=NoSchemas)
    web: Web = field(default_factory=Offline)
    copies: Mapping[str, PublicBucket] = field(default_factory=dict)  # by their sources' names

    def settle_window(self, size: int) -> timedelta:
        """How long a lost upload of `size` bytes may still be committed."""
        return self.least_settle_window + self.portal.upload_rules.busy_with(size)

    @cached_property
    def locations(self) -> Mapping[str, str]:
        """Where each source is, as bindings have it; by its name."""
        return {name: str(source.location) for name, source in self.sources.items()}
