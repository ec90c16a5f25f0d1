"""The S3 server of the demo: it starts beside others, keeps its data, and dies with its parent."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.core.errors import SyncdError
from syncd.simulator import s3 as simulated
from syncd.simulator.s3 import SeaweedFS
from tests.support.s3_servers import ACCESS_KEY, SECRET_KEY, Server

pytestmark = pytest.mark.s3

PARENT = """
import sys
from pathlib import Path
from syncd.simulator.s3 import SeaweedFS
with SeaweedFS(Path(sys.argv[1]), "test-access-key", "test-secret-key-0123456789") as weed:
    weed.client().create_bucket(Bucket="kept")
    weed.client().put_object(Bucket="kept", Key="a b/é.csv", Body=b"kept")
    print(weed.pid, weed.endpoint, flush=True)
    sys.stdin.read()
"""


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def test_data_outlives_a_kill_and_the_server_does_not_outlive_its_parent(
    tmp_path: Path, seaweed: Server
) -> None:
    """`seaweed` runs all the while: two instances live side by side."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        try:
            assert parent.stdout is not None
            pid, endpoint = parent.stdout.readline().split()
            assert endpoint != seaweed.endpoint
            watched = os.pidfd_open(int(pid))
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait()
        finally:
            parent.kill()
    with os.fdopen(watched):
        ended, _, _ = select.select([watched], [], [], 10)
    assert ended, "the server is still there, ten seconds after its parent"
    assert is_gone(int(pid))

    with SeaweedFS(tmp_path, ACCESS_KEY, SECRET_KEY) as weed:
        stored = weed.client().get_object(Bucket="kept", Key="a b/é.csv")
        assert stored["Body"].read() == b"kept"
        names = [b["Name"] for b in weed.client().list_buckets()["Buckets"]]
        assert names == ["kept"]
    assert is_gone(weed.pid)
    assert seaweed.connect().list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_two_claims_never_share_a_port() -> None:
    with contextlib.ExitStack() as stack:
        claims = [stack.enter_context(simulated._Ports()) for _ in range(3)]
        ports = [port for claim in claims for port in claim.numbers.values()]
    assert len(set(ports)) == len(ports)


def test_a_missing_binary_names_the_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SyncdError) as caught, SeaweedFS(tmp_path, ACCESS_KEY, SECRET_KEY):
        pass
    assert dict(caught.value.reason.facts) == {"program": "weed", "extra": "demo"}


def test_a_server_that_ends_at_once_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weed = tmp_path / "weed"
    weed.write_text("#!/bin/sh\necho out of luck\nexit 3\n")
    weed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with (
        pytest.raises(SyncdError) as caught,
        SeaweedFS(tmp_path / "data", ACCESS_KEY, SECRET_KEY),
    ):
        pass
    assert caught.value.reason.code == "demo_s3_failed"
    assert "out of luck" in str(caught.value.reason.facts["last"])
