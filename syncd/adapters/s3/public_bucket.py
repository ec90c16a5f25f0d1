"""A public bucket that syncd writes copies into. Who may read them is the bucket's own matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from syncd.adapters.net.media_types import media_type
from syncd.adapters.s3.archive_bucket import ArchiveBucket
from syncd.core.errors import SpoolError
from syncd.core.ports import SpooledFile

_UNKNOWN = "application/octet-stream"


class S3PublicBucket(ArchiveBucket):
    """Fulfils `ports.PublicBucket`."""

    def publish(self, file: SpooledFile, key: str) -> None:
        try:
            kind = media_type(key.rsplit("/", 1)[-1]) or _UNKNOWN
            self.keep(file.path, key, file.digest, ContentType=kind)
        except OSError as error:  # reading the spooled file
            detail = error.strerror or str(error)
            folder = str(file.path.parent)
            raise SpoolError("archive_disk", folder=folder, detail=detail) from error

    @contextmanager
    def trial(self, key: str, body: bytes) -> Iterator[None]:
        client: Any = self._client
        about = {"Bucket": self._location.bucket, "Key": key}
        self.peek(key)  # some make a bucket of what is written to none
        with self._translated(key=key):
            client.put_object(**about, Body=body, ContentType="text/plain")
        try:
            yield
        finally:
            self.remove(key)
