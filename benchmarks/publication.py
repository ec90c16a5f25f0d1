"""From the bucket to the real portal, into a resource whose title a person wrote."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks import large_file, program, servers
from benchmarks.contest import Contender
from benchmarks.cost import Cost, Unavailable, cost_of
from syncd.simulator.s3 import SeaweedFS
from tests.support.portal_servers import PortalServer, running_udata

KEY = "releves.csv"
TITLE = "Relevés complets (titre écrit par une personne)"
IN_ONE_REQUEST = "1TB"  # SYNCD_UPLOAD_PART_THRESHOLD, above any size here


@dataclass(frozen=True)
class Job:
    """What one contender has to do."""

    folder: Path  # its own, empty
    s3: SeaweedFS
    portal: PortalServer
    dataset: str
    resource: str

    @property
    def upload_url(self) -> str:
        path = f"/api/1/datasets/{self.dataset}/resources/{self.resource}/upload/"
        return self.portal.url + path

    @property
    def key(self) -> str:
        return self.portal.keys["editor"]

    @property
    def object_url(self) -> str:
        """By which anybody may read the object for an hour."""
        return self.s3.client().generate_presigned_url(
            "get_object", Params={"Bucket": servers.BUCKET, "Key": KEY}, ExpiresIn=3600
        )


@dataclass(frozen=True)
class Office:
    """The servers, with one object in the bucket."""

    folder: Path
    s3: SeaweedFS
    portal: PortalServer
    size: int
    sha1: str


@dataclass
class Publisher(Contender):
    """Also remembers what the portal shows after each of its runs."""

    same_bytes: list[bool] = field(default_factory=list)
    title_kept: list[bool] = field(default_factory=list)

    @property
    def right(self) -> bool | None:
        """Always the right bytes; None when there is nothing to say."""
        return None if self.trouble or not self.same_bytes else all(self.same_bytes)

    @property
    def kept(self) -> bool | None:
        return None if self.trouble or not self.title_kept else all(self.title_kept)

    @property
    def cells(self) -> tuple[str, str]:
        """For a table: the bytes, the title."""
        if self.right is None:
            return "", ""
        return "yes" if self.right else "**no**", "kept" if self.kept else "**lost**"


@contextmanager
def office(size: int) -> Iterator[Office]:
    """A bucket with an object of so many bytes, and the real portal software."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="syncd-bench-"))
        s3 = stack.enter_context(servers.bucket(Path(name)))
        try:
            facts = stack.enter_context(running_udata())
        except pytest.fail.Exception as error:  # it is made for tests
            raise Unavailable(str(error)) from error
        portal = stack.enter_context(PortalServer("udata", facts))
        yield Office(Path(name), s3, portal, size, large_file.put(s3, KEY, size))


def publisher(
    at: Office, name: str, publish: Callable[[Job], Cost], *, ours: bool = False
) -> Publisher:
    """A contender that publishes, each time into a fresh resource. `ours`: with syncd."""

    def run() -> Cost:
        with job(at) as one:
            cost = publish(one)
            online = one.portal.resource(one.dataset, one.resource)
            made.same_bytes.append(online["checksum"]["value"] == at.sha1)
            made.title_kept.append(online["title"] == TITLE)
            return cost

    made = Publisher(name, run, ours=ours)
    return made


@contextmanager
def job(at: Office) -> Iterator[Job]:
    dataset = at.portal.new_dataset("Relevés")
    # Another name than KEY: the portal answers 500 to two uploads of one name within a second.
    before = b"numero,commune,releve\n1,a,0\n"
    resource = at.portal.upload(dataset, "avant.csv", before)["id"]
    at.portal.edit(dataset, resource, title=TITLE)
    folder = at.folder / "job"
    folder.mkdir()
    try:
        yield Job(folder, at.s3, at.portal, dataset, resource)
    finally:
        shutil.rmtree(folder)
        # Its file goes as well: many copies of it would fill the disk.
        at.portal.call("DELETE", f"/api/1/datasets/{dataset}/resources/{resource}/")


def with_syncd(one: Job, *, guarded: bool = False, **settings: str) -> Cost:
    """`guarded`: with the guards on content too, which nobody else here has."""
    cost = cost_of(program.sync(), _settings(one, guarded=guarded) | settings)
    return replace(cost, steps=steps_of(cost.logged))


def steps_of(log: str) -> dict[str, float]:
    """`upload`: from its first byte to the portal's answer; `last`: of it, the last request."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    moments = {line["event"]: datetime.fromisoformat(line["timestamp"]) for line in lines}
    begins = {"upload": "publication.begun", "last": "upload.parts_sent"}
    end = moments.get("publication.stored")
    return {
        name: (end - moments[begin]).total_seconds()
        for name, begin in begins.items()
        if end and begin in moments
    }


def again_with_syncd(one: Job, **settings: str) -> Cost:
    """Once more, with nothing left to do; Unavailable when it did something."""
    cost = cost_of(program.sync(), _settings(one, guarded=False) | settings)
    if servers.summary(cost.said) != {"unchanged": 1}:
        raise Unavailable(f"not idle: {servers.summary(cost.said)}")
    return cost


def _settings(one: Job, *, guarded: bool) -> dict[str, str]:
    guards = {} if guarded else {"guards": "off"}
    resources = [{"resource": one.resource, "object": KEY}]
    datasets = [{"dataset": one.dataset, "resources": resources}]
    place = (one.folder, one.s3.endpoint, one.portal.url, one.key)
    return servers.settings(*place, datasets, **guards)


def fetch_with_curl(one: Job) -> tuple[Path, Cost]:
    if not shutil.which("curl"):
        raise Unavailable("curl is not installed on this machine")
    file = one.folder / KEY
    return file, cost_of(["curl", "-sSf", "-o", str(file), one.object_url])


def with_curl(one: Job) -> Cost:
    file, fetched = fetch_with_curl(one)
    send = ["curl", "-sSf", "-o", "/dev/null", "-F", f"file=@{file}"]
    sent = cost_of([*send, "-H", f"X-API-KEY: {one.key}", one.upload_url])
    return fetched.then(replace(sent, steps={"upload": sent.seconds}))
