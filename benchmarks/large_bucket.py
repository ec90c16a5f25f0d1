"""A bucket with very many objects, of which syncd knows some from before."""

from __future__ import annotations

import hashlib
import http.client
import multiprocessing
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from benchmarks import servers
from benchmarks.contest import say
from benchmarks.cost import Unavailable
from benchmarks.servers import ACCESS_KEY, BUCKET, SECRET_KEY
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.s3.credentials import Credentials
from syncd.config.manifest import LoadedManifest, load
from syncd.core.objects import Digest, KnownVersion
from syncd.core.reasons import because
from syncd.core.records import DatasetNote, Outcome, Row
from syncd.core.targets import Binding
from syncd.sync.listing import scan
from syncd.sync.matching import items
from tests.support.clients import s3_source

PER_DATASET = 10  # targets, at most
PER_FOLDER = 1000  # objects
EXPORTS = 3  # objects that match one `newest`


def folder_of(dataset: int, objects: int) -> str:
    return f"service_{dataset % max(1, objects // PER_FOLDER):04}"


def keys(objects: int, targets: int, each: int = PER_DATASET) -> Iterator[str]:
    """Of each dataset one newest of three exports, one yearly file, else files; and others.

    `each`: targets of a dataset.
    """
    count = 0
    for dataset in range(targets // each):
        folder = folder_of(dataset, objects)
        names = [f"fichier_{dataset:05}_{n}.csv" for n in range(each - 2)]
        names += [f"export_{dataset:05}_2025-0{n + 1}.csv" for n in range(EXPORTS)]
        names.append(f"bilan_{dataset:05}_2024.csv")
        yield from (f"{folder}/{name}" for name in names)
        count += len(names)
    yield from (f"{folder_of(n, objects)}/autre_{n:07}.csv" for n in range(objects - count))


def datasets(objects: int, targets: int, each: int = PER_DATASET) -> list[dict[str, Any]]:
    """As the manifest has them."""
    made = []
    for dataset in range(targets // each):
        folder = folder_of(dataset, objects)
        resources: list[dict[str, object]] = [
            {"resource": identity(dataset, n), "object": f"{folder}/fichier_{dataset:05}_{n}.csv"}
            for n in range(each - 2)
        ]
        newest = f"{folder}/export_{dataset:05}_*.csv"
        resources += [
            {"resource": identity(dataset, 8), "newest": newest, "by": "name"},
            {"each": f"{folder}/bilan_{dataset:05}_{{annee:yyyy}}.csv", "title": "Bilan {annee}"},
        ]
        made.append({"dataset": f"{dataset:024x}", "resources": resources})
    return made


def identity(dataset: int, number: int) -> str:
    return str(uuid.UUID(int=(4 << 76) + (8 << 60) + dataset * PER_DATASET + number))


def content(key: str) -> bytes:
    return f"a;b\n1;{key}\n".encode()


# -- filling it ----------------------------------------------------------------------------------


@contextmanager
def filled(folder: Path, objects: int, targets: int) -> Iterator[str]:
    """On SeaweedFS; its address."""
    with servers.bucket(folder) as s3:
        say(f"putting {objects} objects into a bucket")
        fill(s3.endpoint, list(keys(objects, targets)))
        yield s3.endpoint


def fill(endpoint: str, wanted: list[str]) -> None:
    count = 3 if len(wanted) >= 10_000 else 1
    context = multiprocessing.get_context("forkserver")
    shares = [
        context.Process(target=put_all, args=(endpoint, wanted[at::count])) for at in range(count)
    ]
    for share in shares:
        share.start()
    for share in shares:
        share.join()
        if share.exitcode:
            raise Unavailable("the bucket could not be filled")


def put_all(endpoint: str, wanted: list[str]) -> None:
    """boto3 needs five times longer for a small object."""
    host = endpoint.removeprefix("http://")
    key = botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY)
    signer = botocore.auth.S3SigV4Auth(key, "s3", "us-east-1")
    own = threading.local()

    def put(key: str) -> None:
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection(host)
        url = f"{endpoint}/{BUCKET}/{quote(key)}"
        request = botocore.awsrequest.AWSRequest("PUT", url, {"Host": host}, content(key))
        signer.add_auth(request)
        own.connection.request("PUT", url[len(endpoint) :], content(key), dict(request.headers))
        answer = own.connection.getresponse()
        answer.read()
        assert answer.status == http.client.OK, answer.status

    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(put, wanted):
            pass


# -- syncd's memory of it ------------------------------------------------------------------------


def known_to_syncd(
    folder: Path, endpoint: str, portal: str, objects: int, targets: int
) -> dict[str, str]:
    """syncd's settings, and its memory as a first run would have left it."""
    made = servers.settings(folder, endpoint, portal, "not-asked-for", datasets(objects, targets))
    remember(load(Path(made["SYNCD_MANIFEST"])), Path(made["SYNCD_STATE_DIR"]))
    return made


def remember(loaded: LoadedManifest, state: Path) -> None:
    """Every target as published from what is in the bucket now."""
    now = datetime.now(UTC)
    [config] = loaded.sources.values()
    source = s3_source(config.location, credentials=Credentials(ACCESS_KEY, SECRET_KEY))
    every = [target for entry in loaded.datasets for target in entry.targets]
    seen = scan(every, every, {BUCKET: source}, now)
    if seen.failures:
        raise Unavailable(f"the bucket could not be listed: {next(iter(seen.failures.values()))}")
    ledger = SqlLedger(None, state)
    for entry in loaded.datasets:
        rows = []
        for target in entry.targets:
            for item in items(target, seen.found):
                body = content(item.key)
                digest = Digest(hashlib.sha1(body).hexdigest(), len(body))
                judged = KnownVersion(item.key, item.version.fingerprint, digest)
                resource = target.resource or identity(int(entry.dataset, 16), 9)
                place = str(config.location)
                binding = Binding(loaded.portal, entry.dataset, resource, place, item.binding_key)
                rows.append(
                    Row(
                        binding,
                        title=item.title,
                        link="",
                        state=Outcome.REPLACED,
                        reason=because("same_version", size=digest.size),
                        checked_at=now,
                        judged=judged,
                        published=judged,
                        published_at=now,
                    )
                )
        ledger.put(*rows)
        ledger.put_note(DatasetNote(loaded.portal, entry.dataset, "Jeu", "", now))
    ledger.close()
    source.close()
