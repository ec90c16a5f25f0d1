"""A real S3 server on loopback, for the demo and the tests: SeaweedFS as a child process."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from syncd.core.errors import SyncdError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HOST = "127.0.0.1"
_PROBE = "syncd-ready-probe"  # a bucket that exists while the server starts
_START_PATIENCE = 60.0  # seconds; it takes three on an idle machine
_STOP_PATIENCE = 1.0  # seconds; an orderly stop takes fifteen, and gains nothing here

# Blocks of ports below the range from which Linux gives ports to outgoing connections.
_FIRST_PORT, _LAST_PORT, _BLOCK = 20_000, 32_000, 16
_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)
_PR_SET_PDEATHSIG = 1  # prctl(2)


class SeaweedFS:
    """Starts when the `with` block is entered. What is stored in `folder` outlives it.

    The server dies with the thread that started it, even when that is killed. `SyncdError` when
    the binary is missing or the server does not start.
    """

    def __init__(
        self, folder: Path, access_key: str, secret_key: str, *, base: int | None = None
    ) -> None:
        """`base`: the `base` of an earlier run, so that the address stays where it is free."""
        self.folder = folder.absolute()  # the server runs in it
        self.base = base
        self.access_key = access_key
        self.secret_key = secret_key
        self.endpoint = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        binary = _binary()
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._open:
            ports = self._open.enter_context(_Ports(self.base))
            self.base = ports.base
            self._open.callback(_remove_sockets, ports)
            self.endpoint = f"http://{HOST}:{ports.numbers['s3.port']}"
            self._process = self._start(binary, ports)
            self._open.callback(_stop, self._process)
            self._wait_until_ready(self._process)
            self._open = self._open.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def pid(self) -> int:
        """0 while it is not running."""
        return self._process.pid if self._process else 0

    def client(self) -> S3Client:
        """A boto3 client with the server's own key."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                s3={"addressing_style": "path"},
                proxies={},
                connect_timeout=2,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": 2},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def _start(self, binary: Path, ports: _Ports) -> subprocess.Popen[bytes]:
        _remove_sockets(ports)
        dying = die_with_parent()
        with (self.folder / "weed.log").open("wb") as log:
            return subprocess.Popen(
                [
                    str(binary),
                    "server",
                    f"-dir={self.folder}",
                    f"-ip={HOST}",
                    f"-ip.bind={HOST}",
                    *(f"-{name}={number}" for name, number in ports.numbers.items()),
                    "-s3.port.iceberg=0",
                    "-s3.port.lance=0",
                    "-s3.iam=false",
                    "-master.telemetry=false",
                    # A lone master needs no election: by default a restart takes twenty seconds.
                    "-master.resumeState=false",
                    "-master.electionTimeout=1s",
                    # Without these two it answers 500 after a few buckets.
                    "-master.volumeSizeLimitMB=1024",
                    "-volume.max=1000",
                    "-volume.preStopSeconds=0",
                    "-volume.id=syncd",  # by default its address, which changes with the ports
                    "-filer",
                    "-s3",
                    f"-s3.config={self._keys()}",
                ],
                cwd=self.folder,
                # One volume for each bucket instead of seven: buckets are made several times
                # faster, and many more of them fit.
                env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=dying,  # noqa: PLW1509 - one system call, no allocation
            )

    def _keys(self) -> Path:
        path = self.folder / "keys.json"
        path.touch(mode=0o600)
        identity = {
            "name": "admin",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        path.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        return path

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Ready when an object can be stored: it answers a little before that."""
        deadline = time.monotonic() + _START_PATIENCE
        client = self.client()
        while True:
            # The wait between two tries ends at once when the server does.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                raise self._failed("it ended at once")
            try:
                if _is_listening(self.endpoint):
                    _store_something(client)
                    return
            except (BotoCoreError, ClientError) as error:
                if time.monotonic() > deadline:
                    raise self._failed(str(error)) from error
            if time.monotonic() > deadline:
                raise self._failed("no answer")

    def _failed(self, detail: str) -> SyncdError:
        with (self.folder / "weed.log").open("rb") as log:
            last = log.read()[-500:].decode("utf-8", "replace")
        return SyncdError(
            "demo_s3_failed", detail=detail, log=str(self.folder / "weed.log"), last=last
        )


class _Ports:
    """A block of ports that no other instance takes while this one is open.

    The block's last port is bound, and never served, for as long: a claim that the kernel gives
    back at death. The others are free at the moment of the claim, and only instances of this
    class look for ports down here.
    """

    def __init__(self, preferred: int | None = None) -> None:
        self.base = preferred
        self.numbers: dict[str, int] = {}
        self._guard: socket.socket | None = None

    def __enter__(self) -> Self:
        first = [self.base] if self.base is not None else []
        for base in (*first, *range(_FIRST_PORT, _LAST_PORT, _BLOCK)):
            guard = _bound(base + _BLOCK - 1)
            if guard is None:
                continue
            numbers = {name: base + at for at, name in enumerate(_PORTS)}
            if all(_is_free(port) for port in numbers.values()):
                self.base, self.numbers, self._guard = base, numbers, guard
                return self
            guard.close()
        raise SyncdError(
            "demo_s3_failed",
            detail=f"no free ports between {_FIRST_PORT} and {_LAST_PORT}",
            log="",
            last="",
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._guard:
            self._guard.close()


def _bound(port: int) -> socket.socket | None:
    taken = socket.socket()
    try:
        taken.bind((HOST, port))
    except OSError:
        taken.close()
        return None
    return taken


def _is_free(port: int) -> bool:
    """As the server will see it: closing connections of a former one do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _is_listening(endpoint: str) -> bool:
    host, port = endpoint.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _store_something(client: S3Client) -> None:
    with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        client.create_bucket(Bucket=_PROBE)
    client.put_object(Bucket=_PROBE, Key="probe", Body=b"ready")
    client.delete_object(Bucket=_PROBE, Key="probe")
    client.delete_bucket(Bucket=_PROBE)


def _binary() -> Path:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.is_file() else shutil.which("weed")
    if found is None:
        raise SyncdError("demo_s3_missing", program="weed", extra="demo")
    return Path(found)


def die_with_parent() -> Callable[[], None] | None:
    """What the child calls between fork and exec; the library is loaded before."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _remove_sockets(ports: _Ports) -> None:
    """It leaves them behind when killed; there is no option for their place."""
    for name, number in ports.numbers.items():
        role = name.split(".")[0]
        Path(f"/tmp/seaweedfs-{role}-grpc-{number}.sock").unlink(missing_ok=True)  # noqa: S108 - its choice
        Path(f"/tmp/seaweedfs-{role}-{number}.sock").unlink(missing_ok=True)  # noqa: S108 - its choice
