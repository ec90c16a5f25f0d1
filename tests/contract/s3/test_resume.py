"""A download that is cut goes on where it ended: two real S3 servers behind a line that breaks."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from syncd.adapters.disk.spool import Spool
from syncd.adapters.s3.source import CHUNK, S3Source
from syncd.core.errors import ObjectChanged, ObjectMissing, SourceUnreachable
from syncd.core.objects import Location, Version
from tests.support.s3_servers import Bucket

pytestmark = pytest.mark.s3

BODY = array("I", range(CHUNK)).tobytes()  # 4 MiB, no two parts of it alike
CUT = CHUNK + CHUNK // 2


@dataclass
class Line:
    """A TCP forwarder. Each connection takes the next of `cuts`: bytes towards the client after
    which it breaks; with none left it holds."""

    target: tuple[str, int]
    reset: bool = False  # break as a crash does, not as an orderly end
    cuts: list[int] = field(default_factory=list)
    before_break: Callable[[], None] = lambda: None
    asked: list[bytes] = field(default_factory=list)  # the head of each request
    port: int = 0

    @property
    def starts(self) -> list[int]:
        """At which byte each GET wanted to begin."""
        found = (re.search(rb"^range: *bytes=(\d+)-\r$", head, re.M | re.I) for head in self.asked)
        return [int(one[1]) if one else 0 for one in found]

    def carry(self, client: socket.socket) -> None:
        left = self.cuts.pop(0) if self.cuts else None
        with client, socket.create_connection(self.target) as server, suppress(OSError):
            threading.Thread(target=self._upwards, args=(client, server), daemon=True).start()
            while data := server.recv(65536):
                part = data if left is None else data[:left]
                client.sendall(part)
                if left is not None:
                    left -= len(part)
                    if not left:
                        self.before_break()
                        if self.reset:
                            linger = struct.pack("ii", 1, 0)
                            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        client.shutdown(socket.SHUT_RD)
                        return

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self.asked.append(data)
                server.sendall(data)


@contextmanager
def line_to(bucket: Bucket) -> Iterator[Line]:
    host, port = bucket.endpoint.removeprefix("http://").split(":")
    line = Line((host, int(port)))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line.port = listening.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=line.carry, args=(client,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield line
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def line(s3: Bucket) -> Iterator[Line]:
    s3.put("big.bin", BODY)
    with line_to(s3) as line:
        yield line


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def source(s3: Bucket, line: Line, pauses: list[float]) -> Iterator[S3Source]:
    location = Location(f"http://127.0.0.1:{line.port}", s3.bucket)
    source = s3.source(location=location, attempts=3, wait=pauses.append)
    yield source
    source.close()


@pytest.fixture
def version(s3: Bucket) -> Version:
    found = s3.source().stat("big.bin")
    assert found is not None
    return found


def read(source: S3Source, version: Version) -> bytes:
    with source.open(version) as opened:
        return b"".join(opened.chunks)


def test_a_cut_body_goes_on_at_the_byte_where_it_ended(
    source: S3Source, line: Line, version: Version, pauses: list[float]
) -> None:
    line.cuts = [CUT, CUT]
    assert read(source, version) == BODY
    first, second, third = line.starts
    assert first == 0
    assert CHUNK <= second <= CUT
    assert second < third <= second + CUT
    assert all(version.fingerprint.etag.encode() in head for head in line.asked)
    assert len(pauses) == 2


def test_a_connection_that_is_reset_may_lose_bytes_but_none_is_missing_in_the_end(
    source: S3Source, line: Line, version: Version
) -> None:
    line.cuts, line.reset = [CUT, CUT], True
    assert read(source, version) == BODY
    assert len(line.starts) == 3
    assert line.starts == sorted(line.starts)


def test_an_object_that_changed_meanwhile_is_not_mixed_with_what_was_read(
    s3: Bucket, source: S3Source, line: Line, version: Version
) -> None:
    line.cuts = [CUT]
    line.before_break = lambda: void(s3.put("big.bin", BODY[::-1]))
    with pytest.raises(ObjectChanged):
        read(source, version)


def test_an_object_that_was_deleted_meanwhile_is_missing(
    s3: Bucket, source: S3Source, line: Line, version: Version
) -> None:
    line.cuts = [CUT]
    line.before_break = lambda: s3.delete("big.bin")
    with pytest.raises(ObjectMissing):
        read(source, version)


def test_a_line_that_keeps_breaking_is_given_up(
    source: S3Source, line: Line, version: Version, pauses: list[float]
) -> None:
    line.cuts = [CHUNK] * 4
    with pytest.raises(SourceUnreachable) as caught:
        read(source, version)
    assert caught.value.reason.facts["key"] == "big.bin"
    assert len(line.asked) == 3
    assert len(pauses) == 2


def test_the_digest_of_a_continued_download_is_that_of_the_object(
    source: S3Source, line: Line, version: Version, tmp_path: Path
) -> None:
    line.cuts = [CUT, CUT]
    spool = Spool(tmp_path, limit=len(BODY))
    with spool.fetch(source, version, Counted()) as file:
        assert file.digest.sha1 == hashlib.sha1(BODY).hexdigest()
        assert file.path.read_bytes() == BODY
    assert list(tmp_path.iterdir()) == []


class Counted:
    def advance(self, count: int) -> None:
        pass

    def restart(self) -> None:
        pass


def void(_: object) -> None:
    pass
