"""Ceph's S3 server, RGW, on a cluster of one monitor and one disk in memory.

Debian's packages `ceph-mon`, `ceph-osd` and `radosgw` have all of it; it takes some twenty seconds
to start, and is skipped where they are not.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from syncd.simulator.s3 import die_with_parent

NEEDS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
_PATIENCE = 90.0  # seconds
_CONFIG = """\
[global]
fsid = {cluster}
mon host = {monitor}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {folder}/keyring
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
crash dir = {folder}
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
rgw frontends = beast endpoint=127.0.0.1:{port}
"""


def is_here() -> bool:
    return all(map(shutil.which, NEEDS))


class CephGateway:
    """Starts when the `with` block is entered; `folder`: of a short path, for its sockets."""

    def __init__(self, folder: Path, access_key: str, secret_key: str) -> None:
        self.folder = folder
        self._keys = (access_key, secret_key)
        self._open = ExitStack()
        self.endpoint = ""

    def __enter__(self) -> Self:
        with ExitStack() as taken:
            bound = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
            one, two, port = (some.getsockname()[1] for some in bound)
        self.endpoint = f"http://127.0.0.1:{port}"
        monitor = f"[v2:127.0.0.1:{one},v1:127.0.0.1:{two}]"
        cluster, disk, keyring = str(uuid.uuid4()), str(uuid.uuid4()), str(self.folder / "keyring")
        config = _CONFIG.format(cluster=cluster, monitor=monitor, folder=self.folder, port=port)
        (self.folder / "ceph.conf").write_text(config, encoding="utf-8")
        (self.folder / "osd").mkdir()
        with self._open:
            every = (
                "--cap",
                "mon",
                "allow *",
                "--cap",
                "osd",
                "allow *",
                "--cap",
                "mgr",
                "allow *",
            )
            for name in ("mon.", "client.admin", "osd.0"):
                new = () if name != "mon." else ("--create-keyring",)
                self._run("ceph-authtool", *new, keyring, "--gen-key", "-n", name, *every)
            known = ("--fsid", cluster, "--enable-all-features", "--addv", "a", monitor)
            self._run("monmaptool", "--create", *known, str(self.folder / "monmap"))
            first = ("--monmap", str(self.folder / "monmap"), "--keyring", keyring)
            self._run("ceph-mon", *self._as("a"), "--mkfs", *first)
            self._start("ceph-mon", *self._as("a"), "-f")
            self._run("ceph", *self._conf, "osd", "new", disk)
            self._run("ceph", *self._conf, "auth", "import", "-i", keyring)
            self._run("ceph-osd", *self._as("0"), "--mkfs", "--osd-uuid", disk)
            self._start("ceph-osd", *self._as("0"), "-f")
            self._wait_for(self._start("radosgw", *self._conf, "-n", "client.admin", "-f"))
            keys = (f"--access-key={self._keys[0]}", f"--secret-key={self._keys[1]}")
            person = ("--uid=depot", "--display-name=depot", *keys)
            self._run("radosgw-admin", *self._conf, "user", "create", *person)
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
    def _conf(self) -> tuple[str, str]:
        return "-c", str(self.folder / "ceph.conf")

    def _as(self, name: str) -> tuple[str, ...]:
        return (*self._conf, "-i", name)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{command[0]}.out").open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, no allocation
            )
        self._open.callback(process.wait)
        self._open.callback(process.kill)  # all of it is in memory
        return process

    def _wait_for(self, gateway: subprocess.Popen[bytes]) -> None:
        """Until it answers; the wait between two tries ends at once when it does."""
        end = time.monotonic() + _PATIENCE
        while True:
            with suppress(httpx.HTTPError):
                if httpx.get(self.endpoint, trust_env=False).status_code == 200:
                    return
            with suppress(subprocess.TimeoutExpired):
                gateway.wait(0.2)
                break
            if time.monotonic() > end:
                break
        raise AssertionError(f"see {self.folder}")
