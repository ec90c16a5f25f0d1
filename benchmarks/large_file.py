"""A large CSV, made while it is read."""

from __future__ import annotations

import hashlib
import sys

from boto3.s3.transfer import TransferConfig

from benchmarks.contest import say
from benchmarks.options import MIB, shown_size
from benchmarks.servers import BUCKET
from syncd.simulator.s3 import SeaweedFS


class Rows:
    """A CSV of exactly `size` bytes; remembers its sha1."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.sha1 = hashlib.sha1()
        self._numbers = iter(range(sys.maxsize))
        self._ready = b"numero,commune,releve\n"

    def read(self, wanted: int = -1) -> bytes:
        wanted = self.left if wanted < 0 else min(wanted, self.left)
        while len(self._ready) < wanted:
            self._ready += self._block(next(self._numbers))
        taken, self._ready = self._ready[:wanted], self._ready[wanted:]
        if 0 < wanted == self.left:
            taken = self._ended(taken)
        self.left -= wanted
        self.sha1.update(taken)
        return taken

    @staticmethod
    def _ended(block: bytes) -> bytes:
        """As long, with a whole row at its end: a cut one is held by the guards."""
        last = block.rfind(b"\n", 0, len(block) - len(b"0,a,0\n")) + 1
        return block[:last] + b"0,%b,0\n" % (b"a" * (len(block) - last - len(b"0,,0\n")))

    @staticmethod
    def _block(number: int) -> bytes:
        line = hashlib.sha256(str(number).encode()).hexdigest()
        return "".join(f"{number},{line[n:]},{n}\n" for n in range(60)).encode() * 500


def put(s3: SeaweedFS, key: str, size: int) -> str:
    """An object of so many bytes; its sha1."""
    say(f"putting {shown_size(size)} into the bucket")
    rows = Rows(size)
    # One thread: the rows are made in order.
    s3.client().upload_fileobj(
        rows,  # type: ignore[arg-type]  # asks for all of IO[bytes], reads only
        BUCKET,
        key,
        Config=TransferConfig(use_threads=False, multipart_chunksize=64 * MIB),
    )
    return rows.sha1.hexdigest()
