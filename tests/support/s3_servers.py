"""Real S3 servers on loopback, one of each per session, a fresh bucket per test."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config

from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.source import S3Source
from syncd.core.objects import Location
from syncd.simulator.s3 import SeaweedFS
from tests.support.clients import s3_source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key-0123456789"
PART = 5 * 1024 * 1024  # bytes; the smallest part that S3 takes, except for the last

ODD_KEYS = [
    "plain.csv",
    "with space.csv",
    "two  spaces.csv",
    "plus+plus.csv",
    "percent%41.csv",
    "percent%2Fslash.csv",
    "100%.csv",
    "musées/liste été.csv",
    "decomposed/e\u0301te\u0301.csv",
    "emoji/🏛.csv",
    "quotes/'single' \"double\".csv",
    "amp&ersand=equals?question#hash.csv",
    "angle/<tag>.csv",
    "comma,semi;colon:at@dollar$.csv",
    "tilde~exclam!star*(paren).csv",
    "brackets/[a]{b}|c^`d.csv",
]

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A running S3 server."""

    name: str
    endpoint: str
    access_key: str
    secret_key: str

    def connect(self) -> S3Client:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                s3={"addressing_style": "path"},
                proxies={},
                retries={"mode": "standard", "total_max_attempts": 2},
                request_checksum_calculation="when_required",
            ),
        )


@dataclass(frozen=True)
class Bucket:
    """A fresh bucket on a real server, with what a test needs to fill and read it."""

    server: Server
    bucket: str
    client: S3Client

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    @property
    def access_key(self) -> str:
        return self.server.access_key

    @property
    def secret_key(self) -> str:
        return self.server.secret_key

    @property
    def location(self) -> Location:
        return Location(self.endpoint, self.bucket)

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.access_key, self.secret_key)

    def put(self, key: str, body: bytes) -> str:
        """Store in one request; the ETag."""
        return self.client.put_object(Bucket=self.bucket, Key=key, Body=body)["ETag"]

    def put_many(self, keys: Iterable[str], body: bytes) -> None:
        """A thousand take boto3 six seconds; one connection and signed addresses, one."""
        with httpx.Client(trust_env=False) as http:
            for key in keys:
                where = self.client.generate_presigned_url(
                    "put_object", {"Bucket": self.bucket, "Key": key}
                )
                assert http.put(where, content=body).status_code == 200

    def put_multipart(self, key: str, body: bytes) -> str:
        """Store in parts of 5 MiB; the ETag, which is not a digest of the bytes."""
        where: dict[str, str] = {"Bucket": self.bucket, "Key": key}
        upload = self.client.create_multipart_upload(**where)["UploadId"]  # type: ignore[arg-type]  # one dict for three calls
        parts = []
        for number, at in enumerate(range(0, max(len(body), 1), PART), start=1):
            sent = self.client.upload_part(
                Bucket=self.bucket,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                Body=body[at : at + PART],
            )
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        done: Any = self.client.complete_multipart_upload(
            Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
        )
        return str(done["ETag"])

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=key)

    def source(self, **overrides: Any) -> S3Source:
        """An `S3Source` of this bucket, which tries once and waits for seconds only."""
        settings: dict[str, Any] = {
            "location": self.location,
            "region": None,
            "addressing": "auto",
            "credentials": self.credentials,
            "ca_bundle": None,
            "proxy": None,
            "connect_timeout": 5.0,
            "read_timeout": 30.0,
            "attempts": 1,
        }
        return s3_source(**{**settings, **overrides})


def fresh_bucket(server: Server) -> Bucket:
    """A new, empty bucket; the server is gone at the end of the session, and so is the bucket."""
    client = server.connect()
    name = f"bucket-{next(_numbers)}"
    client.create_bucket(Bucket=name)
    return Bucket(server, name, client)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """SeaweedFS as a process: it checks signatures and keys."""
    folder: Path = tmp_path_factory.mktemp("seaweed")
    with SeaweedFS(folder, ACCESS_KEY, SECRET_KEY) as weed:
        yield Server("seaweed", weed.endpoint, ACCESS_KEY, SECRET_KEY)


@contextmanager
def running_moto() -> Iterator[Server]:
    """moto in this process: it knows versions, and believes every key."""
    from moto.server import ThreadedMotoServer  # slow to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Server("moto", f"http://{host}:{port}", ACCESS_KEY, SECRET_KEY)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Server]:
    with running_moto() as server:
        yield server


@pytest.fixture
def seaweed_bucket(seaweed: Server) -> Bucket:
    return fresh_bucket(seaweed)


@pytest.fixture
def moto_bucket(moto_server: Server) -> Bucket:
    return fresh_bucket(moto_server)


@pytest.fixture(params=["seaweed", "moto"])
def s3(request: pytest.FixtureRequest) -> Bucket:
    """A fresh bucket, on each of the real servers in turn."""
    fixture = {"seaweed": "seaweed", "moto": "moto_server"}[request.param]
    return fresh_bucket(request.getfixturevalue(fixture))
